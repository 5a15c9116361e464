"""What a day is made of beside walking: fidgeting, being away, an animal's trot; and a pen that writes acts in a row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import atan2, cos, hypot, pi, sin

import numpy as np
from numpy.random import Generator

from simulators.home.body import (
    PARTS,
    STANDING,
    Act,
    Motion,
    Place,
    Shape,
    Stance,
    Times,
    Walk,
    at,
    smooth,
    still,
)

WINDOW_S = 6.0
"""In each window of this length a body fidgets once or not at all."""
_HEAD = (0,)
_HANDS = (6, 7, 4, 5)
_UPPER = (0, 1, 2, 4, 5, 6, 7, 12)
_LEGS = (8, 9, 10, 11)
_ALL = tuple(range(PARTS))
_GROUPS = (_HANDS, _HANDS, _HEAD, _UPPER, _LEGS, _ALL)
FIDGETS: Shape = np.array([[float(part in group) for part in range(PARTS)] for group in _GROUPS])
"""(6, 13) which parts go along: hands most often, now and then the head, the trunk, the legs, everything."""
STANDING_FIDGETS: Shape = FIDGETS[[0, 1, 2, 3, 3]]
"""Whoever stands has the weight on the legs, which keep still."""
_LEFT_OUT = (0.0,) * 4
_REACHING = (0.2, 0.2, 0.0, 0.0, 0.5, 0.5, 1.0, 1.0, *_LEFT_OUT, 0.2)
_LOOKING = (1.0, 0.0, 0.0, 0.0, 0.2, 0.2, 0.0, 0.0, *_LEFT_OUT, 0.0)
_LEANING = (1.0, 1.0, 0.5, 0.0, 1.0, 1.0, 1.0, 1.0, *_LEFT_OUT, 1.0)
_SHIFTING_LEGS = (0.0, 0.0, 0.2, 0.2, 0.0, 0.0, 0.0, 0.0, 0.5, 0.5, 1.0, 1.0, 0.0)
SEATED_FIDGETS: Shape = np.array(
    [*[_REACHING] * 5, _LOOKING, *[_LEANING] * 4, _SHIFTING_LEGS, (1.0,) * PARTS], dtype=np.float64
)
"""(12, 13) how far each part goes along when somebody seated moves: the trunk follows the arms, the pelvis the feet.

Of the 72 seconds in which a recorded sitter gave more than three reflections none had its middle height below 0.5 m, so
that up to 5 % may; with legs that moved alone in every sixth fidget it was one simulated second in six.
"""


@dataclass(frozen=True, slots=True)
class Idle:
    """Keeps its pose but for fidgets. Rows of ``fidgets``: how far (f, left, up in m), how often a second, which group."""

    seconds: float
    name: str
    fidgets: Shape = field(repr=False)
    groups: Shape = field(repr=False, default_factory=lambda: FIDGETS)
    stir_mps: float = 0.0

    def duration_s(self, start: Stance) -> float:  # noqa: ARG002 - the same from everywhere
        return self.seconds

    def motion(self, t_s: Times, start: Stance) -> Motion:
        motion = still(start, len(t_s))
        row = self.fidgets[np.minimum((t_s / WINDOW_S).astype(np.int64), len(self.fidgets) - 1)]
        into = np.minimum(t_s % WINDOW_S, WINDOW_S) / WINDOW_S
        left_s = np.clip(self.seconds - t_s, 0.0, 1.0)  # nothing jumps at the end
        how = np.sin(pi * into) ** 2 * np.sin(2 * pi * row[:, 3] * into * WINDOW_S) * left_s
        parts = self.groups[row[:, 4].astype(np.int64)]
        motion.shape[...] += (how[:, None] * parts)[:, :, None] * row[:, None, :3]
        return motion


def idle(
    rng: Generator,
    seconds: float,
    name: str,
    *,
    often: float | Sequence[float],
    far_m: float = 0.12,
    stir_mps: float = 0.03,
    groups: Shape = FIDGETS,
) -> Idle:
    """``often`` is the chance of a fidget in each window, or that of the first, second... (the last one stays)."""
    n = int(seconds / WINDOW_S) + 1
    given = np.atleast_1d(np.asarray(often, dtype=np.float64))
    chance = np.concatenate([given[:n], np.full(max(0, n - len(given)), given[-1])])
    far = rng.normal(0.0, far_m, (n, 3)) * (rng.random(n) < chance)[:, None]
    rows = np.column_stack([far, rng.uniform(0.15, 0.6, n), rng.integers(len(groups), size=n)])
    return Idle(seconds, name, rows, groups, stir_mps)


@dataclass(frozen=True, slots=True)
class Away:
    """Out of the room, or outside the house: not to be seen, and back in the very pose."""

    seconds: float
    name: str = "away"

    def duration_s(self, start: Stance) -> float:  # noqa: ARG002 - the same from everywhere
        return self.seconds

    def motion(self, t_s: Times, start: Stance) -> Motion:
        return still(start, len(t_s))


@dataclass(frozen=True, slots=True)
class Trot:
    """An animal, or a robot, on its way: ``shape`` bobs by ``bob_m``; turns at once, as these do."""

    to: Place
    speed_mps: float
    shape: Shape = field(repr=False)
    name: str = "trotting"
    bob_m: float = 0.02

    TURN_S = 0.3

    def duration_s(self, start: Stance) -> float:
        return max(
            self.TURN_S, hypot(self.to[0] - start.place[0], self.to[1] - start.place[1]) / self.speed_mps
        )

    def motion(self, t_s: Times, start: Stance) -> Motion:
        lasts = self.duration_s(start)
        done = np.minimum(1.0, t_s / lasts)
        (x0, y0), (x1, y1) = start.place, self.to
        goal = atan2(y1 - y0, x1 - x0) if (x0, y0) != (x1, y1) else start.heading_rad
        turn = (goal - start.heading_rad + pi) % (2 * pi) - pi
        turned = smooth(np.minimum(1.0, t_s / self.TURN_S))
        shape = start.shape + (self.shape - start.shape) * turned[:, None, None]
        ends = np.minimum(1.0, np.minimum(t_s, lasts - t_s) * 5.0)
        shape[:, :, 2] += (self.bob_m * ends * np.sin(2 * pi * 3.0 * t_s))[:, None]
        place = np.stack([x0 + (x1 - x0) * done, y0 + (y1 - y0) * done], axis=1)
        return Motion(place, start.heading_rad + turn * turned, shape)


@dataclass(frozen=True, slots=True)
class Move:
    """To a place, a heading and a pose at once: sits down, lies down, jumps; ``over_m`` higher on half the way."""

    place: Place
    heading_rad: float
    to: Shape = field(repr=False)
    seconds: float
    name: str
    ease: Callable[[Shape], Shape] = smooth
    over_m: float = 0.0

    def duration_s(self, start: Stance) -> float:  # noqa: ARG002 - the same from everywhere
        return self.seconds

    def motion(self, t_s: Times, start: Stance) -> Motion:
        done = self.ease(np.minimum(1.0, t_s / self.seconds))
        turn = (self.heading_rad - start.heading_rad + pi) % (2 * pi) - pi
        shape = start.shape + (self.to - start.shape) * done[:, None, None]
        if self.over_m:
            shape[:, :, 2] += (self.over_m * np.sin(pi * done))[:, None]
        way = np.array(self.place) - np.array(start.place)
        return Motion(np.array(start.place) + way * done[:, None], start.heading_rad + turn * done, shape)


@dataclass(frozen=True, slots=True)
class Step:
    """One act, and what the truth must remember of it: a fall of that kind begins, she is down, she is up again."""

    act: Act
    fell: str | None = None
    up: bool = False


class Pen:
    """Writes acts one after another and knows how the body stands after each."""

    def __init__(self, stance: Stance) -> None:
        self.stance = stance
        self.steps: list[Step] = []

    def do(self, act: Act, *, fell: str | None = None, up: bool = False) -> "Pen":
        """Add one act."""
        self.steps.append(Step(act, fell, up))
        self.stance = at(act, act.duration_s(self.stance), self.stance)
        return self

    def walk(self, to: Place, speed_mps: float = 0.7) -> "Pen":
        """Straight there."""
        return self.do(Walk(to, speed_mps))

    def pose(
        self,
        shape: Shape,
        seconds: float,
        name: str,
        *,
        place: Place | None = None,
        heading_rad: float | None = None,
        fell: str | None = None,
        up: bool = False,
    ) -> "Pen":
        """Into a pose, from where she is unless told otherwise."""
        where = self.stance.place if place is None else place
        heading = self.stance.heading_rad if heading_rad is None else heading_rad
        return self.do(Move(where, heading, shape, seconds, name), fell=fell, up=up)

    def turn(self, heading_rad: float, seconds: float = 0.9) -> "Pen":
        """On the spot, standing."""
        return self.pose(STANDING, seconds, "standing", heading_rad=heading_rad)

    def ahead(self, forward_m: float, left_m: float = 0.0) -> Place:
        """The place so far from her, in her own directions."""
        c, s = cos(self.stance.heading_rad), sin(self.stance.heading_rad)
        x, y = self.stance.place
        return (x + forward_m * c - left_m * s, y + forward_m * s + left_m * c)
