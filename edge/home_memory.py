"""What a home must know again after its process was killed: the incidents at hand, and who was upright just before.

After a power cut it knows neither; the gateway takes a device that was asking and is silent for a fall.
"""

from pathlib import Path

import msgspec

from edge.fall.drop import Seen
from edge.fall.incident import Incident
from edge.kept_file import KeptFile

UPRIGHT_EVERY_MS = 1000
"""About one small write a second while somebody walks about."""


class Kept(msgspec.Struct, frozen=True):
    """The file, written at ``at_ms``; the ``at_s`` of ``uprights`` is 0 then and negative before: their clock is gone."""

    incidents: tuple[Incident, ...] = ()
    uprights: tuple[Seen, ...] = ()
    at_ms: int = 0


class HomeMemory:
    """Written only when it would say something new; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._file = KeptFile(path, Kept)
        self._kept = Kept()
        self._newest_s = -1e9

    def read(self) -> Kept:
        """What was kept; nothing where there is no file or it is unreadable (logged)."""
        self._kept = self._file.read() or Kept()
        return self._kept

    def keep(
        self, incidents: tuple[Incident, ...], uprights: tuple[Seen, ...], now_s: float, now_ms: int
    ) -> None:
        """Write what is new; ``now_s`` is of the clock by which ``uprights`` were seen."""
        newest_s = max([seen.at_s for seen in uprights], default=-1e9)
        walked = newest_s - self._newest_s >= UPRIGHT_EVERY_MS / 1000
        if walked or incidents != self._kept.incidents:
            self._newest_s = newest_s
            aged = tuple(Seen(seen.at_s - now_s, seen.height_m, seen.place) for seen in uprights)
            self._kept = Kept(incidents, aged, now_ms)
            self._file.write(self._kept)
