"""What a field must know again after its process was killed: the visit that is going on.

Without it the same troop would be a second visit, told a second time, and the first would never end. After a power
cut it is not known.
"""

from pathlib import Path

import msgspec

from edge.kept_file import KeptFile
from edge.wildlife.sightings import KeptVisit

SEEN_EVERY_MS = 5000
"""How old the kept time of the last sight may be: little beside the quiet time that ends a visit."""


class Kept(msgspec.Struct, frozen=True):
    """The file."""

    visit: KeptVisit | None = None


class FieldMemory:
    """Written only when it would say something new; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._file = KeptFile(path, Kept)
        self._visit: KeptVisit | None = None

    def read(self) -> KeptVisit | None:
        """The visit that was going on; None where there was none, or no readable file (logged)."""
        self._visit = (self._file.read() or Kept()).visit
        return self._visit

    def keep(self, visit: KeptVisit | None) -> None:
        """Write what is new."""
        if visit is not None and self._visit is not None:
            since_ms = visit.last_seen_ms - self._visit.last_seen_ms
            if visit.same(self._visit) and since_ms < SEEN_EVERY_MS:
                return
        elif visit is self._visit:
            return
        self._visit = visit
        self._file.write(Kept(visit))
