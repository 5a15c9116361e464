"""Which finding is which subject, and the figures that follow: AP50, recall at a rate of false pictures. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.wildlife.boxes import BoxPx, overlap
from edge.wildlife.detections import Detections
from models.falls.intervals import Interval, share
from models.wildlife.subjects import Subject

IOU = 0.5
DRAWS = 400
"""Of the bootstrap: the ends of its interval are steady to half a point."""
_RECALLS = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True, slots=True)
class Matched:
    """One class in one picture: ``scores`` of findings and whether each is a hit; ``best`` of each subject, 0 if missed."""

    scores: tuple[float, ...]
    hits: tuple[bool, ...]
    best: tuple[float, ...]
    subjects: tuple[Subject, ...]


def match(found: Detections, name: str, subjects: Sequence[Subject], iou: float = IOU) -> Matched:
    """Give findings of ``name``, the surest first, to the subject they overlap most; a second on one subject is false.

    What lies on a vague subject is neither right nor wrong.
    """
    clear = [one for one in subjects if not one.vague]
    vague = [one for one in subjects if one.vague]
    best = [0.0] * len(clear)
    scores, hits = [], []
    for _, score, box in found.of(name):
        at = _nearest(box, clear, best, iou)
        if at is None and any(overlap(box, one.box) >= iou for one in vague):
            continue
        if at is not None:
            best[at] = score
        scores.append(score)
        hits.append(at is not None)
    return Matched(tuple(scores), tuple(hits), tuple(best), tuple(clear))


def _nearest(box: BoxPx, subjects: Sequence[Subject], best: Sequence[float], iou: float) -> int | None:
    """The one not yet given that overlaps most, and by ``iou`` at least."""
    overlaps = [(overlap(box, one.box), -n) for n, one in enumerate(subjects) if not best[n]]
    if not overlaps or max(overlaps)[0] < iou:
        return None
    return -max(overlaps)[1]


def average_precision(
    scores: NDArray[np.float64],
    hits: NDArray[np.bool_],
    subjects: float,
    weights: NDArray[np.float64] | None = None,
) -> float:
    """Mean of the interpolated precision at 101 recalls, as COCO counts it. ``weights``: how often each finding counts."""
    if not subjects:
        return float("nan")
    weight = np.ones(len(scores)) if weights is None else weights
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(hits[order] * weight[order])
    told = np.cumsum(weight[order])
    keep = told > 0
    precision = right[keep] / told[keep]
    recall = right[keep] / subjects
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, _RECALLS, side="left")
    return float(np.mean([precision[n] if n < len(precision) else 0.0 for n in at]))


def precision_interval(matched: Sequence[Matched], groups: Sequence[str], seed: int = 0) -> Interval | None:
    """AP50 with a bootstrap interval over groups of pictures; None without a subject."""
    counts = np.array([len(one.subjects) for one in matched], float)
    if not counts.sum():
        return None
    owner = np.repeat(np.arange(len(matched)), [len(one.scores) for one in matched])
    scores = np.array([score for one in matched for score in one.scores], float)
    hits = np.array([hit for one in matched for hit in one.hits], bool)
    value = average_precision(scores, hits, counts.sum())
    drawn = [
        average_precision(scores, hits, float(often @ counts), often[owner])
        for often in _draws(groups, seed)
        if often @ counts
    ]
    return _between(value, drawn)


def threshold_at(quiet: NDArray[np.float64], rate: float) -> float:
    """The least score that at most ``rate`` of the pictures without a monkey reach; just above the loudest allowed."""
    ordered = np.sort(quiet)[::-1]
    allowed = int(rate * len(ordered) + 1e-9)
    return float(np.nextafter(ordered[allowed], np.inf)) if allowed < len(ordered) else 0.0


def recall_at(
    shown: NDArray[np.float64],
    quiet: NDArray[np.float64],
    rate: float,
    shown_groups: Sequence[str],
    quiet_groups: Sequence[str],
    seed: int = 0,
) -> Interval | None:
    """Share of the pictures with monkeys that are found at such a rate of false pictures, bootstrapped over both."""
    if not len(shown) or not len(quiet):
        return None
    value = float((shown >= threshold_at(quiet, rate)).mean())
    drawn = []
    pairs = zip(_draws(shown_groups, seed), _draws(quiet_groups, seed + 1), strict=False)
    for some, others in pairs:
        if some.sum() and others.sum():
            limit = threshold_at(np.repeat(quiet, others.astype(int)), rate)
            drawn.append(float((shown >= limit) @ some / some.sum()))
    return _wider(_between(value, drawn), share(round(value * len(shown)), len(shown)))


def _wider(one: Interval, other: Interval | None) -> Interval:
    """Where all were found no draw misses one; the exact interval of the count then says what is not known."""
    if other is None:
        return one
    return Interval(one.value, min(one.low, other.low), max(one.high, other.high))


def grouped_share(hits: Sequence[bool], groups: Sequence[str], seed: int = 0) -> Interval | None:
    """The share of hits, as unsure as if each group had been counted once; None where nothing was counted."""
    if not hits:
        return None
    right = np.array(hits, float)
    drawn = [float(right @ often / often.sum()) for often in _draws(groups, seed) if often.sum()]
    count = len(set(groups))
    return _wider(_between(float(right.mean()), drawn), share(round(float(right.mean()) * count), count))


def difference(
    before: NDArray[np.bool_], after: NDArray[np.bool_], groups: Sequence[str], seed: int = 0
) -> Interval | None:
    """Share found before less share found after, of the same pictures, bootstrapped over groups."""
    if not len(before):
        return None
    change = before.astype(float) - after.astype(float)
    drawn = [float(change @ often / often.sum()) for often in _draws(groups, seed) if often.sum()]
    return _between(float(change.mean()), drawn)


def _draws(groups: Sequence[str], seed: int) -> list[NDArray[np.float64]]:
    """How often each picture counts in each draw of whole groups."""
    names, owner = np.unique(np.asarray(groups), return_inverse=True)
    rng = np.random.default_rng(seed)
    times = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), DRAWS)
    return list(times[:, owner].astype(float))


def _between(value: float, drawn: Sequence[float]) -> Interval:
    low, high = np.quantile(drawn, (0.025, 0.975)) if drawn else (value, value)
    return Interval(value, float(min(value, low)), float(max(value, high)))
