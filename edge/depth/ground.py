"""A view whose floor is known: where in the room each pixel is. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.depth.floor import Plane, axes
from edge.depth.view import Floats, View

Mask = NDArray[np.bool_]

FLOOR_BAND_M = 0.05
"""What is no farther from the plane than this belongs to the floor."""
NEAR_FLOOR_M = 0.4
"""Higher than this something stands on the floor; what lifts or sinks all of it less is a moved camera."""
MOVED_M = 0.06
MOVED_SHARE = 0.5
"""Of the floor that is not hidden: shoes and rugs lift some of it, only a moved camera most of it."""
EDGE_PIXELS = 4
"""A structured-light camera leaves its outermost columns empty."""
STEEP_DEG = 45.0
SEEN_SHARE = 0.15
"""Of the floor as it was; a person who stands before the lens hides nearly all of it and proves nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The floor of one view, and for each metre of a pixel's depth how far it goes right, away and up."""

    view: View
    plane: Plane
    right: Floats
    away: Floats
    up: Floats

    @classmethod
    def of(cls, view: View, plane: Plane) -> "Ground":
        right, away = axes(plane)
        vectors = (right, away, np.asarray(plane.up))
        return cls(view, plane, *(view.rays @ vector.astype(np.float32) for vector in vectors))

    def heights_m(self, depth_m: Floats) -> Floats:
        """(H, W) above the floor; worth nothing where nothing was measured."""
        return np.asarray(depth_m * self.up + np.float32(self.plane.height_m))

    def places_m(self, pixels: NDArray[np.intp], depth_m: Floats) -> tuple[Floats, Floats]:
        """X and y in the room of flat pixel numbers (N,) at depths (N,)."""
        return depth_m * self.right.ravel()[pixels], depth_m * self.away.ravel()[pixels]

    def areas_m2(self, depth_m: Floats) -> Floats:
        """The surface that each pixel of these depths stands for, seen straight on."""
        return depth_m * depth_m * np.float32(self.view.pixel_rad2)

    def at_edge(self, pixels: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which flat pixel numbers lie where the picture cuts bodies off: its sides and top, from a ceiling all round."""
        rows, columns = self.right.shape
        row, column = np.divmod(pixels, columns)
        edge = (column < EDGE_PIXELS) | (column >= columns - EDGE_PIXELS) | (row < EDGE_PIXELS)
        if self.plane.tilt_deg > STEEP_DEG:
            edge |= row >= rows - EDGE_PIXELS
        return np.asarray(edge)

    def has_moved(self, was_m: Floats, depth_m: Floats, heights_m: Floats) -> bool:
        """Whether most of what is left to see of the floor is no longer where it ``was_m``."""
        floor = (np.abs(self.heights_m(was_m)) < FLOOR_BAND_M) & (depth_m > 0.0)
        off_m = np.abs(heights_m[floor])
        seen = np.count_nonzero(off_m < NEAR_FLOOR_M)
        moved = seen - np.count_nonzero(off_m < MOVED_M)
        return bool(seen >= SEEN_SHARE * len(off_m) and moved > MOVED_SHARE * seen)

    def floor_points(self, depth_m: Floats, heights_m: Floats, quiet: Mask) -> Floats:
        """(N, 3) in the camera frame: what is floor, of the pixels where nobody is."""
        on = quiet & (np.abs(heights_m) < FLOOR_BAND_M) & (depth_m > 0.0)
        return np.asarray(self.view.rays[on] * depth_m[on][:, None], np.float32)
