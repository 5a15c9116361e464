"""What the device has seen and the gateway has not yet confirmed.

Is: durable (SQLite, WAL, synchronous=FULL) and first in, first out; an event stays until a receipt
names it, whatever the broker acknowledged. Telemetry is bounded: the oldest batch goes first, counted.
Is not: a promise that something was seen by a person, nor a queue for pictures of now (live lane).

One thread owns an Outbox.
"""

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.topics import Lane

log = logging.getLogger(__name__)

TELEMETRY_ROWS_MAX = 20_000
"""Batches of about 10 s: more than two days without a link in some 20 MB."""

_IDS_AT_ONCE = 500
"""SQLite before 3.32 takes no more than 999 variables."""

# AUTOINCREMENT: a number must not come again after the table was empty, or a sender that has passed it skips the row.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, stored_ms INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS telemetry (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, stored_ms INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


class OutboxError(Exception):
    """The outbox cannot be used."""


class OutboxUnreadableError(OutboxError, OSError):
    """The file cannot be opened or written."""


@dataclass(frozen=True, slots=True)
class Row:
    """One message waiting for its receipt; ``n`` tells the order of storing."""

    n: int
    id: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, for the device's state message."""

    events: int
    telemetry: int
    telemetry_dropped: int
    oldest_ms: int | None


class Outbox:
    """The device's memory of what it still owes the city."""

    def __init__(self, path: Path, *, telemetry_rows_max: int = TELEMETRY_ROWS_MAX) -> None:
        """Open or create; a damaged file is set aside, never deleted, and a new one begun.

        Raises OutboxUnreadableError if the place cannot be written.
        """
        self._telemetry_rows_max = telemetry_rows_max
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = self._open(path)
        except sqlite3.DatabaseError as error:
            if not path.exists() or isinstance(error, sqlite3.OperationalError):
                raise OutboxUnreadableError(
                    f"outbox {path}: {error}: give this user a writable data directory"
                ) from error
            aside = path.with_suffix(f".damaged-{path.stat().st_mtime_ns}")
            path.rename(aside)
            log.exception("outbox damaged: kept as %s, a new one begun", aside.name)
            self._db = self._open(path)
        except OSError as error:
            raise OutboxUnreadableError(
                f"outbox {path}: {error.strerror}: give this user a writable data directory"
            ) from error
        self._dropped = self._counter("telemetry_dropped")
        self._telemetry_rows = self._count("telemetry")

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection:
        db = sqlite3.connect(path, isolation_level=None, timeout=5.0)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            # FULL: an event must survive the power cut that follows it; NORMAL would lose the last ones.
            db.execute("PRAGMA synchronous=FULL")
            db.executescript(_SCHEMA)
            _check(db)
        except sqlite3.DatabaseError:
            db.close()
            raise
        return db

    def add_event(self, event_id: str, payload: bytes, now_ms: int) -> None:
        """Keep an event until its receipt; adding the same id twice keeps one."""
        self._db.execute(
            "INSERT OR IGNORE INTO events(id, stored_ms, payload) VALUES (?, ?, ?)",
            (event_id, now_ms, payload),
        )

    def add_telemetry(self, batch_id: str, payload: bytes, now_ms: int) -> None:
        """Keep a batch until its receipt or until newer ones need its place."""
        added = self._db.execute(
            "INSERT OR IGNORE INTO telemetry(id, stored_ms, payload) VALUES (?, ?, ?)",
            (batch_id, now_ms, payload),
        )
        self._telemetry_rows += added.rowcount
        if self._telemetry_rows > self._telemetry_rows_max:
            self._drop_oldest_telemetry()

    def _drop_oldest_telemetry(self) -> None:
        excess = self._telemetry_rows - self._telemetry_rows_max
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(
            "DELETE FROM telemetry WHERE n IN (SELECT n FROM telemetry ORDER BY n LIMIT ?)",
            (excess,),
        )
        self._db.execute(
            "INSERT INTO counters VALUES ('telemetry_dropped', ?)"
            " ON CONFLICT(name) DO UPDATE SET value = value + excluded.value",
            (excess,),
        )
        self._db.execute("COMMIT")
        self._telemetry_rows -= excess
        self._dropped += excess

    def after(self, lane: Lane, n: int, limit: int) -> list[Row]:
        """Up to ``limit`` waiting rows of a lane with a number above ``n``, oldest first."""
        query = f"SELECT n, id, payload FROM {_table(lane)} WHERE n > ? ORDER BY n LIMIT ?"  # noqa: S608
        return [Row(*row) for row in self._db.execute(query, (n, limit))]

    def forget(self, ids: Sequence[str]) -> int:
        """Delete what receipts named; returns how many rows that was."""
        events = batches = 0
        self._db.execute("BEGIN IMMEDIATE")  # one flush of the disk for all of them
        for start in range(0, len(ids), _IDS_AT_ONCE):
            some = ids[start : start + _IDS_AT_ONCE]
            marks = ",".join("?" * len(some))
            events += self._db.execute(f"DELETE FROM events WHERE id IN ({marks})", some).rowcount  # noqa: S608
            batches += self._db.execute(f"DELETE FROM telemetry WHERE id IN ({marks})", some).rowcount  # noqa: S608
        self._db.execute("COMMIT")
        self._telemetry_rows -= batches
        return events + batches

    def backlog(self) -> Backlog:
        """How much waits, and since when (ms of the device's clock)."""
        oldest = self._db.execute(
            "SELECT min(stored_ms) FROM (SELECT * FROM (SELECT stored_ms FROM events ORDER BY n LIMIT 1)"
            " UNION ALL SELECT * FROM (SELECT stored_ms FROM telemetry ORDER BY n LIMIT 1))"
        ).fetchone()[0]
        return Backlog(self._count("events"), self._telemetry_rows, self._dropped, oldest)

    def close(self) -> None:
        """Close the file; what is in it stays."""
        self._db.close()

    def _count(self, table: str) -> int:
        return int(self._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608

    def _counter(self, name: str) -> int:
        row = self._db.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0


def _check(db: sqlite3.Connection) -> None:
    verdict = db.execute("PRAGMA quick_check").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


def _table(lane: Lane) -> str:
    if lane is Lane.EVENT:
        return "events"
    if lane is Lane.TELEMETRY:
        return "telemetry"
    raise ValueError(f"the outbox keeps no {lane} lane: only event and telemetry wait for receipts")
