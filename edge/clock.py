"""Time as the device knows it; injected everywhere, so that a replay or a test makes its own."""

import ctypes
import time
from typing import Protocol

_TIME_ERROR = 5
_TIMEX_BYTES = 512
"""struct timex takes 208 bytes on 64-bit Linux; zeroed, it asks and changes nothing."""


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
    """The machine's clocks. The kernel knows whether anybody (timesyncd, chrony, ntpd) disciplines its time."""

    def monotonic_s(self) -> float:
        return time.monotonic()

    def unix_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def synced(self) -> bool:
        # adjtimex(2) returns TIME_ERROR while the clock is not synchronised.
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))) not in (
            -1,
            _TIME_ERROR,
        )


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
