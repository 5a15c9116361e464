"""Listens on the wire without taking part: for ``tail``, for the demo and for simulators."""

import queue
import secrets
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import NamedTuple, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from contract.broker import BrokerSettings
from contract.topics import ROOT


class Heard(NamedTuple):
    """One message as it came."""

    topic: str
    payload: bytes
    retained: bool


class Listener:
    """A clean session that hears topics of ours; reconnects by itself and keeps nothing for later."""

    def __init__(self, broker: BrokerSettings, topics: Iterable[str] = (f"{ROOT}/#",)) -> None:
        self._topics = list(topics)
        self._heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self._connected = threading.Event()
        self._broker = broker
        # 3.1.1 is what every broker speaks; nothing of MQTT 5 is of use to a listener.
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, f"listener-{secrets.token_hex(6)}", clean_session=True
        )
        if broker.username is not None:
            password = broker.password_file.read_text().strip() if broker.password_file else None
            self._client.username_pw_set(broker.username, password)
        if broker.ca_file is not None:
            self._client.tls_set(ca_certs=str(broker.ca_file))
        self._client.reconnect_delay_set(1, 5)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        self._client.connect_async(self._broker.host, self._broker.port, self._broker.keepalive_s)
        self._client.loop_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def wait_connected(self, timeout_s: float) -> bool:
        """Whether the broker took us within the time."""
        return self._connected.wait(timeout_s)

    def next(self, timeout_s: float) -> Heard | None:
        """The next message, or None after the time."""
        try:
            return self._heard.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def drain(self) -> Iterator[Heard]:
        """What has come since the last call."""
        while not self._heard.empty():
            yield self._heard.get()

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: object, _props: object
    ) -> None:
        if str(reason) == "Success":
            if self._topics:  # paho refuses to subscribe to nothing
                client.subscribe([(topic, 1) for topic in self._topics])
            self._connected.set()

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self._heard.put(Heard(message.topic, bytes(message.payload), bool(message.retain)))
