"""``mimamori evaluate``: what the fall room is worth, on recordings and on simulated homes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Measure what the program finds, and what it finds for nothing.")


@app.callback()
def _group() -> None:
    """Keep ``falls`` a word of its own."""


@app.command()
def falls(
    recordings: Annotated[
        Path | None, typer.Argument(help="A folder of recordings, or one; formats are told by content.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the figures for machines there.")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write the report for people there.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="A labels file, beside any notes.json.", exists=True)
    ] = None,
) -> None:
    """Measure recall, latency and false alarms with their intervals. Exit 1 if nothing could be evaluated."""
    from models.falls.measuring import evaluable, measure
    from models.falls.opening import open_folder
    from models.falls.report import as_html
    from models.falls.telling import as_json, as_lines

    if recordings is None:
        raise typer.BadParameter("give a folder of recordings")
    found = open_folder(recordings, labels)
    measured = measure(found)
    for line in as_lines(measured):
        typer.echo(line)
    if json_file is not None:
        json_file.write_text(json.dumps(as_json(measured), indent=1, ensure_ascii=False), encoding="utf-8")
    if html_file is not None:
        html_file.write_text(
            as_html(measured, datetime.now(UTC).astimezone().strftime("%Y-%m-%d")), encoding="utf-8"
        )
    if not evaluable(measured.results):
        typer.echo(f"{recordings}: nothing in it could be evaluated", err=True)
        raise typer.Exit(1)
