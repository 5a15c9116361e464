"""Parts of a large picture that are looked at by themselves, because an animal far away is a few pixels in the whole.

A 40 px monkey of a 1080p picture is 9 px in a network of 416; in a tile of 208 it is 80. A field cannot afford every
tile of every picture, so it chooses: where animals are followed, where something moves, and one of a grid in turn.
Pure but for the detector that ``Tiled`` asks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from edge.wildlife.boxes import BoxPx, area, centre, common, overlap, within
from edge.wildlife.detections import Detections, FindsAnimals, no_detections

WORTH_IT = 2.0  # picture sides per side of what is looked at below which a closer look shows little more
OVERLAP = 0.25  # of a tile: an animal cut by one tile's edge is whole in the next
AIR = 1.6  # side of a tile per side of what it is made for
SAME_IOU = 0.45
SAME_INSIDE = 0.7  # of the smaller box inside the other: a part of an animal, not another one
_EDGE_PX = 2.0
RESOLVED_PX = 40.0
"""Height in the network's input below which the whole picture is not trusted to show an animal."""


def grid(width: int, height: int, side_px: int, input_px: int) -> list[BoxPx]:
    """Tiles of ``side_px`` that cover the picture with overlaps; none for a picture that an input of ``input_px`` shows."""
    if max(width, height) < WORTH_IT * input_px:
        return []
    return [
        (x, y, min(width, x + side_px), min(height, y + side_px))
        for y in _starts(height, side_px)
        for x in _starts(width, side_px)
    ]


def _starts(length: int, side: int) -> list[int]:
    if length <= side:
        return [0]
    count = ceil((length - side) / (side * (1 - OVERLAP))) + 1
    return [round(n * (length - side) / (count - 1)) for n in range(count)]


@dataclass(slots=True)
class Gaze:
    """Chooses the tiles of each picture; keeps whose turn it is."""

    side_px: int
    input_px: int
    most: int
    _turn: int = 0

    def choose(
        self, width: int, height: int, followed: Sequence[BoxPx], moving: Sequence[BoxPx]
    ) -> list[BoxPx]:
        """At most ``most`` tiles: round animals that are followed, then round what moves; what is left, of the grid in turn.

        While something is looked at, one of the grid is enough. Where more is followed than can be looked at, each has
        its turn.
        """
        tiles = grid(width, height, self.side_px, self.input_px)
        if not tiles or self.most < 1:
            return []
        start = self._turn % len(followed) if len(followed) >= self.most else 0
        wanted = [*followed[start:], *followed[:start], *sorted(moving, key=area, reverse=True)]
        chosen: list[BoxPx] = []
        for box in wanted:
            if len(chosen) >= max(1, self.most - 1):
                break
            side = max(self.side_px, round(AIR * max(box[2] - box[0], box[3] - box[1])))
            if side * WORTH_IT <= max(width, height) and not any(within(box, tile) for tile in chosen):
                chosen.append(_tile_round(box, width, height, side))
        for _ in range(min(1, self.most - len(chosen)) if chosen else self.most):
            self._turn += 1
            chosen.append(tiles[self._turn % len(tiles)])
        return chosen


def _tile_round(box: BoxPx, width: int, height: int, side: int) -> BoxPx:
    x, y = centre(box)
    left = min(max(0, round(x - side / 2)), max(0, width - side))
    top = min(max(0, round(y - side / 2)), max(0, height - side))
    return left, top, min(width, left + side), min(height, top + side)


def look(
    detector: FindsAnimals, image: NDArray[np.uint8], tiles: Iterable[BoxPx], floor: float | None = None
) -> Detections:
    """What the whole of ``image`` (H, W, 3) uint8 BGR and each tile show, every animal once, px of ``image``."""
    whole = detector.detect(image, floor)
    parts = [(tile, detector.detect(np.ascontiguousarray(image[_rows(tile)]), floor)) for tile in tiles]
    if not any(len(part) for _, part in parts):
        return whole
    return _merge(whole, parts, image.shape[1], image.shape[0])


def _rows(tile: BoxPx) -> tuple[slice, slice]:
    x1, y1, x2, y2 = (int(edge) for edge in tile)
    return slice(y1, y2), slice(x1, x2)


def _merge(
    whole: Detections, parts: Sequence[tuple[BoxPx, Detections]], width: int, height: int
) -> Detections:
    found = [(score, True, name, box) for name, score, box in whole]
    for tile, part in parts:
        for name, score, (x1, y1, x2, y2) in part:
            box = (x1 + tile[0], y1 + tile[1], x2 + tile[0], y2 + tile[1])
            found.append((score, not _cut(box, tile, width, height), name, box))
    # A box that a tile cuts off yields to one that shows the animal whole, however sure it is.
    found.sort(key=lambda one: (not one[1], -one[0]))
    kept: list[tuple[float, bool, str, BoxPx]] = []
    for one in found:
        if not any(one[2] == other[2] and _same(one[3], other[3]) for other in kept):
            kept.append(one)
    kept.sort(key=lambda one: -one[0])
    names = whole.class_names
    if not kept:
        return no_detections(names)
    return Detections(
        np.array([box for _, _, _, box in kept], np.float32),
        np.array([score for score, _, _, _ in kept], np.float32),
        np.array([names.index(name) for _, _, name, _ in kept], np.int64),
        names,
    )


def _cut(box: BoxPx, tile: BoxPx, width: int, height: int) -> bool:
    """Whether the box ends at an edge of the tile that is no edge of the picture."""
    return (
        (tile[0] > 0 and box[0] <= tile[0] + _EDGE_PX)
        or (tile[1] > 0 and box[1] <= tile[1] + _EDGE_PX)
        or (tile[2] < width and box[2] >= tile[2] - _EDGE_PX)
        or (tile[3] < height and box[3] >= tile[3] - _EDGE_PX)
    )


def _same(a: BoxPx, b: BoxPx) -> bool:
    if overlap(a, b) > SAME_IOU:
        return True
    smaller = min(area(a), area(b))
    return smaller > 0 and common(a, b) / smaller > SAME_INSIDE


@dataclass(frozen=True, slots=True)
class Tiled:
    """A FindsAnimals that looks at the whole picture and at every tile: for measuring, and where time is no matter.

    ``input_px``: side of the detector's input; a picture less than twice as large is not cut up.
    """

    detector: FindsAnimals
    side_px: int
    input_px: int = 416

    def detect(self, image: NDArray[np.uint8], floor: float | None = None) -> Detections:
        tiles = grid(image.shape[1], image.shape[0], self.side_px, self.input_px)
        return look(self.detector, image, tiles, floor)
