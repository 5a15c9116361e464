"""A resident's ordinary days: what is due at which hour, and what fills the time between. Random only through rng."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import pi

from numpy.random import Generator

from simulators.home.acts import Pen, Step
from simulators.home.body import STANDING, Stance
from simulators.home.falls import fall, kinds_of, lie, rise
from simulators.home.people import Errands
from simulators.home.plans import Plan

HOUR_S = 3600.0
DAY_S = 86_400.0
NIGHT_S = 4 * HOUR_S
"""Who is first met before this hour is in bed."""


@dataclass(frozen=True, slots=True)
class _Due:
    at_s: float
    what: Callable[[Pen], None]


class Resident:
    """Lives alone: gets up, prays, cooks, eats, tidies, naps, goes out, bathes, sleeps, and rises in the night.

    With ``falls_a_day`` above 0 she falls now and then in between, of any kind, lies for minutes and is helped up.
    """

    def __init__(self, rng: Generator, plan: Plan, *, falls_a_day: float = 0.0) -> None:
        self._rng, self._plan = rng, plan
        self._errands = Errands(rng, plan, pace_mps=float(rng.uniform(0.55, 0.8)))
        self._falls_a_day = falls_a_day
        self._due: deque[_Due] = deque()
        self._planned_day = -1
        self._now_s = 0.0

    def start(self) -> Stance:
        """Before her bed; what she does at that hour follows."""
        return Stance(self._plan.spots["bed"].before, pi / 2, STANDING)

    def next(self, t_s: float, stance: Stance) -> Sequence[Step]:
        self._now_s = t_s
        day = int(t_s // DAY_S)
        if day > self._planned_day:
            self._plan_day(day, t_s)
        pen = Pen(stance)
        while self._due and self._due[0].at_s <= t_s:
            due = self._due.popleft()
            if t_s - due.at_s < HOUR_S:
                due.what(pen)
                if pen.steps:
                    return pen.steps
        until_s = self._due[0].at_s if self._due else (day + 1) * DAY_S
        self._between(pen, max(30.0, until_s - t_s))
        return pen.steps

    def _plan_day(self, day: int, t_s: float) -> None:
        """Today's list, in order of time."""
        rng, habits, errands = self._rng, self._plan.habits, self._errands
        begins_s = day * DAY_S
        wakes_s = begins_s + self._hour(habits.wakes_h)
        bed_s = begins_s + self._hour(habits.to_bed_h)
        to_come: list[_Due] = []

        def due(at_s: float, what: Callable[[Pen], None]) -> None:
            to_come.append(_Due(at_s, what))

        if self._planned_day < 0 and t_s - begins_s < NIGHT_S:
            to_come.extend(self._night(t_s, wakes_s))
        due(wakes_s + 60.0, lambda pen: errands.away(pen, float(rng.uniform(400.0, 1200.0))))
        if habits.altar:
            for hour in (habits.wakes_h + 0.5, 17.5):
                due(begins_s + self._hour(hour), errands.altar)
        for hour, minutes in ((habits.wakes_h + 0.7, 20.0), (11.5, 25.0), (17.7, 40.0)):
            due(begins_s + self._hour(hour), partial(self._cook, minutes=minutes))
            due(begins_s + self._hour(hour + 0.7), self._eat)
        if rng.random() < habits.goes_out:
            due(begins_s + self._hour(9.8), lambda pen: errands.away(pen, float(rng.uniform(2400.0, 9000.0))))
        if rng.random() < habits.naps:
            due(begins_s + self._hour(13.3), self._nap)
        if rng.random() < habits.naps_on_the_floor:
            lasts_s = float(rng.uniform(900.0, 3000.0))
            due(begins_s + self._hour(14.5), lambda pen: errands.nap_on_the_floor(pen, lasts_s))
        for _ in range(int(rng.poisson(self._falls_a_day))):
            due(begins_s + float(rng.uniform(habits.wakes_h + 1.0, 21.0)) * HOUR_S, self._fall)
        due(
            begins_s + self._hour(habits.bath_h),
            lambda pen: errands.away(pen, float(rng.uniform(900.0, 2100.0))),
        )
        next_wakes_s = begins_s + DAY_S + self._hour(habits.wakes_h)
        to_come.extend(self._night(bed_s, next_wakes_s))
        self._due = deque(sorted([*self._due, *to_come], key=lambda d: d.at_s))
        self._planned_day = day

    def _night(self, from_s: float, until_s: float) -> list[_Due]:
        """Sleep in pieces, out of the room for some minutes between two."""
        rng, errands = self._rng, self._errands
        breaks = sorted(
            float(rng.uniform(from_s + 1.5 * HOUR_S, until_s - HOUR_S))
            for _ in range(int(rng.poisson(self._plan.habits.night_toilets)))
            if until_s - from_s > 3 * HOUR_S
        )
        ends = [*breaks, until_s]
        begins = [from_s, *breaks]
        night = []
        for n, (begin, end) in enumerate(zip(begins, ends, strict=True)):

            def sleep(pen: Pen, end: float = end, *, first: bool = n == 0) -> None:
                if not first:
                    errands.away(pen, float(rng.uniform(150.0, 500.0)))
                errands.sleep(pen, max(300.0, end - self._now_s - 60.0))

            night.append(_Due(begin, sleep))
        return night

    def _hour(self, hour: float) -> float:
        return float(hour + self._rng.normal(0.0, 0.3)) * HOUR_S

    def _seat(self) -> str:
        seats = [name for name in ("sofa", "chair", "cushion") if name in self._plan.spots]
        return str(self._rng.choice(seats))

    def _cook(self, pen: Pen, minutes: float) -> None:
        self._errands.cook(pen, minutes * 60.0 * float(self._rng.uniform(0.6, 1.2)))

    def _eat(self, pen: Pen) -> None:
        name = next(name for name in ("chair", "cushion") if name in self._plan.spots)
        self._errands.sit(pen, name, float(self._rng.uniform(700.0, 1800.0)), "eating")

    def _nap(self, pen: Pen) -> None:
        where = "sofa" if "sofa" in self._plan.spots and self._rng.random() < 0.5 else "bed"
        self._errands.sleep(pen, float(self._rng.uniform(1200.0, 4500.0)), where)

    def _fall(self, pen: Pen) -> None:
        kind = str(self._rng.choice(kinds_of(self._plan)))
        self._errands.go(pen, self._errands.somewhere())
        fall(pen, self._rng, self._plan, kind)
        lasts_s = self._rng.uniform(5.0, 60.0) if kind == "recovered" else self._rng.uniform(180.0, 900.0)
        lie(pen, self._rng, float(lasts_s))
        rise(pen, self._rng)

    def _between(self, pen: Pen, left_s: float) -> None:
        """Something that fits into the time until the next thing that is due."""
        roll = float(self._rng.random())
        if roll < 0.35 and left_s > 300.0:
            self._errands.sit(pen, self._seat(), float(min(left_s, self._rng.uniform(300.0, 3000.0))))
        elif roll < 0.45 and left_s > 900.0:
            self._errands.away(pen, float(min(left_s, self._rng.uniform(120.0, 1800.0))))
        else:
            for _ in range(int(self._rng.integers(1, 7))):
                self._errands.chore(pen)
