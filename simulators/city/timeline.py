"""What reached the city's services, in order, with times; the same here and over HTTP."""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import httpx


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request to a service. ``shown``: whether it appears on a phone (a repeat does not, nor a refusal)."""

    at_ms: int
    service: str
    address: str
    subject: str
    text: str
    status: int
    shown: bool
    key: str
    """Retry key, Message-ID or webhook id: what makes a repeat recognisable."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Record(Protocol):
    """Something that can be asked what has arrived so far."""

    def arrivals(self) -> list[Arrival]:
        """All arrivals, oldest first."""
        ...


class Timeline:
    """The record kept by a running city; for several threads."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._arrivals: list[Arrival] = []
        self._changed = threading.Condition()

    def add(
        self,
        service: str,
        address: str,
        text: str,
        status: int,
        *,
        shown: bool,
        subject: str = "",
        key: str = "",
    ) -> None:
        """Record one request."""
        with self._changed:
            arrival = Arrival(self._now_ms(), service, address, subject, text, status, shown, key)
            self._arrivals.append(arrival)
            self._changed.notify_all()

    def arrivals(self) -> list[Arrival]:
        with self._changed:
            return list(self._arrivals)

    def wait_for(self, wanted: Callable[[Arrival], bool], timeout_s: float) -> Arrival | None:
        """The first arrival that is ``wanted``, waiting for it; None if it has not come in time."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            seen = 0
            while True:
                for arrival in self._arrivals[seen:]:
                    if wanted(arrival):
                        return arrival
                seen = len(self._arrivals)
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    return None
                self._changed.wait(left_s)


class FarTimeline:
    """The record of a city in another process, by its ``timeline_url``; raises httpx.HTTPError."""

    def __init__(self, url: str) -> None:
        self._url = url

    def arrivals(self) -> list[Arrival]:
        answer = httpx.get(self._url, timeout=5.0, trust_env=False)
        return [Arrival(**arrival) for arrival in answer.raise_for_status().json()]
