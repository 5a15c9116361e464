"""Pictures that may leave the device: small JPEGs in which no person can be recognised."""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from contract.messages import PICTURE_BYTES_MAX
from edge.wildlife.boxes import BoxPx

SIDE_MAX_PX = 640
_BLOCKS = 6  # a person's box becomes this many colour patches across: posture is left, a face is not
_MARGIN = 0.15  # of the box: detectors cut off heads and hands
_QUALITIES = (82, 70, 55, 40)


def jpeg(
    image: NDArray[np.uint8],
    people: Iterable[BoxPx],
    side_max_px: int = SIDE_MAX_PX,
    qualities: tuple[int, ...] = _QUALITIES,
) -> bytes | None:
    """``image`` (H, W, 3 BGR, left unchanged) as a JPEG below the contract's size, people in it blurred.

    None when no quality makes it small enough.
    """
    veiled = _blurred(image, list(people))
    ratio = side_max_px / max(veiled.shape[:2])
    if ratio < 1.0:
        size = max(1, round(veiled.shape[1] * ratio)), max(1, round(veiled.shape[0] * ratio))
        veiled = np.asarray(cv2.resize(veiled, size, interpolation=cv2.INTER_AREA), np.uint8)
    for quality in qualities:
        good, data = cv2.imencode(".jpg", veiled, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if good and len(data) < PICTURE_BYTES_MAX:
            return data.tobytes()
    return None


def _blurred(image: NDArray[np.uint8], people: list[BoxPx]) -> NDArray[np.uint8]:
    if not people:
        return image
    veiled = image.copy()
    high, wide = image.shape[:2]
    for x1, y1, x2, y2 in people:
        dx, dy = (x2 - x1) * _MARGIN, (y2 - y1) * _MARGIN
        left, top = max(0, int(x1 - dx)), max(0, int(y1 - dy))
        right, bottom = min(wide, int(x2 + dx) + 1), min(high, int(y2 + dy) + 1)
        if right <= left or bottom <= top:
            continue
        part = veiled[top:bottom, left:right]
        patches = cv2.resize(part, (_BLOCKS, _BLOCKS), interpolation=cv2.INTER_AREA)
        part[:] = cv2.resize(patches, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    return veiled
