"""Where something moves that does not always move: what decides whether the network is worth its heat. Pure but for OpenCV.

Is: a picture of the background with, for every spot, how much it usually changes. A tree that sways soon counts as a
spot that changes; a cloud changes all spots alike and counts as nothing.
Is not: proof of an empty field. What sits still sinks into the background, so whoever asks also looks from time to time
without being called, and keeps looking as long as anything is followed.
"""

from math import exp

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.wildlife.boxes import BoxPx

_WIDTHS = (160, 480)  # px of the small picture: a 40 px animal of a 1080p picture is still 10 px tall
_SHRINK = 4
_LEVELS = 12.0  # grey levels a spot must change by at least: the noise of a cheap sensor, averaged, makes 1-3
_SPREADS = 4.0  # of a spot's usual change, a mean: leaves are three times as far off at the end of a swing
_LEARN_S = 10.0
_SINK_S = 60.0  # what came and stays is background after about a minute
_SWING_S = 0.6  # change within so long is a swing; what came and stays changes once
_RISE_S = 8.0  # a gust's sway is known after some seconds ...
_FORGET_S = 600.0  # ... and not forgotten in the next lull
_NEIGHBOURS = np.ones((7, 7), np.uint8)  # leaves swing to where no leaf was a second ago
_JOIN = np.ones((3, 3), np.uint8)
_SPOT_AREA = 5  # px of the small picture; less is an insect or a drop of rain
_UPHEAVAL = (
    0.6  # of the picture changed at once: a lamp, a turned camera; nothing known of the background holds
)
_REGIONS_MOST = 12

Grey = NDArray[np.float32]


class MotionGate:
    """One camera's background. ``moving`` takes every picture that could be looked at."""

    def __init__(self) -> None:
        self._mean: Grey | None = None
        self._lately: Grey = np.zeros((1, 1), np.float32)
        self._spread: Grey = np.zeros((1, 1), np.float32)
        self._last_s = 0.0

    def forget(self) -> None:
        """Begin anew, as after a cut in the view."""
        self._mean = None

    def moving(self, image: NDArray[np.uint8], now_s: float) -> list[BoxPx]:
        """Rectangles of ``image`` (H, W, 3) uint8 BGR in which something moved, largest first; the whole at the start."""
        small = _small(image)
        whole = (0.0, 0.0, float(image.shape[1]), float(image.shape[0]))
        if self._mean is None or self._mean.shape != small.shape:
            self._begin(small, now_s)
            return [whole]
        dt_s, self._last_s = max(0.0, now_s - self._last_s), now_s
        away = small - self._mean
        away -= np.float32(np.median(away[::4, ::4]))  # a cloud
        size = np.abs(away)
        usual = cv2.dilate(self._spread, _NEIGHBOURS)
        moved = size > np.maximum(_LEVELS, _SPREADS * usual)
        if moved.mean() > _UPHEAVAL:
            self._begin(small, now_s)
            return [whole]
        self._learn(small, moved, dt_s)
        return _regions(moved, image.shape[1] / small.shape[1])

    def _begin(self, small: Grey, now_s: float) -> None:
        self._mean, self._lately, self._spread = small, small.copy(), np.zeros_like(small)
        self._last_s = now_s

    def _learn(self, small: Grey, moved: NDArray[np.bool_], dt_s: float) -> None:
        assert self._mean is not None  # noqa: S101 - the caller's own check, told to the type checker
        rate = np.where(moved, _share(_SINK_S, dt_s), _share(_LEARN_S, dt_s)).astype(np.float32)
        self._mean = self._mean + rate * (small - self._mean)
        swing = np.abs(small - self._lately)
        self._lately += np.float32(_share(_SWING_S, dt_s)) * (small - self._lately)
        grows = swing > self._spread
        rate = np.where(grows, _share(_RISE_S, dt_s), _share(_FORGET_S, dt_s)).astype(np.float32)
        self._spread = self._spread + rate * (swing - self._spread)


def _small(image: NDArray[np.uint8]) -> Grey:
    high, wide = image.shape[:2]
    width = min(wide, max(_WIDTHS[0], min(_WIDTHS[1], wide // _SHRINK)))
    size = width, max(1, round(high * width / wide))
    grey = cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    return np.asarray(grey, np.float32)


def _share(tau_s: float, dt_s: float) -> float:
    return 1.0 - exp(-dt_s / tau_s)


def _regions(moved: NDArray[np.bool_], scale: float) -> list[BoxPx]:
    if not moved.any():
        return []
    joined = cv2.dilate(moved.astype(np.uint8), _JOIN)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    inside = np.bincount(labels[moved], minlength=len(stats))
    spots = [n for n in range(1, len(stats)) if inside[n] >= _SPOT_AREA]
    spots.sort(key=lambda n: -int(inside[n]))
    return [
        (x * scale, y * scale, (x + w) * scale, (y + h) * scale)
        for x, y, w, h in (stats[n][:4].tolist() for n in spots[:_REGIONS_MOST])
    ]
