"""From sparse clouds to the height of a body over time, without the chip's tracks.

Is: the median height of the last few reflections, from at least two frames, so that a ghost of one frame and a
frame with one point change nothing. Is not: stillness from silence. A moving-target radar sees nobody who lies still, so
without points the last posture stands for a while. Then a body last seen upright has left (an upright body sways and is
seen), one last seen sitting is unknown, and one last seen lying stays lying: it cannot leave without rising first.

One body: of two people the one who moves more is measured.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from edge.fall.place import Place
from edge.fall.room import body_points
from edge.fall.settings import FallSettings, MountSettings

POINTS = 5
"""Reflections behind one height: one frame's worth of an IWRL6432, 0.1-0.3 s of a sparse IWR6843."""
POINTS_MIN = 3
FRESH_S = 0.8
"""Older reflections are of another moment; three frames at 3.8 Hz."""
SETTLE_S = 0.6
"""A posture is shown only when it has lasted this long."""
KEEP_S = 10.0
"""A sitting person may give no reflection for so long (measured: up to 6 s in sitting_down)."""


class Posture(StrEnum):
    """The posture of the body in the room."""

    EMPTY = "empty"
    STANDING = "standing"
    SITTING = "sitting"
    LYING = "lying"
    UNKNOWN = "unknown"


_AFTER_SILENCE = {Posture.STANDING: Posture.EMPTY, Posture.SITTING: Posture.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Reading:
    """One radar frame as the fall machine sees it; ``height_m`` and ``place`` are None without enough points.

    ``points_m`` are the heights of the body's reflections in this frame; ``low_behind`` of those behind
    ``height_m`` are near the floor.
    """

    at_s: float
    points_m: tuple[float, ...]
    low_behind: int
    height_m: float | None
    place: Place | None
    posture: Posture


class BodyHeight:
    """Keeps the last reflections of the body and says what they mean."""

    def __init__(self, mount: MountSettings, fall: FallSettings) -> None:
        self._mount = mount
        self._fall = fall
        self._frames: deque[tuple[float, NDArray[np.float32]]] = deque()
        self._posture = Posture.EMPTY
        self._next: tuple[Posture, float] | None = None
        self._seen_s = 0.0

    def update(self, at_s: float, points: NDArray[np.float32]) -> Reading:
        """One frame, (N, 5) of a PointCloud, N may be 0; ``at_s`` must not fall."""
        body = body_points(points, self._mount)
        if len(body):
            self._frames.append((at_s, body))
        while self._frames and self._frames[0][0] <= at_s - FRESH_S:
            self._frames.popleft()
        heights_m = tuple(float(z) for z in body[:, 2])
        latest = self._latest()
        if latest is None:
            return Reading(at_s, heights_m, 0, None, None, self._without(at_s))
        height_m = float(np.median(np.clip(latest[:, 2], 0.0, None)))
        place = Place(float(np.median(latest[:, 0])), float(np.median(latest[:, 1])))
        low_behind = int((latest[:, 2] <= self._fall.floor_m).sum())
        return Reading(at_s, heights_m, low_behind, height_m, place, self._settle(at_s, height_m))

    def _latest(self) -> NDArray[np.float32] | None:
        """The newest whole frames that make POINTS reflections; None if all fresh ones are too few."""
        chosen: list[NDArray[np.float32]] = []
        count = 0
        for _, body in reversed(self._frames):
            chosen.append(body)
            count += len(body)
            if count >= POINTS and len(chosen) >= 2:
                break
        return np.concatenate(chosen) if count >= POINTS_MIN and len(chosen) >= 2 else None

    def _settle(self, at_s: float, height_m: float) -> Posture:
        self._seen_s = at_s
        now = self._of(height_m)
        if now is self._posture:
            self._next = None
        elif self._next is None or self._next[0] is not now:
            self._next = (now, at_s)
        elif at_s - self._next[1] >= SETTLE_S:
            self._posture, self._next = now, None
        return self._posture

    def _of(self, height_m: float) -> Posture:
        if height_m <= self._fall.floor_m:
            return Posture.LYING
        return Posture.STANDING if height_m >= self._fall.standing_m else Posture.SITTING

    def _without(self, at_s: float) -> Posture:
        if at_s - self._seen_s >= KEEP_S:
            self._posture, self._next = _AFTER_SILENCE.get(self._posture, self._posture), None
        return self._posture
