"""``python -m benchmarks falls|eye|field``: what the way from bytes or pictures to a decision costs on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks import corpus
from benchmarks.falls import lines_beside
from benchmarks.falls import memory as falls_memory
from benchmarks.field import costs, memory

NANO = Path(__file__).parents[1] / "models" / "macaque_nano" / "macaque_nano.json"

NAMES = Path(__file__).parents[1] / "models" / "animal_names" / "animal_names.json"

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


@app.command()
def falls(
    rounds: Annotated[int, typer.Option(help="Each measures all, one after the other.", min=1)] = 5,
    minutes: Annotated[float, typer.Option(help="Of simulated bytes.", min=0.1)] = corpus.MINUTES,
    hours: Annotated[
        float, typer.Option(help="Of frames for the memory test; 0 leaves it out.", min=0.0)
    ] = 2.0,
) -> None:
    """Speed beside a plain parser, share of a core, memory over a long replay. Prints; asserts nothing."""
    bodies = {"simulated home": corpus.simulated(minutes), "empty frames": corpus.empty()}
    found = corpus.captures()
    for name, data in {**bodies, **found}.items():
        for line in lines_beside(name, data, rounds):
            typer.echo(line)
    if not found:
        typer.echo("no recordings beside the repository (set MIMAMORI_DATA): simulated bytes only")
    if hours:
        for line in falls_memory(hours):
            typer.echo(line)


@app.command()
def eye(
    model: Annotated[Path, typer.Option(help="A model's card.", exists=True)] = NANO,
    rounds: Annotated[int, typer.Option(help="Each measures all, one after the other.", min=1)] = 5,
    reference: Annotated[
        Path | None,
        typer.Option(help="Python of an environment of its own that has ultralytics.", exists=True),
    ] = None,
    hours: Annotated[
        float, typer.Option(help="Of pictures for the memory test; 0 leaves it out.", min=0.0)
    ] = 0.0,
) -> None:
    """Share of the time inside the network, pictures a second beside ultralytics on the same network, memory."""
    from benchmarks import eye as measured  # noqa: PLC0415 - a radar's bench needs no camera library

    for line in measured.beside(model, rounds, reference):
        typer.echo(line)
    if hours:
        for line in measured.memory(model, hours):
            typer.echo(line)


@app.command()
def field(
    minutes: Annotated[
        float, typer.Option(help="Of pictures for the memory test; 0 leaves it out.", min=0.0)
    ] = 60.0,
    rounds: Annotated[int, typer.Option(help="Of 20 s of pictures for the speed.", min=1)] = 1,
    model: Annotated[Path, typer.Option(help="A detector's card.", exists=True)] = NANO,
    verifier: Annotated[Path, typer.Option(help="A namer's card; left out where it is not there.")] = NAMES,
    width: Annotated[int, typer.Option(help="Of the pictures; 1920 looks at tiles too.", min=160)] = 640,
) -> None:
    """Cost of a look beside the bare network, and memory of a whole field device. Prints; asserts nothing."""
    size = (width, width * 9 // 16)
    second = verifier if verifier.exists() else None
    for line in costs(model, second, size, rounds):
        typer.echo(line)
    if minutes:
        for line in memory(model, second, minutes, size):
            typer.echo(line)


if __name__ == "__main__":
    app()
