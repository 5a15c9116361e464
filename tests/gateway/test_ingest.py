"""The cores of both lanes, driven with topics and payloads; the database and the series store are real."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from contract.ids import new_ulid
from contract.messages import (
    Clock,
    Event,
    Evidence,
    Fall,
    FallPhase,
    Receipt,
    Sample,
    Sighting,
    Stamp,
    State,
    Telemetry,
    VisitPhase,
    decode,
    encode,
)
from contract.topics import Lane, topic
from gateway.database import tables
from gateway.database.session import Database, DatabaseUnavailableError
from gateway.event_lane import EventLane
from gateway.mqtt import Arrival
from gateway.outcome import Outcome
from gateway.receipts import Receipts
from gateway.series import Point, SeriesRefusedError
from gateway.series.embedded import EmbeddedSeries
from gateway.telemetry_lane import TelemetryLane

NOW_MS = 1_700_000_000_000
BOOT = new_ulid(NOW_MS)


def stamp(device: str = "radar-0001", seq: int = 1, at_ms: int = NOW_MS - 500) -> Stamp:
    return Stamp(device, BOOT, seq, at_ms, Clock.SYNCED)


def fall(device: str = "radar-0001", event_id: str | None = None, seq: int = 1) -> Event:
    body = Fall(new_ulid(NOW_MS), FallPhase.CONFIRMED, 0.9, [Evidence("drop_m", 1.1, "m")])
    return Event(id=event_id or new_ulid(NOW_MS), stamp=stamp(device, seq), body=body)


def sighting(device: str = "camera-0001", picture: bytes | None = None) -> Event:
    body = Sighting(new_ulid(NOW_MS), VisitPhase.STARTED, "monkey", 4, 0.8, "left", picture=picture)
    return Event(id=new_ulid(NOW_MS), stamp=stamp(device), body=body)


def state(*, online: bool = True, seq: int = 1, at_ms: int = NOW_MS - 500) -> State:
    return State(stamp=stamp(seq=seq, at_ms=at_ms), online=online, version="0.1.0", kind="home")


def telemetry(device: str = "radar-0001", **fields: float) -> Telemetry:
    sample = Sample("radar", NOW_MS - 1000, fields or {"height_m": 1.5})
    return Telemetry(id=new_ulid(NOW_MS), stamp=stamp(device), samples=[sample])


def arrival(
    message: Event | State | Telemetry, *, retained: bool = False, device: str | None = None
) -> Arrival:
    lane = {Event: Lane.EVENT, State: Lane.STATE, Telemetry: Lane.TELEMETRY}[type(message)]
    return Arrival(topic(device or message.stamp.device, lane), encode(message), retained)


def receipts(outcome: Outcome) -> dict[str, list[str]]:
    return {name: decode(payload, Receipt).ids for name, payload in outcome.receipts.messages(NOW_MS)}


class Alerts:
    """An intake that writes a row of its own for each event, and fails where it is told to."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.failures_left = 1000
        self.calls = 0
        self.error: Exception = RuntimeError("a fault of ours")

    def __call__(self, session: Session, event: Event, received_ms: int) -> None:
        session.add(
            tables.Alert(
                id=event.id,
                number=event.id[-8:],
                kind="fall",
                state="open",
                device_id=event.stamp.device,
                opened_ms=received_ms,
            )
        )
        session.flush()
        self.calls += 1
        if event.id in self.failing and self.failures_left > 0:
            self.failures_left -= 1
            raise self.error


@pytest.fixture
def alerts() -> Alerts:
    return Alerts()


@pytest.fixture
def lane(database: Database, alerts: Alerts) -> EventLane:
    return EventLane(database, alerts, lambda: NOW_MS)


@pytest.fixture
def series(tmp_path: Path) -> Iterator[EmbeddedSeries]:
    opened = EmbeddedSeries(tmp_path / "series.sqlite")
    yield opened
    opened.close()


def ids(database: Database, table: type[tables.Base]) -> list[object]:
    with database.read() as session:
        return list(session.scalars(select(table.id).order_by(table.id)))  # type: ignore[attr-defined]


def dead_letters(database: Database) -> list[tables.DeadLetter]:
    with database.read() as session:
        return list(session.scalars(select(tables.DeadLetter).order_by(tables.DeadLetter.id)))


def device(database: Database, device_id: str = "radar-0001") -> tables.Device:
    with database.read() as session:
        return session.get_one(tables.Device, device_id)


# --- events ---------------------------------------------------------------------------------------


def test_an_event_sent_three_times_is_stored_once_and_each_sending_gets_its_receipt(
    lane: EventLane, database: Database
) -> None:
    event = fall()
    first = lane.take([arrival(event), arrival(event)])
    again = lane.take([arrival(event)])
    assert ids(database, tables.Event) == ids(database, tables.Alert) == [event.id]
    assert (first.stored, first.duplicates, again.stored, again.duplicates) == (1, 1, 0, 1)
    expected = {"mimamori/1/radar-0001/receipt": [event.id]}
    assert receipts(first) == receipts(again) == expected


def test_a_stored_event_holds_both_clocks_and_its_body_without_the_picture(
    lane: EventLane, database: Database
) -> None:
    event = sighting(picture=b"\xff\xd8jpeg")
    lane.take([arrival(event)])
    with database.read() as session:
        row = session.get_one(tables.Event, event.id)
    assert (row.at_ms, row.received_ms, row.clock, row.boot, row.seq) == (
        NOW_MS - 500,
        NOW_MS,
        "synced",
        BOOT,
        1,
    )
    assert (row.type, row.body["species"], "picture" in row.body) == ("sighting", "monkey", False)


def test_receipts_of_a_batch_are_one_message_per_device(lane: EventLane) -> None:
    here, there = [fall(seq=n) for n in range(3)], sighting()
    outcome = lane.take([arrival(event) for event in (*here, there)])
    assert receipts(outcome) == {
        "mimamori/1/radar-0001/receipt": [event.id for event in here],
        "mimamori/1/camera-0001/receipt": [there.id],
    }


def test_more_receipts_than_one_message_may_hold_become_two() -> None:
    batch = Receipts()
    for n in range(1001):
        batch.add("radar-0001", new_ulid(n))
    assert [len(decode(payload, Receipt).ids) for _, payload in batch.messages(NOW_MS)] == [1000, 1]


def test_a_device_nobody_registered_gets_a_row_of_its_kind(lane: EventLane, database: Database) -> None:
    lane.take([arrival(fall("radar-9999")), arrival(sighting("camera-9999"))])
    assert device(database, "radar-9999").kind == "home"
    assert device(database, "camera-9999").kind == "field"


def test_every_third_message_is_poison_and_the_others_are_stored(lane: EventLane, database: Database) -> None:
    events = [fall(seq=n) for n in range(20)]
    batch = []
    for n, event in enumerate(events):
        batch.append(arrival(event))
        if n % 2:
            batch.append(Arrival("mimamori/1/radar-0001/event", b"\xff\x00 not of the contract %d" % n))
    outcome = lane.take(batch)
    assert (outcome.stored, outcome.dead) == (20, 10)
    assert ids(database, tables.Event) == sorted(event.id for event in events)


@pytest.mark.parametrize(
    ("name", "payload", "reason"),
    [
        ("mimamori/1/radar-0001/event", b"", "Event: Input data was truncated"),
        ("mimamori/1/radar-0001/event", b"[" * 100_000, "Event"),
        ("mimamori/1/radar-0001/event", b'{"id": "short"}', "Event"),
        ("mimamori/1/RADAR!/event", b"{}", "is not mimamori/1"),
        ("elsewhere", b"{}", "is not mimamori/1"),
        ("mimamori/1/radar-0001/state", b"{}", "State: Object missing required field"),
        ("mimamori/1/radar-0002/event", encode(fall("radar-0001")), "radar-0001 speaks on"),
        ("mimamori/1/radar-0002/state", encode(state()), "radar-0001 speaks on"),
    ],
)
def test_a_message_that_is_not_of_the_contract_is_set_aside_with_its_reason_and_counted(
    lane: EventLane, database: Database, name: str, payload: bytes, reason: str
) -> None:
    for _ in range(3):
        assert lane.take([Arrival(name, payload)]).dead == 1
    (letter,) = dead_letters(database)
    assert reason in letter.reason
    assert (letter.topic, letter.count, letter.first_ms, letter.last_ms) == (name, 3, NOW_MS, NOW_MS)
    assert payload.startswith(letter.payload)
    assert ids(database, tables.Event) == []


def test_a_poison_event_that_names_itself_gets_its_receipt_so_that_it_blocks_no_window(
    lane: EventLane, database: Database
) -> None:
    newer = encode(fall()).replace(b'"schema":1', b'"schema":9')
    event_id = newer[newer.index(b'"id":"') + 6 :][:26].decode()
    outcome = lane.take([Arrival("mimamori/1/radar-0001/event", newer)])
    assert receipts(outcome) == {"mimamori/1/radar-0001/receipt": [event_id]}
    (letter,) = dead_letters(database)
    assert (letter.event_id, letter.payload) == (event_id, newer)


def test_an_event_whose_intake_fails_is_undone_alone_and_set_aside(
    lane: EventLane, database: Database, alerts: Alerts
) -> None:
    good, bad, last = fall(seq=1), fall(seq=2), fall(seq=3)
    alerts.failing = {bad.id}
    outcome = lane.take([arrival(good), arrival(bad), arrival(last)])
    assert (outcome.stored, outcome.dead) == (2, 1)
    assert ids(database, tables.Event) == ids(database, tables.Alert) == sorted([good.id, last.id])
    (letter,) = dead_letters(database)
    assert (letter.event_id, letter.reason) == (bad.id, "intake: RuntimeError: a fault of ours")


def test_a_wrong_statement_in_intake_is_the_events_fault_and_not_an_outage(
    lane: EventLane, database: Database
) -> None:
    lane._intake = lambda session, _event, _now: session.execute(text("SELECT nonsense FROM nowhere"))
    assert lane.take([arrival(fall())]).dead == 1
    assert "no such table" in dead_letters(database)[0].reason


def test_what_was_set_aside_is_tried_again_at_growing_intervals_and_at_a_mended_gateways_start(
    database: Database, alerts: Alerts
) -> None:
    clock = [NOW_MS]
    lane = EventLane(database, alerts, lambda: clock[0])
    bad = fall()
    alerts.failing = {bad.id}
    lane.take([arrival(bad), Arrival("mimamori/1/radar-0001/event", b"never readable")])
    tries = []
    for _ in range(60):
        before = alerts.calls
        lane.retry_set_aside()
        tries.append(alerts.calls > before)
        clock[0] += 1_000
    assert [second for second, tried in enumerate(tries) if tried] == [5, 10, 20, 40]
    alerts.failing = set()
    assert EventLane(database, alerts, lambda: clock[0]).retry_set_aside() == 1
    assert ids(database, tables.Event) == [bad.id]
    assert [letter.event_id for letter in dead_letters(database)] == [None]


def test_an_event_that_clashes_with_another_writer_once_is_taken_at_the_second_try(
    lane: EventLane, database: Database, alerts: Alerts
) -> None:
    event = fall()
    alerts.failing, alerts.failures_left = {event.id}, 1
    assert lane.take([arrival(event)]).stored == 1
    assert ids(database, tables.Alert) == [event.id]


def test_a_number_no_database_holds_is_the_events_own_fault(lane: EventLane, database: Database) -> None:
    huge = encode(fall(seq=77)).replace(b'"seq":77', b'"seq":18446744073709551615')
    assert lane.take([Arrival("mimamori/1/radar-0001/event", huge), arrival(fall())]).stored == 1
    assert dead_letters(database)[0].reason.startswith("intake: ")


def test_a_locked_database_takes_nothing_and_loses_nothing(
    lane: EventLane, database: Database, tmp_path: Path
) -> None:
    event = fall()
    other = sqlite3.connect(tmp_path / "gateway.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    impatient = Database(f"sqlite:///{tmp_path / 'gateway.sqlite'}", busy_timeout_s=0.05)
    try:
        lane._database = impatient
        with pytest.raises(DatabaseUnavailableError, match="locked"):
            lane.take([arrival(event)])
        other.execute("COMMIT")
        assert lane.take([arrival(event)]).stored == 1
    finally:
        other.close()
        impatient.close()


# --- states ---------------------------------------------------------------------------------------


def test_the_last_state_to_arrive_counts_even_the_will_whose_stamp_is_the_oldest(
    lane: EventLane, database: Database
) -> None:
    lane.take([arrival(state(seq=5)), arrival(state(seq=6))])
    assert device(database).online
    lane.take([arrival(state(online=False, seq=1))])
    row = device(database)
    assert (row.online, row.state_at_ms, row.kind) == (False, NOW_MS, "home")
    assert row.state is not None
    assert row.state["stamp"]["seq"] == 1


def test_a_retained_state_is_dated_by_its_device_and_a_known_one_changes_no_date(
    lane: EventLane, database: Database
) -> None:
    lane.take([arrival(state(at_ms=NOW_MS - 60_000), retained=True)])
    assert device(database).state_at_ms == NOW_MS - 60_000
    lane.take([arrival(state(seq=2))])
    lane.take([arrival(state(seq=2), retained=True)])
    assert device(database).state_at_ms == NOW_MS


def test_a_cleared_retained_state_is_no_message_of_a_device(lane: EventLane, database: Database) -> None:
    lane.take([arrival(state())])
    assert lane.take([Arrival("mimamori/1/radar-0001/state", b"", retained=True)]).states == 0
    assert device(database).online


# --- telemetry ------------------------------------------------------------------------------------


def heights(series: EmbeddedSeries) -> list[tuple[int, float]]:
    return series.query("radar-0001", "radar", "height_m", NOW_MS - 60_000, NOW_MS, 1000)


def test_telemetry_becomes_points_at_its_original_times_and_gets_its_receipt(
    database: Database, series: EmbeddedSeries
) -> None:
    lane = TelemetryLane(database, series, lambda: NOW_MS)
    batch = telemetry(height_m=1.25)
    for _ in range(2):
        outcome = lane.take([arrival(batch)])
        assert receipts(outcome) == {"mimamori/1/radar-0001/receipt": [batch.id]}
    assert heights(series) == [(NOW_MS - 1000, 1.25)]


def test_poison_telemetry_is_set_aside_and_the_rest_is_written(
    database: Database, series: EmbeddedSeries
) -> None:
    lane = TelemetryLane(database, series, lambda: NOW_MS)
    lost = telemetry("radar-0002")
    outcome = lane.take(
        [
            Arrival("mimamori/1/radar-0001/telemetry", b"{"),
            arrival(lost, device="radar-0001"),
            arrival(telemetry(height_m=0.5)),
        ]
    )
    assert (outcome.stored, outcome.dead) == (1, 2)
    assert lost.id in receipts(outcome)["mimamori/1/radar-0001/receipt"]
    assert heights(series) == [(NOW_MS - 1000, 0.5)]


class Fussy:
    """A store that refuses for good whatever holds a certain number."""

    def __init__(self, inner: EmbeddedSeries) -> None:
        self._inner = inner

    def write(self, points: Sequence[Point]) -> None:
        if any(value == 13.0 for point in points for value in point.fields.values()):
            raise SeriesRefusedError("field type conflict")
        self._inner.write(points)

    def query(self, *question: object) -> list[tuple[int, float]]:
        raise NotImplementedError

    def close(self) -> None:
        self._inner.close()


def test_one_message_the_store_refuses_for_good_is_found_among_the_others(
    database: Database, series: EmbeddedSeries
) -> None:
    lane = TelemetryLane(database, Fussy(series), lambda: NOW_MS)
    outcome = lane.take(
        [arrival(telemetry(height_m=1.0)), arrival(telemetry(x=13.0)), arrival(telemetry(y=2.0))]
    )
    assert (outcome.stored, outcome.dead) == (2, 1)
    assert dead_letters(database)[0].reason == "field type conflict"


def test_samples_set_aside_are_bounded_and_events_set_aside_are_not(
    lane: EventLane, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.dead_letters.SAMPLES_MAX", 5)
    newer = [encode(fall()).replace(b'"schema":1', b'"schema":9') for _ in range(7)]
    noise = [b"noise %d" % n * 2000 for n in range(9)]
    lane.take([Arrival("mimamori/1/radar-0001/event", payload) for payload in (*newer, *noise)])
    letters = dead_letters(database)
    assert sum(letter.event_id is not None for letter in letters) == 7
    samples = [letter.payload for letter in letters if letter.event_id is None]
    assert [payload[:7] for payload in samples] == [b"noise %d" % n for n in range(4, 9)]
    assert {len(payload) for payload in samples} == {4096}


@hypothesis_settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    name=st.sampled_from(["event", "state", "telemetry", "x/y"]),
    noise=st.binary(max_size=300),
    cut=st.integers(0, 600),
)
def test_no_payload_whatever_stops_a_lane(
    lane: EventLane, series: EmbeddedSeries, database: Database, name: str, noise: bytes, cut: int
) -> None:
    good = encode(fall())
    payload = good[:cut] + noise + good[cut:]
    spoilt = Arrival(f"mimamori/1/radar-0001/{name}", payload)
    with database.read() as session:
        before = session.scalar(select(func.count()).select_from(tables.Event)) or 0
    lane.take([spoilt, arrival(fall())])
    TelemetryLane(database, series, lambda: NOW_MS).take([spoilt, arrival(telemetry())])
    with database.read() as session:
        after = session.scalar(select(func.count()).select_from(tables.Event)) or 0
    assert after - before in (1, 2)
