"""The newest live message of each device, kept in memory for the pages that watch it.

Is: what a device showed a moment ago, or nothing. Is not: a history, and no path of an alert goes through
here: a web app without a broker still shows alerts and takes answers.
"""

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from contract.broker import BrokerSettings
from contract.messages import Live, NotOfTheContractError, decode
from contract.topics import QOS, Lane, every_device, parse

log = logging.getLogger(__name__)

STALE_MS = 10_000
"""A home sends several times a second; after this long the picture is no longer 'now'."""
PAYLOAD_BYTES_MAX = 400_000
"""A picture of 200 kB is 270 kB in base64; anything longer is not of the contract."""
CONNECT_TIMEOUT_S = 2.0
"""Ctrl-C waits for a connection attempt that is under way, and the whole demo has 5 s to end."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """One live message and when it came in, by this machine's clock."""

    live: Live
    received_ms: int
    serial: int


@dataclass(frozen=True, slots=True)
class _Arrived:
    payload: bytes
    received_ms: int
    serial: int


class LiveWatch:
    """Subscribes to every device's live lane; paho's thread only stores bytes, readers decode."""

    def __init__(self, settings: BrokerSettings, now_ms: Callable[[], int]) -> None:
        self._settings = settings
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._newest: dict[str, _Arrived] = {}
        self._decoded: dict[str, Glimpse] = {}
        self._serial = 0
        self._swept_ms = 0
        self._client: mqtt.Client | None = None

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and has not hung up since."""
        return self._client is not None and self._client.is_connected()

    def start(self) -> None:
        """Begin to connect, in the background; raises OSError if the password file cannot be read."""
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            f"mimamori-web-{secrets.token_hex(4)}",
            clean_session=True,  # what was shown while we were away is worth nothing
            protocol=MQTTProtocolVersion.MQTTv311,  # nothing of MQTT 5 is needed, and every broker speaks this
        )
        if self._settings.username is not None:
            file = self._settings.password_file
            client.username_pw_set(self._settings.username, file.read_text().strip() if file else None)
        if self._settings.ca_file is not None:
            client.tls_set(ca_certs=str(self._settings.ca_file))
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.reconnect_delay_set(1, 10)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.connect_async(self._settings.host, self._settings.port, self._settings.keepalive_s)
        client.loop_start()
        self._client = client

    def stop(self) -> None:
        """Hang up; harmless when not started."""
        if self._client is None:
            return
        self._client.disconnect()
        self._client.loop_stop()
        self._client = None

    def newest(self, device: str) -> Glimpse | None:
        """The newest message of a device that is not stale; None also for one that cannot be read."""
        with self._lock:
            arrived = self._newest.get(device)
            if arrived is None or self._now_ms() - arrived.received_ms > STALE_MS:
                return None
            known = self._decoded.get(device)
        if known is not None and known.serial == arrived.serial:
            return known
        return self._read(device, arrived)

    def store(self, topic: str, payload: bytes) -> None:
        """Keep one message in place of the device's last."""
        if len(payload) > PAYLOAD_BYTES_MAX:
            log.warning("a live message of %d bytes on %s is too long and is not kept", len(payload), topic)
            return
        try:
            device = parse(topic).device
        except ValueError:
            return
        now_ms = self._now_ms()
        with self._lock:
            self._serial += 1
            self._newest[device] = _Arrived(payload, now_ms, self._serial)
            self._sweep(now_ms)

    def _sweep(self, now_ms: int) -> None:
        """Forget devices that fell silent, so that memory follows the devices that are there."""
        if now_ms - self._swept_ms < STALE_MS:
            return
        self._swept_ms = now_ms
        silent = [name for name, kept in self._newest.items() if now_ms - kept.received_ms > STALE_MS]
        for name in silent:
            del self._newest[name]
            self._decoded.pop(name, None)

    def _read(self, device: str, arrived: _Arrived) -> Glimpse | None:
        try:
            live = decode(arrived.payload, Live)
        except NotOfTheContractError as error:
            self._refuse(device, arrived, str(error))
            return None
        if live.stamp.device != device:
            self._refuse(device, arrived, f"it is stamped by {live.stamp.device}")
            return None
        glimpse = Glimpse(live, arrived.received_ms, arrived.serial)
        with self._lock:
            self._decoded[device] = glimpse
        return glimpse

    def _refuse(self, device: str, arrived: _Arrived, reason: str) -> None:
        log.warning("a live message of %s is not of the contract: %s", device, reason)
        with self._lock:
            if self._newest.get(device) is arrived:
                del self._newest[device]

    # --- paho's thread below ---

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: object, _props: object
    ) -> None:
        if str(reason) != "Success":
            log.error("the broker refuses the web app: %s: check [broker] in the city's file", reason)
            return
        client.subscribe(every_device(Lane.LIVE), QOS[Lane.LIVE])

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self.store(message.topic, bytes(message.payload))
