"""The ``[database]`` table: which database the gateway remembers in."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from contract.configuration import Settings

_DIALECTS = ("sqlite", "postgresql")


def _usable(url: str) -> str:
    try:
        parts = make_url(url)
    except ArgumentError as error:
        raise ValueError("write sqlite:////path/to/file or postgresql+psycopg://user@host/name") from error
    if parts.get_backend_name() not in _DIALECTS:
        raise ValueError("use sqlite:////path/to/file or postgresql+psycopg://user@host/name")
    if parts.password is not None:
        raise ValueError("take the password out of the address and name a password_file")
    return url


class DatabaseSettings(Settings):
    """SQLite for one machine, PostgreSQL for more; a password is only ever a file."""

    url: Annotated[str, AfterValidator(_usable)] = "sqlite:///gateway.sqlite"
    """SQLAlchemy address; in the gateway's file it defaults to a SQLite file in ``data_directory``."""
    password_file: Path | None = None

    def address(self) -> str:
        """The address with its password filled in: never log it. Raises OSError for an unreadable file."""
        if self.password_file is None:
            return self.url
        filled = make_url(self.url).set(password=self.password_file.read_text().strip())
        return filled.render_as_string(hide_password=False)
