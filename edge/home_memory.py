"""What a home must know again after its process was killed: the incident at hand, and who was upright just before.

After a power cut it knows neither; the gateway takes a device that was asking and is silent for a fall.
"""

from pathlib import Path

import msgspec

from edge.fall.drop import Seen
from edge.fall.machine import Incident, Phase
from edge.kept_file import KeptFile

UPRIGHT_EVERY_MS = 1000
"""About one small write a second while somebody walks about."""


class Kept(msgspec.Struct, frozen=True):
    """The file. ``upright`` was seen at ``upright_ms`` (Unix); its own ``at_s`` belongs to a clock that is gone."""

    phase: Phase = Phase.IDLE
    incident: Incident | None = None
    upright: Seen | None = None
    upright_ms: int = 0


class HomeMemory:
    """Written only when it would say something new; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._file = KeptFile(path, Kept)
        self._kept = Kept()

    def read(self) -> Kept:
        """What was kept; nothing where there is no file or it is unreadable (logged)."""
        self._kept = self._file.read() or Kept()
        return self._kept

    def keep(self, phase: Phase, incident: Incident | None, upright: Seen | None, upright_ms: int) -> None:
        """Write what is new."""
        same = phase is self._kept.phase and incident == self._kept.incident
        walked = upright is not None and upright_ms - self._kept.upright_ms >= UPRIGHT_EVERY_MS
        if not same or walked:
            self._kept = Kept(phase, incident, upright, upright_ms)
            self._file.write(self._kept)
