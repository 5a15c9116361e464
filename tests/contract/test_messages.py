"""The contract's rules, driven through encode and decode."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.ids import is_opaque, new_ulid
from contract.messages import (
    Answered,
    Clock,
    Command,
    Event,
    Evidence,
    Fall,
    FallPhase,
    Live,
    LiveField,
    NotOfTheContractError,
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
from contract.topics import Lane, every_device, parse, topic

NOW_MS = 1_790_000_000_000
STAMP = Stamp("radar-0007", new_ulid(NOW_MS), 1, NOW_MS, Clock.SYNCED)
FALL = Event(
    id=new_ulid(NOW_MS),
    stamp=STAMP,
    body=Fall(new_ulid(NOW_MS), FallPhase.SUSPECTED, 0.8, [Evidence("drop_m", 0.9, "m")], NOW_MS + 60_000),
)
SIGHTING = Sighting(
    new_ulid(NOW_MS), VisitPhase.STARTED, "monkey", 5, 0.9, "nearer", picture=b"\xff\xd8\x00jpeg"
)
MESSAGES = [
    FALL,
    Event(id=new_ulid(NOW_MS), stamp=STAMP, body=SIGHTING),
    Telemetry(id=new_ulid(NOW_MS), stamp=STAMP, samples=[Sample("radar", NOW_MS, {"points": 3.0})]),
    Live(stamp=STAMP, body=LiveField([], 0, "unknown", [])),
    State(stamp=STAMP, online=True, version="0.1.0", kind="home"),
    Command(
        id=new_ulid(NOW_MS),
        issued_ms=NOW_MS,
        expires_ms=NOW_MS + 30_000,
        body=Answered(new_ulid(NOW_MS), "going", "family"),
    ),
    Receipt(ids=[new_ulid(NOW_MS)], at_ms=NOW_MS),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_as_it_was_sent(message):
    assert decode(encode(message), type(message)) == message


@pytest.mark.parametrize("kind", [Event, Telemetry, Live, State, Command, Receipt])
@given(payload=st.binary(max_size=300))
def test_bytes_that_are_no_message_are_refused_and_nothing_else_happens(kind, payload):
    with pytest.raises(NotOfTheContractError):
        decode(payload, kind)


def _fall_with(**changes: object) -> bytes:
    tree = json.loads(encode(FALL))
    tree.update(changes)
    return json.dumps(tree).encode()


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"id": "not-a-ulid"}, "id"),
        ({"schema": 99}, "newer"),
        ({"stamp": {**json.loads(encode(FALL))["stamp"], "device": "Suzuki Hanako"}}, "stamp"),
        ({"body": {"type": "earthquake"}}, "earthquake"),
    ],
)
def test_a_refusal_says_what_is_wrong(changes, word):
    with pytest.raises(NotOfTheContractError, match=word):
        decode(_fall_with(**changes), Event)


def test_a_newer_device_s_unknown_field_is_ignored():
    assert decode(_fall_with(colour="blue"), Event) == FALL


def test_ulids_of_later_times_sort_later():
    assert new_ulid(NOW_MS) < new_ulid(NOW_MS + 1)


def test_a_time_before_1970_has_no_ulid():
    with pytest.raises(ValueError, match="set the clock"):
        new_ulid(-1)


@pytest.mark.parametrize("name", ["Radar-1", "a", "鶴岡-1", "home 1", "a/b", "x" * 41, "#", ""])
def test_a_name_that_could_tell_or_break_a_topic_is_not_opaque(name):
    assert not is_opaque(name)
    with pytest.raises(ValueError, match="cannot name a device"):
        topic(name, Lane.EVENT)


@pytest.mark.parametrize("lane", Lane)
def test_a_topic_taken_apart_gives_what_it_was_made_of(lane):
    assert parse(topic("radar-0007", lane)) == ("radar-0007", lane)
    assert every_device(lane) == topic("radar-0007", lane).replace("radar-0007", "+")


@pytest.mark.parametrize(
    "text",
    ["", "mimamori/1", "mimamori/2/radar-0007/event", "mimamori/1/radar-0007/gossip",
     "x/mimamori/1/radar-0007/event", "mimamori/1/radar-0007/event/more"],
)  # fmt: skip
def test_a_foreign_topic_is_refused(text):
    with pytest.raises(ValueError, match="is not"):
        parse(text)
