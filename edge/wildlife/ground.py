"""Where on the ground an animal stands, from where its feet are in the picture: pinhole camera, level field. Pure.

Is: good for a heading, a distance in metres and a size class to some 60 m from a pole. Is not: a survey; a slope of
5 degrees puts an animal at 40 m wrong by a third, and what is above the horizon has no place at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians, sin, tan

import numpy as np
from numpy.typing import NDArray

FARTHEST_M = 120.0  # beyond this a pixel is metres
LEAST_DROP = 0.02  # of a ray to the ground, as a tangent: below it lies the horizon's haze
STILL_M_PER_S = 0.2
TALL_M = {"small": 0.40, "medium": 0.80}
"""Height of the box below which a body is called so: a young monkey, raccoon or cat; a grown monkey; else large."""

Ground = tuple[float, float]
"""Metres to the right of the camera's axis and ahead of the pole."""


class MountError(ValueError):
    """The marks do not say how the camera hangs; the message names the mend."""


@dataclass(frozen=True, slots=True)
class Hung:
    """How a camera hangs: ``tilt_deg`` below the horizon, ``across_deg`` is what it sees from left to right."""

    height_m: float
    tilt_deg: float
    across_deg: float
    bearing_deg: float

    def place(self, x_px: float, y_px: float, width_px: float, height_px: float) -> Ground | None:
        """Of a point on the ground; None at and above the horizon, and where it is too far to say."""
        focal = width_px / 2 / tan(radians(self.across_deg / 2))
        u, v = (x_px - width_px / 2) / focal, (y_px - height_px / 2) / focal
        t = radians(self.tilt_deg)
        drop = sin(t) + v * cos(t)
        if drop < LEAST_DROP:
            return None
        scale = self.height_m / drop
        right, ahead = u * scale, (cos(t) - v * sin(t)) * scale
        return (right, ahead) if ahead > 0 and hypot(right, ahead) <= FARTHEST_M else None

    def seen_at(self, place: Ground) -> tuple[float, float]:
        """The inverse, as fractions of the picture's width from its middle: right and down."""
        t = radians(self.tilt_deg)
        depth = place[1] * cos(t) + self.height_m * sin(t)
        down = self.height_m * cos(t) - place[1] * sin(t)
        half = 2 * tan(radians(self.across_deg / 2))
        return place[0] / depth / half, down / depth / half

    def tall_m(self, feet: Ground, box_height_px: float, width_px: float) -> float:
        """Height of a body that stands at ``feet`` and is so tall in the picture."""
        t = radians(self.tilt_deg)
        focal = width_px / 2 / tan(radians(self.across_deg / 2))
        depth = feet[1] * cos(t) + self.height_m * sin(t)
        return box_height_px / focal * depth / cos(t)

    def heading_deg(self, velocity: Ground) -> float:
        """Clockwise from north."""
        return (self.bearing_deg + degrees(atan2(velocity[0], velocity[1]))) % 360.0


def size_of(tall_m: float) -> str:
    """Code of a body's size class."""
    return next((name for name, most in TALL_M.items() if tall_m < most), "large")


def velocity(path: Sequence[tuple[float, Ground]]) -> Ground | None:
    """m/s from (s, place), older to newer half; None while that is too short, too slow or too unsteady to tell."""
    if len(path) < 4 or path[-1][0] - path[0][0] < 0.5:
        return None
    half = len(path) // 2
    times = np.array([at for at, _ in path])
    places = np.array([place for _, place in path])
    dt_s = float(times[half:].mean() - times[:half].mean())
    v = (places[half:].mean(axis=0) - places[:half].mean(axis=0)) / dt_s
    fitted = places.mean(axis=0) + np.outer(times - times.mean(), v)
    unsteady = float(np.abs(places - fitted).mean())
    speed = float(np.hypot(*v))
    if speed < STILL_M_PER_S or speed * dt_s < unsteady:
        return None
    return float(v[0]), float(v[1])


@dataclass(frozen=True, slots=True)
class Mark:
    """A pole or a person's feet seen at ``x``, ``y`` (fractions of the picture's width and height)."""

    x: float
    y: float
    distance_m: float
    bearing_deg: float


_MARKS_LEAST = 3  # two coordinates each, four unknowns: and one to disagree
_MISS_MOST = 0.03  # of the picture's width
_TRIES = 60


def hung_from(marks: Sequence[Mark], shape: tuple[float, float]) -> tuple[Hung, float]:
    """How the camera hangs, and how far the marks miss it (fraction of the width, root mean square).

    ``shape`` is (width, height) in any unit. Raises MountError for marks that are too few or do not agree.
    """
    if len(marks) < _MARKS_LEAST:
        raise MountError(f"{len(marks)} marks: give at least {_MARKS_LEAST}, near and far, left and right")
    bearings = [radians(mark.bearing_deg) for mark in marks]
    middle = degrees(atan2(sum(map(sin, bearings)), sum(map(cos, bearings))))
    best = min(
        (
            _fitted(np.array((3.0, tilt, across, middle)), marks, shape)
            for tilt in (5.0, 15.0, 30.0)
            for across in (45.0, 70.0, 100.0)
        ),
        key=lambda found: found[1],
    )
    values, miss = best
    if not miss <= _MISS_MOST:
        raise MountError(
            f"the marks disagree by {100 * miss:.0f} % of the picture: measure their distances and bearings again"
        )
    height, tilt, across, bearing = (float(value) for value in values)
    return Hung(height, tilt, across, bearing % 360.0), miss


def _fitted(
    start: NDArray[np.float64], marks: Sequence[Mark], shape: tuple[float, float]
) -> tuple[NDArray[np.float64], float]:
    """Levenberg-Marquardt over height, tilt, angle across and bearing."""
    values, damp = start, 1e-2
    miss = _misses(values, marks, shape)
    for _ in range(_TRIES):
        slopes = np.column_stack([
            (_misses(values + step, marks, shape) - miss) / 1e-4 for step in np.eye(4) * 1e-4
        ])  # fmt: skip
        normal = slopes.T @ slopes
        step = np.linalg.lstsq(normal + damp * np.diag(np.diag(normal) + 1e-9), -slopes.T @ miss, rcond=None)[
            0
        ]
        tried = np.clip(values + step, (0.3, -5.0, 15.0, -720.0), (30.0, 80.0, 150.0, 720.0))
        after = _misses(tried, marks, shape)
        if float(after @ after) < float(miss @ miss):
            values, miss, damp = tried, after, damp / 3
        else:
            damp *= 4
    return values, float(np.sqrt(miss @ miss / len(marks)))


def _misses(
    values: NDArray[np.float64], marks: Sequence[Mark], shape: tuple[float, float]
) -> NDArray[np.float64]:
    hung = Hung(*(float(value) for value in values))
    out: list[float] = []
    for mark in marks:
        turn = radians(mark.bearing_deg - hung.bearing_deg)
        right, down = hung.seen_at((mark.distance_m * sin(turn), max(0.01, mark.distance_m * cos(turn))))
        out += [right - (mark.x - 0.5), down - (mark.y - 0.5) * shape[1] / shape[0]]
    return np.array(out)
