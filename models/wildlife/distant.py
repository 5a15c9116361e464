"""Monkeys far away: subjects cut out of their pictures, scaled down and set into large frames. Pure but for reading.

Is: how small a subject may be before the eye loses it. Is not: haze, a long lens's blur or a real hillside.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np
from numpy.random import Generator

from edge.wildlife.boxes import BoxPx, common
from models.wildlife.subjects import MONKEY, Image, Shown, Subject
from models.wildlife.traits import is_grey

FRAME_PX = (1920, 1080)
HEIGHT_PX = 40
LEAST_PX = 80
"""A subject is only ever scaled down, and by half at least: enlarged ones would be blurred in a way no camera blurs."""
CUT_SIDE_PX = 220
"""Cut out at this size: cutting takes a second in a large picture and is no finer."""
AROUND = 0.12
_EDGE = 0.01
_SKY, _BANNER = 0.25, 0.92
"""Of the frame's height: above the first is sky, below the second a trail camera writes its name."""
_LENS = 0.6
"""Blur in px: what was scaled down in a computer is sharper than any lens draws it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A frame with one small subject in it, at ``box`` px."""

    frame: Image
    box: BoxPx
    origin: Shown


def candidates(pictures: Sequence[Shown], most: int, rng: Generator) -> list[tuple[Shown, Subject]]:
    """Whole monkeys large enough, not two that overlap, in an order of chance.

    One that reaches its picture's edge is a part of an animal: a head 40 px tall is no monkey far away.
    """
    fit = [
        (picture, one)
        for picture in pictures
        for one in picture.of(MONKEY)
        if not one.vague
        and one.box[3] - one.box[1] >= LEAST_PX
        and 0.3 <= (one.box[2] - one.box[0]) / (one.box[3] - one.box[1]) <= 2.5
        and all(other is one or not common(one.box, other.box) for other in picture.subjects)
    ]
    whole = (fit[n] for n in rng.permutation(len(fit)) if _whole(*fit[n]))
    return list(islice(whole, most))


def _whole(picture: Shown, subject: Subject) -> bool:
    """Whether the subject lies inside its picture and can be told from what is round it."""
    image = picture.read()
    high, wide = image.shape[:2]
    x1, y1, x2, y2 = subject.box
    free = _EDGE * min(high, wide)
    inside = x1 > free and y1 > free and x2 < wide - free and y2 < high - free
    return inside and cut_out(image, subject.box) is not None


def backgrounds(pictures: Sequence[Shown], most: int, rng: Generator) -> list[Shown]:
    """Pictures without monkeys to set subjects into: the widest first, for those are frames of cameras."""
    fit = [picture for picture in pictures if MONKEY not in picture.names and "person" not in picture.names]
    order = [fit[n] for n in rng.permutation(len(fit))]
    wide = [(picture, _width(picture)) for picture in order[: 20 * most]]
    wide.sort(key=lambda one: -min(one[1], 1000))
    return [picture for picture, width in wide[:most] if width]


def frame_of(picture: Shown) -> Image:
    """The picture as a frame of ``FRAME_PX``: scaled to cover it, the middle cut out."""
    image = picture.read()
    wide, high = FRAME_PX
    ratio = max(wide / image.shape[1], high / image.shape[0])
    size = max(wide, round(image.shape[1] * ratio)), max(high, round(image.shape[0] * ratio))
    large = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    left, top = (size[0] - wide) // 2, (size[1] - high) // 2
    return np.ascontiguousarray(large[top : top + high, left : left + wide], np.uint8)


def placed(
    subjects: Sequence[tuple[Shown, Subject]], frames: Sequence[Shown], height_px: int, rng: Generator
) -> Iterator[Placed]:
    """Each subject once, ``height_px`` tall, somewhere below the sky of one of the frames in turn."""
    for number, (picture, subject) in enumerate(subjects):
        frame = frame_of(frames[number % len(frames)])
        cut = cut_out(picture.read(), subject.box)
        if cut is None:
            continue
        body, mask = cut
        if is_grey(frame):
            body = np.asarray(
                cv2.cvtColor(cv2.cvtColor(body, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8
            )
        yield Placed(*_set_into(frame, body, mask, height_px, rng), picture)


def cut_out(image: Image, box: BoxPx) -> tuple[Image, np.ndarray] | None:
    """The subject with a little round it, and its mask (h, w) float32 0..1; None where it cannot be told apart.

    The box fills the middle 1 / (1 + 2 * AROUND) of both.
    """
    x1, y1, x2, y2 = box
    dx, dy = AROUND * (x2 - x1), AROUND * (y2 - y1)
    edges = [round(v) for v in (y1 - dy, y2 + dy, x1 - dx, x2 + dx)]
    pads = [
        max(0, -edges[0]),
        max(0, edges[1] - image.shape[0]),
        max(0, -edges[2]),
        max(0, edges[3] - image.shape[1]),
    ]
    whole = cv2.copyMakeBorder(image, pads[0], pads[1], pads[2], pads[3], cv2.BORDER_REPLICATE)
    part = whole[edges[0] + pads[0] : edges[1] + pads[0], edges[2] + pads[2] : edges[3] + pads[2]]
    ratio = min(1.0, CUT_SIDE_PX / max(part.shape[:2]))
    size = max(8, round(part.shape[1] * ratio)), max(8, round(part.shape[0] * ratio))
    small = np.ascontiguousarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    mask = _mask(small)
    return None if mask is None else (small, mask)


def _mask(part: Image) -> np.ndarray | None:
    high, wide = part.shape[:2]
    dx, dy = round(wide * AROUND / (1 + 2 * AROUND)), round(high * AROUND / (1 + 2 * AROUND))
    marks = np.zeros((high, wide), np.uint8)
    cv2.setRNGSeed(1)  # the cut draws its clusters at random
    try:
        cv2.grabCut(
            part, marks, (dx, dy, wide - 2 * dx, high - 2 * dy),
            np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_RECT,
        )  # fmt: skip
        body = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD))
    except cv2.error:  # a box so thin that no cluster can be made of it
        return None
    inner = body[dy : high - dy, dx : wide - dx]
    # Less than this of its box is a limb, more is the box itself: neither is the outline of an animal.
    if not 0.25 <= inner.mean() <= 0.97:
        return None
    soft = cv2.GaussianBlur(body.astype(np.float32), (0, 0), max(0.8, high / 90))
    return np.clip(np.asarray(soft, np.float32), 0.0, 1.0)


def _set_into(
    frame: Image, body: Image, mask: np.ndarray, height_px: int, rng: Generator
) -> tuple[Image, BoxPx]:
    ratio = height_px * (1 + 2 * AROUND) / body.shape[0]
    size = max(4, round(body.shape[1] * ratio)), max(4, round(body.shape[0] * ratio))
    small = cv2.GaussianBlur(cv2.resize(body, size, interpolation=cv2.INTER_AREA), (0, 0), _LENS).astype(
        np.float32
    )
    soft = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)[:, :, None]
    left = int(rng.integers(0, frame.shape[1] - size[0]))
    top = int(rng.integers(round(_SKY * frame.shape[0]), round(_BANNER * frame.shape[0]) - size[1]))
    part = frame[top : top + size[1], left : left + size[0]]
    part[:] = np.clip(soft * small + (1 - soft) * part, 0, 255).astype(np.uint8)
    dx, dy = size[0] * AROUND / (1 + 2 * AROUND), size[1] * AROUND / (1 + 2 * AROUND)
    return frame, (left + dx, top + dy, left + size[0] - dx, top + size[1] - dy)


def _width(picture: Shown) -> int:
    """In px; 0 for what is no picture."""
    image = cv2.imread(str(picture.path), cv2.IMREAD_REDUCED_COLOR_8)
    return 0 if image is None else 8 * image.shape[1]
