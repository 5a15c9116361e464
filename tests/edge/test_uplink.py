"""The one connection of a device, against real brokers, and against bad ones made of a bare socket."""

import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from typing import Any

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from cli.broker import Broker, free_port
from contract.broker import BrokerSettings
from contract.ids import new_ulid
from contract.messages import (
    Answered,
    Clock,
    Command,
    Event,
    Fault,
    FaultPhase,
    Sample,
    Stamp,
    State,
    Telemetry,
    encode,
)
from contract.topics import Lane
from edge.clock import ManualClock
from edge.outbox import Outbox
from edge.uplink import EVENT_WINDOW, HELD_MAX, TELEMETRY_WINDOW, Uplink

pytestmark = pytest.mark.system

NOW_MS = 1_780_282_800_000
DEVICE = "home-7f3a"
WaitUntil = Callable[..., bool]
Ear = Any  # tests/edge/conftest.py


def stamp(seq: int = 1) -> Stamp:
    return Stamp(DEVICE, new_ulid(NOW_MS), seq, NOW_MS, Clock.SYNCED)


def offline() -> State:
    return State(stamp=stamp(), online=False, version="1", kind="home")


class Bench:
    """An uplink and its outbox; ``turn`` is what the agent does in each round."""

    def __init__(self, directory: Path, host: str, port: int, keepalive_s: int = 30) -> None:
        self.outbox = Outbox(directory / "outbox.sqlite")
        self.clock = ManualClock(NOW_MS)
        settings = BrokerSettings(host=host, port=port, keepalive_s=keepalive_s)
        self.uplink = Uplink(DEVICE, settings, self.clock, will=offline, jitter=random.Random(5))
        self.uplink.start()
        self.commands: list[Command] = []

    def close(self) -> None:
        self.uplink.stop(offline())
        self.outbox.close()

    def turn(self) -> "Bench":
        self.commands += self.uplink.exchange(self.outbox)
        return self

    def store_events(self, count: int) -> list[str]:
        ids = [new_ulid(NOW_MS) for _ in range(count)]
        for row_id in ids:
            body = Fault(new_ulid(NOW_MS), FaultPhase.RAISED, "radar", "sensor_lost")
            self.outbox.add_event(row_id, encode(Event(id=row_id, stamp=stamp(), body=body)), NOW_MS)
        return ids

    def store_telemetry(self, count: int) -> None:
        for _ in range(count):
            batch = Telemetry(
                id=new_ulid(NOW_MS), stamp=stamp(), samples=[Sample("radar", NOW_MS, {"a": 1.0})]
            )
            self.outbox.add_telemetry(batch.id, encode(batch), NOW_MS)

    @property
    def unconfirmed(self) -> int:
        return self.outbox.backlog().events

    @property
    def held_by_paho(self) -> int:
        return len(self.uplink._client._out_messages)


@pytest.fixture
def bench(broker: Broker, ear: Ear, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, broker.host, broker.port)
    yield made
    made.close()


@pytest.mark.system
def test_events_arrive_in_order_and_leave_only_on_their_receipt(
    bench: Bench, ear: Ear, wait_until: WaitUntil
) -> None:
    ids = bench.store_events(7)
    assert wait_until(lambda: bench.turn() and len(ear.ids()) == 7)
    assert ear.ids() == ids
    # The broker has acknowledged all of them by now; nobody has sent a receipt.
    assert wait_until(lambda: bench.held_by_paho == 0)
    assert bench.turn().unconfirmed == 7
    ear.send_receipt(DEVICE, ids[:4])
    assert wait_until(lambda: bench.turn().unconfirmed == 3)
    ear.send_receipt(DEVICE, ids)
    assert wait_until(lambda: bench.turn().unconfirmed == 0)


@pytest.mark.system
def test_mqtt_5_where_the_broker_speaks_it_else_3_1_1(
    bench: Bench, broker: Broker, wait_until: WaitUntil
) -> None:
    assert wait_until(lambda: bench.turn().uplink.connected)
    wanted = MQTTProtocolVersion.MQTTv5 if broker.kind == "mosquitto" else MQTTProtocolVersion.MQTTv311
    assert bench.uplink._client.protocol == wanted


@pytest.mark.system
def test_what_has_no_receipt_is_sent_again_less_and_less_often(
    bench: Bench, ear: Ear, wait_until: WaitUntil
) -> None:
    (row_id,) = bench.store_events(1)
    assert wait_until(lambda: bench.turn() and ear.ids() == [row_id] and bench.held_by_paho == 0)
    sent_after_s = []
    for second in range(1, 60):
        bench.clock.advance(1.0)
        bench.turn()
        if len(bench.uplink._windows[Lane.EVENT].sent) and bench.held_by_paho:
            sent_after_s.append(second)
        assert wait_until(lambda: bench.held_by_paho == 0)
    assert wait_until(lambda: len(ear.ids()) == 1 + len(sent_after_s))
    assert sent_after_s == [6, 17, 38]  # 5, 10 and 20 s after the one before
    ear.send_receipt(DEVICE, [row_id])
    assert wait_until(lambda: bench.turn().unconfirmed == 0)


@pytest.mark.system
def test_no_more_than_a_window_is_in_the_air(bench: Bench, ear: Ear, wait_until: WaitUntil) -> None:
    ids = bench.store_events(EVENT_WINDOW + 15)
    assert wait_until(lambda: bench.turn() and len(ear.ids()) == EVENT_WINDOW)
    for _ in range(20):
        bench.turn()
    assert ear.ids() == ids[:EVENT_WINDOW]
    ear.generous = True
    ear.send_receipt(DEVICE, ids[:EVENT_WINDOW])
    assert wait_until(lambda: bench.turn().unconfirmed == 0)
    assert ear.ids() == ids


@pytest.mark.system
def test_an_event_does_not_wait_behind_telemetry(bench: Bench, ear: Ear, wait_until: WaitUntil) -> None:
    bench.store_telemetry(100)
    assert wait_until(lambda: bench.turn() and len(ear.ids(Lane.TELEMETRY)) == TELEMETRY_WINDOW)
    ids = bench.store_events(1)
    assert wait_until(lambda: bench.turn() and ear.ids() == ids)
    assert len(ear.ids(Lane.TELEMETRY)) == TELEMETRY_WINDOW


@pytest.mark.system
def test_a_command_is_carried_out_once_and_only_in_its_time(
    bench: Bench, ear: Ear, wait_until: WaitUntil
) -> None:
    body = Answered(new_ulid(NOW_MS), "going", "family")
    late = Command(id=new_ulid(NOW_MS), issued_ms=NOW_MS - 40_000, expires_ms=NOW_MS - 1, body=body)
    timely = Command(id=new_ulid(NOW_MS), issued_ms=NOW_MS, expires_ms=NOW_MS + 30_000, body=body)
    assert wait_until(lambda: bench.turn().uplink.connected)
    time.sleep(0.2)  # its subscription is on the way
    for command in (late, timely, timely, late, timely):
        ear.say(DEVICE, Lane.COMMAND, encode(command))
    last = Command(id=new_ulid(NOW_MS), issued_ms=NOW_MS, expires_ms=NOW_MS + 30_000, body=body)
    ear.say(DEVICE, Lane.COMMAND, encode(last))
    assert wait_until(lambda: bench.turn() and last in bench.commands)
    assert bench.commands == [timely, last]


@pytest.mark.system
def test_garbage_to_the_device_is_counted_and_stops_nothing(
    bench: Bench, ear: Ear, wait_until: WaitUntil
) -> None:
    (row_id,) = bench.store_events(1)
    assert wait_until(lambda: bench.turn() and ear.ids() == [row_id])
    garbage = [b"", b"\xff\xfe", b"[" * 10_000, b'{"schema": 99, "ids": ["x"], "at_ms": 1}', b"null"]
    for payload in garbage:
        ear.say(DEVICE, Lane.COMMAND, payload)
        ear.say(DEVICE, Lane.RECEIPT, payload)
    ear.send_receipt(DEVICE, [row_id])
    assert wait_until(lambda: bench.turn().unconfirmed == 0)
    assert bench.uplink.refused_messages == 2 * len(garbage)


@pytest.mark.system
def test_nothing_is_sent_twice_when_the_first_round_falls_into_the_greeting(
    broker: Broker, ear: Ear, tmp_path: Path, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    greet = Uplink._on_connect

    def greet_slowly(*arguments: Any) -> None:
        time.sleep(0.3)
        greet(*arguments)

    monkeypatch.setattr(Uplink, "_on_connect", greet_slowly)
    bench = Bench(tmp_path, broker.host, broker.port)
    (row_id,) = bench.store_events(1)
    assert wait_until(lambda: bench.turn() and ear.ids())
    for _ in range(25):
        bench.turn()
        time.sleep(0.02)
    assert ear.ids() == [row_id]
    bench.close()


@pytest.mark.system
def test_a_broker_killed_and_restarted_midway_loses_nothing(
    bench: Bench, broker: Broker, ear: Ear, wait_until: WaitUntil
) -> None:
    ear.generous = True
    ids = bench.store_events(40)
    assert wait_until(lambda: bench.turn() and len(ear.ids()) >= 10)
    broker.kill()
    ids += bench.store_events(40)
    assert wait_until(lambda: not bench.turn().uplink.connected)
    broker.start()
    ids += bench.store_events(40)

    def settled() -> bool:
        bench.clock.advance(0.02)
        return bench.turn().unconfirmed == 0

    assert wait_until(settled, 60)
    assert set(ear.ids()) == set(ids)
    assert bench.uplink.refused_messages == 0


@pytest.mark.system
def test_a_broker_that_is_not_there_yet_is_found_when_it_comes(
    broker: Broker, tmp_path: Path, wait_until: WaitUntil
) -> None:
    broker.stop()
    bench = Bench(tmp_path, broker.host, broker.port)
    time.sleep(0.5)
    assert not bench.turn().uplink.connected
    broker.start()
    assert wait_until(lambda: bench.turn().uplink.connected)
    assert bench.uplink.newly_connected()
    assert not bench.uplink.newly_connected()
    bench.close()


@pytest.mark.system
def test_a_stalled_broker_does_not_make_paho_pile_up_copies(
    bench: Bench, broker: Broker, ear: Ear, wait_until: WaitUntil
) -> None:
    assert wait_until(lambda: bench.turn().uplink.connected)
    import os

    os.kill(broker.pid, SIGSTOP)
    try:
        ids = bench.store_events(50)
        for _ in range(100):  # 200 s by the device's clock: many times the resend time
            bench.clock.advance(2.0)
            bench.turn()
        assert bench.held_by_paho == EVENT_WINDOW
    finally:
        os.kill(broker.pid, SIGCONT)
    ear.generous = True
    assert wait_until(lambda: bench.turn() and set(ear.ids()) == set(ids))
    assert wait_until(lambda: bench.turn().unconfirmed == 0 or bench.clock.advance(0.1), 60)


class BadBroker:
    """A bare socket that answers a CONNECT as it is told and reads or does not read the rest."""

    def __init__(self, answer: Callable[[int], bytes | None], *, reads: bool = True) -> None:
        self.host, self.port = "127.0.0.1", free_port()
        self._answer = answer
        self._reads = reads
        self.protocols: list[int] = []
        self._server = socket.create_server((self.host, self.port))
        self._server.settimeout(0.1)
        self._lines: list[socket.socket] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        for line in [*self._lines, self._server]:
            line.close()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                line, _ = self._server.accept()
            except TimeoutError:
                line = None
            if line is not None:
                line.settimeout(5)
                got = line.recv(4096)
                # Fixed header, remaining length, "MQTT" with its length, then the protocol's number.
                self.protocols.append(got[got.index(b"MQTT") + 4])
                words = self._answer(self.protocols[-1])
                if words is None:
                    line.close()
                    continue
                line.sendall(words)
                line.setblocking(False)
                self._lines.append(line)
            for open_line in self._lines if self._reads else []:
                try:
                    open_line.recv(65536)
                except BlockingIOError:
                    continue


def connack_311() -> bytes:
    return struct.pack("!BBBB", 0x20, 2, 0, 0)


def test_a_broker_that_hangs_up_on_mqtt_5_without_a_word_is_asked_in_3_1_1(
    tmp_path: Path, wait_until: WaitUntil
) -> None:
    bad = BadBroker(lambda protocol: None if protocol == 5 else connack_311())
    bench = Bench(tmp_path, bad.host, bad.port)
    assert wait_until(lambda: bench.turn().uplink.connected)
    assert bad.protocols == [5, 5, 4]
    bad.close()
    bench.close()


def test_a_broker_that_refuses_the_password_is_not_asked_in_an_older_protocol(
    tmp_path: Path, wait_until: WaitUntil
) -> None:
    not_authorized = struct.pack("!BBBBB", 0x20, 3, 0, 0x87, 0)
    bad = BadBroker(lambda _: not_authorized)
    bench = Bench(tmp_path, bad.host, bad.port)
    assert wait_until(lambda: bench.turn() and len(bad.protocols) >= 4)
    assert set(bad.protocols) == {5}
    bad.close()
    bench.close()


def test_on_a_stuck_line_pictures_are_left_out_memory_stays_bounded_and_stopping_is_not_held_up(
    tmp_path: Path, wait_until: WaitUntil
) -> None:
    bad = BadBroker(lambda _: struct.pack("!BBBBB", 0x20, 3, 0, 0, 0), reads=False)
    bench = Bench(tmp_path, bad.host, bad.port, keepalive_s=600)
    assert wait_until(lambda: bench.turn().uplink.connected)
    accepted = 0
    for _ in range(200):
        accepted += bench.uplink.publish(Lane.LIVE, bytes(200_000))
        time.sleep(0.005)
    assert accepted < 100  # what the two kernels' buffers took, 6 MB at most
    bench.store_events(50)
    for _ in range(200):
        bench.uplink.publish(Lane.STATE, bytes(200_000))
        bench.clock.advance(2.0)
        bench.turn()
    assert bench.held_by_paho <= HELD_MAX
    assert bench.unconfirmed == 50
    stopping = threading.Thread(target=bench.uplink.stop, args=[offline()], daemon=True)
    stopping.start()
    assert wait_until(lambda: not stopping.is_alive())  # not only when 10 minutes of keepalive have passed
    bench.close()
    bad.close()
