"""The straight line through the walks of one person, from which a mount is read. No I/O.

Each walk gives one height for each quarter of a metre, and the walks are then put side by side: a walk with many
reflections, or one that ends in a fall, weighs no more than another. Slopes are medians over pairs of places, so
that a ghost at one end turns nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import atan, cos, degrees, hypot, radians, sin

import numpy as np
from numpy.typing import NDArray

from edge.fall.walks import Walk, span_m

Floats = NDArray[np.float64]

MIDDLE = 0.6
"""Of the stature: the median height of a walker's reflections. 0.97 m in front of an IWR1843 at a known 0.8 m, 1.03 m
below another at 2.45 m, of students: the higher the sensor, the more of the shoulders."""
CROWN = 0.95
"""The quantile that is the crown from a ceiling: 1.75 m under an IWR1843 at a known 2.45 m, all over 1.5 m around it."""
NEAR_M = 2.0
"""Nearer, feet are so much farther off than the chest that a body seems higher, and the field cuts off head or feet."""
NEAR_LEAST_M = 1.0
REACH_MIN_M = 2.0
LEVEL_REACH_MIN_M = 0.8
CEILING_REACH_MIN_M = 1.5
CELL_M = 0.25
CELLS_MIN, LEVEL_CELLS_MIN = 4, 2
CELL_MIN = 4
"""Reflections of one walk in one cell; fewer say nothing."""
ARM_M = 1.0
"""Two cells nearer together say more of the elevation's error than of the slope."""
COARSE = 0.1
"""Share of reflections with z exactly 0 from which on elevation comes in steps: an IWRL6432 has a quarter to a half."""


class CalibrationError(ValueError):
    """Nothing can be measured from these walks; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Fit:
    """``spread_m``: how far single walks' heights lie from the line, in the middle; ``roll_deg`` is right side down."""

    tilt_deg: float
    height_m: float
    near_m: float
    far_m: float
    spread_m: float
    roll_deg: float | None = None


def on_wall(walks: Sequence[Walk], person_m: float, tilt_deg: float | None = None) -> Fit:
    """A sensor that looks into the room; raises CalibrationError for walks over too little of it.

    With ``tilt_deg``, known from a level, only the height is fitted: far fewer walks, and steps in elevation, will do.
    """
    clouds = [walk.reflections.astype(np.float64) for walk in walks]
    coarse = float(np.mean(np.concatenate([cloud[:, 2] for cloud in clouds]) == 0.0)) > COARSE
    if coarse and tilt_deg is None:
        raise CalibrationError(
            "this radar tells elevation in steps of some 14 degrees, too coarse for a slope: lay a spirit level on its"
            " board and give what it says with --level"
        )
    near_m, far_m = _reach(walks, REACH_MIN_M if tilt_deg is None else LEVEL_REACH_MIN_M)
    rows: list[Floats] = []
    for cloud in clouds:
        away = np.hypot(cloud[:, 0], cloud[:, 1])
        inside = (away >= near_m) & (away <= far_m)
        # The tilt turns in the plane of y and z, so heights stand over y, whatever the place is called by.
        rows.append(_cells(away[inside], cloud[inside, 1], cloud[inside, 2], _mean if coarse else _median))
    cells = np.concatenate(rows)
    along, up, weight = _side_by_side(cells, CELLS_MIN if tilt_deg is None else LEVEL_CELLS_MIN)
    tilt = atan(_slope(along, up, weight)) if tilt_deg is None else radians(tilt_deg)
    below_m = float(np.median(up * cos(tilt) - along * sin(tilt)))
    off_m = cells[:, 2] * cos(tilt) - cells[:, 1] * sin(tilt) - below_m
    return Fit(degrees(tilt), MIDDLE * person_m - below_m, near_m, far_m, float(np.median(np.abs(off_m))))


def below_ceiling(walks: Sequence[Walk], person_m: float) -> Fit:
    """A sensor that looks straight down, by the crowns of heads; raises CalibrationError for too short walks.

    Walks along one line only leave the other axis level.
    """
    cloud = np.concatenate([walk.reflections for walk in walks]).astype(np.float64)
    far_m = span_m(walks)[1]
    reach_m = float(max(np.ptp(np.quantile(cloud[:, axis], (0.02, 0.98))) for axis in (0, 2)))
    if reach_m < CEILING_REACH_MIN_M:
        raise CalibrationError(
            f"only {reach_m:.1f} m were walked below the sensor, {CEILING_REACH_MIN_M:g} are needed: walk through under"
            " it from one side of the room to the other, and across"
        )
    down = {axis: _lean(cloud, axis) for axis in (2, 0)}
    level = -cloud[:, 1] - down[2] * cloud[:, 2] - down[0] * cloud[:, 0]
    crown_m = float(np.quantile(level, CROWN))
    spread_m = float(np.median(np.abs(level[level >= crown_m - 0.3] - crown_m)))
    upright = cos(atan(hypot(down[0], down[2])))
    return Fit(
        90.0 + degrees(atan(down[2])),
        person_m - crown_m * upright,
        0.0,
        far_m,
        spread_m,
        degrees(atan(down[0])),
    )


def _reach(walks: Sequence[Walk], needed_m: float) -> tuple[float, float]:
    nearest_m, far_m = span_m(walks)
    near_m = max(nearest_m, min(NEAR_M, max(NEAR_LEAST_M, far_m - needed_m)))
    if far_m - near_m < needed_m:
        raise CalibrationError(
            f"only {max(0.0, far_m - near_m):.1f} m of useful distance were walked, {needed_m:g} are needed:"
            f" walk from {NEAR_LEAST_M + 0.5:g} m in front of the sensor to {NEAR_LEAST_M + needed_m + 1:g} m or more"
        )
    return near_m, far_m


def _lean(cloud: Floats, axis: int) -> float:
    """By how much the crowns rise along one axis of a level floor, m/m; 0 where nobody walked that way."""
    cells = _cells(cloud[:, axis], cloud[:, axis], -cloud[:, 1], _crown, least=20)
    if len(cells) < 3 or np.ptp(cells[:, 1]) < ARM_M:
        return 0.0
    return _slope(cells[:, 1], cells[:, 2], np.sqrt(cells[:, 3]))


def _cells(
    by: Floats, along: Floats, up: Floats, centre: Callable[[Floats], float], least: int = CELL_MIN
) -> Floats:
    """(C, 4): number of the cell, where its middle is along the axis, its height, its reflections."""
    number = np.floor(by / CELL_M).astype(int)
    rows = []
    for cell in np.unique(number):
        inside = number == cell
        if inside.sum() >= least:
            rows.append(
                (float(cell), float(np.median(along[inside])), centre(up[inside]), float(inside.sum()))
            )
    return np.array(rows, np.float64).reshape(-1, 4)


def _side_by_side(cells: Floats, least: int) -> tuple[Floats, Floats, Floats]:
    """Medians over the walks, cell by cell: along, up, and the weight of each."""
    numbers = np.unique(cells[:, 0])
    if len(numbers) < least:
        raise CalibrationError(
            "too few reflections of the walker: is the radar in its people-tracking configuration, with nothing"
            " between it and the walker?"
        )
    parts = [cells[cells[:, 0] == number] for number in numbers]
    middles = np.array([np.median(part[:, 1:3], axis=0) for part in parts])
    return middles[:, 0], middles[:, 1], np.array([float(len(part)) for part in parts])


def _slope(along: Floats, up: Floats, weight: Floats) -> float:
    """The weighted median of the slopes between all places at least ARM_M apart."""
    first, second = np.triu_indices(len(along), 1)
    arm = along[second] - along[first]
    far = np.abs(arm) >= ARM_M
    if not far.any():
        raise CalibrationError(f"the walks span less than {ARM_M:g} m: walk farther away from the sensor")
    first, second, arm = first[far], second[far], arm[far]
    slopes = (up[second] - up[first]) / arm
    weights = np.abs(arm) * np.sqrt(weight[first] * weight[second])
    order = np.argsort(slopes)
    summed = np.cumsum(weights[order])
    return float(slopes[order][np.searchsorted(summed, summed[-1] / 2)])


def _median(heights: Floats) -> float:
    return float(np.median(heights))


def _mean(heights: Floats) -> float:
    return float(np.mean(heights))


def _crown(heights: Floats) -> float:
    return float(np.quantile(heights, CROWN))
