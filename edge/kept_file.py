"""A small file that a killed process leaves for the one after it.

Is: replaced whole, so that a kill leaves the old one or the new one. It belongs on a RAM disk (systemd's
RuntimeDirectory): it is for a process that is started again at once. Is not: durable like the outbox, nor ever in the
way: a file that cannot be read or written costs the memory, never the watching.
"""

import logging
import os
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

log = logging.getLogger(__name__)

KeptT = TypeVar("KeptT", bound=msgspec.Struct)


class KeptFile(Generic[KeptT]):
    """One Struct as JSON; without a path nothing is kept."""

    def __init__(self, path: Path | None, kind: type[KeptT]) -> None:
        self._path = path
        self._kind = kind

    def read(self) -> KeptT | None:
        """What was kept; None where there is no file or it is unreadable (logged)."""
        if self._path is None or not self._path.exists():
            return None
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=self._kind)
        except (OSError, msgspec.MsgspecError):
            log.exception("%s is unreadable: begun anew", self._path.name)
            return None

    def write(self, kept: KeptT) -> None:
        """Put it in the place of what was there."""
        if self._path is None:
            return
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(msgspec.json.encode(kept))
            fresh.replace(self._path)
        except OSError as error:
            log.warning(
                "%s cannot be written: %s: a killed process will not know what it was at", self._path, error
            )


def write_durably(path: Path, text: bytes) -> None:
    """Put it in the place of what was there, safe against a power cut too; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def memory_directory(data_directory: Path) -> Path:
    """The RuntimeDirectory of systemd where there is one, else the device's data directory."""
    return Path(os.environ.get("RUNTIME_DIRECTORY") or data_directory)
