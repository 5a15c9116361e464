"""What must outlive a restart: the shots of each day, the last attempt, a mute and the emergency stop.

A crash loop must not become a siren, nor a broken file an end of a neighbour's mute: while what was kept cannot be
read, nothing is counted, and so nothing is fired.
"""

import logging
from datetime import date
from pathlib import Path

import msgspec

from edge.kept_file import write_durably
from edge.repel.errors import DoseMemoryError
from edge.repel.safety import SafetyState

log = logging.getLogger(__name__)


class _Kept(msgspec.Struct, frozen=True):
    """The file, JSON."""

    shots: dict[date, int]
    attempt_ms: int | None
    muted_until_ms: int
    stopped: bool = False


class DoseMemory:
    """One small file, replaced whole; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._unreadable = ""

    @property
    def readable(self) -> bool:
        """Whether the last ``read`` knew what was kept."""
        return not self._unreadable

    def read(self) -> SafetyState:
        """What was kept; a fresh state where there is none, or it is unreadable (logged): then ``keep`` refuses."""
        self._unreadable = ""
        try:
            if self._path is None or not self._path.exists():
                return SafetyState()
            kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except (OSError, msgspec.MsgspecError) as error:
            self._unreadable = (
                f"{self._path}: unreadable ({error}): nothing is fired until it is removed and the device restarted; "
                "then today's shots are counted from none, and a mute must be set anew"
            )
            log.error(self._unreadable)  # noqa: TRY400 - the trace says no more than the message
            return SafetyState()
        return SafetyState(
            shots=tuple(sorted(kept.shots.items())),
            attempt_ms=kept.attempt_ms,
            muted_until_ms=kept.muted_until_ms,
            stopped=kept.stopped,
        )

    def keep(self, state: SafetyState) -> None:
        """Write it, safe against a power cut; raises DoseMemoryError if it cannot be, or is not known."""
        if self._path is None:
            return
        if self._unreadable:
            raise DoseMemoryError(self._unreadable)
        kept = _Kept(dict(state.shots), state.attempt_ms, state.muted_until_ms, state.stopped)
        try:
            write_durably(self._path, msgspec.json.encode(kept))
        except OSError as error:
            raise DoseMemoryError(
                f"{self._path}: {error.strerror}: give this user a writable data directory"
            ) from error


def dose_file(data_directory: Path, device: str) -> Path:
    """Where a device keeps it: durable, because a RAM disk would forget the dose in a power cut."""
    return data_directory / f"{device}.repeller.json"
