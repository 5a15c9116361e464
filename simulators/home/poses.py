"""More poses than a story needs: what a day asks of a body. Body frame as in ``body``; heights above what she is on."""

from math import pi

import numpy as np

from simulators.home.body import (
    CURLED,
    KNEELING,
    LYING,
    SITTING,
    STANDING,
    Shape,
)


def lifted(shape: Shape, up_m: float) -> Shape:
    """The same pose on something ``up_m`` high: a bed, a sofa."""
    return np.asarray(shape + np.array([0.0, 0.0, up_m]))


def _pose(base: Shape, forward: tuple[float, ...], up: tuple[float, ...]) -> Shape:
    """``base`` with other places forward and up; order as in ``body``: the left and the right of a pair apart."""
    shape = base.copy()
    shape[:, 0], shape[:, 2] = forward, up
    return shape


def _turned(shape: Shape, angle_rad: float) -> Shape:
    """Turned about the upright through the hips, counterclockwise seen from above."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    turned = shape.copy()
    turned[:, 0], turned[:, 1] = shape[:, 0] * c - shape[:, 1] * s, shape[:, 0] * s + shape[:, 1] * c
    return turned


BENDING = _pose(
    STANDING,
    (0.55, 0.38, 0.2, -0.1, 0.45, 0.45, 0.55, 0.55, 0.0, 0.0, 0.05, 0.05, 0.36),
    (0.7, 0.85, 0.9, 0.86, 0.85, 0.85, 0.2, 0.2, 0.45, 0.45, 0.05, 0.05, 0.95),
)
"""Picks something up from the floor with nearly straight legs."""

CROUCHING = _pose(
    STANDING,
    (0.3, 0.2, 0.1, -0.05, 0.22, 0.22, 0.3, 0.3, 0.25, 0.25, 0.1, 0.1, 0.14),
    (0.72, 0.58, 0.42, 0.28, 0.62, 0.62, 0.12, 0.12, 0.45, 0.45, 0.05, 0.05, 0.66),
)
"""Ties a shoe, wipes the floor: the whole body within 0.8 m."""

SEIZA = _pose(
    KNEELING,
    (0.05, 0.02, 0.02, 0.0, 0.02, 0.02, 0.25, 0.25, 0.35, 0.35, -0.1, -0.1, -0.02),
    (0.88, 0.62, 0.43, 0.26, 0.7, 0.7, 0.33, 0.33, 0.12, 0.12, 0.06, 0.06, 0.68),
)
"""On her heels, on a cushion on the floor."""

BOWING = _pose(
    KNEELING,
    (0.6, 0.42, 0.22, 0.0, 0.48, 0.48, 0.62, 0.62, 0.33, 0.33, -0.1, -0.1, 0.4),
    (0.28, 0.36, 0.34, 0.25, 0.36, 0.36, 0.05, 0.05, 0.12, 0.12, 0.06, 0.06, 0.45),
)
"""From there down before the altar."""

RECLINING = _pose(
    SITTING,
    (-0.3, -0.15, 0.0, 0.1, -0.18, -0.18, 0.1, 0.1, 0.5, 0.5, 0.8, 0.8, -0.2),
    (0.8, 0.62, 0.5, 0.44, 0.66, 0.66, 0.5, 0.5, 0.5, 0.5, 0.35, 0.35, 0.6),
)
"""Half lying on a sofa, feet up."""

ON_BACK = _turned(LYING, pi)
"""Head where the back was: who falls backwards lies so."""
ON_SIDE = _turned(CURLED, pi / 2)
SLUMPED = _pose(
    SITTING,
    (0.12, 0.05, 0.02, 0.0, 0.05, 0.05, 0.2, 0.2, 0.42, 0.42, 0.78, 0.78, 0.0),
    (0.68, 0.46, 0.27, 0.12, 0.5, 0.5, 0.06, 0.06, 0.14, 0.14, 0.06, 0.06, 0.5),
)
"""On the floor with the back against a wall or a bed."""
COLLAPSED = _pose(
    LYING,
    (0.3, 0.18, 0.08, 0.0, 0.22, 0.22, 0.35, 0.35, 0.25, 0.25, -0.1, -0.1, 0.2),
    (0.2, 0.22, 0.2, 0.16, 0.22, 0.22, 0.06, 0.06, 0.2, 0.2, 0.06, 0.06, 0.28),
)
"""The heap of somebody whose legs gave way."""
IN_BATH = _pose(
    SITTING,
    (-0.12, -0.06, 0.0, 0.0, -0.08, -0.08, 0.25, 0.25, 0.4, 0.4, 0.55, 0.55, -0.12),
    (0.72, 0.5, 0.32, 0.18, 0.55, 0.55, 0.45, 0.45, 0.45, 0.45, 0.15, 0.15, 0.5),
)
"""In a tub: the water hides what lies below the shoulders, the walls of the tub the rest."""
