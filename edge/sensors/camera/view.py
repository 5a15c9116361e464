"""Whether a camera still looks where it looked, and through a clean lens: the present view against a remembered one.

Is: a comparison of edges, block by block, slow to accuse. Edges last through the day's light; what hides most of them is
a leaf, a hand, snow or fog, and what shifts them all is a pushed pole. Is not: able to tell fog from a cloth; both mean
that the eye cannot see. By day and in infrared the same place has other edges, so each has its own memory. Pure but for
OpenCV and the file that keeps the views through a restart.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

log = logging.getLogger(__name__)

_SIZE = (160, 90)
_BLOCKS = (8, 6)
_TELLING = 1.5  # mean edge of a block (grey levels) that can be missed
_GONE = 0.25  # of its edges left: leaves, drops and dusk take half, a cover takes nearly all
COVERED_SHARE = 0.6  # of the blocks that had edges
_ENOUGH_BLOCKS = 8  # in a view with fewer there is nothing to miss: fog at the start, a wall
MOVED_SHIFT = 0.04  # of the width; a pole in the wind and the stabiliser stay below
# Over drawn fields by day, dusk, shade, haze and infrared: one place is alike by 0.95 to 1.0 and peaks at 0.7 to 1.0 in
# the phase correlation; pushed, the peak is 0.5 to 0.98; another place is alike by at most 0.35 and peaks below 0.25.
_SAME_PLACE = 0.6
_PEAK = 0.3
LEARN_S = 3600.0  # crops grow and leaves fall in weeks, poles lean in a second
_SETTLE = 20  # pictures before a first view is believed
_GREY_LEVELS = 3.0  # mean difference of the colours in an infrared picture

Edges = NDArray[np.float32]


@dataclass(slots=True)
class _Memory:
    edges: Edges
    pictures: int = 1
    last_s: float = 0.0


class KnownView:
    """The remembered views of one camera, by day and in infrared; ``file`` (.npz) keeps them through restarts."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known: dict[str, _Memory] = {}
        self._load()

    def compare(self, image: NDArray[np.uint8], now_s: float) -> str | None:
        """What is wrong: "covered", "moved", or None where nothing is or nothing is known yet; learns what is as it was."""
        small = np.asarray(cv2.resize(image, _SIZE, interpolation=cv2.INTER_AREA), np.uint8)
        mode = "infrared" if _colourless(small) else "day"
        edges = _edges(small)
        known = self._known.get(mode)
        if known is None:
            self._known[mode] = _Memory(edges, last_s=now_s)
            return None
        if known.pictures >= _SETTLE:
            wrong = _judge(known.edges, edges)
            if wrong is not None:
                known.last_s = now_s
                return wrong
        self._learn(known, edges, now_s)
        return None

    def _learn(self, known: _Memory, edges: Edges, now_s: float) -> None:
        since_s, known.last_s = max(0.0, now_s - known.last_s), now_s
        share = 1.0 / (known.pictures + 1) if known.pictures < _SETTLE else min(0.05, since_s / LEARN_S)
        known.edges += np.float32(share) * (edges - known.edges)
        known.pictures += 1
        if known.pictures == _SETTLE:
            self.save()

    def save(self) -> None:
        """Keep what is known; a failure is logged."""
        settled = {mode: m.edges for mode, m in self._known.items() if m.pictures >= _SETTLE}
        if self._file is None or not settled:
            return
        fresh = self._file.with_suffix(".new.npz")
        try:
            np.savez_compressed(fresh, **settled)  # type: ignore[arg-type] # numpy's stub takes its own flags for names
            fresh.replace(self._file)
        except OSError as error:
            log.warning(
                "%s cannot be written: %s: after a restart the view is learnt anew", self._file, error
            )

    def _load(self) -> None:
        if self._file is None or not self._file.exists():
            return
        try:
            with np.load(self._file) as kept:
                found = {mode: np.asarray(kept[mode], np.float32) for mode in kept.files}
        except (OSError, ValueError, EOFError) as error:
            log.warning("%s is unreadable: %s: the view is learnt anew", self._file, error)
            return
        shape = _SIZE[::-1]
        self._known = {mode: _Memory(edges, _SETTLE) for mode, edges in found.items() if edges.shape == shape}


def _colourless(small: NDArray[np.uint8]) -> bool:
    spread = small.max(axis=2).astype(np.int16) - small.min(axis=2)
    return float(spread.mean()) < _GREY_LEVELS


def _edges(small: NDArray[np.uint8]) -> Edges:
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    grey = cv2.GaussianBlur(grey, (3, 3), 0)
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3, scale=0.25)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3, scale=0.25)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _blocks(edges: Edges) -> Edges:
    return np.asarray(cv2.resize(edges, _BLOCKS, interpolation=cv2.INTER_AREA), np.float32)


def _judge(known: Edges, now: Edges) -> str | None:
    before, after = _blocks(known), _blocks(now)
    telling = before >= _TELLING
    gone = (after[telling] < _GONE * before[telling]).mean() if telling.sum() >= _ENOUGH_BLOCKS else 0.0
    alike = _likeness(known, now)
    # A dim or hazy hour has weak edges everywhere, but where they were; a cover has others or none.
    if gone >= COVERED_SHARE:
        return "covered" if alike < _SAME_PLACE else None
    # OpenCV multiplies its window into what it is given.
    window = cv2.createHanningWindow(_SIZE, cv2.CV_32F)
    (dx, dy), peak = cv2.phaseCorrelate(known.copy(), now.copy(), window)
    shifted = float(np.hypot(dx, dy)) >= MOVED_SHIFT * _SIZE[0]
    if peak >= _PEAK:
        return "moved" if shifted else None
    return "moved" if alike < _SAME_PLACE else None


def _likeness(a: Edges, b: Edges) -> float:
    """Correlation of two pictures of edges, -1..1, blurred so that a pixel's wobble is nothing."""
    a, b = (np.asarray(cv2.GaussianBlur(one, (5, 5), 0), np.float32) for one in (a, b))
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 0 else 0.0
