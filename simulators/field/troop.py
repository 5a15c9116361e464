"""A troop of monkeys that comes down from the forest, feeds, and makes up its mind about horns and lights.

Positions are fractions: ``x`` 0..1 across the picture, ``nearness`` 0 at the forest's edge to 1 before the camera.
The numbers make a demonstration that can be watched; they are no ethology.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum, auto
from math import hypot

from numpy.random import Generator

from simulators.field.bodies import Kind, Posture
from simulators.field.drawing import Facing

WALK_PER_S = 0.06  # of the way from forest to camera: some 12 s down the hill
FLEE_PER_S = 0.16
STRIDES_PER_S = 1.1
FLINCH_S = (0.2, 1.4)  # between a noise and the first step
FOLLOW_S = (2.0, 5.0)  # the last ones look up, see themselves alone, and go
ALL_FOLLOW = 0.8  # of a troop that flees run at once, the others follow
STRAY = 0.15  # in a troop that stays, this share runs all the same
HABIT = 0.7  # each further noise frightens that much less: what a dose limit is for


@dataclass(frozen=True, slots=True)
class Figure:
    """One body to be drawn now. ``individual`` seeds its coat, ``build`` scales it."""

    kind: Kind
    x: float
    nearness: float
    facing: Facing
    phase: float
    posture: Posture
    individual: int
    build: float


class Mood(Enum):
    """What a monkey is about."""

    WAITING = auto()
    COMING = auto()
    FEEDING = auto()
    FLINCHING = auto()
    LEAVING = auto()
    GONE = auto()


@dataclass(slots=True)
class Monkey:
    """One animal; ``until_s`` ends what it is doing, by the troop's own time."""

    individual: int
    build: float
    x: float
    nearness: float
    goal: tuple[float, float]
    home: tuple[float, float]
    mood: Mood
    until_s: float
    facing: Facing = "right"
    phase: float = 0.0
    posture: Posture = "walking"

    def walk(self, to: tuple[float, float], per_s: float, dt_s: float) -> bool:
        """Go straight; True once there."""
        dx, dn = to[0] - self.x, to[1] - self.nearness
        way = hypot(dx, dn)
        stride = per_s * dt_s
        if abs(dx) > 0.01:
            self.facing = "right" if dx > 0 else "left"
        self.posture = "walking"
        self.phase = (self.phase + STRIDES_PER_S * (per_s / WALK_PER_S) ** 0.5 * dt_s) % 1.0
        if way <= stride:
            self.x, self.nearness = to
            return True
        self.x += dx / way * stride
        self.nearness += dn / way * stride
        return False


class Troop:
    """``size`` monkeys; all randomness comes from ``rng``."""

    def __init__(
        self, rng: Generator, size: int, *, stay_s: float = 60.0, leave_probability: float = 0.75
    ) -> None:
        """``stay_s``: until they go home by themselves; ``leave_probability``: that a first noise moves the troop."""
        self._rng = rng
        self._now_s = 0.0
        self._stay_s = stay_s
        self._fear = leave_probability
        self._on: frozenset[str] = frozenset()
        middle = float(rng.uniform(0.3, 0.7))
        self.monkeys = [self._newcomer(n, size, middle) for n in range(size)]

    @property
    def gone(self) -> bool:
        """Whether the last one is back in the forest."""
        return all(monkey.mood is Mood.GONE for monkey in self.monkeys)

    @property
    def fleeing(self) -> bool:
        """Whether anyone is on its way out."""
        return any(monkey.mood is Mood.LEAVING for monkey in self.monkeys)

    def outputs(self, on: AbstractSet[str]) -> None:
        """The repeller's outputs that are on now; only one that has just come on startles."""
        fresh = set(on) - self._on
        self._on = frozenset(on)
        if not fresh:
            return
        flight = self._rng.random() < self._fear
        self._fear *= HABIT
        for monkey in self.monkeys:
            at_once = self._rng.random() < (ALL_FOLLOW if flight else STRAY)
            if monkey.mood is Mood.WAITING and flight:
                monkey.mood = Mood.GONE  # it has heard it too, and never comes out
            elif monkey.mood in (Mood.COMING, Mood.FEEDING) and (at_once or flight):
                self._flinch(monkey, FLINCH_S if at_once else FOLLOW_S)

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        self._now_s += dt_s
        for monkey in self.monkeys:
            self._live(monkey, dt_s)
        staying = [m for m in self.monkeys if m.mood in (Mood.COMING, Mood.FEEDING)]
        if self.fleeing and len(staying) * 4 <= len(self.monkeys):
            for monkey in staying:  # nobody likes to stay behind alone
                self._flinch(monkey, FOLLOW_S)

    def figures(self) -> list[Figure]:
        """Who is in view."""
        return [
            Figure("monkey", m.x, m.nearness, m.facing, m.phase, m.posture, m.individual, m.build)
            for m in self.monkeys
            if m.mood not in (Mood.WAITING, Mood.GONE)
        ]

    def _flinch(self, monkey: Monkey, within_s: tuple[float, float]) -> None:
        monkey.mood = Mood.FLINCHING
        monkey.until_s = self._now_s + float(self._rng.uniform(*within_s))

    def _newcomer(self, n: int, size: int, middle: float) -> Monkey:
        rng = self._rng
        # Spread over the field, so that a picture shows as many animals as there are.
        place = 0.12 + 0.76 * (n + float(rng.uniform(0.2, 0.8))) / size
        home = min(0.97, max(0.03, middle + 0.5 * (place - 0.5))), 0.0
        goal = place, float(rng.uniform(0.2, 0.62))
        build = float(rng.uniform(0.8, 1.2))
        delay_s = float(rng.uniform(0.2, 0.5)) * n  # close together: the horn may sound 2 s after the first
        return Monkey(int(rng.integers(1 << 31)), build, *home, goal, home, Mood.WAITING, delay_s)

    def _live(self, monkey: Monkey, dt_s: float) -> None:
        over = self._now_s >= monkey.until_s
        if monkey.mood is Mood.WAITING and over:
            monkey.mood = Mood.COMING
        elif monkey.mood is Mood.COMING and monkey.walk(monkey.goal, WALK_PER_S, dt_s):
            self._feed(monkey)
        elif monkey.mood is Mood.FEEDING:
            self._eat(monkey, dt_s, over=over)
        elif monkey.mood is Mood.FLINCHING and over:
            monkey.mood = Mood.LEAVING
        elif monkey.mood is Mood.LEAVING:
            hurry = FLEE_PER_S if self._now_s < self._stay_s else WALK_PER_S
            if monkey.walk(monkey.home, hurry, dt_s):
                monkey.mood = Mood.GONE

    def _feed(self, monkey: Monkey) -> None:
        monkey.mood = Mood.FEEDING
        monkey.posture = "sitting" if self._rng.random() < 0.6 else "feeding"
        monkey.until_s = self._now_s + float(self._rng.uniform(3.0, 8.0))

    def _eat(self, monkey: Monkey, dt_s: float, *, over: bool) -> None:
        """Chew; now and then move on to the next plant; go home when it has had enough."""
        monkey.phase = (monkey.phase + 0.5 * dt_s) % 1.0
        if self._now_s >= self._stay_s:
            monkey.mood = Mood.LEAVING
        elif over:
            aside = float(self._rng.uniform(-0.08, 0.08)), float(self._rng.uniform(-0.08, 0.08))
            monkey.goal = (
                min(0.95, max(0.05, monkey.x + aside[0])),
                min(0.7, max(0.15, monkey.nearness + aside[1])),
            )
            monkey.mood = Mood.COMING
