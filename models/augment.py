"""Makes one training picture out of labelled ones: mosaic, scale, flip, and what light, weather and distance do.

Boxes are (N, 5) float32 class id, x, y, w, h in px going in, class id, cx, cy, w, h in px coming out.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Boxes = NDArray[np.float32]
Sample = tuple[Image, Boxes]

PAD = 114  # the edge pads with the same grey
_SMALLEST_PX = 4.0  # half a cell of the finest stride: smaller ones teach noise
_GREY_SHARE = 0.2  # of the pictures: half the day of a farm's camera has no colour
_DISTANT_PX = (18.0, 70.0)  # of a distant animal: 40 px of a 1080p frame, in a tile or a little nearer
_VISIBLE = 0.25  # of a box's area must be left after a cut


@dataclass(frozen=True, slots=True)
class Strength:
    """``mosaic`` is the share of four-picture samples; ``smallest`` and ``largest`` scale a lone picture.

    ``distant`` is the share of pictures into which animals of others are set, as small as a farm's camera shows them.
    """

    mosaic: float
    smallest: float
    largest: float
    distant: float = 0.0


EARLY = Strength(mosaic=0.4, smallest=0.3, largest=1.35, distant=0.2)
LATE = Strength(
    mosaic=0.0, smallest=0.6, largest=1.1, distant=0.15
)  # the last epochs see pictures as they come


def compose(draw: Callable[[], Sample], size: int, strength: Strength, rng: Generator) -> Sample:
    """A (size, size, 3) uint8 BGR picture and its boxes; ``draw`` gives one labelled picture after another."""
    chance = rng.random()
    if chance < strength.mosaic:
        image, boxes = _mosaic([draw() for _ in range(4)], size, rng)
    elif chance < strength.mosaic + strength.distant:
        image, boxes = _distant(draw, size, strength, rng)
    else:
        image, boxes = _lone(draw(), size, strength, rng)
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
        boxes[:, 1] = size - boxes[:, 1] - boxes[:, 3]
    return weather(image, rng), _centred(boxes)


def _lone(sample: Sample, size: int, strength: Strength, rng: Generator) -> Sample:
    """One picture, shrunk or enlarged, somewhere on the canvas."""
    image, boxes = sample
    ratio = size / max(image.shape[:2]) * rng.uniform(strength.smallest, strength.largest)
    canvas = np.full((size, size, 3), PAD, np.uint8)
    room = size - image.shape[1] * ratio, size - image.shape[0] * ratio
    at = tuple(rng.uniform(min(0.0, r), max(0.0, r)) for r in room)
    return canvas, _paste(canvas, image, boxes, ratio, (at[0], at[1]), (0, 0, size, size))


def _mosaic(samples: list[Sample], size: int, rng: Generator) -> Sample:
    """Four pictures that meet in one point, each filling its corner as far as it reaches."""
    canvas = np.full((size, size, 3), PAD, np.uint8)
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


def _distant(draw: Callable[[], Sample], size: int, strength: Strength, rng: Generator) -> Sample:
    """One picture into which up to three animals of others are set, ``_DISTANT_PX`` high, with soft edges.

    Web photographs show large animals; set small into another picture they are the only distant ones there are.
    """
    given, own = draw()  # whatever was asked for comes small; the picture around it is another
    donors = [(given, own), draw(), draw()]
    canvas, boxes = _lone(draw(), size, strength, rng)
    for image, labelled in donors:
        if len(labelled):
            pasted = _set_into(canvas, image, labelled[int(rng.integers(len(labelled)))], boxes, rng)
            boxes = boxes if pasted is None else np.concatenate((boxes, pasted[None]))
    return canvas, boxes


def _set_into(
    canvas: Image, image: Image, label: NDArray[np.float32], taken: Boxes, rng: Generator
) -> NDArray[np.float32] | None:
    """Blend the animal of ``label`` into ``canvas``; its new label, or None where it is too small or in the way."""
    kind, x, y, w, h = (float(v) for v in label)
    ratio = rng.uniform(*_DISTANT_PX) / max(1.0, h)
    part = image[max(0, int(y)) : int(y + h), max(0, int(x)) : int(x + w)]
    size = round(part.shape[1] * ratio), round(part.shape[0] * ratio)
    if ratio > 1 or min(size) < _SMALLEST_PX or size[0] >= canvas.shape[1] // 2:
        return None
    left, top = (int(rng.integers(0, c - s)) for c, s in zip(canvas.shape[1::-1], size, strict=True))
    new = np.array([kind, left, top, *size], np.float32)
    if len(taken) and _covered(taken, new).any():
        return None
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    mask = np.zeros(size[::-1], np.float32)
    middle = size[0] // 2, size[1] // 2
    cv2.ellipse(
        mask, middle, (max(1, size[0] * 48 // 100), max(1, size[1] * 48 // 100)), 0, 0, 360, (1.0,), -1
    )
    mask = cv2.GaussianBlur(mask, (0, 0), max(0.6, 0.04 * min(size)))[..., None]
    under = canvas[top : top + size[1], left : left + size[0]]
    under[:] = (small * mask + under * (1 - mask)).astype(np.uint8)
    return new


def _covered(boxes: Boxes, new: NDArray[np.float32]) -> NDArray[np.bool_]:
    low = np.maximum(boxes[:, 1:3], new[1:3])
    high = np.minimum(boxes[:, 1:3] + boxes[:, 3:5], new[1:3] + new[3:5])
    return np.asarray((high > low).all(axis=1))


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
        np.asarray(small), shift, (x1 - x0, y1 - y0), borderValue=(PAD, PAD, PAD)
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


def weather(image: Image, rng: Generator) -> Image:
    """What weather, dusk, an infrared lamp and a cheap lens do to a picture."""
    out = image
    if rng.random() < _GREY_SHARE:
        out = infrared(out, rng) if rng.random() < 0.5 else grey(out)
    elif rng.random() < 0.8:
        out = _hue(out, rng)
    if rng.random() < 0.4:
        curve = 255.0 * (np.arange(256) / 255.0) ** rng.uniform(0.6, 1.7)
        out = np.asarray(cv2.LUT(out, curve.astype(np.uint8)), np.uint8)
    if rng.random() < 0.08:
        out = rain(out, rng)
    if rng.random() < 0.2:
        out = _blurred(out, rng)
    if rng.random() < 0.15:
        grain = (rng.standard_normal(out.shape[:2], np.float32) * rng.uniform(2, 12)).astype(np.int16)
        out = np.clip(out.astype(np.int16) + grain[..., None], 0, 255).astype(np.uint8)
    if rng.random() < 0.1:
        out = _coded(out, int(rng.integers(25, 70)))
    return out


def grey(image: Image) -> Image:
    """Without colour, as a camera gives it at dusk."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def infrared(image: Image, rng: Generator) -> Image:
    """Lit by a lamp at the camera: fur bright, the middle lit, the edges and the distance dark, noisy."""
    mixed = image.astype(np.float32) @ np.array(
        [0.1, 0.35, 0.55], np.float32
    )  # near infrared is nearest to red
    high, wide = mixed.shape
    y, x = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j].astype(np.float32)
    middle = rng.uniform(-0.3, 0.3, 2)
    lamp = np.exp(-((x - middle[0]) ** 2 + (y - middle[1]) ** 2) * rng.uniform(0.2, 1.2))
    lit = (mixed / 255) ** rng.uniform(0.5, 0.9) * lamp * rng.uniform(180, 260)
    lit += rng.standard_normal(mixed.shape, np.float32) * rng.uniform(2, 9)
    return np.repeat(np.clip(lit, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def rain(image: Image, rng: Generator) -> Image:
    """Bright streaks of one slant over a paler picture."""
    high, wide = image.shape[:2]
    drops = np.zeros((high, wide), np.float32)
    drops[rng.random((high, wide)) > 1 - rng.uniform(0.001, 0.004)] = 255.0
    length = max(3, int(min(high, wide) * rng.uniform(0.02, 0.06))) | 1
    streak = np.zeros((length, length), np.float32)
    slant = float(rng.uniform(-0.4, 0.4)) * length / 2
    cv2.line(streak, (round(length / 2 - slant), 0), (round(length / 2 + slant), length - 1), (1.0,), 1)
    fallen = cv2.filter2D(drops, -1, streak / max(1.0, streak.sum() / 3))
    pale = image * np.float32(rng.uniform(0.75, 0.95)) + np.float32(rng.uniform(5, 25))
    return np.clip(pale + fallen[..., None], 0, 255).astype(np.uint8)


def far_away(image: Image, side_px: float) -> Image:
    """As if the picture had been ``side_px`` wide or high, whichever is longer: what is lost to distance."""
    ratio = min(1.0, side_px / max(image.shape[:2]))
    size = max(1, round(image.shape[1] * ratio)), max(1, round(image.shape[0] * ratio))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def moved(image: Image, length_px: int, slope: float) -> Image:
    """Smeared over ``length_px`` along ``slope`` (rise over run): an animal that runs, or a camera in the wind."""
    length = max(3, length_px) | 1
    path = np.zeros((length, length), np.float32)
    half = length // 2
    cv2.line(path, (0, round(half - slope * half)), (length - 1, round(half + slope * half)), (1.0,), 1)
    return np.asarray(cv2.filter2D(image, -1, path / path.sum()), np.uint8)


def _blurred(image: Image, rng: Generator) -> Image:
    if rng.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.8)), np.uint8)
    return moved(image, int(rng.integers(3, 10)), float(rng.uniform(-1, 1)))


def _coded(image: Image, quality: int) -> Image:
    """As a network camera's compression leaves it."""
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert decoded is not None  # noqa: S101 - what OpenCV has just written it can read
    return np.asarray(decoded, np.uint8)


def _hue(image: Image, rng: Generator) -> Image:
    turn, colour, bright = rng.uniform(-6, 6), rng.uniform(0.5, 1.5), rng.uniform(0.7, 1.35)
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + turn) % 180
    hsv[..., 1:] = np.clip(hsv[..., 1:] * (colour, bright), 0, 255)
    return np.asarray(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR), np.uint8)
