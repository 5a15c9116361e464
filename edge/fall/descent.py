"""Somebody who was upright and is not seen so any more: numbers that tell a fall from sitting down. No I/O.

Each body that was upright is looked at again so many seconds later (LOOKS_S) for as long as it is not upright again, and
what was seen near it since is put into numbers for a scorer. Is not: a judgement; that is the scorer's, and ``score``
stays as odds, so that thresholds may differ by what follows.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, hypot, log

from edge.fall.place import Place
from edge.fall.scene import Body
from edge.fall.traces import Near

UPRIGHT_M = 0.65
"""A chair's sitter reflects around here: above it a body has not come down, whatever it is doing."""
LOOKS_S = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 7.0, 10.0, 14.0, 20.0, 30.0)
"""After the body was last upright: closely while it may just have fallen, then as often as a lying body stirs."""
BEFORE_S = 3.0
NEAR_M = 1.2
"""Half a body's length, and the error of a place at 4 m."""
FAST_MPS, VERY_FAST_MPS = 0.4, 0.8
"""Sitting down moves parts at up to 0.6 m/s; a fall's middle second at 1 to 3."""
DROP_S = (-0.7, 2.0)
"""Around the last upright moment: when the quick part of a fall is seen."""
SETTLE_S, STARTS_S = 0.15, 0.3
END_POINTS = 5
HIGH_M, TALL_M, LOW_M = 0.6, 0.85, 0.35
LAST_S, LATEST_S = 5.0, 1.0
SAME_S = 1e-6
"""Differences of times err by less: a frame of exactly LATEST_S ago is no longer of the latest."""
USUAL_M = 0.45
"""A height between a sitter's and a lying body's, for which nothing speaks: counted in where little was seen."""

FEATURES = (
    "waited", "third_speed", "fast", "very_fast", "speed_before", "end_m", "end_low_m", "end_share", "after", "after_mean_m",
    "after_middle_m", "after_top_m", "high_share", "tall_share", "low_share", "last", "last_m", "last_high_share", "latest",
    "latest_m", "before_m", "before", "rate", "seconds_share", "speed_after", "mean_speed_after", "height_m", "upright_m",
    "unseen", "unmeasured", "moved_m", "own_m", "range_m", "drop_m",
)  # fmt: skip
"""In the order of ``numbers``. Counts and times as logarithms, shares with a little of the usual mixed in."""

WAITED, THIRD_SPEED, FAST, END, AFTER, AFTER_MIDDLE = (
    FEATURES.index(one) for one in ("waited", "third_speed", "fast", "end_m", "after", "after_middle_m")
)
LOW_POINTS, QUICK_POINTS = 2, 5
MIDDLE_M = 1.0
"""Of an upright body: who walks off quickly and falls silent was last seen higher."""
SOON_S, QUICK_MPS = 4.5, 0.5
"""Later than this nobody can say how fast somebody came down; slower than this is sitting down."""

Scorer = Callable[[Sequence[float]], float]
"""``numbers`` of one descent -> log odds that somebody has fallen and lies there."""


@dataclass(slots=True)
class Descent:
    """A body since it was last upright; ``looks`` counts how often it was looked at since, ``score`` is the last one."""

    at_s: float
    place: Place
    height_m: float
    looks: int = 0
    score: float = float("-inf")

    def due(self, now_s: float) -> bool:
        """Whether it is time to look again; counts it as done."""
        waited_s, looks = now_s - self.at_s, self.looks
        while looks < len(LOOKS_S) and waited_s >= LOOKS_S[looks]:
            looks += 1
        new = looks > self.looks
        self.looks = looks
        return new and waited_s <= LOOKS_S[-1] + 2.0


def numbers(descent: Descent, body: Body, near: Near, now_s: float) -> list[float]:
    """What was seen of one descent, as FEATURES names it; ``near`` is from BEFORE_S before it until now."""
    upright_s = descent.at_s - now_s
    t, z, v = near  # few and in order of time: slices of lists are several times faster than arrays and masks
    quick_from, quick_to = (
        bisect_left(t, upright_s + DROP_S[0] - SAME_S),
        bisect_right(t, upright_s + DROP_S[1] + SAME_S),
    )
    fast = [n for n in range(quick_from, quick_to) if v[n] >= FAST_MPS]
    ended_s = t[fast[-1]] if fast else upright_s + STARTS_S
    settled_s = max(ended_s + SETTLE_S, upright_s + STARTS_S)
    end, after = sorted([z[n] for n in fast[-END_POINTS:]]), bisect_right(t, settled_s + SAME_S)
    z_after, v_after = sorted(z[after:]), v[after:]
    last, latest = z[max(after, bisect_right(t, SAME_S - LAST_S)) :], z[bisect_right(t, SAME_S - LATEST_S) :]
    before = sorted(z[bisect_left(t, upright_s - 1.5 - SAME_S) : bisect_right(t, upright_s + 0.05 + SAME_S)])
    lasted_s = max(STARTS_S, -settled_s)
    n = len(z_after)
    return [
        log(-upright_s),
        min(_third(v[quick_from:quick_to]), 2.5),
        log(1.0 + len(fast)),
        log(1.0 + sum([v[n] >= VERY_FAST_MPS for n in fast])),
        min(_third(v[:quick_from]), 2.5),
        _quantile(end, 50, body.height_m),
        _quantile(end, 10, body.height_m),
        ended_s / upright_s,
        log(1.0 + n),
        _mean(z_after, 2.0),
        _quantile(z_after, 50, USUAL_M),
        _quantile(z_after, 90, 0.5),
        (n - bisect_right(z_after, HIGH_M) + 0.3) / (n + 1.0),
        (n - bisect_right(z_after, TALL_M) + 0.15) / (n + 1.0),
        (bisect_left(z_after, LOW_M) + 0.5) / (n + 1.0),
        log(1.0 + len(last)),
        _mean(last, 1.0),
        (sum([height_m > HIGH_M for height_m in last]) + 0.3) / (len(last) + 1.0),
        log(1.0 + len(latest)),
        _mean(latest, 1.0),
        _quantile(before, 50, descent.height_m),
        log(1.0 + len(before)),
        log((n / lasted_s + 0.3) / (len(before) / 1.5 + 0.3)),
        len({floor(seen_s) for seen_s in t[after:]}) / max(1.0, lasted_s),
        min(_third(v_after), 1.5),
        sum(v_after) / n if n else 0.0,
        body.height_m,
        descent.height_m,
        min(now_s - body.seen_s, 5.0) / 5.0,
        min(now_s - body.measured_s, 5.0) / 5.0,
        min(descent.place.distance_m(body.place), 2.0),
        body.standing_m or 1.0,
        hypot(body.place.x_m, body.place.y_m),
        descent.height_m - body.height_m,
    ]


def quick(values: Sequence[float]) -> bool:
    """Whether it has just come down as fast as a fall, by more than a few reflections, to below an upright middle."""
    soon = values[WAITED] <= log(SOON_S)
    fast = values[THIRD_SPEED] >= QUICK_MPS and values[FAST] >= log(1.0 + QUICK_POINTS)
    return soon and fast and values[END] <= MIDDLE_M


def seen_low(values: Sequence[float], descent: Descent, body: Body, floor_m: float) -> bool:
    """Whether anything says that the body came down to ``floor_m`` at all: who walks out of the view falls silent too."""
    if body.measured_s > descent.at_s:
        return body.height_m <= floor_m
    after = values[AFTER] >= log(1.0 + LOW_POINTS) and values[AFTER_MIDDLE] <= floor_m
    return after or (values[FAST] > 0.0 and values[END] <= floor_m)


def _third(speeds: list[float]) -> float:
    """The third greatest: two may be ghosts."""
    if len(speeds) < 3:
        return min(speeds, default=0.0)
    return sorted(speeds)[-3]


def _quantile(ordered: list[float], percent: float, otherwise: float) -> float:
    if not ordered:
        return otherwise
    at = (len(ordered) - 1) * percent / 100.0
    below = int(at)
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return low + (high - low) * (at - below)


def _mean(heights: list[float], usual: float) -> float:
    return (sum(heights) + USUAL_M * usual) / (len(heights) + usual)
