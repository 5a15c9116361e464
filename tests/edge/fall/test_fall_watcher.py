"""The fall watcher, driven by scenes with a made-up clock."""

import itertools

import pytest

from contract.messages import FallPhase, Severity
from edge.fall.drop import Seen
from edge.fall.incident import LINGER_S
from edge.fall.place import Place
from edge.fall.scene import Body, Scene
from edge.fall.settings import AskSettings, FallSettings
from edge.fall.watcher import FallWatcher, Note, Now, Phase, Say, Tell
from edge.fall.zones import ZoneSettings

FRAME_S = 0.1
HERE = Place(0.0, 3.0)
DOOR = Place(2.5, 5.0)
BED = Place(-2.0, 2.0)
BESIDE_BED = Place(-0.9, 2.0)
TUB = Place(2.0, 1.0)
ZONES = [
    ZoneSettings(kind="bed", x_m=(-3.0, -1.5), y_m=(1.0, 3.0)),
    ZoneSettings(kind="bath", corners_m=[(1.5, 0.5), (2.5, 0.5), (2.5, 1.5), (1.5, 1.5)]),
    ZoneSettings(kind="door", x_m=(2.0, 3.0), y_m=(4.5, 5.5)),
]


def body(at_s: float, height_m: float, place: Place, track: int, points: int, spread_m: float) -> Body:
    return Body(
        track=track,
        place=place,
        height_m=height_m,
        top_m=height_m + 0.3,
        heights_m=(height_m,) * points,
        low_behind=points if height_m <= 0.5 else 0,
        speed_mps=0.0,
        spread_m=spread_m,
        first_s=0.0,
        seen_s=at_s,
    )


class Story:
    """Feeds the watcher and keeps what it did."""

    def __init__(self, seconds: float = 30.0, *, zones: bool = False, **fall: float) -> None:
        numbers = itertools.count(1)
        self.watcher = FallWatcher(
            FallSettings(**fall),
            AskSettings(seconds=seconds),
            ZONES if zones else [],
            lambda _ms: f"01J{next(numbers):023d}",
        )
        self.at_s = 0.0
        self.night = False
        self.actions: list = []

    def now(self) -> Now:
        return Now(self.at_s, 1_700_000_000_000 + round(self.at_s * 1000), self.night)

    def see(self, *seen: tuple[float, Place, int], seconds: float = FRAME_S, fallen: bool | None = None):
        """Bodies as (height, place, track) for a while."""
        for _ in range(round(seconds / FRAME_S)):
            self.at_s += FRAME_S
            bodies = tuple(body(self.at_s, h, place, track, 3, 0.6) for h, place, track in seen)
            self.actions += self.watcher.step(Scene(self.at_s, bodies, fallen=fallen), self.now())
        return self

    def body(
        self,
        height_m: float | None,
        seconds: float,
        place: Place = HERE,
        points: int = 3,
        track: int = 1,
        spread_m: float = 0.6,
    ) -> "Story":
        for _ in range(round(seconds / FRAME_S)):
            self.at_s += FRAME_S
            seen = height_m is not None
            bodies = (body(self.at_s, height_m, place, track, points, spread_m),) if seen else ()
            self.actions += self.watcher.step(Scene(self.at_s, bodies), self.now())
        return self

    def nothing_from_the_radar(self, seconds: float) -> "Story":
        self.at_s += seconds
        self.actions += self.watcher.step(None, self.now())
        return self

    def fall_down(self, place: Place = HERE, track: int = 1) -> "Story":
        return (
            self.body(1.0, 3, place, track=track)
            .body(0.6, 0.3, place, track=track)
            .body(0.2, 1.5, place, track=track)
        )

    @property
    def told(self) -> list:
        return [action.fall for action in self.actions if isinstance(action, Tell)]

    @property
    def phases(self) -> list[FallPhase]:
        return [fall.phase for fall in self.told]

    @property
    def kinds(self) -> list[str]:
        return [fall.kind for fall in self.told if fall.phase is FallPhase.SUSPECTED]

    @property
    def said(self) -> list[str]:
        return [action.code for action in self.actions if isinstance(action, Say)]

    @property
    def notes(self) -> list[str]:
        return [action.measurement for action in self.actions if isinstance(action, Note)]

    def reasons(self, n: int = 0) -> dict[str, float]:
        return {reason.code: reason.value for reason in self.told[n].evidence}


# --- a fast fall ----------------------------------------------------------------------------------


def test_a_fast_drop_held_near_the_floor_is_suspected_at_once_and_asked_about():
    story = Story().fall_down()
    assert story.phases == [FallPhase.SUSPECTED]
    assert story.watcher.phase is Phase.ASKING
    assert story.said == ["ask_ok"]
    fall = story.told[0]
    assert fall.kind == "fast_fall"
    assert fall.answer_by_ms is not None
    assert 0.4 <= fall.confidence <= 0.9
    assert story.reasons()["drop_m"] == pytest.approx(0.8)
    assert story.reasons()["height_m"] == pytest.approx(0.2)


def test_a_body_that_lies_still_and_gives_no_more_points_is_suspected_too():
    story = Story().body(1.0, 3).body(0.2, 0.3).body(None, 2)
    assert story.phases == [FallPhase.SUSPECTED]
    assert story.reasons()["still_s"] < 0.5, "silence is not counted as having been seen still"


def test_a_radar_that_stops_during_the_drop_proves_nothing():
    story = Story().body(1.0, 3).body(0.2, 0.3).nothing_from_the_radar(20)
    assert story.phases == []


@pytest.mark.parametrize(
    ("why", "heights"),
    [
        ("sits down on a chair", [(1.0, 3), (0.65, 60)]),
        ("sits down on the floor", [(1.0, 3), (0.7, 2), (0.45, 600)]),
        ("lies down slowly, and rises again", [(1.0, 3), (0.75, 2), (0.6, 2), (0.4, 2), (0.2, 15), (1.0, 5)]),
        ("bends down and rises", [(1.0, 3), (0.4, 0.6), (1.0, 10)]),
        ("is on the floor from the start, for a minute", [(0.2, 60)]),
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


def test_a_track_that_breaks_in_the_fall_costs_nothing():
    story = Story().body(1.0, 3, track=1).body(None, 0.4).body(0.2, 1.5, track=2)
    assert story.phases == [FallPhase.SUSPECTED]


def test_a_mount_entered_too_high_costs_nothing_because_a_body_is_measured_against_itself():
    story = Story().body(1.2, 3).body(0.8, 0.3).body(0.42, 1.5)
    assert story.phases == [FallPhase.SUSPECTED]
    story.body(1.2, 1).body(0.42, 5).body(1.2, 4)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CANCELLED]


# --- the question ---------------------------------------------------------------------------------


def test_standing_up_withdraws_the_question_and_is_of_low_severity():
    story = Story().fall_down().body(0.2, 3).body(1.0, 3)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CANCELLED]
    assert story.told[1].cancelled_by == "stood_up"
    assert story.told[1].severity is Severity.LOW
    assert story.told[1].incident == story.told[0].incident
    assert story.said[-1] == "glad"


def test_an_attempt_to_rise_that_fails_withdraws_nothing():
    story = Story().fall_down().body(1.0, 1).body(0.2, 3).body(1.0, 1).body(0.2, 40)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED]


def test_sitting_up_on_the_floor_withdraws_nothing():
    story = Story().fall_down().body(0.6, 40)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED]


@pytest.mark.parametrize("by", ["button", "knock"])
def test_the_button_and_a_knock_withdraw_the_question_and_mean_nothing_at_other_times(by: str):
    story = Story().fall_down()
    actions = getattr(story.watcher, by)(story.now())
    assert [action.fall.cancelled_by for action in actions if isinstance(action, Tell)] == [by]
    assert getattr(Story().watcher, by)(story.now()) == []


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


def test_a_helper_who_stands_beside_somebody_still_lying_withdraws_nothing():
    story = Story().fall_down().see((0.2, HERE, 1), (1.0, Place(0.5, 3.2), 2), seconds=40)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED]


def test_a_ghost_away_from_the_place_is_not_company():
    story = Story().fall_down().body(1.5, FRAME_S, place=DOOR).body(1.0, 3)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CANCELLED]


def test_after_an_ended_incident_the_next_fall_is_a_new_one():
    story = Story().fall_down().body(1.0, 4 + LINGER_S).fall_down()
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CANCELLED, FallPhase.SUSPECTED]
    assert story.told[0].incident != story.told[2].incident


def test_people_who_end_the_incident_make_the_device_watch_anew():
    story = Story().fall_down().body(0.2, 40)
    assert story.watcher.closed(story.told[0].incident)
    assert story.watcher.phase is Phase.IDLE
    story.body(1.0, 5)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED]


# --- several bodies -------------------------------------------------------------------------------


def test_a_second_person_s_fall_is_asked_about_while_the_first_is():
    far = Place(2.0, 6.0)
    story = Story().see((1.0, HERE, 1), (1.0, far, 2), seconds=3)
    story.see((0.2, HERE, 1), (1.0, far, 2), seconds=5)
    story.see((0.2, HERE, 1), (0.2, far, 2), seconds=2)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.SUSPECTED]
    assert story.told[0].incident != story.told[1].incident


def test_one_answer_is_one_person_s():
    far = Place(2.0, 6.0)
    story = Story().see((1.0, HERE, 1), (1.0, far, 2), seconds=3)
    story.see((0.2, HERE, 1), (0.2, far, 2), seconds=2)
    story.actions += story.watcher.button(story.now())
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.SUSPECTED, FallPhase.CANCELLED]
    story.see((0.2, HERE, 1), (0.2, far, 2), seconds=40)
    assert story.phases[3:] == [FallPhase.CONFIRMED]


def test_one_body_is_asked_about_once_whatever_rules_it_meets():
    story = Story(seconds=60).fall_down().body(0.2, 50)
    assert story.phases == [FallPhase.SUSPECTED]


def test_somebody_upright_near_by_is_in_the_evidence_and_the_question_is_asked_all_the_same():
    story = Story().see((1.0, HERE, 1), (1.1, Place(1.5, 4.0), 2), seconds=3)
    story.see((0.2, HERE, 1), (1.1, Place(1.5, 4.0), 2), seconds=2)
    assert story.phases == [FallPhase.SUSPECTED]
    assert story.reasons()["others"] == 1


# --- other ways to the floor ----------------------------------------------------------------------


def test_somebody_who_slides_down_slowly_and_stays_is_asked():
    story = Story().body(1.0, 3).body(0.8, 4).body(0.6, 8).body(0.45, 8).body(0.2, 25)
    assert story.kinds == ["slow_slide"]
    assert story.reasons()["lying_s"] == pytest.approx(20, abs=1)


def test_lying_down_in_bed_is_rest():
    story = Story(zones=True).body(1.0, 3, place=BED).body(0.6, 2, place=BED).body(0.3, 1200, place=BED)
    assert story.actions == []


def test_sliding_out_of_bed_to_the_floor_beside_it_is_asked_about():
    story = Story(zones=True).body(1.0, 3).body(0.55, 60, place=BED).body(0.4, 1, place=Place(-1.3, 2.0))
    story.body(0.15, 25, place=BESIDE_BED)
    assert story.kinds == ["slide_from_bed"]


def test_getting_out_of_bed_and_standing_is_nothing():
    story = Story(zones=True).body(0.55, 60, place=BED).body(0.7, 2, place=BESIDE_BED).body(1.0, 60)
    assert story.actions == []


def test_a_person_on_the_floor_from_the_start_is_reported_after_a_while():
    story = Story().body(0.2, 200)
    assert story.kinds == ["long_lie"]


def test_a_lie_that_is_only_seen_now_and_then_is_reported_too():
    story = Story()
    for _ in range(20):
        story.body(0.2, 1).body(None, 9)
    assert story.kinds == ["long_lie"]


def test_a_low_blip_that_never_comes_back_is_no_person():
    assert Story().body(0.2, 1.0).body(None, 600).actions == []


def test_an_answered_lie_is_not_asked_about_again_at_once():
    story = Story().body(0.2, 200)
    story.actions += story.watcher.button(story.now())
    story.body(0.2, 600)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CANCELLED]


def test_a_fall_somebody_gets_up_from_before_the_question_is_counted_and_calls_nobody():
    story = Story(held_s=3.0).body(1.0, 3).body(0.2, 2).body(1.0, 10)
    assert story.told == []
    assert story.notes == ["recovered_fall"]


@pytest.mark.parametrize(
    ("why", "spread_m", "speed_mps"), [("a cat asleep", 0.2, 0.0), ("a vacuum cleaner", 0.4, 0.3)]
)
def test_what_is_small_or_goes_about_and_was_never_tall_is_no_person(
    why: str, spread_m: float, speed_mps: float
):
    story = Story()
    for second in range(600):
        along = 3.0 + (second * speed_mps) % 3.0
        story.body(0.15, 1.0, place=Place(0.0, along), spread_m=spread_m)
    assert story.actions == [], why


def test_a_person_who_crawls_stays_a_person():
    story = Story().body(1.0, 3).body(0.6, 3)
    for step in range(20):
        story.body(0.25, 1.0, place=Place(0.0, 3.0 + 0.1 * step))
    story.body(0.25, 10, place=Place(0.0, 5.0))
    assert story.kinds == ["slow_slide"]


def test_lying_in_the_tub_is_normal_and_staying_too_long_is_not():
    story = Story(zones=True, bath_max_s=1800).body(1.0, 3, place=TUB).body(0.6, 3, place=TUB)
    story.body(0.3, 1700, place=TUB)
    assert story.actions == []
    story.body(None, 60).body(0.3, 60, place=TUB)
    assert story.kinds == ["long_bath"]
    assert story.reasons()["in_bath"] == 1


def test_a_fall_in_the_bath_zone_says_where_it_was_and_at_night_when():
    story = Story(zones=True)
    story.night = True
    story.fall_down(place=TUB).body(None, 40)
    assert story.reasons()["in_bath"] == story.reasons()["at_night"] == 1
    assert story.told[1].severity is Severity.HIGH


def test_somebody_who_vanishes_at_the_door_has_left_and_another_who_comes_in_is_new():
    story = Story(zones=True).body(1.0, 3).body(1.0, 2, place=DOOR).body(None, 2)
    assert story.watcher.uprights == ()


def test_a_module_s_own_verdict_leads_to_the_question_once():
    story = Story().see(seconds=2, fallen=False).see(seconds=10, fallen=True)
    assert story.kinds == ["module_verdict"]
    story.see(seconds=30, fallen=True)
    assert story.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED]


# --- after a restart ------------------------------------------------------------------------------


def test_upright_before_a_gap_and_lying_after_it_has_fallen_in_between():
    story = Story()
    story.at_s = 100.0
    story.watcher.after_gap([Seen(95.0, 1.0, HERE)], story.now())
    story.body(0.2, 4)
    assert story.kinds == ["fast_fall"]


def test_every_incident_that_stood_goes_on_after_a_restart():
    far = Place(2.0, 6.0)
    before = (
        Story().see((1.0, HERE, 1), (1.0, far, 2), seconds=3).see((0.2, HERE, 1), (0.2, far, 2), seconds=2)
    )
    after = Story()
    after.at_s = before.at_s
    after.actions += after.watcher.resume(before.watcher.standing, after.now())
    after.body(None, 40)
    assert after.phases == [FallPhase.SUSPECTED] * 2 + [FallPhase.CONFIRMED] * 2
    assert {fall.incident for fall in after.told} == {fall.incident for fall in before.told}
