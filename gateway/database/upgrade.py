"""Brings a database's tables to what this version needs, and writes the next revision when they change."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Carry out every revision that is missing, inside the connection's transaction."""
    command.upgrade(_config(connection), "head")


def revise(connection: Connection, message: str, number: str) -> Path | None:
    """Write a revision for the difference between an upgraded database and the tables; None if there is none."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - only a developer revises
    from alembic.migration import MigrationContext  # noqa: PLC0415

    from gateway.database.tables import Base  # noqa: PLC0415

    upgrade(connection)
    if not compare_metadata(MigrationContext.configure(connection), Base.metadata):
        return None
    script = command.revision(_config(connection), message, autogenerate=True, rev_id=number)
    assert script is not None  # noqa: S101
    assert not isinstance(script, list)  # noqa: S101
    return Path(script.path)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
