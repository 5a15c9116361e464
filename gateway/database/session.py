"""The database behind one small door: a transaction to write in, a transaction to read in."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

BUSY_TIMEOUT_S = 10
"""SQLite has one writer; the gateway, the escalation and the web app wait for each other this long."""

UPGRADE_LOCK = 0x6D696D61
"""PostgreSQL's advisory lock for an upgrade; any number nobody else takes (here: "mima")."""

_STATEMENTS_FAULT = {
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_TOOBIG,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_MISUSE,
    sqlite3.SQLITE_RANGE,
}
"""What SQLite blames a statement for; its other codes are about the file, the disk or another writer."""


class DatabaseUnavailableError(SQLAlchemyError):
    """The database cannot be reached, read or written now; nothing of the transaction was kept."""


class Database:
    """SQLite (WAL) or PostgreSQL by SQLAlchemy URL; safe to share between threads."""

    def __init__(self, url: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        arguments: dict[str, Any] = {"timeout": busy_timeout_s} if url.startswith("sqlite") else {}
        # Hidden: an error's text goes to the log, and parameters are names, addresses and contacts.
        self._engine = create_engine(url, connect_args=arguments, hide_parameters=True)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _configure_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)

    def create(self) -> None:
        """Bring the tables to what this version needs; harmless when repeated, and from many processes at once.

        Raises DatabaseUnavailableError, or OSError where its folder cannot be made.
        """
        # A third of a second to import, and only whoever opens a database at a start needs it.
        from gateway.database.upgrade import upgrade  # noqa: PLC0415

        self._make_folder()
        writing = self._engine.execution_options(mimamori_writes=True)
        with self._outages(), writing.begin() as connection:
            if connection.dialect.name == "postgresql":
                # SQLite's BEGIN IMMEDIATE already lets only one process upgrade.
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
            upgrade(connection)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One writing transaction: committed at the end, rolled back on an exception.

        Raises DatabaseUnavailableError for whatever is no fault of the statements in it.
        """
        writing = self._engine.execution_options(mimamori_writes=True)
        with self._outages(), Session(writing, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session to read with; what is changed in it is not kept. Raises DatabaseUnavailableError."""
        with self._outages(), Session(self._engine, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    @contextmanager
    def _outages(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, PoolTimeoutError) as error:
            if not is_outage(error):
                raise
            where = self._engine.url.render_as_string(hide_password=True)
            raise DatabaseUnavailableError(
                f"database {where}: {_first_line(error)}: start it, or give it space and rights"
            ) from error

    def _make_folder(self) -> None:
        file = self._engine.url.database
        if self._engine.dialect.name == "sqlite" and file:
            Path(file).parent.mkdir(parents=True, exist_ok=True)


def is_outage(error: Exception) -> bool:
    """Whether an error is about the database itself, and not about what was asked of it."""
    if isinstance(error, PoolTimeoutError | DatabaseUnavailableError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF not in _STATEMENTS_FAULT  # the upper bits tell variants of one error apart
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).partition("\n")[0]


def _configure_sqlite(connection: Any, _record: object) -> None:
    # The driver's own implicit BEGIN is switched off: it would start every transaction as a reader.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL: a receipt may only be sent for what survives a power cut.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE: a reader that turns writer in the middle would fail with "database is locked".
    writes = connection.get_execution_options().get("mimamori_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
