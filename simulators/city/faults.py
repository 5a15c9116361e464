"""What can be wrong with a service, switched on for the next requests."""

import threading
from enum import StrEnum


class Mishap(StrEnum):
    """One way for a service to fail."""

    ERROR = "error"
    """It answers 500 (SMTP 451) and has taken nothing."""
    TIMEOUT = "timeout"
    """It takes nothing and does not answer until it is stopped."""
    REFUSE = "refuse"
    """It breaks the connection before reading anything."""
    LOST_ANSWER = "lost_answer"
    """It takes the message, and the connection breaks before the answer."""
    RATE = "rate"
    """It is asked too often (429, SMTP 450)."""
    REJECT = "reject"
    """It answers 400 (SMTP 550) and never will take it."""


class Faults:
    """The mishaps of one service that are still to come; for several threads."""

    def __init__(self) -> None:
        self._coming: list[Mishap] = []
        self._standing: Mishap | None = None
        self._lock = threading.Lock()

    def next(self, mishap: Mishap, times: int = 1) -> None:
        """Fail the next ``times`` requests this way, after those already ordered."""
        with self._lock:
            self._coming.extend([mishap] * times)

    def always(self, mishap: Mishap | None) -> None:
        """Fail every request this way until told otherwise; None ends it."""
        with self._lock:
            self._standing = mishap
            self._coming.clear()

    def take(self) -> Mishap | None:
        """What happens to the request that came just now."""
        with self._lock:
            return self._coming.pop(0) if self._coming else self._standing
