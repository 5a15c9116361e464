"""Labels of a field's own frames in one folder: pictures, and every change that anybody made, in SQLite.

Is: on the disk before it is answered (synchronous=FULL), and never overwritten: each change is a row of its own, so a
crash loses nothing and a mistake can be taken back. Is not: for many people at once on a network drive.
"""

import secrets
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from edge.wildlife.kept_frame import KeptFrame
from models.labelling.boxes import Box, State
from models.labelling.order import Part, Waiting, groups_of, ordered, parted
from models.pictures import DataError

_TABLES = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS frame (
    name TEXT PRIMARY KEY, device TEXT NOT NULL, at_ms INTEGER NOT NULL, visit TEXT NOT NULL, why TEXT NOT NULL,
    width_px INTEGER NOT NULL, height_px INTEGER NOT NULL, doubt REAL NOT NULL, proposed TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS change (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL REFERENCES frame (name), state TEXT NOT NULL, boxes TEXT NOT NULL,
    at_ms INTEGER NOT NULL, request TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX IF NOT EXISTS change_of ON change (name, number);
CREATE TABLE IF NOT EXISTS part (day TEXT PRIMARY KEY, part TEXT NOT NULL) STRICT;
"""
_NEWEST = """
SELECT frame.*, change.number, change.state, change.boxes FROM frame
LEFT JOIN change ON change.number = (SELECT max(number) FROM change WHERE change.name = frame.name)
"""
_PATIENCE_S = 10.0


class Labels(msgspec.Struct, frozen=True):
    """A frame as it stands now; ``revision`` is the number of the last change, 0 before the first."""

    name: str
    device: str
    at_ms: int
    visit: str
    why: str
    width_px: int
    height_px: int
    doubt: float
    state: State
    boxes: list[Box]
    revision: int


class LabelBook:
    """One folder; ``class_names`` are those of the model that proposes: new ones are added to what is there.

    Raises DataError where neither says which classes there are.
    """

    def __init__(self, folder: Path, class_names: tuple[str, ...] | None = None) -> None:
        self.folder = folder
        self.pictures = folder / "images"
        if class_names is None and not (folder / "labels.sqlite").exists():
            raise DataError(f"{folder}: holds no labels; begin with `mimamori models label`")
        self.pictures.mkdir(parents=True, exist_ok=True)
        # Kept open: the last connection to close would write the whole log back each time.
        self._connection = _connected(folder / "labels.sqlite")
        self._lock = threading.Lock()
        with self._database() as database:
            database.executescript(_TABLES)
        self.class_names = self._settled(class_names)
        self.identity = self._once("identity")
        """By which a browser keeps its unsaved changes apart from another book's."""
        self.key = self._once("key")
        """Of the page's address; the same after a restart, so that an open page goes on."""

    def take(self, jpeg: Path, frame: KeptFrame, boxes: list[Box], doubt: float) -> bool:
        """Copy a frame in, unless it is there already; says whether it was new. Raises OSError."""
        copy = self.pictures / f"{jpeg.stem}.jpg"
        fresh = copy.with_suffix(".new")
        with self._database() as database:
            if database.execute("SELECT 1 FROM frame WHERE name = ?", (jpeg.stem,)).fetchone():
                return False
            shutil.copyfile(jpeg, fresh)
            fresh.replace(copy)
            database.execute(
                "INSERT INTO frame VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(jpeg.stem, frame.device, frame.at_ms, frame.visit, frame.why),
                    *(frame.width_px, frame.height_px, doubt, _text(boxes)),
                ),
            )
        return True

    def has(self, name: str) -> bool:
        with self._database() as database:
            return database.execute("SELECT 1 FROM frame WHERE name = ?", (name,)).fetchone() is not None

    def frame(self, name: str) -> Labels | None:
        """As it stands now; None for a name that is not there."""
        with self._database() as database:
            row = database.execute(f"{_NEWEST} WHERE frame.name = ?", (name,)).fetchone()
        return None if row is None else _labels(row)

    def frames(self) -> list[Labels]:
        """All, in the order in which they are best looked through."""
        with self._database() as database:
            found = [_labels(row) for row in database.execute(f"{_NEWEST} ORDER BY frame.name")]
        days = groups_of([(f.name, f.device, f.visit, f.at_ms) for f in found])
        order = ordered(Waiting(f.name, f.visit or days[f.name], f.doubt) for f in found)
        place = {name: n for n, name in enumerate(order)}
        return sorted(found, key=lambda frame: place[frame.name])

    def save(self, name: str, state: State, boxes: list[Box], request: str, now_ms: int) -> int:
        """Keep a change; returns its number. The same ``request`` again changes nothing. Raises LookupError."""
        with self._database() as database:
            if not database.execute("SELECT 1 FROM frame WHERE name = ?", (name,)).fetchone():
                raise LookupError(f"no frame {name}")
            database.execute(
                "INSERT INTO change (name, state, boxes, at_ms, request) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (request) DO NOTHING",
                (name, state, _text(boxes), now_ms, request),
            )
            return int(
                database.execute("SELECT number FROM change WHERE request = ?", (request,)).fetchone()[0]
            )

    def parts(self) -> dict[str, Part]:
        """Frame -> part, of the frames that are done; what was held apart once stays so."""
        done = [frame for frame in self.frames() if frame.state == "done"]
        days = groups_of([(f.name, f.device, f.visit, f.at_ms) for f in self.frames()])
        monkeys: dict[str, bool] = {}
        for frame in done:
            seen = any(box.species == "monkey" for box in frame.boxes)
            monkeys[days[frame.name]] = monkeys.get(days[frame.name], False) or seen
        with self._database() as database:
            already = dict(database.execute("SELECT day, part FROM part"))
            parts = parted(monkeys, already)
            database.executemany("INSERT OR IGNORE INTO part VALUES (?, ?)", parts.items())
        return {frame.name: parts[days[frame.name]] for frame in done}

    def days(self, names: Iterable[str]) -> dict[str, str]:
        """Frame -> the day it is grouped under."""
        days = groups_of([(f.name, f.device, f.visit, f.at_ms) for f in self.frames()])
        return {name: days[name] for name in names}

    def _once(self, key: str) -> str:
        """A random word of this book, drawn when it is first asked for."""
        with self._database() as database:
            database.execute("INSERT OR IGNORE INTO about VALUES (?, ?)", (key, secrets.token_urlsafe(16)))
            row = database.execute("SELECT value FROM about WHERE key = ?", (key,)).fetchone()
        return str(row[0])

    def _settled(self, class_names: tuple[str, ...] | None) -> tuple[str, ...]:
        with self._database() as database:
            row = database.execute("SELECT value FROM about WHERE key = 'classes'").fetchone()
            if row is None:
                database.execute(
                    "INSERT INTO about VALUES ('classes', ?)",
                    (msgspec.json.encode(class_names).decode(),),
                )
                return class_names or ()
        settled = tuple(msgspec.json.decode(row[0], type=list[str]))
        new = [name for name in class_names or () if name not in settled]
        if not new:
            return settled
        # Boxes are kept by name, so a model that knows more only adds to the list.
        wider = (*settled, *new)
        with self._database() as database:
            database.execute(
                "UPDATE about SET value = ? WHERE key = 'classes'", (msgspec.json.encode(wider).decode(),)
            )
        return wider

    def close(self) -> None:
        """Let the database go; what was answered is on the disk already."""
        self._connection.close()

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """One transaction at a time: on the disk when this ends, or not at all."""
        with self._lock, self._connection:
            yield self._connection


def _connected(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, timeout=_PATIENCE_S, check_same_thread=False)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    return database


def _text(boxes: list[Box]) -> str:
    return msgspec.json.encode(boxes).decode()


def _labels(row: tuple[Any, ...]) -> Labels:
    name, device, at_ms, visit, why, width_px, height_px, doubt, proposed, number, state, boxes = row
    return Labels(
        *(name, device, at_ms, visit, why, width_px, height_px, doubt),
        state or "open",
        msgspec.json.decode(boxes or proposed, type=list[Box]),
        number or 0,
    )
