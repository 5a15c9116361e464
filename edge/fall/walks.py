"""A radar's frames -> the walks of one person in front of it: what a mount is measured from. No I/O.

Is: sorting. Half seconds of reflections, the densest heap of each followed over the floor, and the stretches in which
it really moves kept. A mirror image or a fan gives a second heap; the one that goes on from the last place wins.
Is not: tracking of several people; somebody else walking about spoils a calibration, and its spread shows it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]

SLICE_S = 0.5
"""Long enough for some reflections of a sparse radar (one a frame at 18 frames/s), half a metre of walking."""
NEAR_M = 0.5
FAR_M = 12.0
STEEP = 1.0
"""A wall radar's elevations beyond 45 degrees are sidelobes: an out-of-box demo is full of them below 2 m."""
STILL_MPS = 0.05
"""Slower reflections are furniture where the radar keeps what stands still."""
HEAP_M = 0.4
"""From the middle of a heap to its edge: half a stride and an arm."""
REFLECTIONS_MIN = 4
HEAP_MOST = 600
"""Reflections of one slice looked at: a dense radar's half second."""
JUMP_MPS = 2.0
LOST_S = 1.5
"""Nobody seen for longer: what comes then is another walk."""
SLOW_MPS = 0.2
"""Whoever turns or stands is not walking; an old person walks at 0.5 m/s."""
EXTENT_M = 0.8
STRETCH = 5
"""Half seconds of one walk below a ceiling, where a walk that crosses the room turns nowhere."""
WALKS_MAX = 200
"""About an hour of walking up and down; more change nothing."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Half a second of one walker: where on the floor (sensor frame, m) and its reflections, (N, 3) x, y, z."""

    at_s: float
    place: tuple[float, float]
    reflections: Points

    @property
    def distance_m(self) -> float:
        """From below the sensor."""
        return hypot(*self.place)


@dataclass(frozen=True, slots=True)
class Walk:
    """One stretch of walking towards the sensor or away from it; below a ceiling, in any one direction."""

    slices: tuple[Slice, ...]

    @property
    def reflections(self) -> Points:
        """(N, 3): x, y, z in the sensor frame, m."""
        return np.concatenate([part.reflections for part in self.slices])

    @property
    def extent_m(self) -> float:
        """From its beginning to its end."""
        return _apart(self.slices[0], self.slices[-1])


class WalkFinder:
    """Feed it frames; ``walks`` grows."""

    def __init__(self, *, ceiling: bool = False) -> None:
        self._ceiling = ceiling
        self._from_s: float | None = None
        self._frames: list[Points] = []
        self._chain: list[Slice] = []
        self._walks: list[Walk] = []

    @property
    def walks(self) -> tuple[Walk, ...]:
        """Those that have ended, and the one going on."""
        return (*self._walks, *self._cut(self._chain))

    @property
    def ended(self) -> int:
        """How many walks are over: the walker has turned since, or stands."""
        going_on = self._cut(self._chain)
        still = bool(going_on) and going_on[-1].slices[-1] is self._chain[-1]
        return len(self._walks) + len(going_on) - still

    @property
    def place(self) -> Slice | None:
        """Where the walker was last."""
        return self._chain[-1] if self._chain else None

    def take(self, at_s: float, points: Points) -> None:
        """One frame, (N, 5) of a PointCloud; ``at_s`` must not fall."""
        if self._from_s is None:
            self._from_s = at_s
        if at_s - self._from_s >= SLICE_S:
            self._close(self._from_s + SLICE_S / 2)
            self._from_s = at_s
        if len(points):
            self._frames.append(points)

    def finish(self) -> tuple[Walk, ...]:
        """No more frames come: all walks."""
        if self._from_s is not None:
            self._close(self._from_s + SLICE_S / 2)
        self._end_chain()
        return tuple(self._walks)

    def _close(self, at_s: float) -> None:
        points = self._usable(np.concatenate(self._frames)) if self._frames else None
        self._frames.clear()
        last = self.place
        if last is not None and at_s - last.at_s > LOST_S:
            self._end_chain()
            last = None
        if points is None or len(points) < REFLECTIONS_MIN:
            return
        found = self._heap(at_s, points, last)
        if found is not None:
            self._chain.append(found)

    def _usable(self, points: Points) -> Points:
        distance = np.linalg.norm(points[:, :3], axis=1)
        kept = points[(distance >= NEAR_M) & (distance <= FAR_M)]
        if not self._ceiling:
            across = np.hypot(kept[:, 0], kept[:, 1])
            kept = kept[np.abs(kept[:, 2]) <= STEEP * across]
        moving = np.abs(kept[:, 3]) >= STILL_MPS
        # A recording without Doppler says 0 of all.
        usable: Points = kept[moving] if moving.any() else kept
        return usable

    def _heap(self, at_s: float, points: Points, last: Slice | None) -> Slice | None:
        """The densest heap, of those that can be reached from the last place if there is one."""
        floor = points[:, [0, 2 if self._ceiling else 1]]
        if last is not None:
            reach = JUMP_MPS * (at_s - last.at_s) + 0.3
            near = np.hypot(*(floor - np.array(last.place)).T) <= reach
            points, floor = points[near], floor[near]
        if len(points) < REFLECTIONS_MIN:
            return None
        if len(floor) > HEAP_MOST:
            every = len(floor) // HEAP_MOST + 1
            points, floor = points[::every], floor[::every]
        gaps = np.hypot(*(floor[:, None] - floor[None]).transpose(2, 0, 1))
        heap = gaps[np.argmax((gaps <= HEAP_M).sum(axis=1))] <= HEAP_M
        if heap.sum() < REFLECTIONS_MIN:
            return None
        x, y = np.median(floor[heap], axis=0)
        return Slice(at_s, (float(x), float(y)), points[heap, :3])

    def _end_chain(self) -> None:
        self._walks += self._cut(self._chain)
        del self._walks[:-WALKS_MAX]
        self._chain = []

    def _cut(self, chain: list[Slice]) -> list[Walk]:
        """The chain where it turned or stood, cut; short pieces left out."""
        walks: list[Walk] = []
        piece: list[Slice] = []
        heading = 0
        for n, part in enumerate(chain):
            way = self._way(chain, n)
            if piece and (way != heading or (self._ceiling and len(piece) >= STRETCH)):
                walks.append(Walk(tuple(piece)))
                piece = []
            heading = way
            if way:
                piece.append(part)
        if piece:
            walks.append(Walk(tuple(piece)))
        return [walk for walk in walks if walk.extent_m >= EXTENT_M]

    def _way(self, chain: list[Slice], n: int) -> int:
        """1 away from the sensor, -1 towards it, 0 neither; below a ceiling 1 for any walking."""
        before, after = chain[max(0, n - 1)], chain[min(len(chain) - 1, n + 1)]
        took_s = after.at_s - before.at_s
        if took_s <= 0:
            return 0
        if self._ceiling:
            return int(_apart(before, after) / took_s >= SLOW_MPS)
        speed = (after.distance_m - before.distance_m) / took_s
        return 0 if abs(speed) < SLOW_MPS else 1 if speed > 0 else -1


def _apart(a: Slice, b: Slice) -> float:
    (ax, ay), (bx, by) = a.place, b.place
    return hypot(ax - bx, ay - by)


def span_m(walks: Sequence[Walk]) -> tuple[float, float]:
    """From where to where was walked, m from below the sensor: 3 % left out at either end; (0, 0) for no walk."""
    distances = [part.distance_m for walk in walks for part in walk.slices]
    if not distances:
        return 0.0, 0.0
    near_m, far_m = np.quantile(distances, (0.03, 0.97))
    return float(near_m), float(far_m)
