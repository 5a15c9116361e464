"""Simulated life goes through the device's own eyes and judgement, is scored against the truth, and keeps what it has."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache

import pytest

from cli.simulated_homes import Answers, Day, Done, jobs, play
from edge.sensors.readings import PointCloud
from models.falls.scoring import tally
from simulators.home.actors import Doing, TrueFall
from simulators.home.clips import fall_clip
from simulators.home.life import SimulatedHome
from simulators.home.plans import Plan

NOBODY, EVERYBODY = Answers(), Answers(1.0, 1.0)
BEGINS_S = 14 * 3600.0
UNTIL_S = BEGINS_S + 120.0
"""The fall is 24 s after the beginning, and who fell lies there until long after this."""


@cache
def scene() -> tuple[SimulatedHome, list[tuple[float, PointCloud]]]:
    """Somebody falls backwards and lies there."""
    home = fall_clip("back", "apartment", 5)
    return home, [one for one in home if one[0] < UNTIL_S]


@dataclass
class Life:
    """That scene; ``interrupted_s`` is when Ctrl-C is pressed.

    Who did something ``low`` instead would have looked the same to a radar.
    """

    low: str = ""
    seen: bool = True
    interrupted_s: float = float("inf")
    truth: list[Doing] = field(default_factory=list)
    falls: list[TrueFall] = field(default_factory=list)
    seed: int = 3

    @property
    def plan(self) -> Plan:
        return scene()[0].plan

    def __iter__(self) -> Iterator[tuple[float, PointCloud]]:
        home, frames = scene()
        if self.low:
            self.truth.append(Doing(BEGINS_S, UNTIL_S + 99.0, "resident", self.low, (0.0, 3.0)))
        else:
            self.truth += home.truth
            self.falls += [replace(fall, seen=self.seen) for fall in home.falls]
        for at_s, cloud in frames:
            if at_s > self.interrupted_s:
                raise KeyboardInterrupt
            yield at_s, cloud


@dataclass(frozen=True)
class Job:
    life: Life
    answers: Answers = NOBODY

    def homes(self):
        yield "there day 1", "there", self.life


def played(*lives: Life, answers: Answers = NOBODY) -> tuple[list[Done], bool]:
    told: list[Done] = []
    whole = play([Job(life, answers) for life in lives], 1, told.append)
    return told, whole


def test_a_simulated_fall_is_suspected_and_confirmed_by_what_runs_at_home():
    (done,), whole = played(Life())
    assert whole
    (event,) = done.results[0].events
    assert event.fall.kind == "back"
    assert event.suspected_s is not None
    assert event.confirmed_s is not None
    assert done.results[0].alarms == ()


def test_who_has_fallen_never_answers_the_question():
    (done,), _ = played(Life(), answers=EVERYBODY)
    assert done.results[0].events[0].confirmed_s is not None


def test_a_needless_question_is_confirmed_unless_somebody_answers_and_counts_either_way():
    (unanswered,), _ = played(Life(low="wiping the floor"), answers=NOBODY)
    (answered,), _ = played(Life(low="wiping the floor"), answers=EVERYBODY)
    first, second = unanswered.results[0].alarms[0], answered.results[0].alarms[0]
    assert (first.confirmed, first.answered) == (True, False)
    assert (second.confirmed, second.answered, second.ended) == (False, True, "button")
    assert first.at_s == second.at_s
    total = tally(answered.results)
    assert (total.false_answered, total.false_confirmed) == (total.false_suspected, 0)


def test_a_fall_out_of_view_counts_apart_and_a_question_about_it_is_not_false():
    (done,), _ = played(Life(seen=False))
    total = tally(done.results)
    assert (total.falls, total.unseen, total.unseen_suspected) == (0, 1, 1)
    assert (total.recall, total.false_suspected) == (None, 0)


def test_a_day_stopped_on_the_way_keeps_what_was_lived_and_begins_no_other():
    told, whole = played(Life(interrupted_s=BEGINS_S + 30.0), Life())
    assert not whole
    (done,) = told
    assert not done.whole
    assert done.results[0].duration_s == pytest.approx(30.0, abs=0.1)
    assert done.results[0].events[0].suspected_s is not None


def test_days_are_shared_out_over_the_homes_a_day_a_piece():
    planned = jobs(4.5, 3, 0, seed=7)
    assert [(job.plan, job.number, job.days) for job in planned if isinstance(job, Day)] == [
        ("apartment", 1, 1.0), ("farmhouse", 1, 1.0), ("flat", 1, 1.0), ("apartment", 2, 1.0), ("farmhouse", 2, 0.5),
    ]  # fmt: skip
    assert len({job.seed for job in planned if isinstance(job, Day)}) == 5
