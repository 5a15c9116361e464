"""One MQTT session of the gateway: what arrives is queued, and acknowledged only when its taker says so.

Is: at-least-once. MQTT 5 with a ReceiveMaximum first, 3.1.1 where a broker refuses it; the broker keeps the
session while the gateway is away; reconnects with jitter. Paho's network thread only moves bytes into a
queue, so the keepalive never waits for a disk or a database.
Is not: once only. After a lost connection everything unacknowledged comes again.
"""

import logging
import queue
import random
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contract.broker import BrokerSettings

log = logging.getLogger(__name__)

SESSION_EXPIRY_S = 7 * 24 * 3600
"""Longer than any mend of a gateway; the devices keep what the broker then forgets."""
RECONNECT_FIRST_S = 0.5
RECONNECT_LAST_S = 30.0
UNPROMISED_MAX = 10_000
"""QoS 0 messages no receive maximum bounds; our devices send none on these lanes."""
QUIET_S = 0.005
_UNSUPPORTED_PROTOCOL = "Unsupported protocol version"
_BARE_HANG_UPS_MAX = 2
"""Connections dropped before any CONNACK after which a broker is taken not to know MQTT 5."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came; ``mid`` and ``connection`` say which delivery is to be acknowledged."""

    topic: str
    payload: bytes = field(repr=False)
    retained: bool = False
    mid: int = 0
    connection: int = 0


class MqttSession:
    """``start``, then ``take`` and ``acknowledge`` in one thread; ``publish`` from the same thread."""

    def __init__(
        self,
        settings: BrokerSettings,
        client_id: str,
        topics: Sequence[str],
        *,
        receive_maximum: int,
        jitter: random.Random,
    ) -> None:
        self._settings = settings
        self._client_id = client_id
        self._topics = topics
        self._receive_maximum = receive_maximum
        self._jitter = jitter
        self._protocol = MQTTProtocolVersion.MQTTv5
        self._client: mqtt.Client | None = None
        self._arrived: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._unacknowledged: set[int] = set()
        self._connection = 0
        self._bare_hang_ups = 0
        self._downgrade = False
        self._subscribed = False
        self._delay_s = RECONNECT_FIRST_S
        self.dropped_unpromised = 0
        self.last_error = ""

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and our subscriptions, and has not hung up since."""
        return self._subscribed and self._client is not None and self._client.is_connected()

    @property
    def waiting(self) -> int:
        """Messages received and not yet taken."""
        return self._arrived.qsize()

    def start(self) -> None:
        """Begin to connect, in the background; raises OSError if the password file cannot be read."""
        self._client = self._new_client()
        self._client.connect_async(
            self._settings.host, self._settings.port, self._settings.keepalive_s, **self._session()
        )
        self._client.loop_start()

    def stop(self) -> None:
        """Hang up in order; the broker keeps the session and what is unacknowledged."""
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
            self._client = None

    def take(self, most: int, wait_s: float, gather_s: float) -> list[Arrival]:
        """Up to ``most`` arrivals: waits ``wait_s`` for the first, then ``gather_s`` at the longest for more.

        It never waits for a full batch: on MQTT 3.1.1 mosquitto sends 20 and waits for acknowledgements.
        """
        if self._downgrade:
            self._reconnect_with_older_protocol()
        try:
            batch = [self._arrived.get(timeout=wait_s)]
        except queue.Empty:
            return []
        deadline_s = time.monotonic() + gather_s
        while len(batch) < most:
            patience_s = min(QUIET_S, deadline_s - time.monotonic())
            try:
                batch.append(self._arrived.get(timeout=max(0.0, patience_s)))
            except queue.Empty:
                break
        return batch

    def acknowledge(self, batch: Iterable[Arrival]) -> None:
        """Tell the broker that these are stored.

        A delivery of an earlier connection is left: the broker sends it again under this one, and its
        number may by now stand for another message.
        """
        for arrival in batch:
            with self._lock:
                current = arrival.connection == self._connection and arrival.mid in self._unacknowledged
                if current:
                    self._unacknowledged.remove(arrival.mid)
            if current and self._client is not None:
                self._client.ack(arrival.mid, 1)

    def publish(self, topic: str, payload: bytes, qos: int) -> mqtt.MQTTMessageInfo | None:
        """Hand a message to the broker; None, and nothing kept, without a connection."""
        # Not ``connected``: what a kept session sends again comes before our subscriptions are confirmed.
        if self._client is None or not self._client.is_connected():
            return None
        return self._client.publish(topic, payload, qos)

    # --- paho's thread below: no disk, no decoding, no decision that can wait ---

    def _new_client(self) -> mqtt.Client:
        arguments: dict[str, Any] = {}
        if self._protocol is not MQTTProtocolVersion.MQTTv5:
            arguments["clean_session"] = False
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            self._client_id,
            protocol=self._protocol,
            manual_ack=True,
            **arguments,
        )
        if self._settings.username is not None:
            path = self._settings.password_file
            client.username_pw_set(self._settings.username, path.read_text().strip() if path else None)
        if self._settings.ca_file is not None:
            client.tls_set(ca_certs=str(self._settings.ca_file))
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _session(self) -> dict[str, Any]:
        if self._protocol is not MQTTProtocolVersion.MQTTv5:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        # Without it mosquitto sends 20 unacknowledged messages at most, and a batch never fills.
        properties.ReceiveMaximum = self._receive_maximum
        return {"clean_start": False, "properties": properties}

    def _on_connect(
        self, client: mqtt.Client, _data: object, flags: mqtt.ConnectFlags, reason: object, _props: object
    ) -> None:
        if str(reason) == _UNSUPPORTED_PROTOCOL:
            self._downgrade = self._protocol is MQTTProtocolVersion.MQTTv5
            return
        if str(reason) != "Success":
            self._complain(f"the broker refuses {self._client_id}: {reason}: check [broker] in its file")
            return
        self._bare_hang_ups = -1
        self.last_error = ""
        self._delay_s = RECONNECT_FIRST_S
        self._begin_connection(session_kept=flags.session_present)
        client.subscribe([(name, 1) for name in self._topics])

    def _begin_connection(self, *, session_kept: bool) -> None:
        with self._lock:
            self._connection += 1
            self._unacknowledged.clear()
        # A broker that kept the session sends all of this again; kept here too, it would pile up.
        while session_kept and not self._arrived.empty():
            try:
                self._arrived.get_nowait()
            except queue.Empty:
                break

    def _on_connect_fail(self, client: mqtt.Client, _data: object) -> None:
        self.last_error = f"no broker at {self._settings.host}:{self._settings.port}"
        self._wait_longer(client)

    def _on_disconnect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: object, _props: object
    ) -> None:
        self._subscribed = False
        if str(reason) == "Session taken over":
            self._complain(f"another gateway is called {self._client_id}: give each its own name")
        self._bare_hang_ups = 0 if self._bare_hang_ups < 0 else self._bare_hang_ups + 1
        if self._bare_hang_ups >= _BARE_HANG_UPS_MAX:
            self._downgrade = self._protocol is MQTTProtocolVersion.MQTTv5
        self._wait_longer(client)

    def _wait_longer(self, client: mqtt.Client) -> None:
        """Jitter: two lanes and many devices do not come back to a restarted broker at one moment."""
        delay_s = self._jitter.uniform(RECONNECT_FIRST_S / 2, self._delay_s)
        # Annotated as int, but paho only adds it to a time.
        client.reconnect_delay_set(delay_s, delay_s)  # type: ignore[arg-type]
        self._delay_s = min(self._delay_s * 2, RECONNECT_LAST_S)

    def _on_subscribe(
        self, _client: mqtt.Client, _data: object, _mid: int, reasons: Sequence[Any], _props: object
    ) -> None:
        self._subscribed = not any(reason.is_failure for reason in reasons)
        for name, reason in zip(self._topics, reasons, strict=False):
            if reason.is_failure:
                self._complain(f"the broker refuses the subscription to {name}: {reason}: check its ACL")

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.qos == 0 and self._arrived.qsize() > UNPROMISED_MAX:
            self.dropped_unpromised += 1
            return
        with self._lock:
            # nats-server repeats on a timer what is still being stored: one copy in the queue is enough.
            if message.qos > 0 and message.mid in self._unacknowledged:
                return
            if message.qos > 0:
                self._unacknowledged.add(message.mid)
            connection = self._connection
        self._arrived.put(
            Arrival(_topic(message), bytes(message.payload), bool(message.retain), message.mid, connection)
        )

    def _complain(self, words: str) -> None:
        self.last_error = words
        log.error("%s", words)

    def _reconnect_with_older_protocol(self) -> None:
        self._downgrade = False
        self.stop()
        self._protocol = MQTTProtocolVersion.MQTTv311
        log.info("this broker speaks no MQTT 5: going on with 3.1.1")
        self.start()


def _topic(message: mqtt.MQTTMessage) -> str:
    """The topic, or a word for one that is no text: an exception here would end the network thread."""
    try:
        return message.topic
    except UnicodeDecodeError:
        return "(not UTF-8)"
