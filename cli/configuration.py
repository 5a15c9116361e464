"""``mimamori check`` and ``mimamori schema``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cli.files import read_any
from contract.configuration import ConfigurationError, Settings
from contract.schema import json_schema


def check(
    files: Annotated[list[Path], typer.Argument(help="home.toml, field.toml, city.toml, registry.toml.")],
) -> None:
    """Say what is wrong in configuration files: file, line, key, value, mend. Exit 1 on any error.

    The registry that a city's file names is checked with it. A registry must name everybody it speaks of.
    """
    problems: list[str] = []
    waiting = list(files)
    while waiting:
        file = waiting.pop(0)
        try:
            settings = read_any(file)
            if hasattr(settings, "people"):
                _whole(file)
        except ConfigurationError as refused:
            problems += [str(problem) for problem in refused.problems]
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{file}: cannot be read: {error}")
        else:
            typer.echo(f"{file}: {type(settings).__name__} is complete")
            waiting += _named(settings, files)
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)


def schema() -> None:
    """Print the wire's messages as JSON Schema."""
    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def _whole(registry: Path) -> None:
    """Load a registry into an empty database in memory; raises ConfigurationError."""
    from cli.registry import load_file
    from gateway.database.session import Database

    database = Database("sqlite://")
    try:
        database.create()
        load_file(database, registry)
    finally:
        database.close()


def _named(settings: Settings, given: list[Path]) -> list[Path]:
    """The registry a city's file names, unless it was given too."""
    registry: Path | None = getattr(settings, "registry", None)
    return [registry] if registry is not None and registry not in given else []
