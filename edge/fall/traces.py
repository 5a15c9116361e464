"""The reflections of the last minute, whoever they were given to: what a suspicion is judged by. No I/O.

Is: everything near a body but what another body that is told of has. Is not: a track; tracks decide too early whose a
reflection is.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from math import hypot

from edge.fall.place import Place
from edge.fall.scene import NOBODY, Reflections, Scene

KEPT_S = 66.0
"""A descent is looked at for half a minute, a question stands for a whole one."""
TOLD_MIN = 5
SLOW_MPS = 0.3
"""So many reflections this slow, but not still, show that a sensor tells speeds finely enough to tell a fall from a seat.

Recordings without doppler hold zeros, and a chip's out-of-box chirps give nothing between standing still and 0.6 m/s.
"""
FRAMES_MAX = 1300
"""Of a quick and busy sensor: memory is bounded, and the oldest goes first."""
Near = tuple[list[float], list[float], list[float]]
"""Columns, oldest first: at_s relative to now, height above the floor in m, unsigned speed in the line of sight in m/s."""
NONE: Near = ([], [], [])

Row = tuple[float, float, float, float, float, int]
"""at_s, x, y, height, speed, and whose it is: a track that is told of, or NOBODY."""
Around = Sequence[Row]
"""Rows, oldest first."""


class Traces:
    """Frames in the order of time; ``told`` says whether the sensor tells speeds finely.

    Frames wait as they came, because most are never looked at, and become rows at the next look: a body that has come
    down is looked at a dozen times.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, Reflections, frozenset[int]]] = deque(maxlen=FRAMES_MAX)
        self._rows: list[Row] = []
        self._speeds = 0

    @property
    def told(self) -> bool:
        """Whether speeds are told, and finely."""
        return self._speeds >= TOLD_MIN

    def take(self, scene: Scene) -> None:
        """A frame with reflections."""
        waiting, old_s = self._waiting, scene.at_s - KEPT_S
        while waiting and waiting[0][0] < old_s:
            waiting.popleft()
        if self._speeds < TOLD_MIN:
            self._speeds += sum([0.0 < abs(one[3]) <= SLOW_MPS for own in scene.seen.values() for one in own])
        waiting.append((scene.at_s, scene.seen, frozenset([body.track for body in scene.bodies])))

    def around(self, place: Place, reach_m: float, since_s: float) -> Around:
        """Everything that was seen around a place since then, whoever it is of."""
        x_m, y_m = place.x_m, place.y_m
        return [row for row in self._since(since_s) if hypot(row[1] - x_m, row[2] - y_m) <= reach_m]

    def near(
        self, track: int, ways: tuple[Place, Place], reach_m: float, since_s: float, now_s: float
    ) -> Near:
        """What was seen since then within ``reach_m`` of the line between two places, oldest first."""
        one, other = ways
        x_m, y_m = one.x_m, one.y_m
        dx, dy = other.x_m - x_m, other.y_m - y_m
        square = dx * dx + dy * dy
        left, right = min(0.0, dx) - reach_m, max(0.0, dx) + reach_m
        front, back = min(0.0, dy) - reach_m, max(0.0, dy) + reach_m
        found: Near = ([], [], [])
        times, heights, speeds = found
        for at_s, x, y, z, speed, whose in self._since(since_s):
            if whose != NOBODY and whose != track:  # noqa: PLR1714 - half the time of making a tuple
                continue
            px, py = x - x_m, y - y_m
            if hypot(px, py) > reach_m:  # most are near the first place
                if not (left <= px <= right and front <= py <= back):
                    continue
                along = px * dx + py * dy
                along = min(1.0, along / square) if along > 0.0 < square else 0.0
                if hypot(px - along * dx, py - along * dy) > reach_m:
                    continue
            times.append(at_s - now_s)
            heights.append(z)
            speeds.append(speed)
        return found

    def _since(self, since_s: float) -> list[Row]:
        """Everything from then on, oldest first."""
        rows = self._rows
        for at_s, seen, told in self._waiting:
            frame = [
                (at_s, x, y, z, abs(doppler), owner if owner in told else NOBODY)
                for owner, reflections in seen.items()
                for x, y, z, doppler, _ in reflections
            ]
            rows += reversed(frame)
        self._waiting.clear()
        if rows:
            del rows[: bisect_left(rows, (rows[-1][0] - KEPT_S,))]
        return rows[bisect_left(rows, (since_s,)) :]
