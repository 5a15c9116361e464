"""What makes a picture hard: how small its subject is, whether it is grey, whether it is blurred. Pure."""

import cv2
import numpy as np

from edge.wildlife.boxes import BoxPx
from models.wildlife.subjects import Image

SIZES = (("tiny", 0.05), ("small", 0.12), ("medium", 0.25), ("large", 0.5), ("huge", float("inf")))
"""Share of the picture's height below which a subject has this size. 0.05 is 54 px of a 1080p frame: far across a field."""
GREY_MOST = 8.0
"""Mean saturation, 0..255: infrared night pictures of trail cameras have 1 to 2, pale daylight 20 and more."""
BLUR_SIDE_PX = 128
BLUR_LEAST = 60.0
"""Variance of the Laplacian of a subject scaled to ``BLUR_SIDE_PX``: below it edges are smeared over several pixels."""


def size_of(box: BoxPx, height_px: int) -> str:
    """Code of the size of a subject in a picture ``height_px`` high."""
    share = (box[3] - box[1]) / height_px
    return next(name for name, most in SIZES if share < most)


def is_grey(image: Image) -> bool:
    """Whether a picture has no colour: infrared light at night, or a grey photograph."""
    small = cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA)
    return float(cv2.cvtColor(small, cv2.COLOR_BGR2HSV)[:, :, 1].mean()) < GREY_MOST


def sharpness(image: Image, box: BoxPx) -> float:
    """Variance of the Laplacian of what is in ``box``, scaled so that subjects of all sizes compare."""
    high, wide = image.shape[:2]
    x1, y1 = max(0, int(box[0])), max(0, int(box[1]))
    x2, y2 = min(wide, int(np.ceil(box[2]))), min(high, int(np.ceil(box[3])))
    if x2 - x1 < 4 or y2 - y1 < 4:
        return 0.0
    ratio = BLUR_SIDE_PX / max(x2 - x1, y2 - y1)
    size = max(4, round((x2 - x1) * ratio)), max(4, round((y2 - y1) * ratio))
    way = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
    grey = cv2.cvtColor(cv2.resize(image[y1:y2, x1:x2], size, interpolation=way), cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())
