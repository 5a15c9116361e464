"""What lies in a folder: labelled pictures in whatever form, clips, and what could not be used and why."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from models.wildlife.label_files import (
    PICTURES,
    Opened,
    read_coco,
    read_table,
    read_voc,
    read_yolo,
    yolo_words,
)
from models.wildlife.subjects import NOTHING, THING, Clip, LabelError, Shown, known_name, own_name

CLIPS = {".mp4", ".avi", ".mov", ".mkv", ".m4v", ".mpg", ".mpeg", ".wmv", ".webm", ".mts"}


@dataclass(slots=True)
class Found:
    """Everything of a folder that can be measured; ``notes`` are lines for the report."""

    pictures: list[Shown] = field(default_factory=list)
    clips: list[Clip] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def open_folder(folder: Path, held_apart: Path | None = None) -> Found:
    """Walk ``folder``. Of a label file that names pictures of ``held_apart``, only those are taken.

    Raises LabelError when the folder is not there; what cannot be used inside it becomes a note.
    """
    if not folder.is_dir():
        raise LabelError(f"{folder}: no such folder; give one with label files, pictures or clips")
    apart = frozenset(_lines(held_apart)) if held_apart is not None and held_apart.is_file() else frozenset()
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    found, yolo = Found(), yolo_words(folder)
    words: dict[str, str] = {}
    labelled: set[Path] = set()
    for path in files:
        try:
            opened = _open(path, yolo)
        except (LabelError, OSError) as problem:
            found.notes.append(str(problem))
            continue
        if opened is None:
            continue
        words |= opened.words
        labelled |= {one.path.resolve() for one in opened.pictures}
        found.pictures += _not_learnt(path, opened.pictures, apart, found.notes)
    tables = _tables(files, found.notes, words)
    for path in files:
        if path.suffix.lower() in CLIPS:
            found.clips.append(Clip(path, path.parent.name, _said_of(path, tables, folder)))
        elif path.suffix.lower() in PICTURES and path.resolve() not in labelled:
            _take_unboxed(path, tables, folder, found, yolo=bool(yolo))
    _finish(found, words)
    return found


def _open(path: Path, yolo: list[str]) -> Opened | None:
    match path.suffix.lower():
        case ".json":
            return read_coco(path)
        case ".xml":
            return read_voc(path)
        case ".txt" if yolo or "labels" in path.parts:
            return read_yolo(path, yolo)
        case _:
            return None


def _not_learnt(label: Path, pictures: list[Shown], apart: frozenset[str], notes: list[str]) -> list[Shown]:
    """Only the held-apart ones of a set that the model has learnt from."""
    kept = [one for one in pictures if one.path.name in apart]
    if not kept:
        return pictures
    notes.append(
        f"{label.name}: the {len(kept)} of {len(pictures)} pictures that were held apart from this model;"
        " --all measures the others too, from which it has learnt"
    )
    return kept


def _tables(files: Iterable[Path], notes: list[str], words: dict[str, str]) -> dict[Path, frozenset[str]]:
    """From every CSV table of files and labels: what is said of each file."""
    said: dict[Path, set[str]] = {}
    for path in files:
        if path.suffix.lower() != ".csv":
            continue
        try:
            rows = read_table(path)
        except (OSError, ValueError) as problem:
            notes.append(f"{path}: not readable as a table: {problem}")
            continue
        for file, word in rows or []:
            name = words.setdefault(word, own_name(word))
            said.setdefault(file.resolve(), set()).update({name} - {NOTHING, THING})
    return {file: frozenset(names) for file, names in said.items()}


def _said_of(path: Path, tables: dict[Path, frozenset[str]], top: Path) -> frozenset[str] | None:
    """By a table, else by the name of a folder it lies in; None where neither says anything."""
    if path.resolve() in tables:
        return tables[path.resolve()]
    for folder in path.relative_to(top).parents:
        name = known_name(folder.name) if folder.name else None
        if name is not None and name != THING:
            return frozenset({name} - {NOTHING})
    return None


def _take_unboxed(
    path: Path, tables: dict[Path, frozenset[str]], top: Path, found: Found, *, yolo: bool
) -> None:
    said = _said_of(path, tables, top)
    if said is not None:
        found.pictures.append(Shown(path, path.parent.name, path.name, whole=said, boxed=not said))
    elif yolo and "images" in path.parts:
        # A YOLO set has no text file for a picture in which nothing is.
        found.pictures.append(Shown(path, top.name, path.name))
    else:
        found.notes.append(f"{path}: nobody says what it shows")


def _finish(found: Found, words: dict[str, str]) -> None:
    strange = sorted(word for word, name in words.items() if known_name(word) is None)
    if strange:
        found.notes.append(f"counted as some other animal: {', '.join(strange)}")
    unsaid = [note for note in found.notes if note.endswith("nobody says what it shows")]
    if len(unsaid) > 5:
        found.notes = [note for note in found.notes if note not in unsaid]
        places = Counter(str(Path(note.partition(": nobody")[0]).parent) for note in unsaid)
        found.notes += [
            f"{place}: {n} pictures of which nobody says what they show" for place, n in places.items()
        ]


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
