"""The floor in a depth picture: found, followed while it drifts, given up after a bump. Pure.

Camera frame: x right, y down, z forward, m. A plane is a unit normal that points up and the camera's height above it.
"""

from dataclasses import dataclass
from math import acos, atan2, degrees

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from edge.depth.settings import DepthPeopleSettings
from edge.depth.view import Floats, View

Vector = NDArray[np.float64]

TRIES = 300
"""With half of the points on the floor, 300 triples miss it once in 10^17; with a fifth of them, once in 11 runs."""
SAMPLE = 1500
TOLERANCE_M = 0.02
TOLERANCE_PER_M2 = 0.003
"""Structured light errs by 1.5-3 mm times the square of the distance along the ray; the floor is seen at a slant."""
BELOW_M = 0.10
BELOW_WEIGHT = 3.0
"""Nothing lies below a floor: a bed, a table or a step is a plane too, but the floor goes on beneath it."""
SHARE_MIN = 0.06
"""Of the lower part's points; a smaller patch is a rug's edge or a shelf."""
PATCH_M = 0.6
"""How far the floor must reach each way: a narrow strip fixes no plane."""
FOLLOW = 0.05
"""Of a new fit: at one fit a second a drift is followed within half a minute, a person's shoes move nothing."""
LOST_M = 0.06
FIT_MIN = 60


@dataclass(frozen=True, slots=True)
class Plane:
    """``up`` (3,) in the camera frame; ``height_m`` of the camera above the floor."""

    up: tuple[float, float, float]
    height_m: float

    def heights_m(self, points: NDArray[np.floating]) -> NDArray[np.floating]:
        """(N, 3) or (H, W, 3) points -> heights above the floor."""
        return np.asarray(points @ np.asarray(self.up, points.dtype) + points.dtype.type(self.height_m))

    @property
    def tilt_deg(self) -> float:
        """How far the camera looks down; 0 is level, 90 straight down."""
        return degrees(atan2(-self.up[2], -self.up[1]))

    @property
    def roll_deg(self) -> float:
        """How far the camera leans to its right."""
        return degrees(atan2(self.up[0], abs(complex(self.up[1], self.up[2]))))

    def angle_deg(self, other: "Plane") -> float:
        """Between the two normals."""
        dot = sum(a * b for a, b in zip(self.up, other.up, strict=True))
        return degrees(acos(max(-1.0, min(1.0, dot))))


def axes(plane: Plane) -> tuple[Vector, Vector]:
    """Unit vectors along the floor, in the camera frame: to the right, and away from the camera's wall.

    A camera that looks straight down has its picture's top for "away".
    """
    up = np.asarray(plane.up)
    ahead = np.array([0.0, 0.0, 1.0]) if abs(up[2]) < 0.9 else np.array([0.0, -1.0, 0.0])
    away = ahead - up * (ahead @ up)
    away /= np.linalg.norm(away)
    return np.cross(away, up), away


def find_floor(
    depth_m: Floats, view: View, settings: DepthPeopleSettings, rng: Generator | None = None
) -> Plane | None:
    """The lowest large level plane in the lower part of the picture; None if there is none that a mount could explain.

    ``depth_m`` as of View.depth_m. The same picture gives the same answer: chance is seeded unless ``rng`` is given.
    """
    rng = rng or default_rng(7)
    points = _lower_points(depth_m, view)
    if len(points) < FIT_MIN:
        return None
    some = points[rng.choice(len(points), min(SAMPLE, len(points)), replace=False)]
    ups, heights = _candidates(some, rng)
    good = _plausible(ups, heights, settings)
    ups, heights = ups[good], heights[good]
    if not len(ups):
        return None
    off = some @ ups.T + heights
    tolerance = _tolerance_m(some)[:, None]
    inside = np.abs(off) <= tolerance
    score = inside.sum(axis=0) - BELOW_WEIGHT * (off < -BELOW_M - tolerance).sum(axis=0)
    best = int(np.argmax(score))
    if score[best] < SHARE_MIN * len(some):
        return None
    plane = Plane(_triple(ups[best]), float(heights[best]))
    for _ in range(3):
        plane = fit(points, plane) or plane
    return plane if _reaches(points, plane) and _believable(plane, settings) else None


def fit(points: NDArray[np.floating], near: Plane) -> Plane | None:
    """The least-squares plane through those of (N, 3) ``points`` that lie on ``near``; None if they are too few."""
    on = points[np.abs(near.heights_m(points)) <= _tolerance_m(points)]
    if len(on) < FIT_MIN:
        return None
    weights = 1.0 / np.maximum(0.25, on[:, 2:3].astype(np.float64) ** 2)
    total = weights.sum()
    middle = (on * weights).sum(axis=0) / total
    spread = on - middle
    values, vectors = np.linalg.eigh((spread * weights).T @ spread / total)
    if values[1] < (PATCH_M / 6) ** 2:
        return None  # a line's worth of points: the plane may turn about it
    up = vectors[:, 0] * np.sign(vectors[:, 0] @ np.asarray(near.up))
    return Plane(_triple(up), float(-(up @ middle)))


def followed(before: Plane, points: NDArray[np.floating]) -> Plane:
    """``before`` moved a little towards a new fit to (N, 3) ``points`` of what was floor so far."""
    new = fit(points, before)
    if new is None or new.angle_deg(before) > 2.0 or abs(new.height_m - before.height_m) > LOST_M:
        return before
    up = (1 - FOLLOW) * np.asarray(before.up) + FOLLOW * np.asarray(new.up)
    return Plane(_triple(up / np.linalg.norm(up)), (1 - FOLLOW) * before.height_m + FOLLOW * new.height_m)


def _lower_points(depth_m: Floats, view: View) -> Floats:
    start = depth_m.shape[0] * 2 // 5
    depth = depth_m[start:]
    there = depth > 0.0
    return np.asarray(view.rays[start:][there] * depth[there][:, None], np.float32)


def _candidates(points: Floats, rng: Generator) -> tuple[Vector, Vector]:
    """Planes through random triples: unit normals (N, 3) with up in the picture's upper half, and camera heights (N,)."""
    a, b, c = (points[rng.integers(0, len(points), TRIES)].astype(np.float64) for _ in range(3))
    normal = np.cross(b - a, c - a)
    length = np.linalg.norm(normal, axis=1)
    wide = length > 1e-3
    up = normal[wide] / length[wide, None]
    heights = -(up * a[wide]).sum(axis=1)
    up[heights < 0] *= -1.0  # the camera is above the floor
    return up, np.abs(heights)


def _plausible(ups: Vector, heights: Vector, settings: DepthPeopleSettings) -> NDArray[np.bool_]:
    tilt = np.degrees(np.arctan2(-ups[:, 2], -ups[:, 1]))
    roll = np.degrees(np.arcsin(np.clip(ups[:, 0], -1.0, 1.0)))
    (low_deg, high_deg), (low_m, high_m) = settings.tilt_deg, settings.height_m
    level = (tilt >= low_deg) & (tilt <= high_deg) & (np.abs(roll) <= settings.roll_max_deg)
    return np.asarray(level & (heights >= low_m) & (heights <= high_m))


def _believable(plane: Plane, settings: DepthPeopleSettings) -> bool:
    return bool(_plausible(np.array([plane.up]), np.array([plane.height_m]), settings)[0])


def _tolerance_m(points: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(TOLERANCE_M + TOLERANCE_PER_M2 * points[:, 2] ** 2)


def _reaches(points: Floats, plane: Plane) -> bool:
    on = points[np.abs(plane.heights_m(points)) <= _tolerance_m(points)]
    if len(on) < FIT_MIN:
        return False
    right, away = axes(plane)
    low, high = np.quantile(np.stack([on @ right, on @ away], axis=1), [0.05, 0.95], axis=0)
    return bool((high - low).min() >= PATCH_M)


def _triple(vector: NDArray[np.floating]) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])
