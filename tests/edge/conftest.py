"""A stand-in for the gateway: hears every device through a real broker, and sends receipts when it is told to."""

import threading
import time
from collections.abc import Callable, Iterator

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from cli.broker import Broker
from contract.messages import Event, Receipt, State, Telemetry, decode, encode
from contract.topics import FROM_DEVICE, Lane, every_device, parse, topic


def until(condition: Callable[[], object], patience_s: float = 30.0) -> bool:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


class Ear:
    """Everything heard, in order. With ``generous`` every event and batch gets its receipt at once."""

    def __init__(self, broker: Broker) -> None:
        self.heard: list[tuple[Lane, bytes]] = []
        self.generous = False
        self._subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "ear", clean_session=False)
        self._client.reconnect_delay_set(0.1, 0.2)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        assert self._subscribed.wait(20)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, device: str, lane: Lane, payload: bytes) -> None:
        self._client.publish(topic(device, lane), payload, 1)

    def send_receipt(self, device: str, ids: list[str]) -> None:
        self.say(device, Lane.RECEIPT, encode(Receipt(ids=ids, at_ms=1)))

    def ids(self, lane: Lane = Lane.EVENT) -> list[str]:
        kind = Event if lane is Lane.EVENT else Telemetry
        return [decode(payload, kind).id for heard, payload in list(self.heard) if heard is lane]

    def states(self) -> list[State]:
        return [decode(payload, State) for heard, payload in list(self.heard) if heard is Lane.STATE]

    def _on_connect(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe([(every_device(lane), 1) for lane in FROM_DEVICE])

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        address = parse(message.topic)
        self.heard.append((address.lane, message.payload))
        if self.generous and address.lane in {Lane.EVENT, Lane.TELEMETRY}:
            self.send_receipt(address.device, [self.ids(address.lane)[-1]])


@pytest.fixture
def ear(broker: Broker) -> Iterator[Ear]:
    listening = Ear(broker)
    yield listening
    listening.close()


@pytest.fixture
def wait_until() -> Callable[..., bool]:
    return until
