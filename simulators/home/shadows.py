"""What stands between a sensor and what it would see: furniture as boxes, people as columns, a body's own parts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

COLUMN_M = 0.2
"""Half the breadth of a person, as a column from the floor to the head."""
BEHIND_M = 0.35
"""Somebody must stand at least this far before what they hide."""
BODY_SHADOW = 0.03
"""What a body lets through, out and back."""
HIDING = (0, 1, 2, 3, 4, 5, 8, 9)
HIDING_M = np.array([0.1, 0.14, 0.14, 0.14, 0.09, 0.09, 0.08, 0.08])
"""Head, chest, belly, hips, shoulders and knees of a body seen from above, and half of how wide they are there."""
ABOVE_M = 0.15
"""A part hides another from so much nearer to the sensor on."""


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of furniture: its lowest and highest corner, room frame, m."""

    name: str
    low_m: tuple[float, float, float]
    high_m: tuple[float, float, float]


def behind_boxes(eye_m: Array, where_m: Array, boxes: Sequence[Box]) -> NDArray[np.bool_]:
    """(..., 3) -> (...): whether the straight line from ``eye_m`` to there goes through a box. NaN is behind nothing."""
    way = where_m - eye_m
    with np.errstate(divide="ignore", invalid="ignore"):
        over = 1.0 / way
        hidden = np.zeros(where_m.shape[:-1], dtype=np.bool_)
        for box in boxes:
            one = (np.array(box.low_m) - eye_m) * over
            other = (np.array(box.high_m) - eye_m) * over
            enters = np.minimum(one, other).max(axis=-1)
            leaves = np.maximum(one, other).min(axis=-1)
            # What touches the box or lies in it (somebody on a bed) is not hidden by it.
            hidden |= (enters < leaves) & (enters > 0.0) & (leaves < 0.97)
    return hidden


def behind_people(eye_m: Array, where_m: Array, hips_m: Array, heads_m: Array) -> NDArray[np.bool_]:
    """(T, P): whether each part (T, P, 3) is hidden by somebody with hips at (T, 3) and head at (T, 3)."""
    way = where_m[..., :2] - eye_m[:2]
    length = np.sqrt((way * way).sum(axis=-1))
    to = (hips_m[:, :2] - eye_m[:2])[:, None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        along = (way * to).sum(axis=-1) / length
        aside = np.abs(way[..., 0] * to[..., 1] - way[..., 1] * to[..., 0]) / length
        height = eye_m[2] + (where_m[..., 2] - eye_m[2]) * along / length
        return np.asarray(
            (aside < COLUMN_M) & (along > 0.0) & (along < length - BEHIND_M) & (height < heads_m[:, 2:])
        )


def behind_itself(eye_m: Array, where_m: Array, size: float = 1.0) -> NDArray[np.bool_]:
    """(T, P): whether each part of one person (T, P, 3) is hidden by another of the same body, nearer on the same line."""
    way = where_m - eye_m
    length = np.sqrt((way * way).sum(axis=-1))
    hiding = way[:, HIDING]
    along = (way / length[..., None]) @ hiding.transpose(0, 2, 1)
    aside = (length[:, HIDING] ** 2)[:, None, :] - along * along
    with np.errstate(invalid="ignore"):
        before = along < length[..., None] - ABOVE_M
        return np.asarray((before & (aside < (HIDING_M * size) ** 2)).any(axis=-1))
