"""The whole ear on a real broker: mosquitto (MQTT 5) and nats-server (3.1.1)."""

import os
import queue
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import paho.mqtt.client as mqtt
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cli.broker import Broker
from contract.broker import BrokerSettings
from contract.ids import new_ulid
from contract.messages import (
    Answered,
    Clock,
    Command,
    Event,
    Fall,
    FallPhase,
    Receipt,
    Sample,
    Stamp,
    State,
    Telemetry,
    decode,
    encode,
)
from contract.topics import Lane, topic
from gateway.database import tables
from gateway.database.session import Database
from gateway.ingest import Ingest
from gateway.series import Point, Series, SeriesKind, SeriesSettings, SeriesUnavailableError, open_series
from gateway.series.embedded import EmbeddedSeries

pytestmark = pytest.mark.system

DEVICE = "radar-0001"
REPOSITORY = Path(__file__).resolve().parents[2]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def stamp(seq: int) -> Stamp:
    return Stamp(DEVICE, new_ulid(0), seq, now_ms(), Clock.SYNCED)


def fall(seq: int) -> Event:
    body = Fall(new_ulid(now_ms()), FallPhase.CONFIRMED, 0.9, [])
    return Event(id=new_ulid(now_ms()), stamp=stamp(seq), body=body)


def telemetry(seq: int) -> Telemetry:
    samples = [Sample("radar", 1_700_000_000_000 + 1000 * seq, {"height_m": float(seq)})]
    return Telemetry(id=new_ulid(now_ms()), stamp=stamp(seq), samples=samples)


def until(true: Callable[[], bool], patience_s: float = 30.0) -> None:
    deadline = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


class Device:
    """A device's end of the broker: publishes, and collects what is sent to it."""

    def __init__(self, broker: Broker) -> None:
        self.receipts: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.commands: list[Command] = []
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, DEVICE, protocol=mqtt.MQTTv311, clean_session=False
        )
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect(broker.host, broker.port)
        self._client.subscribe([(topic(DEVICE, Lane.RECEIPT), 1), (topic(DEVICE, Lane.COMMAND), 1)])
        self._client.loop_start()
        self.got: set[str] = set()

    def __enter__(self) -> Self:
        until(self._client.is_connected)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, lane: Lane, payload: bytes, *, retain: bool = False) -> None:
        until(self._client.is_connected)
        self._client.publish(topic(DEVICE, lane), payload, 1, retain=retain).wait_for_publish(10)

    def has_receipts(self, messages: Sequence[Event | Telemetry]) -> bool:
        while not self.receipts.empty():
            self.got.add(self.receipts.get())
        return {message.id for message in messages} <= self.got

    def _on_message(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic.endswith("receipt"):
            for message_id in decode(message.payload, Receipt).ids:
                self.receipts.put(message_id)
        else:
            self.commands.append(decode(message.payload, Command))


class Switched:
    """A series store that can be away."""

    def __init__(self, inner: EmbeddedSeries) -> None:
        self.inner = inner
        self.away = False
        self.refusals = 0

    def write(self, points: Sequence[Point]) -> None:
        if self.away:
            self.refusals += 1
            raise SeriesUnavailableError("series store: away: start it")
        self.inner.write(points)

    def query(self, *question: object) -> list[tuple[int, float]]:
        return self.inner.query(*question)  # type: ignore[arg-type]

    def close(self) -> None:
        self.inner.close()


@pytest.fixture
def series(tmp_path: Path) -> Iterator[Switched]:
    opened = Switched(EmbeddedSeries(tmp_path / "series.sqlite"))
    yield opened
    opened.close()


def make_ingest(broker: Broker, database: Database, series: Series) -> Ingest:
    settings = BrokerSettings(host=broker.host, port=broker.port, keepalive_s=5)
    return Ingest(settings, database, series, no_alerts, now_ms=now_ms, jitter=random.Random(1))


def no_alerts(_session: Session, _event: Event, _received_ms: int) -> None:
    """The events themselves are what these tests are about."""


@pytest.fixture
def ingest(broker: Broker, database: Database, series: Switched) -> Iterator[Ingest]:
    running = make_ingest(broker, database, series)
    running.start()
    until(lambda: all(lane.connected for lane in running.health().values()))
    yield running
    running.stop()


def stored(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(tables.Event.id)))


def test_events_sent_three_times_are_stored_once_and_each_gets_its_receipt(
    broker: Broker, ingest: Ingest, database: Database
) -> None:
    events = [fall(seq) for seq in range(100)]
    with Device(broker) as device:
        for n, event in enumerate(events):
            for _ in range(3):
                device.say(Lane.EVENT, encode(event))
            if n % 3 == 0:
                device.say(Lane.EVENT, b"not of the contract %d" % n)
        until(lambda: device.has_receipts(events) and ingest.health()["event"].received >= 334)
        until(lambda: ingest.health()["event"].dead == 34)
    assert sorted(stored(database)) == sorted(event.id for event in events)
    health = ingest.health()["event"]
    assert (health.stored, health.duplicates, health.failures, health.last_error) == (100, 200, 0, "")


def test_a_stopped_series_store_delays_no_event_and_loses_no_telemetry(
    broker: Broker, ingest: Ingest, database: Database, series: Switched
) -> None:
    series.away = True
    events, batches = [fall(seq) for seq in range(30)], [telemetry(seq) for seq in range(60)]
    with Device(broker) as device:
        for n, batch in enumerate(batches):
            device.say(Lane.TELEMETRY, encode(batch))
            if n % 2:
                device.say(Lane.EVENT, encode(events[n // 2]))
        until(lambda: device.has_receipts(events) and series.refusals > 0)
        assert not device.got & {batch.id for batch in batches}
        assert "away" in ingest.health()["telemetry"].last_error
        series.away = False
        until(lambda: device.has_receipts(batches))
    found = series.query(DEVICE, "radar", "height_m", 1_700_000_000_000, 1_700_000_060_000, 1000)
    assert [mean for _, mean in found] == [float(seq) for seq in range(60)]


@pytest.mark.parametrize("broker", ["mosquitto"], indirect=True)
@pytest.mark.parametrize("blow", ["kill", "freeze"])
def test_a_real_influxdb_that_stops_delays_no_event_and_gets_all_telemetry_in_the_end(
    broker: Broker, database: Database, servers, blow: str
) -> None:
    server = servers.influxd()
    series = open_series(SeriesSettings(kind=SeriesKind.INFLUXDB1, url=server.url, timeout_s=1.0))
    ingest = make_ingest(broker, database, series)
    ingest.start()
    until(lambda: all(lane.connected for lane in ingest.health().values()))
    events, batches = [fall(seq) for seq in range(30)], [telemetry(seq) for seq in range(60)]
    with Device(broker) as device:
        device.say(Lane.TELEMETRY, encode(batches[0]))
        until(lambda: device.has_receipts(batches[:1]))
        getattr(server, blow)()
        for n, batch in enumerate(batches):
            device.say(Lane.TELEMETRY, encode(batch))
            if n % 2:
                device.say(Lane.EVENT, encode(events[n // 2]))
        until(lambda: device.has_receipts(events))
        until(lambda: server.url in ingest.health()["telemetry"].last_error)
        assert not device.got & {batch.id for batch in batches[1:]}
        server.start() if blow == "kill" else server.thaw()
        until(lambda: device.has_receipts(batches))
    found = series.query(DEVICE, "radar", "height_m", 1_700_000_000_000, 1_700_000_060_000, 1000)
    assert [mean for _, mean in found] == [float(seq) for seq in range(60)]
    ingest.stop()
    series.close()


def test_a_locked_database_holds_receipts_back_and_nothing_is_lost(
    broker: Broker, tmp_path: Path, series: Switched
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'locked.sqlite'}", busy_timeout_s=0.1)
    database.create()
    ingest = make_ingest(broker, database, series)
    ingest.start()
    events = [fall(seq) for seq in range(50)]
    other = sqlite3.connect(tmp_path / "locked.sqlite", isolation_level=None)
    try:
        until(lambda: ingest.health()["event"].connected)
        other.execute("BEGIN IMMEDIATE")
        with Device(broker) as device:
            for event in events:
                device.say(Lane.EVENT, encode(event))
            until(lambda: "locked" in ingest.health()["event"].last_error)
            # nats-server sends again every 2 s what is unacknowledged: it must not pile up here.
            time.sleep(5)
            assert ingest.health()["event"].waiting <= 50
            assert not device.has_receipts(events[:1])
            other.execute("COMMIT")
            until(lambda: device.has_receipts(events))
        assert sorted(stored(database)) == sorted(event.id for event in events)
    finally:
        other.close()
        ingest.stop()
        database.close()


def test_a_broker_killed_and_started_again_delivers_what_it_had_and_what_comes_after(
    broker: Broker, ingest: Ingest, database: Database
) -> None:
    before, after = [fall(seq) for seq in range(20)], [fall(seq) for seq in range(20, 40)]
    with Device(broker) as device:
        for event in before:
            device.say(Lane.EVENT, encode(event))
        until(lambda: device.has_receipts(before))
        broker.kill()
        until(lambda: not ingest.health()["event"].connected)
        broker.start()
        for event in after:
            device.say(Lane.EVENT, encode(event))
        until(lambda: ingest.health()["event"].connected)
        until(lambda: sorted(stored(database)) == sorted(event.id for event in before + after))
        until(lambda: device.has_receipts(after))


def test_events_that_came_while_the_gateway_was_stopped_are_taken_at_its_start(
    broker: Broker, database: Database, series: Switched
) -> None:
    first = make_ingest(broker, database, series)
    first.start()
    until(lambda: first.health()["event"].connected)
    first.stop()
    events = [fall(seq) for seq in range(300)]
    with Device(broker) as device:
        for event in events:
            device.say(Lane.EVENT, encode(event))
        second = make_ingest(broker, database, series)
        second.start()
        try:
            until(lambda: device.has_receipts(events))
        finally:
            second.stop()
    assert sorted(stored(database)) == sorted(event.id for event in events)


def test_a_command_is_published_once_marked_sent_and_an_expired_one_never_goes(
    broker: Broker, ingest: Ingest, database: Database
) -> None:
    with Device(broker) as device:
        device.say(
            Lane.STATE, encode(State(stamp=stamp(1), online=True, version="0", kind="home")), retain=True
        )
        until(lambda: ingest.health()["event"].states >= 1)
        live, late = command(now_ms() + 30_000), command(now_ms() - 1)
        with database.write() as session:
            for each in (live, late):
                session.add(
                    tables.Command(
                        id=each.id, device_id=DEVICE, payload=encode(each), expires_ms=each.expires_ms
                    )
                )
        until(lambda: sent_ms(database, live.id) is not None and bool(device.commands))
        device.say(Lane.EVENT, encode(last := fall(1)))
        until(lambda: device.has_receipts([last]))
    assert [each.id for each in device.commands] == [live.id]
    assert sent_ms(database, late.id) is None


def command(expires_ms: int) -> Command:
    body = Answered(new_ulid(now_ms()), "going", "family")
    return Command(id=new_ulid(now_ms()), issued_ms=now_ms(), expires_ms=expires_ms, body=body)


def sent_ms(database: Database, command_id: str) -> int | None:
    with database.read() as session:
        return session.get_one(tables.Command, command_id).sent_ms


def test_a_retained_state_tells_a_new_gateway_which_devices_are_online(
    broker: Broker, database: Database, series: Switched
) -> None:
    with Device(broker) as device:
        device.say(
            Lane.STATE, encode(State(stamp=stamp(1), online=True, version="0", kind="home")), retain=True
        )
    ingest = make_ingest(broker, database, series)
    ingest.start()
    try:
        until(lambda: ingest.health()["event"].states == 1)
    finally:
        ingest.stop()
    with database.read() as session:
        assert session.get_one(tables.Device, DEVICE).online


def is_known(database: Database) -> bool:
    with database.read() as session:
        return session.get(tables.Device, DEVICE) is not None


GATEWAY = """
import random, sys, time
from pathlib import Path
from contract.broker import BrokerSettings
from gateway.database.session import Database
from gateway.ingest import Ingest
from gateway.series.embedded import EmbeddedSeries

port, folder, where = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

def stand_still(name, holds_event=True):
    if name == where and holds_event:
        (folder / "reached").touch()
        time.sleep(600)

database = Database(f"sqlite:///{folder / 'gateway.sqlite'}")
series = EmbeddedSeries(folder / "series.sqlite")
ingest = Ingest(
    BrokerSettings(port=port, keepalive_s=5), database, series, lambda *_: stand_still("before the commit"),
    now_ms=lambda: time.time_ns() // 1_000_000, jitter=random.Random(1),
)
acknowledge = ingest._event_runner._mqtt.acknowledge
account = ingest._event_runner._account
ingest._event_runner._mqtt.acknowledge = lambda batch: (
    stand_still("before the acknowledgement", any(a.topic.endswith("/event") for a in batch)), acknowledge(batch))
ingest._event_runner._account = lambda outcome: (
    stand_still("before the receipt", len(outcome.receipts) > 0), account(outcome))
ingest.start()
time.sleep(600)
"""


@pytest.mark.parametrize("where", ["before the commit", "before the acknowledgement", "before the receipt"])
def test_a_gateway_killed_at_any_step_stores_the_event_once_and_the_device_gets_its_receipt(
    broker: Broker, database: Database, tmp_path: Path, where: str
) -> None:
    event = fall(1)
    with Device(broker) as device, gateway(broker, tmp_path, where) as doomed:
        device.say(
            Lane.STATE, encode(State(stamp=stamp(1), online=True, version="0", kind="home")), retain=True
        )
        until(lambda: is_known(database))
        device.say(Lane.EVENT, encode(event))
        until((tmp_path / "reached").exists)
        os.kill(doomed.pid, signal.SIGKILL)
        doomed.wait()
        assert stored(database) == ([] if where == "before the commit" else [event.id])
        assert not device.has_receipts([event])
        with gateway(broker, tmp_path, "nowhere"):
            if where == "before the receipt":
                # The broker has its acknowledgement: only the device's own outbox asks again.
                device.say(Lane.EVENT, encode(event))
            until(lambda: device.has_receipts([event]))
    assert stored(database) == [event.id]


class gateway:  # noqa: N801 - used as a context, like a function
    """A gateway in a process of its own that stands still at one step."""

    def __init__(self, broker: Broker, folder: Path, where: str) -> None:
        self._command = [sys.executable, "-c", GATEWAY, str(broker.port), str(folder), where]

    def __enter__(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(self._command, cwd=REPOSITORY)
        return self._process

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.wait()
