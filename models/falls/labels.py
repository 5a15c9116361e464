"""What somebody wrote down about recordings, beside them or shipped here: times, kinds, mounts; never a recording.

A labels file is JSON: ``{"recordings": [{"sha256": "<first 16 hex digits of the file's>" or "file": "<its name>", "falls":
[{"at_s", "kind", "latest_s", "why"}], "complete": true, "mount": {"height_m", "tilt_deg"}, "spans": [{"from_s", "to_s",
"what"}], "why": "..."}]}``. Only the recording's name and ``falls`` are needed. With ``complete``, any alarm that is of
no listed fall is a false one. Shipped labels name recordings by digest alone, so that a file's name decides nothing.
"""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from contract.configuration import Settings
from edge.fall.settings import MountSettings
from models.falls.recording import DataError, Recording, Span, TrueFall, Truth

SHIPPED = Path(__file__).parent / "labels"
LABELS_NAME = "notes.json"
"""A labels file of this name in a folder is taken without being asked for."""
DIGITS = 16
FALL_AFTER_PRESS_S = 2.0
_NO_FALL = re.compile(r"no[-_ ]?falls?(?![a-z])|(?<![a-z])adls?(?![a-z])", re.IGNORECASE)
_FALL = re.compile(r"(?<![a-z])falls?(?![a-z])", re.IGNORECASE)


class FallNote(Settings):
    """One fall: when balance was lost, s from the recording's start."""

    at_s: float = Field(ge=0.0)
    kind: str = "fall"
    latest_s: float | None = None
    why: str = ""


class SpanNote(Settings):
    """What went on meanwhile."""

    from_s: float
    to_s: float
    what: str


class Note(Settings):
    """All that is known of one recording."""

    sha256: str | None = Field(default=None, pattern=f"^[0-9a-f]{{{DIGITS}}}$")
    file: str | None = None
    falls: tuple[FallNote, ...] = ()
    complete: bool = False
    mount: MountSettings | None = None
    spans: tuple[SpanNote, ...] = ()
    why: str = ""

    @model_validator(mode="after")
    def _names_a_recording(self) -> Self:
        if (self.sha256 is None) == (self.file is None):
            raise ValueError("name the recording by sha256 or by file, not by both or neither")
        return self

    def truth(self, source: str) -> Truth:
        """The note as evaluation uses it."""
        falls = tuple(
            TrueFall(fall.at_s, fall.kind, float("inf") if fall.latest_s is None else fall.latest_s, fall.why)
            for fall in self.falls
        )
        spans = tuple(Span(span.from_s, span.to_s, span.what) for span in self.spans)
        return Truth(falls, self.complete, source, spans)


class Notes(Settings):
    """A labels file."""

    recordings: tuple[Note, ...]


def read_notes(path: Path) -> Notes:
    """Raises DataError naming the file and what to mend."""
    try:
        return Notes.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{path}: {where}: {first['msg'].removeprefix('Value error, ')}") from error


@cache
def shipped_notes() -> tuple[Note, ...]:
    """Labels that came with the program."""
    return tuple(note for file in sorted(SHIPPED.glob("*.json")) for note in read_notes(file).recordings)


def digest(path: Path) -> str:
    """The first hex digits of a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:DIGITS]


def note_for(path: Path, given: tuple[Note, ...]) -> Note | None:
    """The note of a recording: given ones before shipped ones, by digest or by name."""
    known = digest(path) if path.is_file() else None
    for note in (*given, *shipped_notes()):
        if note.sha256 is not None and note.sha256 == known:
            return note
        if note.file is not None and note.file == path.name:
            return note
    return None


def labelled(recording: Recording, path: Path, note: Note | None) -> Recording:
    """The recording with its truth: a note's, else what its own content or the file's name says."""
    if note is not None:
        return recording.known(note.truth("labels"))
    if recording.truth != Truth():
        return recording
    stem = path.stem
    if _NO_FALL.search(stem):
        return recording.known(Truth((), complete=True, source="file name"))
    if _FALL.search(stem) and "#" in recording.name:
        # One window each: the fall is somewhere in it, after the key press it begins with.
        why = "the window begins at a key press, 2-3 s before the fall; the earlier end is taken"
        fall = TrueFall(FALL_AFTER_PRESS_S, why=why, since_s=0.0)
        return recording.known(Truth((fall,), complete=True, source="file name"))
    return recording
