"""The pinhole camera behind a depth frame, thinned out to what a small computer can afford. Pure."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from edge.sensors.readings import DepthFrame

Floats = NDArray[np.float32]

COLUMNS = 160
"""A person at 5 m is still some 15 of these wide; each doubling costs four times the work."""
NEAREST_M = 0.3
FARTHEST_M = 10.0
"""Structured light ends at 5-8 m, stereo at 10 m; what claims to be beyond is noise."""


@dataclass(frozen=True)
class View:
    """Every ``step``-th pixel each way of pictures of one shape and one lens."""

    shape: tuple[int, int]
    focal_px: tuple[float, float]
    centre_px: tuple[float, float]

    @classmethod
    def of(cls, frame: DepthFrame) -> "View":
        height, width = frame.depth_mm.shape
        return cls((height, width), frame.focal_px, frame.centre_px)

    def sees(self, frame: DepthFrame) -> bool:
        """Whether ``frame`` comes from this lens in this mode."""
        return (
            frame.depth_mm.shape == self.shape
            and frame.focal_px == self.focal_px
            and frame.centre_px == self.centre_px
        )

    @cached_property
    def step(self) -> int:
        return max(1, round(self.shape[1] / COLUMNS))

    @cached_property
    def rays(self) -> Floats:
        """(rows, columns, 3): x right, y down, z forward for each metre of depth."""
        rows = np.arange(0, self.shape[0], self.step, dtype=np.float32)
        columns = np.arange(0, self.shape[1], self.step, dtype=np.float32)
        across = (columns - self.centre_px[0]) / self.focal_px[0]
        down = (rows - self.centre_px[1]) / self.focal_px[1]
        x, y = np.meshgrid(across, down)
        return np.stack([x, y, np.ones_like(x)], axis=2).astype(np.float32)

    @property
    def pixel_rad2(self) -> float:
        """Times depth squared: the surface in m² that one kept pixel stands for, seen straight on."""
        return self.step * self.step / (self.focal_px[0] * self.focal_px[1])

    def depth_m(self, frame: DepthFrame) -> Floats:
        """(rows, columns) in m, 0 where nothing usable was measured."""
        thinned = frame.depth_mm[:: self.step, :: self.step]
        metres = thinned.astype(np.float32)
        metres *= 0.001
        metres[(metres < NEAREST_M) | (metres > FARTHEST_M)] = 0.0
        return metres
