"""A radar that is not quite the one it was taken for: what a trainer shows a network, so that it trusts no one board.

Each life draws its own: reflections lost, frames lost, heights that err with the angle, coarser speeds, a mount entered a
little wrong. Half of all lives are as the simulator gives them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import hypot

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edge.sensors.readings import PointCloud

AS_IS = 0.4
"""Share of lives without any variation."""
KEPT = (0.3, 1.0)
FRAMES_KEPT = (1, 1, 1, 2)
"""Every so manieth frame; the near-still firmware of a busy chip gives half."""
ELEVATION_ERR_RAD = (0.0, 0.08)
COARSER = (1, 1, 2, 3)
"""Speeds in so many times wider steps."""
HEIGHT_ERR_M = 0.07
TILT_ERR_DEG = 2.0
"""Standard deviations of a mount measured by calibration, a little more than it promises."""


@dataclass(frozen=True, slots=True)
class Variation:
    """One life's; ``height_err_m`` and ``tilt_err_deg`` are added to the mount that the device is told."""

    kept: float = 1.0
    every: int = 1
    elevation_err_rad: float = 0.0
    coarser: int = 1
    height_err_m: float = 0.0
    tilt_err_deg: float = 0.0

    def clouds(
        self, clouds: Iterable[tuple[float, PointCloud]], step_mps: float, rng: Generator
    ) -> Iterator[tuple[float, PointCloud]]:
        """The same life as that radar gives it; ``step_mps`` is what its speeds are told in."""
        for n, (at_s, cloud) in enumerate(clouds):
            if n % self.every and len(cloud.points):
                continue
            yield at_s, self._varied(cloud, step_mps, rng) if len(cloud.points) else cloud

    def _varied(self, cloud: PointCloud, step_mps: float, rng: Generator) -> PointCloud:
        points = cloud.points[rng.random(len(cloud.points)) < self.kept].copy()
        if self.elevation_err_rad:
            points[:, 2] += rng.normal(0.0, self.elevation_err_rad, len(points)) * _ranges(points)
        if self.coarser > 1:
            step = step_mps * self.coarser
            told = np.rint(np.abs(points[:, 3]) / step)
            points[:, 3] = np.copysign(told * step, points[:, 3])
            points = points[told > 0]
        return PointCloud(cloud.at_s, cloud.frame, points, presence=cloud.presence)


def _ranges(points: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.array([hypot(x, y) for x, y in points[:, :2].tolist()], dtype=np.float32)


def drawn(rng: Generator, *, fine: bool) -> Variation:
    """A life's variation; ``fine`` is whether its antenna tells elevations finely enough to err in between."""
    if rng.random() < AS_IS:
        return Variation()
    return Variation(
        kept=float(rng.uniform(*KEPT)),
        every=int(rng.choice(FRAMES_KEPT)),
        elevation_err_rad=float(rng.uniform(*ELEVATION_ERR_RAD)) if fine else 0.0,
        coarser=int(rng.choice(COARSER)),
        height_err_m=float(rng.normal(0.0, HEIGHT_ERR_M)),
        tilt_err_deg=float(rng.normal(0.0, TILT_ERR_DEG)),
    )
