"""The repeller from the outside: scenes in, messages and pin changes out; the clock is moved by hand."""

import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from contract.ids import new_ulid
from contract.messages import Repel, RepelPhase
from edge.clock import ManualClock
from edge.repel.repeller import Repeller
from edge.repel.scene import Scene
from edge.repel.settings import RepelSettings
from tests.edge.repel.paper import PaperSwitches

NOON_MS = 1_780_282_800_000  # 2026-06-01 12:00 in Japan
VISIT = new_ulid(NOON_MS)
OTHER_VISIT = new_ulid(NOON_MS + 1)
SITE = {
    "armed": True,
    "place": {"latitude_deg": 38.7, "longitude_deg": 139.8},
    "dwelling_m": 300.0,
    "hours": {"from": "06:00", "to": "18:00"},
    "control_share": 0.0,
    "chooser": {"delay_max_s": 0.0},
}
HORN = {"name": "horn", "stimulus": "horn", "pin": 17}
STROBE = {"name": "strobe", "stimulus": "strobe", "pin": 27}


class Field:
    """A field in front of the repeller; ``see`` moves the clock and shows one scene."""

    def __init__(self, unix_ms: int = NOON_MS, memory_file: Path | None = None, **keys: object) -> None:
        table = {**SITE, "outputs": [HORN], **keys}
        self.settings = RepelSettings.model_validate(table)
        # Nothing fires for so long after the start, because nobody watched before: the clock begins so much earlier.
        clear_s = self.settings.person_clear_s
        self.clock = ManualClock(
            unix_ms - round(1000 * clear_s), synced=bool(keys.get("trust_unsynced_clock", True))
        )
        self.switches = PaperSwitches(self.clock)
        self.repeller = Repeller(
            self.settings,
            self.clock,
            new_ulid,
            random.Random(7),
            memory_file=memory_file,
            switches=self.switches,
        )
        self.repeller.open()
        self.clock.advance(clear_s)
        self.told: list[Repel] = []

    def see(self, count: int = 3, *, after_s: float = 1.0, **change: object) -> list[Repel]:
        self.clock.advance(after_s)
        scene = {
            "visit": VISIT if count else None,
            "species": "monkey" if count else None,
            "count": count,
            "confirmed": count > 0,
            "person_in_view": False,
            "eye_ok": True,
            **change,
        }
        told = self.repeller.update(Scene(at_s=self.clock.monotonic_s(), **scene))
        self.told += told
        return told

    def see_nothing_for(self, seconds: float) -> list[Repel]:
        before = len(self.told)
        for _ in range(round(seconds)):
            self.see(0)
        return self.told[before:]


def phases(told: list[Repel]) -> list[tuple[str, str | None]]:
    return [(one.phase.value, one.reason or one.outcome) for one in told]


def test_a_confirmed_troop_is_fired_at_once_and_told_with_the_pin_that_went_on() -> None:
    field = Field()
    (told,) = field.see()
    assert (told.phase, told.stimulus, told.visit) == (RepelPhase.FIRED, "horn", VISIT)
    assert [(pin.output, pin.on, pin.at_ms) for pin in told.pins] == [("horn", True, field.clock.unix_ms())]
    assert field.repeller.outputs_on() == ["horn"]


def test_an_unconfirmed_troop_is_neither_fired_at_nor_told() -> None:
    field = Field()
    assert field.see(confirmed=False) == []
    assert field.switches.told == []


def test_a_bear_is_never_fired_at_and_that_is_told_once_a_visit() -> None:
    field = Field()
    for _ in range(100):
        field.see(1, species="bear")
    field.see(1, species="bear", visit=OTHER_VISIT)
    assert phases(field.told) == [("vetoed", "species")] * 2
    assert field.switches.told == []


def test_a_person_who_comes_into_view_switches_the_horn_off_at_once() -> None:
    field = Field()
    field.see()
    field.see(person_in_view=True, after_s=0.1)
    assert field.repeller.outputs_on() == []
    field.see(after_s=0.1)
    on, off = field.repeller.pin_changes()
    assert (on.on, off.on, off.at_ms - on.at_ms) == (True, False, 100)


def test_a_person_gone_for_less_than_the_clear_time_still_vetoes() -> None:
    field = Field(person_clear_s=30)
    field.see(0, person_in_view=True)
    field.see(after_s=29)
    assert phases(field.told) == [("vetoed", "person_in_view")]
    field.see(after_s=1)
    assert phases(field.told)[-1] == ("fired", None)


def test_after_a_blind_eye_a_person_may_have_been_there() -> None:
    field = Field(person_clear_s=30)
    field.see(0, eye_ok=False)
    field.see(after_s=29)
    assert phases(field.told) == [("vetoed", "eye_not_ok")]


@pytest.mark.parametrize(("local", "fires"), [(5.99, False), (6.0, True), (17.99, True), (18.0, False)])
def test_it_fires_only_within_its_hours_of_local_time(local: float, *, fires: bool) -> None:
    field = Field(NOON_MS + round((local - 12) * 3_600_000))
    field.see(after_s=0)
    assert phases(field.told) == [("fired", None) if fires else ("vetoed", "hours")]


def test_a_clock_that_was_never_set_is_outside_every_hour() -> None:
    field = Field(trust_unsynced_clock=False)
    field.see()
    assert phases(field.told) == [("vetoed", "hours")]


def test_disarmed_it_says_so_and_fires_nothing() -> None:
    field = Field(armed=False)
    field.see()
    assert phases(field.told) == [("vetoed", "disarmed")]


def test_a_mute_silences_a_running_horn_and_holds_through_a_restart(tmp_path: Path) -> None:
    memory = tmp_path / "repeller.json"
    field = Field(memory_file=memory)
    field.see()
    field.repeller.mute(NOON_MS + 3_600_000)
    assert field.repeller.outputs_on() == []
    again = Field(NOON_MS + 3_000_000, memory_file=memory)
    again.see()
    assert phases(again.told) == [("vetoed", "muted")]
    again.repeller.mute(NOON_MS)  # a shorter mute does not lift the longer one
    again.see(visit=OTHER_VISIT)
    assert phases(again.told)[-1] == ("vetoed", "muted")


def test_the_dose_and_the_gap_hold_through_a_restart(tmp_path: Path) -> None:
    memory = tmp_path / "repeller.json"
    for number in range(3):
        field = Field(NOON_MS + number * 200_000, memory_file=memory, daily_dose=2)
        field.see()
    assert phases(field.told) == [("vetoed", "dose")]
    soon = Field(NOON_MS + 410_000, memory_file=memory, daily_dose=9)
    soon.see()
    assert phases(soon.told) == [("fired", None)]
    sooner = Field(NOON_MS + 420_000, memory_file=memory, daily_dose=9)
    sooner.see()
    assert phases(sooner.told) == [("vetoed", "gap")]


def test_a_new_day_brings_a_new_dose() -> None:
    field = Field(daily_dose=1)
    field.see()
    field.see_nothing_for(700)
    assert phases(field.see(visit=OTHER_VISIT)) == [("vetoed", "dose")]
    assert phases(field.see(visit=OTHER_VISIT, after_s=24 * 3600 - 700)) == [("fired", None)]


def test_a_dose_that_cannot_be_written_down_is_not_fired(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    field = Field(memory_file=in_the_way / "repeller.json")
    assert field.see() == []
    assert field.switches.told == []
    assert field.repeller.faults() == ["repeller_failed"]


def test_while_a_damaged_memory_may_hold_a_mute_nothing_is_fired_and_the_fault_stands(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    memory = tmp_path / "repeller.json"
    memory.write_bytes(b'{"shots": "many"')
    field = Field(memory_file=memory)
    assert field.repeller.faults() == ["repeller_failed"]
    assert "until it is removed and the device restarted" in caplog.text
    assert field.see() == []
    field.repeller.mute(NOON_MS)
    assert field.switches.on() == []
    assert field.repeller.faults() == ["repeller_failed"]
    memory.unlink()
    again = Field(NOON_MS + 3_600_000, memory_file=memory)
    assert phases(again.see()) == [("fired", None)]
    assert again.repeller.faults() == []


def test_a_troop_that_leaves_and_stays_away_has_left_after_what_was_seen() -> None:
    field = Field(not_back_within_s=600)
    fired = field.see()[0]
    for _ in range(20):
        field.see()
    told = field.see_nothing_for(601)
    (outcome,) = told
    assert (outcome.phase, outcome.outcome, outcome.gone_after_s) == (RepelPhase.OUTCOME, "left", 20.0)
    assert (outcome.action, outcome.stimulus) == (fired.action, "horn")
    assert [(pin.output, pin.on) for pin in outcome.pins] == [("horn", True), ("horn", False)]


def test_a_troop_that_is_back_within_ten_minutes_has_stayed() -> None:
    field = Field()
    field.see()
    field.see_nothing_for(300)
    assert phases(field.see()) == [("outcome", "stayed"), ("fired", None)]


def test_a_troop_that_does_not_go_has_stayed_and_is_fired_at_again_after_the_gap() -> None:
    field = Field(gap_s=120, gone_within_s=60)
    for _ in range(130):
        field.see()
    assert phases(field.told) == [
        ("fired", None),
        ("outcome", "stayed"),
        ("vetoed", "gap"),
        ("fired", None),
    ]


def test_a_moment_behind_the_leaves_is_no_departure() -> None:
    field = Field()
    field.see()
    field.see_nothing_for(4)
    assert field.see() == []


def test_what_nobody_saw_has_no_outcome() -> None:
    field = Field()
    field.see()
    for _ in range(40):
        field.see(0, eye_ok=False)
    assert phases(field.see_nothing_for(700)) == []


def test_the_control_arm_switches_nothing_takes_no_dose_and_is_watched_too() -> None:
    field = Field(control_share=0.5, daily_dose=1, gap_s=60, gone_within_s=30, not_back_within_s=60)
    for number in range(60):
        field.see(visit=new_ulid(NOON_MS + number))
        field.see_nothing_for(70)
    control = [one for one in field.told if one.stimulus == "control"]
    assert {one.phase for one in control} == {RepelPhase.FIRED, RepelPhase.OUTCOME}
    assert all(one.pins == [] for one in control)
    assert len(field.switches.told) == 1


def test_two_stimuli_take_turns() -> None:
    field = Field(outputs=[HORN, STROBE], gap_s=60, gone_within_s=30)
    for _ in range(700):
        field.see()
    fired = [one.stimulus for one in field.told if one.phase is RepelPhase.FIRED]
    assert len(fired) > 5
    assert all(one != two for one, two in itertools.pairwise(fired))


def test_after_a_start_nothing_fires_until_somebody_has_watched_long_enough() -> None:
    field = Field(person_clear_s=30)
    field.repeller.open()  # again, as after a crash
    field.see(after_s=29)
    assert phases(field.told) == [("vetoed", "eye_not_ok")]
    field.see(after_s=1)
    assert phases(field.told)[-1] == ("fired", None)


def test_a_bear_beside_the_troop_silences_a_running_horn_and_forbids_the_next() -> None:
    field = Field(gap_s=20, gone_within_s=1)
    field.see()
    field.see(bear_in_view=True, after_s=0.1)
    assert field.repeller.outputs_on() == []
    field.see(after_s=29)
    assert phases(field.told)[-1] == ("vetoed", "species")


def test_the_emergency_stop_silences_at_once_and_holds_through_a_restart(tmp_path: Path) -> None:
    memory = tmp_path / "repeller.json"
    field = Field(memory_file=memory)
    field.see()
    field.switches.stopped = True
    field.see(after_s=0.1)
    assert field.repeller.outputs_on() == []
    again = Field(NOON_MS + 3_600_000, memory_file=memory)
    again.switches.stopped = True
    again.see()
    assert phases(again.told) == [("vetoed", "emergency_stop")]
    again.switches.stopped = False
    again.see()  # whoever pulled it out again stands beside it
    assert phases(again.told)[-1] == ("vetoed", "eye_not_ok")
    again.see(after_s=31)
    assert phases(again.told)[-1] == ("vetoed", "gap")
    again.see(after_s=90)
    assert phases(again.told)[-1] == ("fired", None)


def test_in_winter_the_sun_ends_the_hours_before_the_clock_does() -> None:
    winter_ms = NOON_MS + 200 * 86_400_000  # 18 December: the sun sets at 16:22 there
    for local_h, fires in ((16.3, True), (16.5, False)):
        field = Field(winter_ms + round((local_h - 12) * 3_600_000))
        field.see()
        assert phases(field.told) == [("fired", None) if fires else ("vetoed", "hours")]


def test_where_houses_are_near_only_quiet_outputs_fire() -> None:
    field = Field(outputs=[HORN, {**STROBE, "kind": "strobe"}], dwelling_m=150.0, gap_s=30, gone_within_s=5)
    for _ in range(200):
        field.see()
    assert {name for name, _, _ in field.switches.told} == {"strobe"}


def test_the_delay_is_waited_for_and_a_person_within_it_ends_the_plan() -> None:
    field = Field(chooser={"delay_max_s": 30.0})
    field.see()
    assert field.switches.told == []
    for _ in range(31):
        field.see()
    assert len(field.switches.told) == 1
    other = Field(chooser={"delay_max_s": 30.0})
    other.see()
    other.see(person_in_view=True)
    for _ in range(29):
        other.see()
    assert phases(other.told) == [("vetoed", "person_in_view")]


def test_an_output_that_refuses_is_no_shot_but_a_fault_until_one_obeys() -> None:
    field = Field(gap_s=20)
    field.switches.refuses = True
    assert field.see() == []
    assert field.repeller.faults() == ["repeller_failed"]
    field.switches.refuses = False
    field.see(after_s=21)
    assert phases(field.told) == [("fired", None)]
    assert field.repeller.faults() == []


def test_while_the_pins_are_lost_nothing_is_fired_and_the_fault_stands() -> None:
    field = Field()
    field.switches.ok = False
    assert field.see() == []
    assert field.repeller.faults() == ["repeller_failed"]
    field.switches.ok = True
    assert phases(field.see()) == [("fired", None)]
    assert field.repeller.faults() == []


def test_a_repeller_without_outputs_has_no_fault_and_no_process() -> None:
    quiet = Repeller(RepelSettings(), ManualClock(NOON_MS), new_ulid, random.Random(1))
    quiet.open()
    told = quiet.update(Scene(0.0, VISIT, "monkey", 2, True, False, True))
    assert phases(told) == [("vetoed", "disarmed")]
    assert quiet.faults() == []
    quiet.close()
    quiet.close()


def a_day_of_looks(rng: random.Random) -> Iterator[dict[str, object]]:
    """Troops, bears, people and blindness in no order, seconds to minutes apart."""
    for _ in range(300):
        yield {
            "after_s": rng.choice([0.2, 1.0, 5.0, 29.0, 31.0, 130.0, 400.0]) * rng.uniform(0.9, 1.1),
            "count": rng.choice([0, 1, 3]),
            "species": rng.choice(["monkey"] * 5 + ["bear", "boar"]),
            "confirmed": rng.random() < 0.8,
            "person_in_view": rng.random() < 0.06,
            "eye_ok": rng.random() > 0.04,
        }


def play_a_day(hour: float, dose: int, seed: int) -> int:
    """Show it, hold every shot to every rule; returns how many shots there were."""
    rng = random.Random(seed)
    field = Field(
        NOON_MS + round((hour - 12) * 3_600_000),
        outputs=[HORN, STROBE],
        control_share=0.2,
        daily_dose=dose,
        gone_within_s=30,
        not_back_within_s=60,
    )
    rules = field.settings
    began_ms = NOON_MS + round((hour - 12) * 3_600_000)
    shots: dict[int, int] = {}
    last_shot_s = doubt_s = -1e9
    muted_until_ms = 0
    for look in a_day_of_looks(rng):
        if rng.random() < 0.01:
            until_ms = field.clock.unix_ms() + rng.choice([-1, 1]) * 600_000
            muted_until_ms = max(muted_until_ms, until_ms)
            field.repeller.mute(until_ms)
        before = len(field.switches.told)
        field.see(visit=VISIT, **look)
        now_s = field.clock.monotonic_s()
        if look["person_in_view"] or not look["eye_ok"]:
            doubt_s = now_s
            assert field.repeller.outputs_on() == []
        for _, _, seconds in field.switches.told[before:]:
            local_h = hour + (field.clock.unix_ms() - began_ms) / 3_600_000
            assert (look["confirmed"], look["species"], look["count"] != 0) == (True, "monkey", True)
            assert now_s - doubt_s >= rules.person_clear_s
            assert now_s - last_shot_s >= rules.gap_s
            assert 6 - 1e-3 <= local_h % 24 < 18 + 1e-3
            assert field.clock.unix_ms() >= muted_until_ms
            assert seconds <= 10
            last_shot_s = now_s
            shots[int(local_h // 24)] = shots.get(int(local_h // 24), 0) + 1
    assert all(of_a_day <= dose for of_a_day in shots.values())
    return len(field.switches.told)


@hypothesis_settings(deadline=None, max_examples=60)
@given(hour=st.floats(3.0, 19.0), dose=st.integers(0, 12), seed=st.integers(0, 2**32))
def test_whatever_happens_no_rule_of_safety_is_broken(hour: float, dose: int, seed: int) -> None:
    play_a_day(hour, dose, seed)


def test_such_a_day_does_have_shots_to_hold_to_the_rules() -> None:
    assert play_a_day(hour=8.0, dose=12, seed=1) > 3


def test_with_real_pins_the_messages_tell_what_the_pins_did(
    timeline_file: Path, timeline: Callable[[], list[tuple[str, bool, str]]]
) -> None:
    table = {**SITE, "outputs": [HORN], "timeline_file": timeline_file}
    clock = ManualClock(NOON_MS)
    repeller = Repeller(RepelSettings.model_validate(table), clock, new_ulid, random.Random(1))
    repeller.open()
    assert repeller.faults() == []
    clock.advance(30.0)
    (fired,) = repeller.update(Scene(30.0, VISIT, "monkey", 2, True, False, True))
    assert repeller.outputs_on() == ["horn"]
    repeller.close()
    assert repeller.outputs_on() == []
    assert [(pin.output, pin.on) for pin in fired.pins] == [("horn", True)]
    assert [pin.on for pin in repeller.pin_changes()] == [True, False]
    assert [row[:2] for row in timeline()] == [("horn", True), ("horn", False)]
