"""Time as the device knows it; injected everywhere, so that a replay or a test makes its own."""

import time
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Two clocks and a doubt."""

    def monotonic_s(self) -> float:
        """Seconds that only rise; for every duration and deadline on the device."""
        ...

    def unix_ms(self) -> int:
        """Wall clock, ms since 1970; for telling others when."""
        ...

    def synced(self) -> bool:
        """Whether the wall clock has been set from outside since boot."""
        ...


class SystemClock:
    """The machine's clocks. systemd-timesyncd touches ``SYNC_MARK`` when it has set the time."""

    SYNC_MARK = Path("/run/systemd/timesync/synchronized")

    def monotonic_s(self) -> float:
        return time.monotonic()

    def unix_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def synced(self) -> bool:
        return self.SYNC_MARK.exists()


class ManualClock:
    """A clock that stands until it is moved: for replays faster than real time, and for tests."""

    def __init__(self, unix_ms: int, *, synced: bool = True) -> None:
        self._start_ms = unix_ms
        self._elapsed_s = 0.0
        self._synced = synced

    def monotonic_s(self) -> float:
        return self._elapsed_s

    def unix_ms(self) -> int:
        return self._start_ms + round(self._elapsed_s * 1000)

    def synced(self) -> bool:
        return self._synced

    def advance(self, seconds: float) -> None:
        """Move both clocks forward; raises ValueError for a step back."""
        if seconds < 0:
            raise ValueError(f"a clock cannot be moved back by {-seconds} s")
        self._elapsed_s += seconds
