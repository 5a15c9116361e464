"""The one MQTT connection of a device.

Is: at-least-once towards the gateway. What waits in the outbox is sent in order, a window at a time,
and sent again until a receipt names it; MQTT 5 first, 3.1.1 where a broker refuses it; reconnects
with jitter. Paho's network thread only moves bytes between the socket and a queue: everything that
touches a disk happens in the thread that calls ``exchange``.
Is not: proof of delivery by itself. A PUBACK is not taken for one, see docs/architecture.md.

Paho keeps what has no PUBACK and sends it again after a reconnect; such a row is left to paho, so that a row is
never in paho's memory twice.
"""

import logging
import queue
import random
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
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
from edge.window import RESEND_FIRST_S, RESEND_LAST_S, Sent, Window

log = logging.getLogger(__name__)

EVENT_WINDOW = 20
"""Rows sent without a receipt. Paho has 20 unacknowledged at a time, and so does mosquitto by default."""
TELEMETRY_WINDOW = 10
"""Half: an event always finds a free slot beside telemetry that a slow broker has not acknowledged."""
HELD_MAX = 2 * (EVENT_WINDOW + TELEMETRY_WINDOW)
"""What paho may hold without a PUBACK: both windows, and state messages of a long stall."""
RECONNECT_FIRST_S = 0.5
RECONNECT_LAST_S = 15.0
"""A fall waits for it; a thousand devices that try every 15 s are 70 connections a second, which brokers bear."""
SESSION_EXPIRY_S = 3600
FAREWELL_S = 1.0
_UNSUPPORTED_PROTOCOL = "Unsupported protocol version"
_BARE_HANG_UPS_MAX = 2
"""Connections dropped before any CONNACK after which a broker is taken not to know MQTT 5."""
_COMMANDS_KEPT = 64
"""QoS 1 may bring a command twice; the last ids are remembered so that nobody is told twice."""


class Uplink:
    """Owned by the device's thread; ``exchange`` is called often and never blocks on the network.

    ``clock`` is the machine's own, also in a replay: receipts and expiries do not follow a recording's time.
    """

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
        self._windows = {Lane.EVENT: Window(EVENT_WINDOW), Lane.TELEMETRY: Window(TELEMETRY_WINDOW)}
        self._obeyed: deque[str] = deque(maxlen=_COMMANDS_KEPT)
        self._live: mqtt.MQTTMessageInfo | None = None
        self._connections = 0
        self._connections_seen = 0
        self._connections_served = 0
        self._answered = False
        self._accepted = False
        self._greeted = False
        self._bare_hang_ups = 0
        self._downgrade = False
        self._delay_s = RECONNECT_FIRST_S
        self.refused_messages = 0

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and has not hung up since.

        Paho calls itself connected before it calls ``_on_connect``: a row sent in between would be taken for one of
        the connection before, and sent twice.
        """
        return self._greeted and self._client is not None and self._client.is_connected()

    def start(self) -> None:
        """Begin to connect, in the background; raises OSError if the password file cannot be read."""
        self._client = self._new_client()
        self._client.connect_async(
            self._settings.host, self._settings.port, self._settings.keepalive_s, **self._session()
        )
        self._client.loop_start()

    def stop(self, last: State) -> None:
        """Say goodbye: publish ``last`` in place of the will, then hang up."""
        client, self._client = self._client, None
        if client is None:
            return
        understood = not client.is_connected() or self._say_farewell(client, last)
        client.disconnect()
        line = client.socket()
        if not understood and isinstance(line, socket.socket):
            # A stuck line: paho would try to write its DISCONNECT until the keepalive runs out.
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        client.loop_stop()

    def _say_farewell(self, client: mqtt.Client, last: State) -> bool:
        """Whether the broker has it; if not, it will publish the will."""
        farewell = client.publish(topic(self._device, Lane.STATE), encode(last), QOS[Lane.STATE], retain=True)
        try:
            farewell.wait_for_publish(timeout=FAREWELL_S)
            return farewell.is_published()
        except (RuntimeError, ValueError):
            log.info("the broker went before the farewell did")
            return False

    def newly_connected(self) -> bool:
        """True once after each successful connection: the time to publish the retained state."""
        fresh = self._connections != self._connections_seen
        self._connections_seen = self._connections
        return fresh and self.connected

    def publish(self, lane: Lane, payload: bytes) -> bool:
        """Hand a state or live message to the broker; False, and nothing kept, without one.

        A live message is also refused while the one before it is not on its way: on a slow link pictures would
        pile up in memory and events would queue behind them.
        """
        if self._client is None or not self.connected:
            return False
        if lane is Lane.LIVE and self._live is not None and Sent(0.0, self._live).held(0.0):
            return False
        info = self._client.publish(topic(self._device, lane), payload, QOS[lane], retain=lane is Lane.STATE)
        if lane is Lane.LIVE:
            self._live = info
        return info.rc == mqtt.MQTT_ERR_SUCCESS

    def exchange(self, outbox: Outbox) -> list[Command]:
        """Take what arrived, let the outbox forget what receipts named, send what waits.

        Returns the commands that have not expired.
        """
        if self._downgrade:
            self._reconnect_with_older_protocol()
        commands = self._take_arrived(outbox)
        if self._client is not None and self.connected:
            if self._connections_served != self._connections:
                self._begin_again()
            for lane in (Lane.EVENT, Lane.TELEMETRY):
                self._send_waiting(self._client, lane, outbox)
        return commands

    def _begin_again(self) -> None:
        """After a reconnect: what an earlier broker acknowledged may have died with it."""
        self._connections_served = self._connections
        for window in self._windows.values():
            window.resend_s = RESEND_FIRST_S
            window.reopen(self._clock.monotonic_s())

    def _send_waiting(self, client: mqtt.Client, lane: Lane, outbox: Outbox) -> None:
        window = self._windows[lane]
        now_s = self._clock.monotonic_s()
        if window.overdue(now_s):
            window.reopen(now_s)
            window.resend_s = min(window.resend_s * 2, RESEND_LAST_S)
        if len(window.sent) >= window.size:
            return
        for row in outbox.after(lane, window.cursor, window.size):
            if row.id not in window.sent:
                if len(window.sent) >= window.size:
                    return
                info = client.publish(topic(self._device, lane), row.payload, QOS[lane])
                if info.rc == mqtt.MQTT_ERR_QUEUE_SIZE:
                    return
                window.sent[row.id] = Sent(now_s, info)
            window.cursor = row.n

    def _take_arrived(self, outbox: Outbox) -> list[Command]:
        commands: list[Command] = []
        named: list[str] = []
        while not self._arrived.empty():
            name, payload = self._arrived.get()
            try:
                lane = parse(name).lane
                if lane is Lane.RECEIPT:
                    named += decode(payload, Receipt).ids
                elif lane is Lane.COMMAND:
                    commands += self._still_wanted(decode(payload, Command))
            except (NotOfTheContractError, ValueError) as error:
                self.refused_messages += 1
                log.warning("a message to this device is not of the contract: %s", error)
        self._take_receipts(named, outbox)
        return commands

    def _still_wanted(self, command: Command) -> list[Command]:
        if command.id in self._obeyed:
            return []
        if command.expires_ms <= self._clock.unix_ms():
            log.info("command %s came too late and is not carried out", command.id)
            return []
        self._obeyed.append(command.id)
        return [command]

    def _take_receipts(self, ids: list[str], outbox: Outbox) -> None:
        """All receipts of one round in one transaction: each would cost the disk a flush."""
        if not ids:
            return
        outbox.forget(ids)
        for window in self._windows.values():
            for row_id in ids:
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
        client.max_queued_messages_set(HELD_MAX)
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
        self._answered = True
        if str(reason) == _UNSUPPORTED_PROTOCOL:
            self._downgrade = self._protocol is MQTTProtocolVersion.MQTTv5
            return
        if str(reason) != "Success":
            log.error("the broker refuses this device: %s: check [broker] in its file", reason)
            return
        self._accepted = True
        self._delay_s = RECONNECT_FIRST_S
        client.subscribe([(topic(self._device, lane), QOS[lane]) for lane in TO_DEVICE])
        self._connections += 1
        self._greeted = True

    def _on_connect_fail(self, client: mqtt.Client, _data: object) -> None:
        self._wait_longer(client)

    def _on_disconnect(self, client: mqtt.Client, *_rest: object) -> None:
        self._greeted = False
        # Some brokers hang up on MQTT 5 without a word; one that has spoken it before is merely restarting.
        if not self._answered and not self._accepted:
            self._bare_hang_ups += 1
            self._downgrade = self._downgrade or (
                self._bare_hang_ups >= _BARE_HANG_UPS_MAX and self._protocol is MQTTProtocolVersion.MQTTv5
            )
        self._answered = False
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
        for window in self._windows.values():  # what the old client held goes with it
            window.sent.clear()
            window.cursor = 0
        log.info("this broker speaks no MQTT 5: going on with 3.1.1")
        self.start()
