"""``mimamori registry``: who lives where, who answers for whom."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.files import database_of

if TYPE_CHECKING:
    from gateway.database.session import Database
    from gateway.registry import Loaded

app = typer.Typer(no_args_is_help=True, help="Homes, fields, devices and people.")


@app.command("load")
def load(
    city: Annotated[Path, typer.Argument(help="The city's file.")],
    registry: Annotated[Path, typer.Argument(help="The registry's file.")],
) -> None:
    """Take a registry file over into the database; a running gateway sees it at once."""
    with database_of(city) as database:
        loaded = load_file(database, registry)
    typer.echo(
        f"{loaded.homes} homes, {loaded.fields} fields, {loaded.devices} devices, {loaded.people} people"
    )


def load_file(database: "Database", registry: Path) -> "Loaded":
    """Read a registry file into the database; raises ConfigurationError and writes nothing then."""
    from gateway.registry import load_registry

    with database.write() as session:
        return load_registry(session, registry.read_text(encoding="utf-8"), str(registry))
