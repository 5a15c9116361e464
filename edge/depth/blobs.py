"""What stands before the background, cut into bodies as seen from above. Pure.

People who hide each other in the picture are apart on the floor.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.depth.view import Floats
from edge.fall.place import Place

CELL_M = 0.08
CELLS = 160
"""12.8 m across: farther away nothing is measured."""
CELL_AREA_MIN_M2 = 0.0012
"""Of surface in one cell of floor; a few noisy pixels show less."""
BLOB_AREA_MIN_M2 = 0.02
TOP_SHARE = 0.95
"""A raised hand or a flickering edge is not the top of a body."""
CUT_SHARE = 0.2
"""Of the highest tenth of a body: of somebody who walks out, what is left is highest at the very edge."""
_AROUND = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Foreground:
    """All pixels before the background, (N,) each: number in the flat picture, place and height in m, surface in m²."""

    pixels: NDArray[np.intp]
    x_m: Floats
    y_m: Floats
    z_m: Floats
    area_m2: Floats
    at_edge: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Blob:
    """Pixels (indices into the flat picture) that belong together, with their places and heights in the room, m."""

    pixels: NDArray[np.intp]
    x_m: Floats
    y_m: Floats
    z_m: Floats
    area_m2: float
    place: Place
    height_m: float
    cut: bool
    """Whether its highest part lies at the picture's edge, so that what is higher still may be out of sight."""

    @classmethod
    def of(cls, seen: "Foreground", mine: NDArray[np.bool_]) -> "Blob":
        """The pixels of ``seen`` that are ``mine``."""
        x, y, z = seen.x_m[mine], seen.y_m[mine], seen.z_m[mine]
        place = Place(float(x.mean()), float(y.mean()))
        area_m2 = float(seen.area_m2[mine].sum())
        return cls(
            seen.pixels[mine], x, y, z, area_m2, place, float(z.mean()), _is_cut(z, seen.at_edge[mine])
        )

    @property
    def top_m(self) -> float:
        """The height that the highest twentieth of its pixels reaches."""
        at = min(len(self.z_m) - 1, int(TOP_SHARE * len(self.z_m)))
        return float(np.partition(self.z_m, at)[at])

    @property
    def spread_m(self) -> float:
        """How far its pixels lie apart along the floor, without the outermost tenths."""
        dx, dy = self.x_m - self.place.x_m, self.y_m - self.place.y_m
        angle = 0.5 * np.arctan2(2.0 * float((dx * dy).mean()), float((dx * dx - dy * dy).mean()))
        along = dx * np.float32(np.cos(angle)) + dy * np.float32(np.sin(angle))
        low, high = int(0.1 * len(along)), int(0.9 * (len(along) - 1))
        ordered = np.partition(along, [low, high])
        return float(ordered[high] - ordered[low])

    def distance_m(self, place: Place) -> float:
        """From ``place`` to its nearest pixel, along the floor."""
        dx, dy = self.x_m - np.float32(place.x_m), self.y_m - np.float32(place.y_m)
        return float(np.sqrt((dx * dx + dy * dy).min()))

    def shared(self, places: list[Place]) -> list["Blob | None"]:
        """Each pixel to the nearest place: the parts in the order of ``places``, None for one left with nearly nothing."""
        far = [(self.x_m - np.float32(p.x_m)) ** 2 + (self.y_m - np.float32(p.y_m)) ** 2 for p in places]
        nearest = np.argmin(np.stack(far), axis=0)
        return [self._part(nearest == n) for n in range(len(places))]

    def _part(self, mine: NDArray[np.bool_]) -> "Blob | None":
        area_m2 = self.area_m2 * float(mine.mean())
        if area_m2 < BLOB_AREA_MIN_M2:
            return None
        x, y, z = self.x_m[mine], self.y_m[mine], self.z_m[mine]
        place = Place(float(x.mean()), float(y.mean()))
        return Blob(self.pixels[mine], x, y, z, area_m2, place, float(z.mean()), self.cut)


def _is_cut(z_m: Floats, at_edge: NDArray[np.bool_]) -> bool:
    if not at_edge.any():
        return False
    high = z_m >= np.partition(z_m, int(0.9 * len(z_m)))[int(0.9 * len(z_m))]
    return bool(np.count_nonzero(at_edge & high) >= CUT_SHARE * np.count_nonzero(high))


def blobs(seen: Foreground) -> list[Blob]:
    """The bodies, the largest first."""
    if not len(seen.pixels):
        return []
    column = np.clip((seen.x_m / CELL_M).astype(np.int32) + CELLS // 2, 0, CELLS - 1)
    row = np.clip((seen.y_m / CELL_M).astype(np.int32) + CELLS // 8, 0, CELLS - 1)
    cell = row * CELLS + column
    surface = np.bincount(cell, weights=seen.area_m2, minlength=CELLS * CELLS).reshape(CELLS, CELLS)
    taken = (surface >= CELL_AREA_MIN_M2).astype(np.uint8)
    count, labels = cv2.connectedComponents(cv2.dilate(taken, _AROUND), connectivity=4)
    label = np.where(taken.ravel()[cell] > 0, labels.ravel()[cell], 0)
    areas = np.bincount(label, weights=seen.area_m2, minlength=count)
    found = [Blob.of(seen, label == n) for n in range(1, count) if areas[n] >= BLOB_AREA_MIN_M2]
    return sorted(found, key=lambda blob: -blob.area_m2)
