"""What a home must know again after its process was killed: the incident at hand, and who was upright just before.

Is: a small file, replaced whole, about one write a second while somebody walks about. It belongs on a RAM disk (systemd's
RuntimeDirectory): it is for a process that is started again at once, not for a power cut, after which the gateway
takes a device that was asking and is silent for a fall. Is not: durable like the outbox.
"""

import logging
import os
from pathlib import Path

import msgspec

from edge.fall.drop import Seen
from edge.fall.machine import Incident, Phase

log = logging.getLogger(__name__)

UPRIGHT_EVERY_MS = 1000


class Kept(msgspec.Struct, frozen=True):
    """The file, JSON. ``upright`` was seen at ``upright_ms`` (Unix); its own ``at_s`` belongs to a clock that is gone."""

    phase: Phase = Phase.IDLE
    incident: Incident | None = None
    upright: Seen | None = None
    upright_ms: int = 0


class HomeMemory:
    """One file, written only when it would say something new; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._kept = Kept()

    def read(self) -> Kept:
        """What was kept; nothing where there is no file or it is unreadable (logged)."""
        if self._path is None or not self._path.exists():
            return Kept()
        try:
            self._kept = msgspec.json.decode(self._path.read_bytes(), type=Kept)
        except (OSError, msgspec.MsgspecError):
            log.exception("%s is unreadable: the home is watched anew", self._path.name)
        return self._kept

    def keep(self, phase: Phase, incident: Incident | None, upright: Seen | None, upright_ms: int) -> None:
        """Write what is new; a place that cannot be written costs the memory, never the watching."""
        same = phase is self._kept.phase and incident == self._kept.incident
        walked = upright is not None and upright_ms - self._kept.upright_ms >= UPRIGHT_EVERY_MS
        if self._path is None or (same and not walked):
            return
        self._kept = Kept(phase, incident, upright, upright_ms)
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(msgspec.json.encode(self._kept))
            fresh.replace(self._path)
        except OSError as error:
            log.warning(
                "%s cannot be written: %s: a killed process will not know its incident", self._path, error
            )


def memory_directory(data_directory: Path) -> Path:
    """The RuntimeDirectory of systemd where there is one, else the device's data directory."""
    return Path(os.environ.get("RUNTIME_DIRECTORY") or data_directory)
