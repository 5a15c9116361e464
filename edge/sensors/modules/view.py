"""What a module has said so far, made into PointClouds. Pure.

A module says one thing at a time: whether somebody is there, then where, then how fast they breathe. Verdicts stand until
the module says otherwise, vital signs for a few seconds; places are of one moment only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edge.sensors.readings import PointCloud, Target, Vitals

VITALS_HOLD_S = 10.0
"""A module sends rates once a second while it has one, and nothing when the person moves or leaves."""
NO_POINTS: NDArray[np.float32] = np.zeros((0, 5), np.float32)
NO_POINTS.flags.writeable = False


@dataclass(slots=True)
class ModuleCounters:
    """Since the parser was made.

    ``frames_foreign`` are whole frames of a type that this kind of module does not have. ``repeats``: how often in a row
    the module has given the very same places, to the last bit, and ``frozen_s`` for how long: a body that breathes never
    does. 0 while nobody is seen.
    """

    frames: int = 0
    frames_corrupt: int = 0
    frames_missing: int = 0
    frames_foreign: int = 0
    bytes_skipped: int = 0
    repeats: int = 0
    frozen_s: float = 0.0


class ModuleView:
    """Collects what is said and gives it out as one cloud per moment."""

    def __init__(self, counters: ModuleCounters) -> None:
        self._counters = counters
        self.presence: bool | None = None
        self.moving: bool | None = None
        self.fallen: bool | None = None
        self._vitals = Vitals()
        self._vitals_s: dict[str, float] = {}
        self._targets: tuple[Target, ...] = ()
        self._points = NO_POINTS
        self._waiting: set[str] = set()
        self._same: dict[str, tuple[bytes, float]] = {}

    def vital(self, name: str, value: float | None, at_s: float) -> None:
        """A field of Vitals; None or 0 is how a module says that it has none."""
        self._vitals = replace(self._vitals, **{name: value or None})
        self._vitals_s[name] = at_s

    def targets(self, targets: tuple[Target, ...], raw: bytes, at_s: float) -> None:
        """Where the module sees people; ``raw`` are the bytes that said so."""
        self._targets = targets
        self._waiting.add("targets")
        self._watch("targets", raw if targets else b"", at_s)

    def points(self, points: NDArray[np.float32], raw: bytes, at_s: float) -> None:
        """(N, 5) of a PointCloud."""
        self._points = points
        self._waiting.add("points")
        self._watch("points", raw if len(points) else b"", at_s)

    @property
    def waiting(self) -> frozenset[str]:
        """Which places have come and not been given out."""
        return frozenset(self._waiting)

    def cloud(self, number: int, at_s: float) -> PointCloud:
        """Everything known at ``at_s``; places are given out once."""
        made = PointCloud(
            at_s,
            number,
            self._points,
            self._targets,
            presence=self.presence,
            moving=self.moving,
            fallen=self.fallen,
            vitals=self._fresh_vitals(at_s),
        )
        self._points, self._targets = NO_POINTS, ()
        self._waiting.clear()
        return made

    def _fresh_vitals(self, at_s: float) -> Vitals | None:
        stale = [name for name, said_s in self._vitals_s.items() if at_s - said_s > VITALS_HOLD_S]
        for name in stale:
            del self._vitals_s[name]
        if stale:
            self._vitals = replace(self._vitals, **dict.fromkeys(stale))
        return None if self._vitals == Vitals() else self._vitals

    def _watch(self, what: str, raw: bytes, at_s: float) -> None:
        before, since_s = self._same.get(what, (b"", at_s))
        if not raw or raw != before:
            self._same[what] = (raw, at_s)
            self._counters.repeats, self._counters.frozen_s = 0, 0.0
            return
        self._counters.repeats += 1
        self._counters.frozen_s = max(0.0, at_s - since_s)


def along(place_m: tuple[float, float, float], speed_mps: float) -> tuple[float, float, float]:
    """Velocity of a target of which only the speed along the line of sight is known."""
    distance = sum(value * value for value in place_m) ** 0.5
    if distance == 0.0:
        return (0.0, 0.0, 0.0)
    x, y, z = (speed_mps * value / distance for value in place_m)
    return (x, y, z)


def as_points(rows: Sequence[tuple[float, float, float, float]]) -> NDArray[np.float32]:
    """x, y, z in m and speed in m/s -> (N, 5); the modules give no SNR, so it is 0."""
    if not rows:
        return NO_POINTS
    made = np.zeros((len(rows), 5), np.float32)
    made[:, :4] = rows
    return made
