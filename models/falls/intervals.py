"""Exact 95 % intervals for a share and for a rate; no tables, no normal approximation, right at 0 and at n."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, lgamma, log

_TAIL = 0.025


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def share(hits: int, of: int) -> Interval | None:
    """``hits / of`` after Clopper and Pearson (1934); None when nothing was counted."""
    if of == 0:
        return None
    low = 0.0 if hits == 0 else _solve(lambda p: 1 - _binomial(hits - 1, of, p) - _TAIL, 0.0, 1.0)
    high = 1.0 if hits == of else _solve(lambda p: _TAIL - _binomial(hits, of, p), 0.0, 1.0)
    return Interval(hits / of, low, high)


def rate(events: int, over: float) -> Interval | None:
    """``events / over`` after Garwood (1936), as of a Poisson process; None over no time."""
    if over <= 0:
        return None
    most = 2 * events + 20.0
    low = 0.0 if events == 0 else _solve(lambda m: 1 - _poisson(events - 1, m) - _TAIL, 0.0, most)
    high = _solve(lambda m: _TAIL - _poisson(events, m), 0.0, most)
    return Interval(events / over, low / over, high / over)


def quantile(values: list[float], q: float) -> float | None:
    """By linear interpolation; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    at = q * (len(ordered) - 1)
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])


def _binomial(k: int, n: int, p: float) -> float:
    """P(X <= k)."""
    if p <= 0.0:
        return 1.0
    if p >= 1.0:
        return float(k >= n)
    terms = (
        lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) + i * log(p) + (n - i) * log(1 - p)
        for i in range(k + 1)
    )
    return min(1.0, sum(exp(term) for term in terms))


def _poisson(k: int, mean: float) -> float:
    """P(X <= k)."""
    if mean <= 0.0:
        return 1.0
    return min(1.0, sum(exp(i * log(mean) - mean - lgamma(i + 1)) for i in range(k + 1)))


def _solve(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function crosses 0, by halving."""
    for _ in range(60):
        middle = (low + high) / 2
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
