"""The fall machine, driven by readings with a made-up clock."""

import itertools

import pytest

from contract.messages import FallPhase
from edge.fall.machine import LINGER_S, FallMachine, FallState, Now, Phase, Say, Tell
from edge.fall.place import Place
from edge.fall.posture import Posture, Reading
from edge.fall.settings import AskSettings, FallSettings

FRAME_S = 0.1
HERE = Place(0.0, 3.0)
DOOR = Place(2.5, 5.0)


class Story:
    """Feeds the machine and keeps what it did."""

    def __init__(self, seconds: float = 30.0) -> None:
        numbers = itertools.count(1)
        self.machine = FallMachine(
            FallSettings(), AskSettings(seconds=seconds), lambda _ms: f"01J{next(numbers):023d}"
        )
        self.state = FallState()
        self.at_s = 0.0
        self.actions: list = []

    def now(self) -> Now:
        return Now(self.at_s, 1_700_000_000_000 + round(self.at_s * 1000))

    def body(self, height_m: float | None, seconds: float, place: Place = HERE, points: int = 3) -> "Story":
        for _ in range(round(seconds / FRAME_S)):
            self.at_s += FRAME_S
            seen = height_m is not None
            heights_m = (height_m,) * points if seen else ()
            low_behind = points if seen and height_m <= 0.5 else 0
            where = place if seen else None
            reading = Reading(self.at_s, heights_m, low_behind, height_m, where, Posture.UNKNOWN)
            self.state, actions = self.machine.step(self.state, reading, self.now())
            self.actions += actions
        return self

    def nothing_from_the_radar(self, seconds: float) -> "Story":
        self.at_s += seconds
        self.state, actions = self.machine.step(self.state, None, self.now())
        self.actions += actions
        return self

    def fall_down(self) -> "Story":
        return self.body(1.0, 3).body(0.6, 0.3).body(0.2, 1.5)

    @property
    def told(self) -> list:
        return [action.fall for action in self.actions if isinstance(action, Tell)]

    @property
    def phases(self) -> list[FallPhase]:
        return [fall.phase for fall in self.told]

    @property
    def said(self) -> list[str]:
        return [action.code for action in self.actions if isinstance(action, Say)]


def test_a_fast_drop_held_near_the_floor_is_suspected_at_once_and_asked_about():
    story = Story().fall_down()
    assert story.phases == [FallPhase.SUSPECTED]
    assert story.state.phase is Phase.ASKING
    assert story.said == ["ask_ok"]
    fall = story.told[0]
    assert fall.answer_by_ms is not None
    assert 0.4 <= fall.confidence <= 0.9
    reasons = {reason.code: reason.value for reason in fall.evidence}
    assert reasons["drop_m"] == pytest.approx(0.8)
    assert reasons["height_m"] == pytest.approx(0.2)


def test_a_body_that_lies_still_and_gives_no_more_points_is_suspected_too():
    story = Story().body(1.0, 3).body(0.2, 0.3).body(None, 2)
    assert story.phases == [FallPhase.SUSPECTED]
    still = {reason.code: reason.value for reason in story.told[0].evidence}["still_s"]
    assert still < 0.5, "silence is not counted as having been seen still"


def test_a_radar_that_stops_during_the_drop_proves_nothing():
    story = Story().body(1.0, 3).body(0.2, 0.3).nothing_from_the_radar(20)
    assert story.phases == []


@pytest.mark.parametrize(
    ("why", "heights"),
    [
        ("sits down on a chair", [(1.0, 3), (0.65, 60)]),
        ("lies down slowly", [(1.0, 3), (0.75, 2), (0.6, 2), (0.4, 2), (0.2, 30)]),
        ("bends down and rises", [(1.0, 3), (0.4, 0.6), (1.0, 10)]),
        ("is on the floor from the start", [(0.2, 60)]),
    ],
)
def test_what_is_no_fall_is_not_suspected(why: str, heights: list[tuple[float, float]]):
    story = Story()
    for height_m, seconds in heights:
        story.body(height_m, seconds)
    assert story.actions == [], why


def test_a_single_high_reading_before_a_low_body_is_a_ghost():
    assert Story().body(0.2, 3).body(1.9, FRAME_S).body(0.2, 10).actions == []


def test_too_few_reflections_near_the_floor_are_no_fall():
    assert Story().body(1.0, 3).body(0.2, FRAME_S).body(None, 5).actions == []


def test_a_body_high_here_and_low_far_away_are_two_bodies():
    assert Story().body(1.0, 3, place=HERE).body(0.2, 3, place=Place(0.0, 6.0)).actions == []


def test_standing_up_withdraws_the_question():
    story = Story().fall_down().body(0.2, 3).body(1.0, 3)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CANCELLED]
    assert story.told[1].cancelled_by == "stood_up"
    assert story.told[1].incident == story.told[0].incident
    assert story.said[-1] == "glad"


def test_an_attempt_to_rise_that_fails_withdraws_nothing():
    story = Story().fall_down().body(1.0, 1).body(0.2, 3).body(1.0, 1).body(0.2, 40)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED]


def test_sitting_up_on_the_floor_withdraws_nothing():
    story = Story().fall_down().body(0.6, 40)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED]


def test_the_button_withdraws_the_question_and_means_nothing_at_other_times():
    story = Story().fall_down()
    story.state, actions = story.machine.button(story.state, story.now())
    assert [action.fall.cancelled_by for action in actions if isinstance(action, Tell)] == ["button"]
    idle, nothing = story.machine.button(FallState(), story.now())
    assert (idle, nothing) == (FallState(), [])


def test_without_an_answer_people_are_told_and_the_device_asks_again_meanwhile():
    story = Story(seconds=35).fall_down().body(None, 36)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED]
    assert story.said == ["ask_ok", "ask_ok", "ask_ok", "help_called"]
    assert story.told[1].confidence > story.told[0].confidence


def test_a_radar_that_dies_while_the_device_asks_does_not_keep_people_from_being_told():
    story = Story(seconds=30).fall_down().nothing_from_the_radar(31)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED]


def test_standing_up_after_people_were_told_is_a_recovery_of_the_same_incident():
    story = Story().fall_down().body(0.2, 40).body(1.0, 3)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED, FallPhase.RECOVERED]
    assert len({fall.incident for fall in story.told}) == 1


def test_somebody_who_walks_in_from_the_door_does_not_withdraw_the_question():
    story = Story().fall_down().body(None, 3).body(1.1, 2, place=DOOR).body(1.1, 6, place=HERE).body(None, 30)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED]


def test_with_company_a_long_upright_stay_at_the_place_is_taken_for_a_recovery():
    story = Story().fall_down().body(None, 30).body(1.1, 2, place=DOOR).body(0.5, 3).body(1.0, 11)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED, FallPhase.RECOVERED]


def test_a_ghost_away_from_the_place_is_not_company():
    story = Story().fall_down().body(1.5, FRAME_S, place=DOOR).body(1.0, 3)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CANCELLED]


def test_after_an_ended_incident_the_next_fall_is_a_new_one():
    story = Story().fall_down().body(1.0, 4 + LINGER_S).fall_down()
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CANCELLED, FallPhase.SUSPECTED]
    assert story.told[0].incident != story.told[2].incident


def test_people_who_end_the_incident_make_the_device_watch_anew():
    story = Story().fall_down().body(0.2, 40)
    story.state = story.machine.closed(story.state, story.told[0].incident, story.now())
    assert story.state.phase is Phase.IDLE
    story.body(1.0, 5)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED]
