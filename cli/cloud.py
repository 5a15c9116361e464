"""``mimamori cloud``: the pages and the answers."""

from pathlib import Path
from typing import Annotated

import typer

from cli.files import read_city

app = typer.Typer(no_args_is_help=True, help="The web app.")


@app.command()
def run(city: Annotated[Path, typer.Argument(help="city.toml")]) -> None:
    """Serve the pages until Ctrl-C or SIGTERM."""
    from cloud.api.serving import serve

    serve(read_city(city))


@app.command("link")
def link(
    city: Annotated[Path, typer.Argument(help="city.toml")],
    person: Annotated[str, typer.Argument(help="A person's id in the registry.")],
) -> None:
    """Print a link that signs a person in, to hand over on paper or in person."""
    from cloud.links import Links

    web = read_city(city).web
    typer.echo(Links(web.secret(), web.public_url).sign_in_url(person))
