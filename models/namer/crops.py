"""The crops that the namer learns from: labelled boxes as a camera far away, at night or in rain would give them.

Also what is no animal: background, and whatever the detector takes for a monkey in pictures without one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edge.wildlife.detector import Detector
from edge.wildlife.joint import CANDIDATE_FLOOR
from edge.wildlife.verifier import cut
from models.augment import far_away, weather
from models.namer.names import NAMES
from models.namer.network import SIDE_PX
from models.pictures import Album, Labelled

NOT_MONKEY = -1
"""The label of a crop that shows anything but a monkey."""

_LOOKS = 3  # of each box: as it is, and two as weather and distance make it
_JITTER = 0.12  # of the box's size: a detector's boxes are off by so much
_SMALLEST_PX = 12.0

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Crop:
    """``pixels`` (224, 224, 3) uint8 BGR; ``name`` indexes NAMES or is NOT_MONKEY."""

    pixels: NDArray[np.uint8]
    name: int


def crops(album: Album, detector: Detector | None, seed: int) -> Iterator[list[Crop]]:
    """All crops of one picture after another; the same for the same album, detector and seed."""
    for number, picture in enumerate(album.pictures):
        rng = np.random.default_rng((seed, number))
        image = picture.read()
        wanted = [*_boxes(picture, album.class_names), *_background(picture, image.shape, rng)]
        if detector is not None and not picture.holds(album.class_names.index("monkey")):
            wanted += _mistaken(image, detector)
        looks = 1 if picture.source == "drawn" else _LOOKS
        yield [_seen(image, box, name, look, rng) for box, name in wanted for look in range(looks)]


def _boxes(picture: Labelled, class_names: tuple[str, ...]) -> list[tuple[Box, int]]:
    return [
        ((x, y, x + w, y + h), NAMES.index(class_names[int(kind)]))
        for kind, x, y, w, h in picture.boxes.tolist()
        if max(w, h) >= _SMALLEST_PX
    ]


def _background(picture: Labelled, shape: tuple[int, ...], rng: Generator) -> list[tuple[Box, int]]:
    """One square that touches no box of a picture that has boxes; one without may show anything but a monkey."""
    high, wide = shape[:2]
    side = rng.uniform(0.15, 0.5) * min(high, wide)
    x, y = rng.uniform(0, wide - side), rng.uniform(0, high - side)
    low, high_ = picture.boxes[:, 1:3], picture.boxes[:, 1:3] + picture.boxes[:, 3:5]
    touched = bool(((low < (x + side, y + side)) & (high_ > (x, y))).all(axis=1).any())
    if not len(picture.boxes):
        return [((0.0, 0.0, float(wide), float(high)), NOT_MONKEY), ((x, y, x + side, y + side), NOT_MONKEY)]
    return [] if touched else [((x, y, x + side, y + side), NAMES.index("nothing"))]


def _mistaken(image: NDArray[np.uint8], detector: Detector) -> list[tuple[Box, int]]:
    found = detector.detect(image, floor=CANDIDATE_FLOOR).of("monkey")
    return [(box, NOT_MONKEY) for _, _, box in found][:4]


def _seen(image: NDArray[np.uint8], box: Box, name: int, look: int, rng: Generator) -> Crop:
    if look == 0:
        return Crop(cut(image, box, SIDE_PX), name)
    x1, y1, x2, y2 = box
    reach = np.array((x2 - x1, y2 - y1) * 2) * rng.uniform(-_JITTER, _JITTER, 4)
    pixels = cut(image, np.asarray(box, np.float32) + reach.astype(np.float32), SIDE_PX)
    if rng.random() < 0.5:
        pixels = np.ascontiguousarray(pixels[:, ::-1])
    if rng.random() < 0.5:
        pixels = far_away(pixels, float(rng.uniform(28, 110)))
    return Crop(weather(pixels, rng), name)
