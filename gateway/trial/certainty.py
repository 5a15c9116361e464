"""How sure a count makes one: shares, their differences and rates with 95 % intervals in closed form. Pure."""

from dataclasses import dataclass
from math import ceil, sqrt

Z = 1.959964
"""Normal quantile of a two-sided 95 % interval."""
_POWER_Z = 0.841621
"""Of a power of 80 %."""


@dataclass(frozen=True, slots=True)
class Span:
    """A figure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``of`` with Wilson's (1927) interval; 0..1 where nothing was counted."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else 0.0

    @property
    def low(self) -> float:
        return self._ends()[0]

    @property
    def high(self) -> float:
        return self._ends()[1]

    def _ends(self) -> tuple[float, float]:
        if not self.of:
            return 0.0, 1.0
        square = Z**2 / self.of
        middle = (self.value + square / 2) / (1 + square)
        half = Z / (1 + square) * sqrt(self.value * (1 - self.value) / self.of + square / (4 * self.of))
        return max(0.0, middle - half), min(1.0, middle + half)


def difference(one: Share, other: Share) -> Span | None:
    """``one`` less ``other`` with Newcombe's (1998) hybrid interval, his method 10; None where either counted nothing."""
    if not one.of or not other.of:
        return None
    value = one.value - other.value
    down = sqrt((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
    up = sqrt((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    return Span(value, max(-1.0, value - down), min(1.0, value + up))


def rate(count: int, over: float) -> Span | None:
    """``count / over`` as of a Poisson process with Byar's interval (Breslow and Day 1987); None over no time."""
    if over <= 0:
        return None
    low = 0.0 if not count else count * (1 - 1 / (9 * count) - Z / (3 * sqrt(count))) ** 3
    more = count + 1
    high = more * (1 - 1 / (9 * more) + Z / (3 * sqrt(more))) ** 3
    return Span(count / over, max(0.0, low) / over, high / over)


def trials_needed(one: float, other: float) -> int | None:
    """How many of each kind would show that two shares differ, four times out of five; None for hardly any difference."""
    apart = abs(one - other)
    if apart < 0.05:
        return None
    mean = (one + other) / 2
    spread = Z * sqrt(2 * mean * (1 - mean)) + _POWER_Z * sqrt(one * (1 - one) + other * (1 - other))
    return ceil((spread / apart) ** 2)
