"""What every store of time series does, whichever it is.

Is: idempotent. A point is named by device, measurement and time; writing it again changes nothing.
Is not: a queue. What a store cannot take now stays with the device that measured it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Point:
    """Numbers of one measurement of one device at one moment (Unix ms); units are in the field names.

    Raises ValueError for a number that is not finite, or for no number at all: no store keeps those.
    """

    device: str
    measurement: str
    at_ms: int
    fields: Mapping[str, float]

    def __post_init__(self) -> None:
        if not self.fields or not all(math.isfinite(value) for value in self.fields.values()):
            raise ValueError(
                f"{self.measurement} of {self.device}: a point holds finite numbers, at least one"
            )


class SeriesError(Exception):
    """The store of time series did not do what was asked."""


class SeriesUnavailableError(SeriesError, OSError):
    """The store cannot take or give anything now; the same points may be written later."""


class SeriesRefusedError(SeriesError, ValueError):
    """The store will never take these points, or never answer this query."""


class Series(Protocol):
    """A store of time series; safe to share between threads."""

    def write(self, points: Sequence[Point]) -> None:
        """Keep all points, or raise SeriesUnavailableError or SeriesRefusedError."""
        ...

    def query(
        self, device: str, measurement: str, field: str, since_ms: int, until_ms: int, every_ms: int
    ) -> list[tuple[int, float]]:
        """Means over windows of ``every_ms``: (start of the window, mean), oldest first, empty ones left out.

        Points with ``since_ms <= time < until_ms``; windows start at multiples of ``every_ms`` since 1970, so
        the first may start before ``since_ms``. Raises ValueError for a window shorter than 1 ms.
        """
        ...

    def close(self) -> None:
        """Give connections and files back."""
        ...


def check_window(every_ms: int) -> None:
    """Raise ValueError for a window that cannot be averaged over."""
    if every_ms < 1:
        raise ValueError(f"a window of {every_ms} ms holds nothing: ask for 1 ms or more")
