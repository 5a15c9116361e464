"""Strangers shout on every topic while the story runs: it is told all the same, and what they shouted can be read."""

import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
import pytest
from sqlalchemy import select

from cli.broker import mosquitto_path
from cli.demo.site import FIELD_DEVICE, HOME_DEVICE
from cli.demo.stages import FIELD_STAGES, HOME_STAGES
from contract.ids import new_ulid
from contract.messages import Clock, Event, Fault, FaultPhase, Sample, Stamp, State, Telemetry, encode
from contract.topics import ROOT
from gateway.database.tables import DeadLetter
from tests.running import mimamori
from tests.system.hall import wait_until
from tests.system.story import Tale, telling

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

Shout = tuple[str, bytes]


def stamp(device: str) -> Stamp:
    return Stamp(device, new_ulid(1_790_000_000_000), 1, 1_790_000_000_000, Clock.SYNCED)


def told(device: str, **changes: object) -> bytes:
    """A good event, then spoiled."""
    fault = Fault(new_ulid(1_790_000_000_000), FaultPhase.RAISED, "radar", "sensor_lost")
    event = Event(id=new_ulid(1_790_000_000_000), stamp=stamp(device), body=fault)
    return msgspec.json.encode({**msgspec.to_builtins(event), **changes})


def shouts() -> Iterator[tuple[Shout, str]]:
    """(topic and payload, a piece of the reason it must be set aside with)."""
    event, telemetry, state = (f"{ROOT}/{HOME_DEVICE}/{lane}" for lane in ("event", "telemetry", "state"))
    yield (event, b"garbage"), "malformed"
    yield (event, b"\xff\xfe\x00\x80" * 50), "Event"
    yield (event, b"{" * 100_000), "Event"
    yield (event, b"{}"), "missing required field"
    yield (event, told(HOME_DEVICE, schema=99)), "newer"
    yield (event, told(HOME_DEVICE, body={"type": "song"})), "song"
    yield (event, told("somebody-else")), "somebody-else speaks on"
    yield (f"{ROOT}/Kitchen Radar/event", told(HOME_DEVICE)), "is not"
    yield (telemetry, b"temp=20"), "malformed"
    yield (telemetry, b'{"id": 7, "samples": []}'), "Telemetry"
    other = Telemetry(
        id=new_ulid(1_790_000_000_000),
        stamp=stamp(FIELD_DEVICE),
        samples=[Sample("radar", 1_790_000_000_000, {"points": 1.0})],
    )
    yield (telemetry, encode(other)), f"{FIELD_DEVICE} speaks on"
    yield (state, b"online"), "malformed"
    yield (state, b"[1, 2, 3]"), "State"
    away = State(stamp=stamp(FIELD_DEVICE), online=False, version="x", kind="home")
    yield (state, encode(away)), f"{FIELD_DEVICE} speaks on"


TO_DEVICES = [
    (f"{ROOT}/{device}/{lane}", payload)
    for device in (HOME_DEVICE, FIELD_DEVICE)
    for lane in ("command", "receipt")
    for payload in (b"garbage", b"\xff\x00", b'{"ids": []}', b'{"id": "x", "body": {"type": "fire"}}')
]


@contextmanager
def crowd(port: int, said: list[Shout], sent: Counter[Shout]) -> Iterator[None]:
    """Shouts everything again and again, and counts what the broker has acknowledged."""
    stop = threading.Event()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, f"crowd-{secrets.token_hex(4)}")
    client.connect("127.0.0.1", port)
    client.loop_start()

    def shout() -> None:
        while not stop.wait(1.0):
            for name, payload in said:
                client.publish(name, payload, 1).wait_for_publish(30)
                sent[name, payload] += 1

    shouting = threading.Thread(target=shout, name="crowd")
    shouting.start()
    try:
        yield
    finally:
        stop.set()
        shouting.join()
        client.disconnect()
        client.loop_stop()


def letters(tale: Tale) -> list[DeadLetter]:
    with tale.database.read() as session:
        return list(session.scalars(select(DeadLetter)))


def test_garbage_on_every_topic_stops_no_stage_and_is_kept_with_its_reason_and_count(tmp_path: Path) -> None:
    if mosquitto_path() is None:
        pytest.skip(
            "no mosquitto on this machine: nats-server hangs up on whoever shouts on a topic with a space"
        )
    wanted = dict(shouts())
    sent: Counter[Shout] = Counter()
    with telling(tmp_path / "town") as tale:
        with crowd(tale.town.broker.port, [*wanted, *TO_DEVICES], sent):
            tale.town.begin()
            assert tale.tell([*HOME_STAGES, *FIELD_STAGES]) == [], tale.last_words()
        assert min(sent.values()) > 5
        for name in ("gateway", "cloud", "home", "field"):
            assert tale.town.processes.starts(name) == 1, tale.town.processes.last_words(name)

        # What was shouted last may still be on its way into the database.
        wait_until(
            lambda: sum(letter.count for letter in letters(tale)) >= sum(sent[shout] for shout in wanted)
        )
        kept = {(letter.topic, letter.payload): letter for letter in letters(tale)}
        assert len(kept) == len(wanted)
        for (name, payload), reason in wanted.items():
            letter = next(
                row for (topic, begins), row in kept.items() if topic == name and payload.startswith(begins)
            )
            assert reason in letter.reason
            # At least once: the broker may have brought one again.
            assert letter.count >= sent[name, payload]
            assert letter.first_ms < letter.last_ms

        listed = mimamori("gateway", "dead-letters", str(tale.town.site.city_file)).stdout
        assert "somebody-else speaks on" in listed
        assert "b'" not in listed
        assert all(f"{name}  " in listed for name, _ in wanted)
