"""Who was asked, does not answer, and is seen to sit there: asked again, and in the end called for all the same."""

import itertools
from math import isfinite

import pytest

from edge.fall.incident import AGAIN_S
from edge.fall.place import Place
from edge.fall.scene import Body, Scene
from edge.fall.settings import AskSettings, FallSettings
from edge.fall.sitting import FEATURES, Scorers, numbers
from edge.fall.traces import Traces
from edge.fall.watcher import FallWatcher, Now, Tell

FRAME_S = 0.25
HERE, DOOR = Place(0.0, 3.0), Place(2.5, 5.0)
WELL, FALLEN = -9.0, 9.0


class Story:
    """Somebody comes down and is asked; ``sitting`` are the odds of the second scorer, which a story may change."""

    def __init__(self, sitting: float = WELL) -> None:
        ids = itertools.count(1)
        self.sitting = sitting
        self.watcher = self.begun(ids)
        self.at_s = 0.0
        self.told: list[tuple[str, str | None]] = []

    def begun(self, ids) -> FallWatcher:
        scorers = Scorers(lambda _: 9.0, lambda _: self.sitting)
        return FallWatcher(FallSettings(), AskSettings(), (), lambda _ms: f"01J{next(ids):023d}", scorers)

    def hear(self, actions) -> None:
        self.told += [
            (one.fall.phase.value, one.fall.cancelled_by) for one in actions if isinstance(one, Tell)
        ]

    def body(self, height_m: float, seconds: float, *, other_m: float | None = None) -> "Story":
        for _ in range(round(seconds / FRAME_S)):
            self.at_s += FRAME_S
            places = [(1, HERE, height_m)] + ([(2, DOOR, other_m)] if other_m is not None else [])
            bodies = tuple(
                Body(n, where, z, z, (z,) * 3, 3, 0.0, 0.6, 0.0, self.at_s, measured_s=self.at_s)
                for n, where, z in places
            )
            seen = {n: [(where.x_m, where.y_m, z, 0.2, 3.0)] * 3 for n, where, z in places}
            self.hear(
                self.watcher.step(
                    Scene(self.at_s, bodies, seen=seen), Now(self.at_s, round(self.at_s * 1000))
                )
            )
        return self

    def nobody(self, seconds: float) -> "Story":
        for _ in range(round(seconds)):
            self.at_s += 1.0
            self.hear(self.watcher.step(Scene(self.at_s), Now(self.at_s, round(self.at_s * 1000))))
        return self

    def silence(self, seconds: float) -> "Story":
        for _ in range(round(seconds)):
            self.at_s += 1.0
            self.hear(self.watcher.step(None, Now(self.at_s, round(self.at_s * 1000))))
        return self

    @property
    def phases(self) -> list[str]:
        return [phase for phase, _ in self.told]


def fallen(sitting: float = WELL) -> Story:
    return Story(sitting).body(1.0, 3).body(0.2, 3)


def test_who_does_not_answer_and_lies_there_is_called_for():
    assert fallen(FALLEN).body(0.2, 65).phases == ["suspected", "confirmed"]


def test_who_does_not_answer_but_sits_and_works_is_not_called_for_yet():
    story = fallen().body(0.4, 65)

    assert story.told == [("suspected", None), ("cancelled", "sits_up")]
    assert story.watcher.shown is None


def test_who_sat_there_and_is_seen_so_no_longer_is_asked_again_and_called_for():
    story = fallen().body(0.4, 65)
    story.sitting = FALLEN
    story.body(0.2, 75)

    assert story.phases == ["suspected", "cancelled", "suspected", "confirmed"]


def test_nobody_who_does_not_answer_is_excused_for_longer_than_five_minutes_and_a_question():
    story = fallen().body(0.4, AGAIN_S + AskSettings().seconds + 2)

    assert story.phases == ["suspected", "cancelled", "suspected", "confirmed"]


def test_who_sat_there_and_went_unseen_is_not_asked_again():
    story = fallen().body(0.4, 65).nobody(AGAIN_S + 10)

    assert story.phases == ["suspected", "cancelled"]
    assert story.watcher.standing == ()


def test_who_sat_there_when_the_sensor_stopped_is_asked_again():
    assert fallen().body(0.4, 65).silence(75).phases == ["suspected", "cancelled", "suspected", "confirmed"]


def test_who_sat_there_and_is_seen_now_and_then_is_asked_again():
    story = fallen().body(0.4, 65)
    for _ in range(8):
        story.nobody(38).body(0.2, 0.5)

    assert story.phases[2] == "suspected"


def test_who_sat_there_and_stood_up_is_not_asked_again():
    story = fallen().body(0.4, 65).body(1.0, 10).body(0.75, AGAIN_S + 70)

    assert story.phases == ["suspected", "cancelled"]


def test_a_fall_after_sitting_there_is_asked_about_at_once_and_is_not_excused_for_longer():
    story = fallen().body(0.4, 65).body(1.0, 1).body(0.2, 5)
    assert story.phases == ["suspected", "cancelled", "suspected"]

    story.sitting = FALLEN
    assert story.body(0.2, 60).phases[-1] == "confirmed"


def test_sitting_excuses_nobody_while_somebody_else_is_about():
    """Whose working arms they are nobody can tell then."""
    assert fallen().body(0.2, 65, other_m=1.2).phases == ["suspected", "confirmed"]


def test_a_sensor_that_has_stopped_excuses_nobody():
    assert fallen().silence(65).phases == ["suspected", "confirmed"]


def test_after_a_restart_who_sat_there_is_asked_again():
    story = fallen().body(0.4, 65)
    kept = story.watcher.standing
    story.watcher = story.begun(itertools.count(100))
    story.hear(story.watcher.resume(kept, Now(story.at_s, round(story.at_s * 1000))))
    story.body(0.4, 65)

    assert story.phases == ["suspected", "cancelled", "suspected", "confirmed"]


def test_an_answer_to_the_second_question_ends_it():
    story = fallen().body(0.4, AGAIN_S + 10)
    story.hear(story.watcher.button(Now(story.at_s, round(story.at_s * 1000))))
    story.body(0.4, 100)

    assert story.told[-1] == ("cancelled", "button")


@pytest.mark.parametrize("count", [0, 1, 2, 200])
def test_the_numbers_of_few_reflections_are_numbers(count):
    traces = Traces()
    for n in range(count):
        traces.take(Scene(n * 0.1, (), seen={0: [(0.0, 3.0, 0.4, 0.1, 3.0)]}))

    values = numbers(traces.around(HERE, 1.0, 0.0), HERE, 0.0, 20.0)

    assert len(values) == len(FEATURES)
    assert all(map(isfinite, values))
