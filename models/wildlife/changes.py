"""The same picture as another camera would have taken it: without colour, by infrared light, blurred by motion. Pure.

Is: a comparison of the same subjects with one thing changed. Is not: a real night; only pictures of the field's own camera
show that.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator

from models.wildlife.subjects import Image

BLUR_SHARE = 0.025
"""Of the picture's height: a monkey that runs 3 m/s at 10 m smears so far in a 1/30 s exposure of a 60 degree camera."""
NOISE = 9.0
"""Standard deviation of 0..255: a cheap sensor at full gain."""


def grey(image: Image, _rng: Generator) -> Image:
    """Without its colour."""
    return _three(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))


def infrared(image: Image, rng: Generator) -> Image:
    """As by a ring of infrared lamps: grey, bright in the middle, dark at the edges, noisy."""
    high, wide = image.shape[:2]
    plain = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255.0
    y, x = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j].astype(np.float32)
    light = 1.15 - 0.75 * np.clip(np.hypot(x, y) / 1.2, 0.0, 1.0)
    lit = 255.0 * np.clip(plain**0.8 * light, 0.0, 1.0) + rng.normal(0.0, NOISE, plain.shape)
    return _three(np.clip(lit, 0, 255).astype(np.uint8))


def blurred(image: Image, rng: Generator) -> Image:
    """Smeared along one direction."""
    length = max(3, round(BLUR_SHARE * image.shape[0]) | 1)
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1.0
    turn = cv2.getRotationMatrix2D((length // 2, length // 2), float(rng.uniform(0, 180)), 1.0)
    kernel = cv2.warpAffine(kernel, turn, (length, length))
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


CHANGES: dict[str, Callable[[Image, Generator], Image]] = {
    "grey": grey,
    "infrared": infrared,
    "blurred": blurred,
}


def _three(plain: np.ndarray) -> Image:
    return np.asarray(cv2.cvtColor(plain, cv2.COLOR_GRAY2BGR), np.uint8)
