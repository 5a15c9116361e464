"""The database behind one small door: a transaction to write in, a transaction to read in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.orm import Session

from gateway.database.tables import Base

BUSY_TIMEOUT_S = 10
"""SQLite has one writer; the gateway, the escalation and the web app wait for each other this long."""


class Database:
    """SQLite (WAL) or PostgreSQL by SQLAlchemy URL; safe to share between threads."""

    def __init__(self, url: str) -> None:
        arguments: dict[str, Any] = {"timeout": BUSY_TIMEOUT_S} if url.startswith("sqlite") else {}
        self._engine = create_engine(url, connect_args=arguments)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _configure_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)

    def create(self) -> None:
        """Create what is missing; harmless when repeated."""
        Base.metadata.create_all(self._engine)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One writing transaction: committed at the end, rolled back on an exception."""
        writing = self._engine.execution_options(mimamori_writes=True)
        with Session(writing, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session to read with; what is changed in it is not kept."""
        with Session(self._engine, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


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
