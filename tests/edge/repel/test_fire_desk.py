"""Fire from afar through the real repeller: two steps, signed, 30 s, and every rule of the field besides."""

import itertools
import random

import pytest

from contract.ids import new_ulid
from contract.messages import Repel, RepelPhase
from edge.clock import ManualClock
from edge.repel.errors import KeyFileError
from edge.repel.fire_desk import FireDesk, fire_desk_from
from edge.repel.repeller import Repeller
from edge.repel.scene import Scene
from edge.repel.settings import RepelSettings
from edge.repel.signed_words import Answer, Ask, Confirm, Offer, opened, signed, topic
from tests.edge.repel.paper import PaperLine, PaperSwitches

NOON_MS = 1_780_282_800_000  # 2026-06-01 12:00 in Japan
KEY = b"k" * 64
FIELD = "field-1"


class Afar:
    """A field, and a person far away."""

    def __init__(self, **keys: object) -> None:
        self.clock = ManualClock(NOON_MS)
        bus: list[PaperLine] = []
        self.line = PaperLine(bus, [topic(FIELD, "offer"), topic(FIELD, "answer")])
        desk_line = PaperLine(bus, [topic(FIELD, "ask"), topic(FIELD, "confirm")])
        numbers = itertools.count(1)
        desk = FireDesk(FIELD, KEY, desk_line, new_challenge=lambda: f"challenge-{next(numbers)}")
        self.switches = PaperSwitches(self.clock)
        table = {
            "armed": True,
            "daylight_only": False,
            "dwelling_m": 300.0,
            "outputs": [{"name": "horn", "stimulus": "horn", "pin": 17, "max_on_s": 3.0}],
            **keys,
        }
        self.repeller = Repeller(
            RepelSettings.model_validate(table),
            self.clock,
            new_ulid,
            random.Random(1),
            switches=self.switches,
            fire_line=desk,
        )
        self.repeller.open()
        self.told: list[Repel] = []
        self.look(31.0)

    def look(self, after_s: float = 1.0, **change: object) -> None:
        self.clock.advance(after_s)
        empty = {"visit": None, "species": None, "count": 0, "confirmed": False}
        scene = {**empty, "person_in_view": False, "eye_ok": True, **change}
        self.told += self.repeller.update(Scene(at_s=self.clock.monotonic_s(), **scene))

    def say(self, lane: str, word: Ask | Confirm, key: bytes = KEY) -> None:
        self.line.say(topic(FIELD, lane), signed(key, topic(FIELD, lane), word))

    def ask(self, key: bytes = KEY) -> str | None:
        self.say("ask", Ask("horn", 2.0), key)
        self.look()
        offers = [opened(KEY, *said, Offer) for said in self.line.take() if said[0] == topic(FIELD, "offer")]
        return offers[-1].challenge if offers else None

    def confirm(self, challenge: str, key: bytes = KEY, **change: object) -> list[str]:
        self.say("confirm", Confirm(challenge), key)
        self.look(**change)
        said = [opened(KEY, *said, Answer) for said in self.line.take() if said[0] == topic(FIELD, "answer")]
        return [one.words for one in said]


def test_two_signed_steps_fire_and_the_city_is_told() -> None:
    afar = Afar()
    challenge = afar.ask()
    assert afar.switches.told == []  # the first step switches nothing on
    assert afar.confirm(challenge) == ["fired"]
    assert [(name, on_s) for name, _, on_s in afar.switches.told] == [("horn", 2.0)]
    (fired,) = afar.told
    assert (fired.phase, fired.stimulus, [pin.output for pin in fired.pins]) == (
        RepelPhase.FIRED,
        "remote",
        ["horn"],
    )


def test_after_thirty_seconds_the_first_step_is_worth_nothing() -> None:
    afar = Afar()
    challenge = afar.ask()
    afar.look(29.5)
    assert afar.confirm(challenge) == ["expired"]
    assert afar.switches.told == []


def test_without_the_secret_neither_step_counts() -> None:
    afar = Afar()
    assert afar.ask(key=b"x" * 64) is None
    challenge = afar.ask()
    assert afar.confirm(challenge, key=b"x" * 64) == ["not_genuine"]
    assert afar.confirm("guessed") == ["not_genuine"]
    assert afar.switches.told == []


def test_a_recorded_confirmation_fires_no_second_time() -> None:
    afar = Afar(gap_s=6.0)
    challenge = afar.ask()
    assert afar.confirm(challenge) == ["fired"]
    afar.look(7.0)
    assert afar.confirm(challenge) == ["not_genuine"]
    assert len(afar.switches.told) == 1


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ({"person_in_view": True}, "person_in_view"),
        ({"bear_in_view": True}, "species"),
        ({"visit": new_ulid(NOON_MS), "species": "bear", "count": 1, "confirmed": True}, "species"),
        ({"eye_ok": False}, "eye_not_ok"),
    ],
)
def test_what_is_in_view_forbids_from_afar_as_well(seen: dict[str, object], reason: str) -> None:
    afar = Afar()
    assert afar.confirm(afar.ask(), **seen) == [reason]
    assert afar.switches.told == []


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"armed": False}, "disarmed"),
        ({"hours": {"from": "07:00", "to": "11:00"}}, "hours"),
        ({"daily_dose": 0}, "dose"),
    ],
)
def test_the_rules_of_the_site_hold_from_afar(keys: dict[str, object], reason: str) -> None:
    afar = Afar(**keys)
    assert afar.confirm(afar.ask()) == [reason]


def test_a_mute_holds_from_afar_and_the_gap_too() -> None:
    afar = Afar()
    assert afar.confirm(afar.ask()) == ["fired"]
    assert afar.confirm(afar.ask()) == ["gap"]
    afar.repeller.mute(NOON_MS + 3_600_000)
    assert afar.confirm(afar.ask()) == ["muted"]


def test_an_output_that_refuses_is_no_shot_from_afar_either() -> None:
    afar = Afar()
    afar.switches.refuses = True
    assert afar.confirm(afar.ask()) == ["repeller_failed"]
    assert afar.told == []


@pytest.mark.parametrize(("from_afar", "outcomes"), [(False, 1), (True, 0)])
def test_an_attempt_into_which_a_person_fires_has_no_outcome(*, from_afar: bool, outcomes: int) -> None:
    afar = Afar(gap_s=6.0, control_share=0.0, chooser={"delay_max_s": 0.0})
    afar.look(visit=new_ulid(NOON_MS), species="monkey", count=3, confirmed=True)
    assert [(one.phase, one.stimulus) for one in afar.told] == [(RepelPhase.FIRED, "horn")]
    afar.look(7.0)
    if from_afar:
        assert afar.confirm(afar.ask()) == ["fired"]
    for _ in range(70):
        afar.look(10.0)
    assert sum(one.phase is RepelPhase.OUTCOME for one in afar.told) == outcomes


def test_without_a_key_file_there_is_no_desk_and_a_short_secret_is_refused(tmp_path) -> None:
    assert fire_desk_from(FIELD, RepelSettings()) is None
    short = tmp_path / "key"
    short.write_text("horn")
    with pytest.raises(KeyFileError, match="mimamori repel key"):
        fire_desk_from(FIELD, RepelSettings(fire_key_file=short))
