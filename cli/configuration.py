"""``mimamori check`` and ``mimamori schema``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cli.files import read_any
from contract.configuration import ConfigurationError
from contract.schema import json_schema


def check(
    files: Annotated[list[Path], typer.Argument(help="home.toml, field.toml, city.toml, registry.toml.")],
) -> None:
    """Say what is wrong in configuration files: file, line, key, value, mend. Exit 1 on any error."""
    problems: list[str] = []
    for file in files:
        try:
            settings = read_any(file)
        except ConfigurationError as refused:
            problems += [str(problem) for problem in refused.problems]
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{file}: cannot be read: {error}")
        else:
            typer.echo(f"{file}: {type(settings).__name__} is complete")
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)


def schema() -> None:
    """Print the wire's messages as JSON Schema."""
    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
