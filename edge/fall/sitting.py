"""Whether whoever came down sits or kneels there and is busy, or lies: numbers of half a minute and more. No I/O.

A question is asked within seconds of a fall, while little was seen. When nobody has answered it, much has been: a trunk that
stays upright, arms that work. Is not: a reason to forget somebody; who sits on the floor and does not answer is asked
again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import floor, hypot, log

from edge.fall.descent import Scorer
from edge.fall.place import Place
from edge.fall.traces import Around

REACH_M = 1.0
"""Half a lying body from its middle, with the error of a place."""
BUSY_S = 20.0
"""Less than this says nothing of a posture."""
LAST_S = 10.0
HIGH_M, HIGHER_M, TALL_M = 0.5, 0.65, 0.85
LOW_M, FLAT_M = 0.35, 0.2
STIRS_MPS = 0.3
USUAL_M = 0.45

FEATURES = (
    "watched", "rate", "seconds_share", "z05", "z25", "z50", "z75", "z95", "high_share", "higher_share", "tall_share",
    "low_share", "flat_share", "high_seconds", "second_spread_m", "speed", "third_speed", "stirs_share", "stirs_m",
    "across_m", "along_m", "last_rate", "last_m", "last_high_share", "range_m",
)  # fmt: skip
"""In the order of ``numbers``; shares with a little of the usual mixed in, rates and times as logarithms."""


@dataclass(frozen=True, slots=True)
class Scorers:
    """Two networks' judgements as log odds that somebody has fallen and lies there."""

    descent: Scorer
    """Of ``descent.numbers``: who came down, within seconds."""
    sitting: Scorer
    """Of ``sitting.numbers``: who has been down for a while."""


def numbers(around: Around, place: Place, since_s: float, now_s: float) -> list[float]:
    """What was seen within REACH_M of ``place`` between the two, as FEATURES names it; ``around`` is oldest first."""
    lasted_s = max(1.0, now_s - since_s)
    n = len(around)
    z = sorted([row[3] for row in around])
    v = sorted([row[4] for row in around])
    seconds = [[row[3] for row in rows] for _, rows in groupby(around, lambda row: floor(row[0]))]
    middles = [sum(heights) / len(heights) for heights in seconds]
    stirs = [row[3] for row in around if row[4] >= STIRS_MPS]
    last = [row[3] for row in around if row[0] >= now_s - LAST_S]
    across_m, along_m = _spread(around)
    return [
        log(lasted_s),
        log((n + 0.5) / lasted_s),
        len(seconds) / lasted_s,
        *[_quantile(z, percent) for percent in (5, 25, 50, 75, 95)],
        *[(sum([one > bound for one in z]) + 0.3) / (n + 1.0) for bound in (HIGH_M, HIGHER_M, TALL_M)],
        *[(sum([one < bound for one in z]) + 0.3) / (n + 1.0) for bound in (LOW_M, FLAT_M)],
        sum([max(heights) > HIGHER_M for heights in seconds]) / lasted_s,
        _deviation(middles),
        sum(v) / n if n else 0.0,
        min(v[-3], 2.5) if n >= 3 else 0.0,
        (len(stirs) + 0.1) / (n + 1.0),
        (sum(stirs) + USUAL_M) / (len(stirs) + 1.0),
        across_m,
        along_m,
        log((len(last) + 0.5) / LAST_S),
        (sum(last) + USUAL_M) / (len(last) + 1.0),
        (sum([one > HIGHER_M for one in last]) + 0.3) / (len(last) + 1.0),
        hypot(place.x_m, place.y_m),
    ]


def _quantile(ordered: Sequence[float], percent: float) -> float:
    return ordered[int((len(ordered) - 1) * percent / 100.0 + 0.5)] if ordered else USUAL_M


def _deviation(values: Sequence[float]) -> float:
    if len(values) < 2:
        return 0.0
    middle = sum(values) / len(values)
    return float((sum([(one - middle) ** 2 for one in values]) / len(values)) ** 0.5)


def _spread(around: Around) -> tuple[float, float]:
    """Standard deviations along the floor, of the shorter and of the longer axis."""
    n = len(around)
    if n < 3:
        return 0.0, 0.0
    x_m, y_m = sum([row[1] for row in around]) / n, sum([row[2] for row in around]) / n
    xx = sum([(row[1] - x_m) ** 2 for row in around]) / n
    yy = sum([(row[2] - y_m) ** 2 for row in around]) / n
    xy = sum([(row[1] - x_m) * (row[2] - y_m) for row in around]) / n
    middle, apart = (xx + yy) / 2.0, hypot((xx - yy) / 2.0, xy)
    return max(0.0, middle - apart) ** 0.5, (middle + apart) ** 0.5
