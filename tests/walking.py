"""One person who walks in front of a radar on a known mount: for tests of calibration, from points to the verb."""

from collections.abc import Iterator
from itertools import pairwise
from math import cos, hypot, radians, sin

import numpy as np

from edge.fall.settings import MountSettings

STATURE_M = 1.6
AWAY_AND_BACK = [(0.0, 1.2), (0.2, 5.0), (-0.2, 1.3), (0.1, 4.8), (0.0, 1.2), (0.0, 5.0)]
ACROSS = [
    (-1.8, -1.8),
    (1.8, 1.8),
    (-1.8, 1.8),
    (1.8, -1.8),
    (0.0, -1.8),
    (0.0, 1.8),
    (-1.8, 0.0),
    (1.8, 0.0),
]
FRAME_S = 0.1


def walker(
    mount: MountSettings, corners: list[tuple[float, float]], *, steps_deg: float = 0.0, seed: int = 1
) -> Iterator[tuple[float, np.ndarray]]:
    """A body with reflections all over, its middle at 0.6 of its stature, as a sensor on ``mount`` sees it."""
    rng = np.random.default_rng(seed)
    tilt = radians(mount.tilt_deg)
    at_s = 0.0
    for (x0, y0), (x1, y1) in pairwise(corners):
        frames = round(hypot(x1 - x0, y1 - y0) / 0.8 / FRAME_S)
        for n in range(frames):
            at_s += FRAME_S
            x = x0 + (x1 - x0) * n / frames + rng.normal(0, 0.1, 6)
            y = y0 + (y1 - y0) * n / frames + rng.normal(0, 0.1, 6)
            up = np.clip(rng.normal(0.6, 0.25, 6), 0.02, 1.0) * STATURE_M - mount.height_m
            along, across = y * cos(tilt) - up * sin(tilt), y * sin(tilt) + up * cos(tilt)
            if steps_deg:
                across = along * np.tan(
                    np.radians(np.round(np.degrees(np.arctan2(across, along)) / steps_deg) * steps_deg)
                )
            yield (
                at_s,
                np.stack([x, along, across, np.full(6, 0.8), np.full(6, 10.0)], axis=1).astype(np.float32),
            )
