"""A person as thirteen moving scatterers: poses, and the acts that lead from one to the next. Pure.

World frame of a home: x right and y away from the radar's wall, z up from the floor, m. Body frame: forward, left,
up from the floor below the hips. Sizes are those of a person of 1.55 m; they serve a radar's picture, not anatomy.
Acts are told for many moments at once: a day has a million frames.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import atan2, cos, hypot, pi, sin
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Shape = NDArray[np.float64]
Times = NDArray[np.float64]
Place = tuple[float, float]

# head, chest, belly, hips, then left and right of: shoulders, hands, knees, feet, and one between the shoulders.
PARTS = 13
STRENGTH: Shape = np.array([0.45, 0.9, 1.0, 1.0, 0.5, 0.5, 0.4, 0.4, 0.75, 0.75, 0.4, 0.4, 0.6])
"""How much each part reflects, the belly = 1: large flat parts reflect most. The mix puts the middle height of a
walker's reflections at 0.6 of the stature, where recordings with a measured mount have it (0.57)."""
HEAD, CHEST, HIPS = 0, 1, 3
HANDS, KNEES, FEET = slice(6, 8), slice(8, 10), slice(10, 12)
UPPER = [0, 1, 4, 5, 12]
"""Head, chest, shoulders and back: who reaches for something leans that way too."""


def _shape(*centre: tuple[float, float, float], pairs: list[tuple[float, float, float]]) -> Shape:
    """Parts on the middle line (head, chest, belly, hips, back), and pairs given by their left one."""
    sides = [(f, side * left, up) for f, left, up in pairs for side in (1.0, -1.0)]
    return np.array([*centre[:4], *sides, centre[4]])


STANDING = _shape(
    (0.02, 0.0, 1.45),
    (0.0, 0.0, 1.18),
    (0.02, 0.0, 1.0),
    (0.0, 0.0, 0.85),
    (-0.04, 0.0, 1.25),
    pairs=[(0.0, 0.18, 1.27), (0.05, 0.25, 0.75), (0.02, 0.1, 0.43), (0.05, 0.1, 0.05)],
)
SITTING = _shape(
    (0.05, 0.0, 1.08),
    (0.03, 0.0, 0.82),
    (0.02, 0.0, 0.62),
    (0.0, 0.0, 0.48),
    (-0.02, 0.0, 0.88),
    pairs=[(0.02, 0.18, 0.9), (0.3, 0.15, 0.65), (0.42, 0.12, 0.45), (0.45, 0.12, 0.05)],
)
KNEELING = _shape(
    (0.25, 0.0, 0.95),
    (0.15, 0.0, 0.72),
    (0.08, 0.0, 0.55),
    (0.0, 0.0, 0.4),
    (0.1, 0.0, 0.78),
    pairs=[(0.17, 0.18, 0.8), (0.45, 0.2, 0.25), (0.05, 0.12, 0.07), (-0.35, 0.1, 0.06)],
)
LYING = _shape(
    (0.75, 0.05, 0.15),
    (0.45, 0.0, 0.15),
    (0.22, 0.0, 0.14),
    (0.0, 0.0, 0.14),
    (0.5, 0.0, 0.2),
    pairs=[(0.52, 0.18, 0.15), (0.6, 0.35, 0.07), (-0.4, 0.12, 0.1), (-0.78, 0.12, 0.06)],
)
CURLED = _shape(
    (0.62, 0.2, 0.17),
    (0.4, 0.06, 0.18),
    (0.2, 0.0, 0.16),
    (0.0, -0.05, 0.15),
    (0.42, 0.0, 0.24),
    pairs=[(0.47, 0.18, 0.2), (0.42, 0.3, 0.12), (0.05, 0.25, 0.14), (-0.38, 0.15, 0.08)],
)


@dataclass(frozen=True, slots=True)
class Stance:
    """Where the body is and how it is bent: ``heading_rad`` counterclockwise from +x, seen from above."""

    place: Place
    heading_rad: float
    shape: Shape

    def parts_m(self) -> Shape:
        """(13, 3) in the world frame."""
        return np.asarray(still(self, 1).parts_m()[0])


@dataclass(frozen=True, slots=True)
class Motion:
    """A body at T moments: ``place_m`` (T, 2), ``heading_rad`` (T,), ``shape`` (T, 13, 3)."""

    place_m: Shape
    heading_rad: Shape
    shape: Shape

    def parts_m(self) -> Shape:
        """(T, 13, 3) in the world frame."""
        forward, left = self.shape[:, :, 0], self.shape[:, :, 1]
        c, s = np.cos(self.heading_rad)[:, None], np.sin(self.heading_rad)[:, None]
        x = self.place_m[:, :1] + forward * c - left * s
        y = self.place_m[:, 1:] + forward * s + left * c
        return np.stack([x, y, self.shape[:, :, 2]], axis=2)

    def stance(self, n: int) -> Stance:
        """The body at the ``n``-th moment."""
        x, y = self.place_m[n]
        return Stance((float(x), float(y)), float(self.heading_rad[n]), self.shape[n])


def still(stance: Stance, n: int) -> Motion:
    """``n`` moments of a body that keeps its pose; the arrays may be written to."""
    place = np.repeat(np.array([stance.place]), n, axis=0)
    shape = np.repeat(np.asarray(stance.shape, dtype=np.float64)[None], n, axis=0)
    return Motion(place, np.full(n, stance.heading_rad), shape)


class Act(Protocol):
    """Something the body does for a while; ``name`` is what an observer would call it."""

    @property
    def name(self) -> str: ...

    def duration_s(self, start: Stance) -> float:
        """How long it takes from ``start``."""
        ...

    def motion(self, t_s: Times, start: Stance) -> Motion:
        """The body at moments (T,) after the act began, each from 0 to ``duration_s``."""
        ...


def at(act: Act, t_s: float, start: Stance) -> Stance:
    """The body ``t_s`` after ``act`` began."""
    return act.motion(np.array([t_s]), start).stance(0)


def smooth(u: Shape) -> Shape:
    """Starts and ends gently."""
    return u * u * (3.0 - 2.0 * u)


def toppling(u: Shape) -> Shape:
    """Gets faster until the floor ends it, as a body that falls."""
    return u * u


@dataclass(frozen=True, slots=True)
class Walk:
    """In a straight line, legs and arms swinging; turns towards its goal in the first half second."""

    to: Place
    speed_mps: float = 0.7
    name: str = "walking"

    TURN_S = 0.5
    STRIDE_M = 1.0
    BOB_M = 0.015
    """How far the trunk rises and sinks with each step."""

    def duration_s(self, start: Stance) -> float:
        return max(self.TURN_S, self._length_m(start) / self.speed_mps)

    def motion(self, t_s: Times, start: Stance) -> Motion:
        length = self._length_m(start)
        done = np.minimum(1.0, t_s / self.duration_s(start))
        (x0, y0), (x1, y1) = start.place, self.to
        goal = atan2(y1 - y0, x1 - x0) if length > 0 else start.heading_rad
        turn = (goal - start.heading_rad + pi) % (2 * pi) - pi
        turned = smooth(np.minimum(1.0, t_s / self.TURN_S))
        phase = 2 * pi * done * length / self.STRIDE_M
        shape = start.shape + (self._stride(phase) - start.shape) * turned[:, None, None]
        place = np.stack([x0 + (x1 - x0) * done, y0 + (y1 - y0) * done], axis=1)
        return Motion(place, start.heading_rad + turn * turned, shape)

    def _length_m(self, start: Stance) -> float:
        return hypot(self.to[0] - start.place[0], self.to[1] - start.place[1])

    def _stride(self, phase: Shape) -> Shape:
        shape = np.repeat(STANDING[None], len(phase), axis=0)
        alternate = np.sin(phase)[:, None] * np.array([1.0, -1.0])
        shape[:, FEET, 0] += 0.25 * alternate
        shape[:, KNEES, 0] += 0.15 * alternate
        shape[:, HANDS, 0] -= 0.2 * alternate
        shape[:, FEET, 2] += 0.06 * np.maximum(0.0, alternate)
        shape[:, UPPER, 2] += self.BOB_M * np.cos(2 * phase)[:, None]
        return shape


@dataclass(frozen=True, slots=True)
class Change:
    """From the pose it is in to another; ``forward_m`` and ``left_m`` move the hips, ``turn_rad`` the heading."""

    to: Shape
    seconds: float
    name: str
    ease: Callable[[Shape], Shape] = smooth
    forward_m: float = 0.0
    left_m: float = 0.0
    turn_rad: float = 0.0

    def duration_s(self, start: Stance) -> float:  # noqa: ARG002 - the same from everywhere
        return self.seconds

    def motion(self, t_s: Times, start: Stance) -> Motion:
        done = self.ease(np.minimum(1.0, t_s / self.seconds))
        c, s = cos(start.heading_rad), sin(start.heading_rad)
        way = np.array([self.forward_m * c - self.left_m * s, self.forward_m * s + self.left_m * c])
        shape = start.shape + (self.to - start.shape) * done[:, None, None]
        return Motion(
            np.array(start.place) + way * done[:, None], start.heading_rad + self.turn_rad * done, shape
        )


@dataclass(frozen=True, slots=True)
class Stay:
    """Keeps its pose: the trunk breathes, and the hands stir by ``restless_m`` when it is not quite still."""

    seconds: float
    name: str
    restless_m: float = 0.0

    SWAY = 0.4
    BREATH_M = 0.004
    BREATH_S = 4.0

    def duration_s(self, start: Stance) -> float:  # noqa: ARG002 - the same from everywhere
        return self.seconds

    def motion(self, t_s: Times, start: Stance) -> Motion:
        motion = still(start, len(t_s))
        # The envelope lets the act begin and end in the very pose it was given, so that nothing jumps.
        envelope = np.minimum(1.0, np.minimum(t_s, np.maximum(0.0, self.seconds - t_s)))
        motion.shape[:, :4, 0] += (self.BREATH_M * envelope * np.sin(2 * pi * t_s / self.BREATH_S))[:, None]
        if self.restless_m:
            now_and_then = np.maximum(0.0, np.sin(2 * pi * t_s / 11.0))
            stir = self.restless_m * envelope * np.sin(2 * pi * t_s / 1.7) * now_and_then
            motion.shape[:, HANDS, 0] += stir[:, None]
            motion.shape[:, UPPER, 0] += self.SWAY * stir[:, None]
        return motion


# The hips move so that the feet stay where they are, or the knees when she kneels.


def fall(seconds: float = 0.9) -> Change:
    """Forward to the floor; from a standing body the head reaches 2.5 to 3 m/s, as in measured falls."""
    return Change(LYING, seconds, "falling", ease=toppling, forward_m=0.6)


def sit_down() -> Change:
    """Onto a chair behind her."""
    return Change(SITTING, 1.8, "sitting down", forward_m=-0.4)


def stand_up() -> Change:
    """From that chair."""
    return Change(STANDING, 2.0, "standing up", forward_m=0.4)


def get_up() -> list[Act]:
    """From the floor, by way of the knees; takes some 5 s."""
    return [
        Change(KNEELING, 1.8, "getting up", forward_m=-0.45),
        Stay(1.5, "kneeling", 0.3),
        Change(STANDING, 1.8, "getting up", forward_m=-0.2),
    ]
