"""How loud it is in the room: numbers from 0 to 1 that a program prints; no sound is kept or sent.

Is: never in the way. A program that is missing or ends is a fault, never an exception, and is started again.
"""

import logging
import os
import subprocess
from typing import Protocol

log = logging.getLogger(__name__)

AGAIN_S = 30.0
"""A program that ended is started again after this."""
READ_BYTES = 4096


class Levels(Protocol):
    """A source of levels; asked every step, some 20 times a second."""

    def read(self, now_s: float) -> list[float]:
        """Levels since the last call, oldest first; never waits."""
        ...

    def fault(self) -> str | None:
        """Why nothing is heard, or None."""
        ...

    def close(self) -> None:
        """Stop listening; harmless when nobody does."""
        ...


class NoLevels:
    """A home in which nobody listens."""

    def read(self, now_s: float) -> list[float]:  # noqa: ARG002 - there is no time at which it hears
        return []

    def fault(self) -> str | None:
        return None

    def close(self) -> None:
        """Nothing to stop."""


class CommandLevels:
    """Runs a program that prints a level a line; what is no number from 0 to 1 is left out."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._running: subprocess.Popen[bytes] | None = None
        self._start_s = -AGAIN_S
        self._rest = b""
        self._fault: str | None = None

    def read(self, now_s: float) -> list[float]:
        if self._running is None:
            if now_s - self._start_s < AGAIN_S:
                return []
            self._begin(now_s)
        if self._running is None or self._running.stdout is None:
            return []
        try:
            heard = os.read(self._running.stdout.fileno(), READ_BYTES)
        except BlockingIOError:
            return []
        if not heard:
            self._fault = f"{self._command[0]} has ended: mend [listen] command"
            self.close()
            return []
        self._fault = None
        *lines, self._rest = (self._rest + heard).split(b"\n")
        return [level for level in map(_level, lines) if level is not None]

    def fault(self) -> str | None:
        return self._fault

    def close(self) -> None:
        running, self._running = self._running, None
        if running is None:
            return
        running.kill()
        running.wait()
        if running.stdout is not None:
            running.stdout.close()

    def _begin(self, now_s: float) -> None:
        self._start_s, self._rest = now_s, b""
        try:
            self._running = subprocess.Popen(  # noqa: S603 - the technician's own program
                self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            self._fault = f"{self._command[0]}: {error.strerror}: mend [listen] command"
            log.warning("listening: %s", self._fault)
            return
        if self._running.stdout is not None:
            os.set_blocking(self._running.stdout.fileno(), False)


def _level(line: bytes) -> float | None:
    try:
        level = float(line)
    except ValueError:
        return None
    return level if 0.0 <= level <= 1.0 else None


def levels_from(command: list[str]) -> Levels:
    """What a home's file asks for."""
    return CommandLevels(command) if command else NoLevels()
