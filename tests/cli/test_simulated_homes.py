"""Simulated life goes through the device's own eyes and judgement, is scored against the truth, and keeps what it has."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from cli.simulated_homes import Day, Done, jobs, play
from edge.sensors.readings import PointCloud


@dataclass
class Life:
    """Somebody who walks on the spot 3 m away and falls at 10 s; ``interrupted_s`` is when Ctrl-C is pressed."""

    falls_at_s: float = 10.0
    interrupted_s: float = float("inf")
    truth: list[SimpleNamespace] = field(default_factory=list)
    falls: list[SimpleNamespace] = field(default_factory=list)

    @property
    def plan(self) -> SimpleNamespace:
        return SimpleNamespace(
            sensor=SimpleNamespace(name="IWR6843ISK"),
            settings=lambda: {"mount": {"height_m": 1.5, "tilt_deg": 0.0}, "zones": []},
        )

    def __iter__(self) -> Iterator[tuple[float, PointCloud]]:
        rng = np.random.default_rng(1)
        self.truth.append(SimpleNamespace(from_s=0.0, until_s=self.falls_at_s, who="resident", act="walking"))
        for n in range(500):
            at_s = n * 0.055
            if at_s > self.interrupted_s:
                raise KeyboardInterrupt
            if at_s >= self.falls_at_s and not self.falls:
                self.falls.append(SimpleNamespace(at_s=at_s, kind="faint", up_s=None, seen=True))
            height_m = 1.0 if at_s < self.falls_at_s else 0.15
            points = rng.normal((0.0, 3.0, height_m - 1.5, 0.0, 18.0), 0.06, (4, 5))
            yield at_s, PointCloud(at_s, n, points.astype(np.float32))


@dataclass(frozen=True)
class Job:
    life: Life

    def homes(self):
        yield "there day 1", "there", self.life


def played(*lives: Life) -> tuple[list[Done], bool]:
    told: list[Done] = []
    whole = play([Job(life) for life in lives], 1, told.append)
    return told, whole


def test_a_simulated_fall_is_suspected_and_confirmed_by_what_runs_at_home():
    (done,), whole = played(Life())
    assert whole
    (event,) = done.results[0].events
    assert event.fall.kind == "faint"
    assert event.suspected_s is not None
    assert event.confirmed_s is not None
    assert done.results[0].alarms == ()


def test_a_day_stopped_on_the_way_keeps_what_was_lived_and_begins_no_other():
    told, whole = played(Life(interrupted_s=20.0), Life())
    assert not whole
    (done,) = told
    assert not done.whole
    assert done.results[0].duration_s == pytest.approx(20.0, abs=0.1)
    assert done.results[0].events[0].suspected_s is not None


def test_days_are_shared_out_over_the_homes_a_day_a_piece():
    planned = jobs(4.5, 3, 0, seed=7)
    assert [(job.plan, job.number, job.days) for job in planned if isinstance(job, Day)] == [
        ("apartment", 1, 1.0), ("farmhouse", 1, 1.0), ("flat", 1, 1.0), ("apartment", 2, 1.0), ("farmhouse", 2, 0.5),
    ]  # fmt: skip
    assert len({job.seed for job in planned if isinstance(job, Day)}) == 5
