"""``mimamori edge``: one device."""

from pathlib import Path
from typing import Annotated

import typer

from cli.files import read_device
from cli.service import program_version, stop_on_signals

app = typer.Typer(no_args_is_help=True, help="One device in a home or a field.")

DeviceFile = Annotated[Path, typer.Argument(help="home.toml or field.toml")]


@app.command()
def run(file: DeviceFile) -> None:
    """Run the device until Ctrl-C or SIGTERM; outputs are off at every way out."""
    from edge.assembly import run_device

    stop = stop_on_signals()
    run_device(read_device(file), program_version(), stop)


@app.command()
def check(
    file: DeviceFile,
    seconds: Annotated[float, typer.Option(help="How long to wait for the sensor's first reading.")] = 10.0,
) -> None:
    """Try everything the file names: outbox, broker, sensor, model, pins. Exit 1 if anything fails."""
    from cli.site_check import trials

    settings = read_device(file)
    failed = 0
    for trial in trials(settings, seconds):
        mark = "ok  " if trial.good else "FAIL"
        typer.echo(f"{mark} {trial.what}: {trial.words}")
        failed += not trial.good
    if failed:
        raise typer.Exit(1)
