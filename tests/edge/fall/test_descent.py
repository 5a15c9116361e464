"""Who was upright and is not any more: what a scorer is asked, and what its answer does."""

import itertools
from math import isfinite

import pytest

from edge.fall.descent import FEATURES, LOOKS_S, Descent, numbers
from edge.fall.place import Place
from edge.fall.scene import NOBODY, Body, Scene
from edge.fall.settings import AskSettings, FallSettings
from edge.fall.sitting import Scorers
from edge.fall.traces import NONE, Traces
from edge.fall.watcher import FallWatcher, Now, Tell
from edge.fall.zones import ZoneSettings

FRAME_S = 0.1
HERE = Place(0.0, 3.0)
SOFA = ZoneSettings(kind="sofa", x_m=(-1.0, 1.0), y_m=(2.0, 4.0))


class Story:
    """One body whose reflections carry speeds, and a scorer that always says the same."""

    def __init__(self, odds: float, *zones: ZoneSettings, speed_mps: float = 0.2) -> None:
        ids = itertools.count(1)
        self.asked: list[list[float]] = []
        self.odds, self.speed_mps = odds, speed_mps
        self.watcher = FallWatcher(
            FallSettings(),
            AskSettings(),
            zones,
            lambda _ms: f"01J{next(ids):023d}",
            Scorers(self.score, lambda _: 9.0),
        )
        self.at_s = 0.0
        self.kinds: list[str] = []

    def score(self, values) -> float:
        self.asked.append(list(values))
        return self.odds

    def body(self, height_m: float, seconds: float, speed_mps: float | None = None) -> "Story":
        speed_mps = self.speed_mps if speed_mps is None else speed_mps
        for _ in range(round(seconds / FRAME_S)):
            self.at_s += FRAME_S
            seen = Body(
                1, HERE, height_m, height_m, (height_m,) * 3, 3, 0.0, 0.6, 0.0, self.at_s,
                measured_s=self.at_s,
            )  # fmt: skip
            reflections = [(0.0, 3.0, height_m, speed_mps, 3.0)] * 3
            scene = Scene(self.at_s, (seen,), seen={1: reflections})
            for action in self.watcher.step(scene, Now(self.at_s, 0)):
                if isinstance(action, Tell) and action.fall.phase == "suspected":
                    self.kinds.append(action.fall.kind)
        return self


def test_a_scorer_that_is_sure_asks_a_second_after_the_fall():
    story = Story(9.0).body(1.0, 3).body(0.6, 0.4, speed_mps=2.0).body(0.2, 1.0)

    assert story.kinds == ["fast_fall"]


def test_who_came_down_slowly_is_told_as_having_slid():
    story = Story(9.0).body(1.0, 3).body(0.5, 0.5).body(0.2, 2)

    assert story.kinds == ["slow_slide"]


def test_what_the_rules_take_for_a_fall_is_not_asked_about_when_the_scorer_speaks_against_it():
    assert Story(-9.0).body(1.0, 3).body(0.2, 5).kinds == []


def test_a_scorer_that_is_undecided_leaves_the_decision_to_the_rules():
    assert Story(1.2).body(1.0, 3).body(0.2, 5).kinds == ["fast_fall"]


def test_no_score_makes_a_fall_of_somebody_who_is_seen_above_the_floor():
    assert Story(9.0).body(1.0, 3).body(0.63, 10).kinds == []


def test_who_has_answered_is_not_asked_again_at_once_for_going_on_as_before():
    story = Story(1.0).body(1.0, 3).body(0.2, 6)
    story.watcher.button(Now(story.at_s, 0))
    again = story.body(1.0, 20).body(0.2, 6)

    assert again.kinds == ["fast_fall"]


def test_who_has_answered_is_asked_again_after_a_fall_beyond_doubt():
    story = Story(9.0).body(1.0, 3).body(0.2, 6)
    story.watcher.button(Now(story.at_s, 0))
    again = story.body(1.0, 20).body(0.2, 6)

    assert again.kinds == ["slow_slide", "slow_slide"]


def test_who_is_upright_again_is_not_asked_about():
    story = Story(9.0).body(1.0, 3).body(0.2, 0.5).body(1.0, 3)

    assert story.kinds == []
    assert story.asked == []


def test_nobody_is_looked_at_on_a_sofa():
    story = Story(9.0, SOFA).body(1.0, 3).body(0.2, 5)

    assert story.asked == []
    assert story.kinds == []


@pytest.mark.parametrize("speed_mps", [0.0, 0.62])
def test_without_fine_speeds_the_rules_decide_alone(speed_mps):
    story = Story(-9.0, speed_mps=speed_mps).body(1.0, 3).body(0.2, 5)

    assert story.asked == []
    assert story.kinds == ["fast_fall"]


def test_a_body_is_looked_at_in_known_steps_and_no_more():
    story = Story(-9.0).body(1.0, 1).body(0.2, 60)

    assert len(story.asked) == len(LOOKS_S)


def test_the_numbers_of_nothing_seen_are_numbers():
    body = Body(1, HERE, 0.2, 0.2, (), 0, 0.0, 0.0, 0.0, 5.0)

    values = numbers(Descent(4.0, HERE, 1.0), body, NONE, 6.0)

    assert len(values) == len(FEATURES)
    assert all(map(isfinite, values))


def test_traces_leave_out_what_another_body_that_is_told_of_has():
    traces, two = Traces(), tuple(Body(n, HERE, 1.0, 1.0, (), 0, 0.0, 0.0, 0.0, 1.0) for n in (1, 2))
    mine, theirs = (0.1, 3.0, 0.2, 0.1, 3.0), (0.2, 3.0, 1.2, 0.1, 3.0)
    traces.take(Scene(1.0, two, seen={1: [mine], 2: [theirs], NOBODY: [mine], 7: [mine]}))

    near = traces.near(1, (HERE, HERE), 1.0, 0.0, 1.0)

    assert near[1] == pytest.approx([0.2, 0.2, 0.2])
    assert sorted(row[3] for row in traces.around(HERE, 1.0, 0.0)) == pytest.approx([0.2, 0.2, 0.2, 1.2])


def test_traces_forget_what_is_older_than_any_look_needs():
    traces = Traces()
    for second in range(100):
        traces.take(Scene(float(second), seen={1: [(0.0, 3.0, 0.2, 0.1, 3.0)]}))

    assert len(traces.near(1, (HERE, HERE), 1.0, 0.0, 99.0)[0]) < 70
