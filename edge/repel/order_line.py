"""The MQTT connection of orders: a box's, a field's to its boxes, and the one on which a person fires from afar.

Is: at most once and never late. QoS 0 and a clean session: a broker keeps nothing of it for whoever is away.
Is not: the uplink. Nothing of it is kept, and what must reach the city goes the other way. Paho's thread only fills a
queue; ``take`` empties it in the owner's thread.
"""

import logging
import queue
from collections.abc import Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from contract.broker import BrokerSettings

log = logging.getLogger(__name__)

KEEPALIVE_S = 10
WAITING_MAX = 200
"""A flood of words must not fill the memory; what is left out is quoted too late anyway."""


class OrderLine:
    """Listens to ``topics``; connects in the background and again after a loss."""

    def __init__(self, settings: BrokerSettings, topics: Sequence[str]) -> None:
        self._settings = settings
        self._topics = list(topics)
        self._heard: queue.Queue[tuple[str, bytes]] = queue.Queue(WAITING_MAX)
        self._client: mqtt.Client | None = None

    @property
    def connected(self) -> bool:
        """Whether the broker can be reached now."""
        return self._client is not None and self._client.is_connected()

    def open(self) -> None:
        """Begin to connect; raises OSError if the password file cannot be read."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
        settings = self._settings
        if settings.username is not None:
            password = None
            if settings.password_file is not None:
                password = settings.password_file.read_text(encoding="utf-8").strip()
            client.username_pw_set(settings.username, password)
        if settings.ca_file is not None:
            client.tls_set(str(settings.ca_file))
        client.reconnect_delay_set(1, 10)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        self._client = client
        client.connect_async(settings.host, settings.port, KEEPALIVE_S)
        client.loop_start()

    def close(self) -> None:
        """Hang up; harmless when repeated."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()

    def say(self, on_topic: str, payload: bytes) -> bool:
        """Now or never; whether it was handed over."""
        if self._client is None or not self._client.is_connected():
            return False
        return self._client.publish(on_topic, payload, qos=0).rc == mqtt.MQTT_ERR_SUCCESS

    def take(self, wait_s: float = 0.0) -> list[tuple[str, bytes]]:
        """(topic, payload) of what came, oldest first; waits at most ``wait_s`` for the first."""
        heard: list[tuple[str, bytes]] = []
        try:
            heard.append(self._heard.get(timeout=wait_s) if wait_s > 0 else self._heard.get_nowait())
            while True:
                heard.append(self._heard.get_nowait())
        except queue.Empty:
            return heard

    def _on_connect(self, client: mqtt.Client, _userdata: Any, _flags: Any, reason: Any, _props: Any) -> None:
        if reason.is_failure:
            log.warning("the broker of the orders refuses: %s", reason)
            return
        for on_topic in self._topics:
            client.subscribe(on_topic, qos=0)

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        if message.retain:
            return  # an order of the past, whoever made the broker keep it
        try:
            self._heard.put_nowait((message.topic, bytes(message.payload)))
        except queue.Full:
            log.warning("too many words on the line of orders: the newest are left out")
