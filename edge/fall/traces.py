"""The reflections of the last half minute, whoever they were given to: what a suspicion is judged by. No I/O.

Is: everything near a body but what another body that is told of has. Is not: a track; tracks decide too early whose a
reflection is.
"""

from collections import deque
from math import hypot

import numpy as np
from numpy.typing import NDArray

from edge.fall.place import Place
from edge.fall.scene import Reflections, Scene

KEPT_S = 36.0
TOLD_MIN = 5
SLOW_MPS = 0.3
"""So many reflections this slow, but not still, show that a sensor tells speeds finely enough to tell a fall from a seat.

Recordings without doppler hold zeros, and a chip's out-of-box chirps give nothing between standing still and 0.6 m/s.
"""
FRAMES_MAX = 1200
"""Of a quick and busy sensor: memory is bounded, and the oldest goes first."""

Near = NDArray[np.float32]
"""(N, 3): at_s relative to now, height above the floor in m, speed along the line of sight in m/s, without sign."""
NONE: Near = np.zeros((0, 3), dtype=np.float32)


class Traces:
    """Frames in the order of time; ``told`` says whether the sensor tells speeds finely."""

    def __init__(self) -> None:
        self._frames: deque[tuple[float, Reflections, frozenset[int]]] = deque(maxlen=FRAMES_MAX)
        self._speeds = 0

    @property
    def told(self) -> bool:
        """Whether speeds are told, and finely."""
        return self._speeds >= TOLD_MIN

    def take(self, scene: Scene) -> None:
        """A frame with reflections."""
        frames = self._frames
        while frames and frames[0][0] < scene.at_s - KEPT_S:
            frames.popleft()
        if self._speeds < TOLD_MIN:
            self._speeds += sum([0.0 < abs(one[3]) <= SLOW_MPS for own in scene.seen.values() for one in own])
        frames.append((scene.at_s, scene.seen, frozenset([body.track for body in scene.bodies])))

    def heights_m(self, place: Place, reach_m: float, since_s: float) -> list[float]:
        """How high everything was that was seen around a place since then, whoever it is of."""
        x_m, y_m = place.x_m, place.y_m
        heights: list[float] = []
        for at_s, seen, _ in reversed(self._frames):
            if at_s < since_s:
                break
            for reflections in seen.values():
                heights += [z for x, y, z, _, _ in reflections if hypot(x - x_m, y - y_m) <= reach_m]
        return heights

    def near(
        self, track: int, ways: tuple[Place, Place], reach_m: float, since_s: float, now_s: float
    ) -> Near:
        """What was seen since then within ``reach_m`` of the line between two places, oldest first."""
        found = []
        line = _Line(*ways)
        for at_s, seen, told in reversed(self._frames):
            if at_s < since_s:
                break
            for owner, reflections in seen.items():
                if owner == track or owner not in told:
                    found += [
                        (at_s - now_s, z, abs(doppler))
                        for x, y, z, doppler, _ in reflections
                        if line.distance_m(x, y) <= reach_m
                    ]
        return np.array(found[::-1], dtype=np.float32) if found else NONE


class _Line:
    """From one place to another along the floor."""

    def __init__(self, one: Place, other: Place) -> None:
        self._x, self._y = one.x_m, one.y_m
        self._dx, self._dy = other.x_m - one.x_m, other.y_m - one.y_m
        self._square = self._dx * self._dx + self._dy * self._dy

    def distance_m(self, x: float, y: float) -> float:
        px, py = x - self._x, y - self._y
        if self._square == 0.0:
            return hypot(px, py)
        along = min(1.0, max(0.0, (px * self._dx + py * self._dy) / self._square))
        return hypot(px - along * self._dx, py - along * self._dy)
