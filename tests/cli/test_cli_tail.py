"""``mimamori tail``: one readable line for each message, whatever it is."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from cli.broker import Broker
from contract.ids import new_ulid
from contract.messages import (
    Answered,
    Clock,
    Command,
    Event,
    Evidence,
    Fall,
    FallPhase,
    Live,
    LiveHome,
    Receipt,
    Sample,
    Sighting,
    Stamp,
    State,
    Telemetry,
    VisitPhase,
    encode,
)
from tests.cli.conftest import Run

pytestmark = pytest.mark.system

AT_MS = 1_790_000_000_000
ONE_KIND = pytest.mark.parametrize("broker", ["mosquitto"], indirect=True)


def stamp(device: str = "radar-0001") -> Stamp:
    return Stamp(device, new_ulid(AT_MS), 1, AT_MS, Clock.SYNCED)


def fall(device: str = "radar-0001") -> bytes:
    body = Fall(new_ulid(AT_MS), FallPhase.CONFIRMED, 0.87, [Evidence("drop_m", 1.1, "m")])
    return encode(Event(id=new_ulid(AT_MS), stamp=stamp(device), body=body))


def sighting(picture: bytes) -> bytes:
    body = Sighting(new_ulid(AT_MS), VisitPhase.STARTED, "monkey", 4, 0.9, "nearer", picture=picture)
    return encode(Event(id=new_ulid(AT_MS), stamp=stamp("cam-0001"), body=body))


def live() -> bytes:
    body = LiveHome([(0.0, 2.0, 1.0, 0.1)] * 9, "standing", height_m=1.02)
    return encode(Live(stamp=stamp(), body=body))


def state() -> bytes:
    return encode(
        State(stamp=stamp(), online=True, version="0.1.0", kind="home", faults=["radar.sensor_lost"])
    )


@contextmanager
def spoken(broker: Broker, *messages: tuple[str, bytes]) -> Iterator[None]:
    """Say the messages again and again until the end, as tail takes a moment to listen."""
    stop = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect(broker.host, broker.port)
    client.loop_start()

    def speak() -> None:
        while not stop.wait(0.2):
            for topic, payload in messages:
                client.publish(f"mimamori/1/{topic}", payload)

    voice = threading.Thread(target=speak)
    voice.start()
    try:
        yield
    finally:
        stop.set()
        voice.join()
        client.disconnect()
        client.loop_stop()


def heard(run: Run, broker: Broker, *options: str, seconds: float = 1.5) -> list[str]:
    """The different lines tail prints, without their times."""
    said = run("tail", "--port", broker.port, "--seconds", seconds, *options)
    assert said.status == 0, said.err
    lines = said.out.splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d\.\d\d\d ", line) for line in lines), lines
    return list(dict.fromkeys(line[13:] for line in lines))


def test_each_lane_is_one_readable_line(run: Run, broker: Broker) -> None:
    sample = Sample("radar", AT_MS, {"points": 4.0, "height_m": 1.0234})
    told = Answered(new_ulid(AT_MS), "going", "family")
    messages = [
        ("radar-0001/event", fall()),
        ("radar-0001/telemetry", encode(Telemetry(id=new_ulid(AT_MS), stamp=stamp(), samples=[sample]))),
        ("radar-0001/state", state()),
        (
            "radar-0001/command",
            encode(Command(id=new_ulid(AT_MS), issued_ms=AT_MS, expires_ms=AT_MS + 1, body=told)),
        ),
        ("radar-0001/receipt", encode(Receipt(ids=[new_ulid(AT_MS)] * 3, at_ms=AT_MS))),
    ]
    with spoken(broker, *messages):
        lines = heard(run, broker)
    assert len(lines) == 5
    event, telemetry, status, command, receipt = lines = sorted(
        lines, key=lambda line: ["event", "telemetry", "state", "command", "receipt"].index(line.split()[1])
    )
    assert all(line.startswith("radar-0001 ") for line in lines)
    assert "type=fall" in event
    assert "phase=confirmed confidence=0.87 evidence=<1>" in event
    assert "samples=<1>" in telemetry
    assert "online=True version=0.1.0 kind=home faults=<1>" in status
    assert "type=answered" in command
    assert "answer=going role=family" in command
    assert receipt.endswith("3 received")


@ONE_KIND
@pytest.mark.parametrize(
    ("topic", "payload", "words"),
    [
        ("radar-0001/event", b"\xff\x00\x01", "mimamori/1/radar-0001/event NOT OF THE CONTRACT: Event: "),
        ("radar-0001/event", b'{"schema": 1}', "NOT OF THE CONTRACT: Event: Object missing required field"),
        ("radar-0001/event", live(), "NOT OF THE CONTRACT: Event: "),
        ("radar-0001/state", b'{"schema": 1, "note": "[red]"}', "NOT OF THE CONTRACT: State: "),
    ],
)  # fmt: skip
def test_what_is_not_of_the_contract_is_a_line_and_the_next_message_is_read(
    run: Run, broker: Broker, topic: str, payload: bytes, words: str
) -> None:
    with spoken(broker, (topic, payload), ("cam-0001/state", state())):
        lines = heard(run, broker)
    assert len(lines) == 2
    assert any(words in line for line in lines), lines
    assert any("online=True" in line for line in lines)


@ONE_KIND
def test_a_device_whose_name_is_none_is_a_line_too(run: Run, broker: Broker) -> None:
    with spoken(broker, ("Kitchen of Mrs F./event", fall())):
        (line,) = heard(run, broker)
    assert line.startswith("mimamori/1/Kitchen of Mrs F./event NOT OF THE CONTRACT: ")


@ONE_KIND
def test_points_and_pictures_are_counted_and_the_live_lane_only_comes_when_asked_for(
    run: Run, broker: Broker
) -> None:
    with spoken(broker, ("radar-0001/live", live()), ("cam-0001/event", sighting(b"\xff\xd8" * 4000))):
        quiet = heard(run, broker)
        loud = heard(run, broker, "--live")
    assert len(quiet) == 1
    assert "species=monkey count_at_least=4" in quiet[0]
    assert "picture=<" in quiet[0]
    assert len(quiet[0]) < 250
    (points,) = set(loud) - set(quiet)
    assert re.search(r"radar-0001 +live +.*points=<9> state=standing height_m=1.02", points), points


@ONE_KIND
def test_one_device_can_be_picked_out(run: Run, broker: Broker) -> None:
    with spoken(broker, ("radar-0001/event", fall()), ("radar-0002/event", fall("radar-0002"))):
        (line,) = heard(run, broker, "--device", "radar-0002")
    assert line.startswith("radar-0002 ")


@ONE_KIND
def test_what_the_broker_kept_is_marked(run: Run, broker: Broker) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect(broker.host, broker.port)
    client.loop_start()
    client.publish("mimamori/1/radar-0001/state", state(), qos=1, retain=True).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()
    (line,) = heard(run, broker)
    assert line.endswith(" (retained)")


@ONE_KIND
def test_it_ends_after_the_seconds_it_was_given_though_nothing_passes(run: Run, broker: Broker) -> None:
    begun_s = time.monotonic()
    assert heard(run, broker, seconds=0.5) == []
    assert time.monotonic() - begun_s >= 0.5


def test_without_a_broker_it_names_the_mend(run: Run) -> None:
    said = run("tail", "--port", 1, "--seconds", 1)
    assert said.status == 1
    assert said.err.strip().endswith(
        "no MQTT broker takes us at 127.0.0.1:1: start one, or mend --host, --port, --user"
    )
