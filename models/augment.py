"""Makes one training picture out of labelled ones: mosaic, scale, flip, light, infrared grey, blur, noise.

Boxes are (N, 5) float32 class id, x, y, w, h in px going in, class id, cx, cy, w, h in px coming out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Boxes = NDArray[np.float32]
Sample = tuple[Image, Boxes]

_PAD = 114  # the edge pads with the same grey
_SMALLEST_PX = 4.0  # half a cell of the finest stride: smaller ones teach noise
_VISIBLE = 0.25  # of a box's area must be left after a cut


@dataclass(frozen=True, slots=True)
class Strength:
    """``mosaic`` is the share of four-picture samples; ``smallest`` and ``largest`` scale a lone picture."""

    mosaic: float
    smallest: float
    largest: float


EARLY = Strength(mosaic=0.5, smallest=0.35, largest=1.35)
LATE = Strength(mosaic=0.0, smallest=0.6, largest=1.1)  # the last epochs see pictures as they come


def compose(draw: Callable[[], Sample], size: int, strength: Strength, rng: Generator) -> Sample:
    """A (size, size, 3) uint8 BGR picture and its boxes; ``draw`` gives one labelled picture after another."""
    if rng.random() < strength.mosaic:
        image, boxes = _mosaic([draw() for _ in range(4)], size, rng)
    else:
        image, boxes = _lone(draw(), size, strength, rng)
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
        boxes[:, 1] = size - boxes[:, 1] - boxes[:, 3]
    return _light(image, rng), _centred(boxes)


def _lone(sample: Sample, size: int, strength: Strength, rng: Generator) -> Sample:
    """One picture, shrunk or enlarged, somewhere on the canvas."""
    image, boxes = sample
    ratio = size / max(image.shape[:2]) * rng.uniform(strength.smallest, strength.largest)
    canvas = np.full((size, size, 3), _PAD, np.uint8)
    room = size - image.shape[1] * ratio, size - image.shape[0] * ratio
    at = tuple(rng.uniform(min(0.0, r), max(0.0, r)) for r in room)
    return canvas, _paste(canvas, image, boxes, ratio, (at[0], at[1]), (0, 0, size, size))


def _mosaic(samples: list[Sample], size: int, rng: Generator) -> Sample:
    """Four pictures that meet in one point, each filling its corner as far as it reaches."""
    canvas = np.full((size, size, 3), _PAD, np.uint8)
    mx, my = (int(size * rng.uniform(0.3, 0.7)) for _ in range(2))
    corners = ((0, 0, mx, my), (mx, 0, size, my), (0, my, mx, size), (mx, my, size, size))
    boxes = []
    for (image, own), (x0, y0, x1, y1) in zip(samples, corners, strict=True):
        fit = max((x1 - x0) / image.shape[1], (y1 - y0) / image.shape[0])
        ratio = fit * rng.uniform(0.75, 1.25)
        x = rng.uniform(*sorted((x0, x1 - image.shape[1] * ratio)))
        y = rng.uniform(*sorted((y0, y1 - image.shape[0] * ratio)))
        boxes.append(_paste(canvas, image, own, ratio, (x, y), (x0, y0, x1, y1)))
    return canvas, np.concatenate(boxes)


def _paste(
    canvas: Image,
    image: Image,
    boxes: Boxes,
    ratio: float,
    at: tuple[float, float],
    window: tuple[int, int, int, int],
) -> Boxes:
    """Put ``image`` scaled at ``at`` into the ``window`` of ``canvas``; returns the boxes still worth a label."""
    x0, y0, x1, y1 = window
    shift = np.array([[ratio, 0, at[0] - x0], [0, ratio, at[1] - y0]], np.float32)
    smooth = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
    if ratio < 0.6:  # warpAffine has no area filter: shrink first, or stripes appear
        small = cv2.resize(image, None, fx=ratio, fy=ratio, interpolation=smooth)
        shift[0, 0] = shift[1, 1] = 1.0
    else:
        small = image
    canvas[y0:y1, x0:x1] = cv2.warpAffine(
        np.asarray(small), shift, (x1 - x0, y1 - y0), borderValue=(_PAD, _PAD, _PAD)
    )
    moved = boxes.copy()
    moved[:, 1:] *= ratio
    moved[:, 1:3] += at
    return _clip(moved, window)


def _clip(boxes: Boxes, window: tuple[int, int, int, int]) -> Boxes:
    x0, y0, x1, y1 = window
    low = np.maximum(boxes[:, 1:3], (x0, y0))
    high = np.minimum(boxes[:, 1:3] + boxes[:, 3:5], (x1, y1))
    size = np.maximum(high - low, 0)
    left = size.prod(axis=1) / np.maximum(boxes[:, 3:5].prod(axis=1), 1e-6)
    keep = (size.min(axis=1) >= _SMALLEST_PX) & (left >= _VISIBLE) if len(boxes) else np.zeros(0, bool)
    return np.concatenate((boxes[:, :1], low, size), axis=1)[keep].astype(np.float32)


def _centred(boxes: Boxes) -> Boxes:
    out = boxes.copy()
    out[:, 1:3] += boxes[:, 3:5] / 2
    return out


def _light(image: Image, rng: Generator) -> Image:
    """What weather, dusk, an infrared lamp and a cheap lens do to a picture."""
    out: NDArray[Any] = image
    if rng.random() < 0.12:
        out = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    elif rng.random() < 0.8:
        out = _hue(out, rng)
    if rng.random() < 0.4:
        curve = 255.0 * (np.arange(256) / 255.0) ** rng.uniform(0.6, 1.7)
        out = cv2.LUT(out, curve.astype(np.uint8))
    if rng.random() < 0.15:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.15:
        grain = (rng.standard_normal(out.shape[:2], np.float32) * rng.uniform(2, 12)).astype(np.int16)
        out = np.clip(out.astype(np.int16) + grain[..., None], 0, 255).astype(np.uint8)
    if rng.random() < 0.1:
        _, coded = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 70))])
        decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
        assert decoded is not None  # noqa: S101 - what OpenCV has just written it can read
        out = decoded
    return np.asarray(out, np.uint8)


def _hue(image: Image, rng: Generator) -> Image:
    turn, colour, bright = rng.uniform(-6, 6), rng.uniform(0.5, 1.5), rng.uniform(0.7, 1.35)
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + turn) % 180
    hsv[..., 1:] = np.clip(hsv[..., 1:] * (colour, bright), 0, 255)
    return np.asarray(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR), np.uint8)
