"""Configuration files as the verbs read them: which model a file follows is read off its tables."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from contract.configuration import ConfigurationError, Problem, Settings, parse

if TYPE_CHECKING:
    from cloud.settings import CitySettings
    from edge.field_settings import FieldSettings
    from edge.home_settings import HomeSettings
    from gateway.database.session import Database

SettingsT = TypeVar("SettingsT", bound=Settings)


def read_any(path: Path) -> Settings:
    """A home's, a field's, the city's or a registry file; raises ConfigurationError or OSError."""
    text = path.read_text(encoding="utf-8")
    return parse(text, _model(text, path), str(path))


def read_device(path: Path) -> "HomeSettings | FieldSettings":
    """A home's or a field's file; raises ConfigurationError or OSError."""
    from edge.field_settings import FieldSettings
    from edge.home_settings import HomeSettings

    settings = read_any(path)
    if not isinstance(settings, HomeSettings | FieldSettings):
        raise ConfigurationError(
            [_problem(path, "give the file of a home ([radar], [module], [depth]) or a field ([camera])")]
        )
    return settings


def read_city(path: Path) -> "CitySettings":
    """The city's file; raises ConfigurationError or OSError."""
    from cloud.settings import CitySettings

    settings = read_any(path)
    if not isinstance(settings, CitySettings):
        raise ConfigurationError([_problem(path, "give the city's file, the one with a [web] table")])
    return settings


@contextmanager
def database_of(city: Path) -> Iterator["Database"]:
    """The database of a city's file, brought up to date; raises ConfigurationError, OSError."""
    from gateway.database.session import Database

    database = Database(read_city(city).database.address())
    try:
        database.create()
        yield database
    finally:
        database.close()


def when(at_ms: int | None) -> str:
    """A time as a technician reads it in a list; nothing for none."""
    if at_ms is None:
        return ""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone().strftime("%m-%d %H:%M:%S")


def _model(text: str, path: Path) -> type[Settings]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        tables = {}  # parse() says where the syntax is wrong, whatever the model
    if tables.keys() & {"radar", "module", "depth"}:
        from edge.home_settings import HomeSettings

        return HomeSettings
    if "camera" in tables:
        from edge.field_settings import FieldSettings

        return FieldSettings
    if "web" in tables:
        from cloud.settings import CitySettings

        return CitySettings
    if tables and not tables.keys() <= {"homes", "fields", "devices", "people"}:
        mend = "add the table that says what this is: [radar], [module] or [depth] a home, [camera] a field, [web] the city"
        raise ConfigurationError([_problem(path, mend)])
    from gateway.registry import RegistryFile

    return RegistryFile


def _problem(path: Path, mend: str) -> Problem:
    return Problem(str(path), None, "(file)", "?", mend)
