"""Short scenes of one fall each, with ordinary life before and after: what recall is measured on."""

from collections import deque
from collections.abc import Iterator, Sequence
from math import pi

from numpy.random import Generator, default_rng

from simulators.home.acts import Pen, Step
from simulators.home.body import STANDING, Stance
from simulators.home.falls import KINDS, fall, kinds_of, lie, rise
from simulators.home.life import SimulatedHome
from simulators.home.people import Errands
from simulators.home.plans import PLANS, Plan

__all__ = ["KINDS", "fall_clip", "fall_clips"]

CLIP_S = 300.0
LIES_S = (160.0, 185.0)
"""Long enough for a question of 60 to 90 s and what follows it."""
RECOVERS_S = (5.0, 60.0)
STARTS_H = 14.0
TRIES = 40
"""To find a place where the body comes to lie inside the room and in view."""


class _OneFall:
    """Some ordinary minute, one fall inside the field of view, the lie, the rise, and life again."""

    def __init__(self, rng: Generator, plan: Plan, kind: str) -> None:
        self._rng, self._plan, self._kind = rng, plan, kind
        self._errands = Errands(rng, plan, pace_mps=float(rng.uniform(0.5, 0.85)))
        self._story = deque([self._before, self._fall, self._after])

    def start(self) -> Stance:
        door = self._plan.spots["door"]
        return Stance(door.place, door.heading_rad + pi, STANDING)

    def next(self, t_s: float, stance: Stance) -> Sequence[Step]:  # noqa: ARG002 - the story has its own time
        pen = Pen(stance)
        (self._story.popleft() if self._story else self._after)(pen)
        return pen.steps

    def _before(self, pen: Pen) -> None:
        pen.walk(self._plan.spots["door"].before, 0.7)
        for _ in range(int(self._rng.integers(2, 5))):
            self._errands.go(pen, self._errands.somewhere())
            self._errands.stand(pen, float(self._rng.uniform(1.0, 8.0)))

    def _fall(self, pen: Pen) -> None:
        """Where the floor is seen: a fall out of sight says nothing about a detector."""
        start, before = pen.stance, list(pen.steps)
        for _ in range(TRIES):
            pen.stance, pen.steps = start, list(before)
            self._errands.go(pen, self._errands.somewhere())
            if self._kind != "trip" and self._rng.random() < 0.6:
                pen.turn(float(self._rng.uniform(-pi, pi)))
            fall(pen, self._rng, self._plan, self._kind)
            if self._plan.sees(pen.stance.place) and self._plan.free(pen.stance.place):
                break
        lie(pen, self._rng, float(self._rng.uniform(*(RECOVERS_S if self._kind == "recovered" else LIES_S))))
        rise(pen, self._rng)

    def _after(self, pen: Pen) -> None:
        self._errands.go(pen, self._errands.somewhere())
        self._errands.stand(pen, float(self._rng.uniform(1.0, 8.0)))


def fall_clip(kind: str, plan: str, seed: int) -> SimulatedHome:
    """Five minutes with exactly one fall of ``kind`` (one of KINDS); raises KeyError for a kind or plan unknown."""
    home = PLANS[plan]
    story = _OneFall(default_rng([seed, 20]), home, kind)
    return SimulatedHome(
        home, seed, days=CLIP_S / 86_400.0, starts_h=STARTS_H, resident=story, start=story.start(), alone=True
    )


def fall_clips(n: int, seed: int) -> Iterator[tuple[str, str, int]]:
    """``n`` arguments of ``fall_clip``: every kind in every home that has room for it, in turn."""
    pairs = [(kind, name) for kind in KINDS for name, plan in PLANS.items() if kind in kinds_of(plan)]
    for number in range(n):
        kind, name = pairs[number % len(pairs)]
        yield kind, name, seed * 100_000 + number
