"""A folder of recordings, each recognised by what is in it; a file's name decides nothing but, perhaps, its label."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edge.fall.settings import MountSettings
from models.falls import labels
from models.falls.depth_features import is_depth_features, read_depth_features
from models.falls.depth_pictures import is_depth_picture, read_depth_pictures
from models.falls.recording import DataError, Recording
from models.falls.three_radars import is_three_radars, read_three_radars
from models.falls.uart import is_uart, read_uart
from models.falls.windows import is_windows, read_windows

HEAD = 1 << 16
CAMERA_NOTES = "camera.toml"
"""What a folder of depth pictures says of its camera."""
_NAMED_MAX = 3
"""So many unknown files of one kind are named; of more, only their number: a folder of pictures is not a list to read."""

Reader = Callable[[Path, str], list[Recording]]


@dataclass(slots=True)
class Found:
    """What a folder holds: recordings, what was not recognised, what was and cannot be read, and mounts from notes."""

    recordings: list[Recording] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    mounts: dict[str, MountSettings] = field(default_factory=dict)

    def unknown_in_words(self) -> list[str]:
        """Names, or their number where one folder holds many of a kind."""
        kinds = Counter((str(Path(name).parent), Path(name).suffix) for name in self.unknown)
        lines = []
        for (folder, suffix), count in sorted(kinds.items()):
            own = [n for n in self.unknown if str(Path(n).parent) == folder and Path(n).suffix == suffix]
            lines += own if count <= _NAMED_MAX else [f"{folder}/*{suffix} ({count} files)"]
        return lines


def open_folder(folder: Path, given: Path | None = None) -> Found:
    """Every recording below ``folder`` (or the one file it is); raises DataError if it is not there or notes are broken."""
    if not folder.exists():
        raise DataError(f"{folder}: there is no such folder or file")
    found = Found()
    notes = () if given is None else labels.read_notes(given).recordings
    pictures: set[Path] = set()
    for path in _files(folder):
        if path.name in {labels.LABELS_NAME, CAMERA_NOTES} or (
            path.parent in pictures and path.suffix == ".png"
        ):
            continue
        name = path.name if path == folder else str(path.relative_to(folder))
        beside = path.parent / labels.LABELS_NAME
        local = labels.read_notes(beside).recordings if beside.is_file() else ()
        if _is_depth(path):
            pictures.add(path.parent)
            above = (
                labels.read_notes(up).recordings
                if (up := path.parent.parent / labels.LABELS_NAME).is_file()
                else ()
            )
            shown = name if path.parent == folder else str(path.parent.relative_to(folder))
            _take(found, path.parent, shown, read_depth_pictures, (*notes, *local, *above))
            continue
        reader = _reader(path)
        if reader is None:
            found.unknown.append(name)
        else:
            _take(found, path, name, reader, (*notes, *local))
    return found


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_file():
        yield folder
        return
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _take(found: Found, path: Path, name: str, reader: Reader, notes: tuple[labels.Note, ...]) -> None:
    try:
        recordings = reader(path, name)
    except (DataError, OSError) as error:
        found.refused.append(f"{error}")
        return
    note = labels.note_for(path, notes)
    if note is not None and note.mount is not None:
        found.mounts[name] = note.mount
    found.recordings += [labels.labelled(recording, path, note) for recording in recordings]


def _is_depth(path: Path) -> bool:
    with path.open("rb") as file:
        return is_depth_picture(file.read(32))


def _reader(path: Path) -> Reader | None:
    with path.open("rb") as file:
        head = file.read(HEAD)
    if is_three_radars(path, head):
        return read_three_radars
    if is_uart(head):
        return read_uart
    if is_windows(head):
        return read_windows
    if is_depth_features(head):
        return read_depth_features
    return None
