"""A field and a box of its own, on a paper line: what the box obeys, and what it does when the field falls silent."""

import itertools

import pytest

from contract.configuration import ConfigurationError, parse
from edge.clock import ManualClock
from edge.repel.errors import OutputRefusedError, PinsLostError
from edge.repel.remote_box import BoxSettings, RemoteBox
from edge.repel.remote_outputs import RemoteOutputs
from edge.repel.signed_words import Order, signed, topic
from tests.edge.repel.paper import PaperLine, PaperSwitches

KEY = b"k" * 64
BOX = "box-1"


class Pair:
    """Both ends; ``pass_time`` lets both turn ten times a second."""

    def __init__(self, field_key: bytes = KEY) -> None:
        self.clock = ManualClock(0)
        bus: list[PaperLine] = []
        self.field_line = PaperLine(bus, [topic(BOX, "tick"), topic(BOX, "report")])
        self.box_line = PaperLine(bus, [topic(BOX, "order")])
        self.switches = PaperSwitches(self.clock)
        ticks = itertools.count(1)
        self.box = RemoteBox(
            BOX,
            KEY,
            self.switches,
            self.box_line,
            monotonic_s=self.clock.monotonic_s,
            new_tick=lambda: f"tick-{next(ticks)}",
        )
        self.field = RemoteOutputs(BOX, field_key, self.field_line, monotonic_s=self.clock.monotonic_s)
        self.field_line.answering = self.while_waiting
        self.pass_time(1.0)

    def while_waiting(self) -> None:
        self.clock.advance(0.05)
        self.box.turn(0.0)

    def pass_time(self, seconds: float, *, field: bool = True) -> None:
        for _ in range(round(10 * seconds)):
            self.clock.advance(0.1)
            self.box.turn(0.0)
            if field:
                self.field.tend()


def test_an_order_switches_on_and_both_sides_learn_when_it_is_off() -> None:
    pair = Pair()
    pair.field.switch_on("horn", 2.0)
    assert pair.field.on() == pair.switches.on() == ["horn"]
    pair.pass_time(2.5)
    assert pair.field.on() == pair.switches.on() == []
    assert [(one.output, one.on) for one in pair.field.changes()] == [("horn", True), ("horn", False)]


def test_a_field_that_falls_silent_leaves_nothing_on() -> None:
    pair = Pair()
    pair.field.switch_on("horn", 10.0)
    pair.pass_time(3.5, field=False)
    assert pair.switches.on() == []


def test_a_box_that_is_not_heard_is_not_fired_and_is_taken_to_be_off() -> None:
    pair = Pair()
    pair.field.switch_on("horn", 10.0)
    pair.box_line.lost = True
    pair.pass_time(3.0)
    assert not pair.field.ok
    assert pair.field.on() == []
    with pytest.raises(PinsLostError, match="box box-1 is not heard"):
        pair.field.switch_on("horn", 1.0)


def test_a_box_that_does_not_answer_is_told_off() -> None:
    pair = Pair()
    pair.field_line.answering = lambda: pair.clock.advance(0.5)
    with pytest.raises(PinsLostError, match="did not answer"):
        pair.field.switch_on("horn", 1.0)
    pair.box.turn(0.0)
    assert pair.switches.on() == []


def test_what_the_box_refuses_is_told_with_its_reason() -> None:
    pair = Pair()
    pair.switches.refuses = True
    with pytest.raises(OutputRefusedError, match="box box-1: horn"):
        pair.field.switch_on("horn", 1.0)


def test_who_does_not_share_the_secret_is_not_obeyed() -> None:
    pair = Pair(field_key=b"x" * 64)
    assert not pair.field.ok  # nor are the box's ticks believed
    on_topic = topic(BOX, "order")
    pair.field_line.say(on_topic, signed(b"x" * 64, on_topic, Order("tick-1", 1, "on", "horn", 1.0)))
    pair.pass_time(0.1)
    assert pair.switches.told == []


def test_a_recorded_order_fires_nothing_at_once_or_later() -> None:
    pair = Pair()
    pair.field.switch_on("horn", 0.5)
    recorded = [said for said in pair.field_line.said if said[0] == topic(BOX, "order")]
    pair.pass_time(0.7)
    for wait_s in (0.0, 10.0):
        pair.pass_time(wait_s)
        for on_topic, payload in recorded:
            pair.field_line.say(on_topic, payload)
        pair.pass_time(0.1)
    assert len(pair.switches.told) == 1


def test_an_order_that_a_bad_link_held_back_fires_nothing() -> None:
    pair = Pair()
    on_topic = topic(BOX, "order")
    held_back = signed(KEY, on_topic, Order("tick-1", 99, "on", "horn", 1.0))
    pair.pass_time(4.0)
    pair.field_line.say(on_topic, held_back)
    pair.pass_time(0.1)
    assert pair.switches.told == []


def test_a_word_signed_for_one_topic_is_none_on_another() -> None:
    pair = Pair()
    word = signed(KEY, topic("box-2", "order"), Order("tick-1", 1, "on", "horn", 1.0))
    pair.field_line.say(topic(BOX, "order"), word)
    pair.field_line.say(topic(BOX, "order"), b"\xff{not json")
    pair.pass_time(0.1)
    assert pair.switches.told == []


@pytest.mark.parametrize(
    ("stop_pin", "second", "mend"),
    [
        (4, 'name = "dog"\nstimulus = "dog"\npin = 17\n', "share a pin"),
        (17, 'name = "dog"\nstimulus = "dog"\npin = 18\n', "the emergency stop share pin 17"),
        (4, 'name = "horn"\nstimulus = "horn"\npin = 18\n', "same name"),
    ],
)
def test_a_box_whose_outputs_cannot_be_told_apart_is_refused_with_its_mend(
    stop_pin: int, second: str, mend: str
) -> None:
    horn = 'name = "horn"\nstimulus = "horn"\npin = 17\n'
    text = f'box = "{BOX}"\nkey_file = "key"\nstop_pin = {stop_pin}\n'
    with pytest.raises(ConfigurationError, match=mend):
        parse(f"{text}[[outputs]]\n{horn}[[outputs]]\n{second}", BoxSettings, "box.toml")
