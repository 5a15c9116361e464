"""Keeps what a field has learnt of its stimuli: a season's work, which a power cut must not take."""

import logging
from pathlib import Path

import msgspec

from edge.kept_file import write_durably
from edge.repel.experience import Experience

log = logging.getLogger(__name__)


class ExperienceMemory:
    """One small file, replaced whole; without a path nothing is kept.

    A file that cannot be read or written costs what was learnt, never safety: it is logged, and nothing is raised.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def read(self) -> Experience:
        """What was kept; nothing learnt where there is no readable file (logged)."""
        if self._path is None or not self._path.exists():
            return Experience()
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Experience)
        except (OSError, msgspec.MsgspecError):
            log.exception("%s is unreadable: the stimuli are learnt anew", self._path.name)
            return Experience()

    def keep(self, experience: Experience) -> None:
        """Write it, safe against a power cut."""
        if self._path is None:
            return
        try:
            write_durably(self._path, msgspec.json.encode(experience))
        except OSError as error:
            log.warning("%s cannot be written: %s: what was learnt is lost at a restart", self._path, error)
