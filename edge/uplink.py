"""The one MQTT connection of a device.

Is: at-least-once towards the gateway. What waits in the outbox is sent in order, a window at a time,
and sent again until a receipt names it; MQTT 5 first, 3.1.1 where a broker refuses it; reconnects
with jitter. Paho's network thread only moves bytes between the socket and a queue: everything that
touches a disk happens in the thread that calls ``exchange``.
Is not: proof of delivery by itself. A PUBACK is not taken for one, see docs/architecture.md.
"""

import logging
import queue
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contract.broker import BrokerSettings
from contract.messages import Command, NotOfTheContractError, Receipt, State, decode, encode
from contract.topics import QOS, TO_DEVICE, Lane, parse, topic
from edge.clock import Clock
from edge.outbox import Outbox

log = logging.getLogger(__name__)

WINDOW = 20
"""Rows of a lane sent without a receipt: mosquitto hands an MQTT 3.1.1 client no more than 20 either."""
RESEND_FIRST_S = 5.0
RESEND_LAST_S = 300.0
"""A gateway away for a day must not find a hundred copies of each event in its broker's queue."""
RECONNECT_FIRST_S = 0.5
RECONNECT_LAST_S = 60.0
SESSION_EXPIRY_S = 3600
_UNSUPPORTED_PROTOCOL = "Unsupported protocol version"
_BARE_HANG_UPS_MAX = 2
"""Connections dropped before any CONNACK after which a broker is taken not to know MQTT 5."""


@dataclass(slots=True)
class _Window:
    """What of one lane has been sent and not yet been named by a receipt."""

    cursor: int = 0
    sent: dict[str, float] = field(default_factory=dict)
    resend_s: float = RESEND_FIRST_S

    def restart(self) -> None:
        self.cursor = 0
        self.sent.clear()


class Uplink:
    """Owned by the device's thread; ``exchange`` is called often and never blocks on the network."""

    def __init__(
        self,
        device: str,
        settings: BrokerSettings,
        clock: Clock,
        *,
        will: Callable[[], State],
        jitter: random.Random,
    ) -> None:
        self._device = device
        self._settings = settings
        self._clock = clock
        self._will = will
        self._jitter = jitter
        self._protocol = MQTTProtocolVersion.MQTTv5
        self._client: mqtt.Client | None = None
        self._arrived: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._windows = {Lane.EVENT: _Window(), Lane.TELEMETRY: _Window()}
        self._connections = 0
        self._connections_seen = 0
        self._bare_hang_ups = 0
        self._downgrade = False
        self._delay_s = RECONNECT_FIRST_S
        self.refused_messages = 0

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and has not hung up since."""
        return self._client is not None and self._client.is_connected()

    def start(self) -> None:
        """Begin to connect, in the background; raises OSError if the password file cannot be read."""
        self._client = self._new_client()
        self._client.connect_async(
            self._settings.host, self._settings.port, self._settings.keepalive_s, **self._session()
        )
        self._client.loop_start()

    def stop(self, last: State) -> None:
        """Say goodbye: publish ``last`` in place of the will, then hang up."""
        if self._client is None:
            return
        if self.connected:
            farewell = self._client.publish(
                topic(self._device, Lane.STATE), encode(last), QOS[Lane.STATE], retain=True
            )
            try:
                farewell.wait_for_publish(timeout=1.0)
            except (RuntimeError, ValueError):
                log.info("the broker went before the farewell did")
        self._client.disconnect()
        self._client.loop_stop()
        self._client = None

    def newly_connected(self) -> bool:
        """True once after each successful connection: the time to publish the retained state."""
        fresh = self._connections != self._connections_seen
        self._connections_seen = self._connections
        return fresh and self.connected

    def publish(self, lane: Lane, payload: bytes) -> bool:
        """Hand a state or live message to the broker; False, and nothing kept, without one."""
        if self._client is None or not self.connected:
            return False
        self._client.publish(topic(self._device, lane), payload, QOS[lane], retain=lane is Lane.STATE)
        return True

    def exchange(self, outbox: Outbox) -> list[Command]:
        """Take what arrived, let the outbox forget what receipts named, send what waits.

        Returns the commands that have not expired.
        """
        if self._downgrade:
            self._reconnect_with_older_protocol()
        commands = self._take_arrived(outbox)
        if self._client is not None and self.connected:
            for lane in (Lane.EVENT, Lane.TELEMETRY):
                self._send_waiting(lane, outbox)
        return commands

    def resend_all(self) -> None:
        """Forget what was sent on an earlier connection; it may have died with it."""
        for window in self._windows.values():
            window.restart()

    def _send_waiting(self, lane: Lane, outbox: Outbox) -> None:
        window = self._windows[lane]
        now_s = self._clock.monotonic_s()
        if window.sent and now_s - next(iter(window.sent.values())) > window.resend_s:
            window.restart()
            window.resend_s = min(window.resend_s * 2, RESEND_LAST_S)
        room = WINDOW - len(window.sent)
        if room <= 0 or self._client is None:
            return
        for row in outbox.after(lane, window.cursor, room):
            self._client.publish(topic(self._device, lane), row.payload, QOS[lane])
            window.cursor = row.n
            window.sent[row.id] = now_s

    def _take_arrived(self, outbox: Outbox) -> list[Command]:
        commands = []
        while not self._arrived.empty():
            name, payload = self._arrived.get()
            try:
                lane = parse(name).lane
                if lane is Lane.RECEIPT:
                    self._take_receipt(decode(payload, Receipt), outbox)
                elif lane is Lane.COMMAND:
                    command = decode(payload, Command)
                    if command.expires_ms > self._clock.unix_ms():
                        commands.append(command)
                    else:
                        log.info("command %s came too late and is not carried out", command.id)
            except (NotOfTheContractError, ValueError) as error:
                self.refused_messages += 1
                log.warning("a message to this device is not of the contract: %s", error)
        return commands

    def _take_receipt(self, receipt: Receipt, outbox: Outbox) -> None:
        outbox.forget(receipt.ids)
        for window in self._windows.values():
            for row_id in receipt.ids:
                if window.sent.pop(row_id, None) is not None:
                    window.resend_s = RESEND_FIRST_S

    # --- paho's thread below: no disk, no decoding, no decision that can wait ---

    def _new_client(self) -> mqtt.Client:
        arguments: dict[str, Any] = {}
        if self._protocol is not MQTTProtocolVersion.MQTTv5:
            arguments["clean_session"] = False
        client = mqtt.Client(CallbackAPIVersion.VERSION2, self._device, protocol=self._protocol, **arguments)
        if self._settings.username is not None:
            client.username_pw_set(self._settings.username, self._password())
        if self._settings.ca_file is not None:
            client.tls_set(ca_certs=str(self._settings.ca_file))
        client.will_set(topic(self._device, Lane.STATE), encode(self._will()), 1, retain=True)
        client.max_queued_messages_set(4 * WINDOW)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _password(self) -> str | None:
        path = self._settings.password_file
        return path.read_text().strip() if path is not None else None

    def _session(self) -> dict[str, Any]:
        """A session that outlives a short break, so that a command sent meanwhile still arrives."""
        if self._protocol is not MQTTProtocolVersion.MQTTv5:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        return {"clean_start": False, "properties": properties}

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: object, _props: object
    ) -> None:
        if str(reason) == _UNSUPPORTED_PROTOCOL:
            self._downgrade = self._protocol is MQTTProtocolVersion.MQTTv5
            return
        if str(reason) != "Success":
            log.error("the broker refuses this device: %s: check [broker] in its file", reason)
            return
        self._bare_hang_ups = -1
        self._delay_s = RECONNECT_FIRST_S
        client.subscribe([(topic(self._device, lane), QOS[lane]) for lane in TO_DEVICE])
        self._connections += 1

    def _on_connect_fail(self, client: mqtt.Client, _data: object) -> None:
        self._wait_longer(client)

    def _on_disconnect(self, client: mqtt.Client, *_rest: object) -> None:
        if self._bare_hang_ups >= 0:
            self._bare_hang_ups += 1
        else:
            self._bare_hang_ups = 0
        if self._bare_hang_ups >= _BARE_HANG_UPS_MAX:
            self._downgrade = self._protocol is MQTTProtocolVersion.MQTTv5
        self._wait_longer(client)

    def _wait_longer(self, client: mqtt.Client) -> None:
        """Full jitter: after a power cut in the valley not all devices come back at once."""
        delay_s = self._jitter.uniform(RECONNECT_FIRST_S / 2, self._delay_s)
        # Annotated as int, but paho only adds it to a time.
        client.reconnect_delay_set(delay_s, delay_s)  # type: ignore[arg-type]
        self._delay_s = min(self._delay_s * 2, RECONNECT_LAST_S)

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self._arrived.put((message.topic, bytes(message.payload)))

    def _reconnect_with_older_protocol(self) -> None:
        self._downgrade = False
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
        self._protocol = MQTTProtocolVersion.MQTTv311
        log.info("this broker speaks no MQTT 5: going on with 3.1.1")
        self.start()
