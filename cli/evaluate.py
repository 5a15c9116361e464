"""``mimamori evaluate``: what the fall room is worth, on recordings and on simulated homes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import descents

if TYPE_CHECKING:
    from cli.simulated_homes import Job
    from models.falls.measuring import Measured
    from models.falls.opening import Found

LINE_EVERY = 10
"""Where nobody watches a bar, a line tells of so many pieces."""

app = typer.Typer(no_args_is_help=True, help="Measure what the program finds, and what it finds for nothing.")


app.command(name="descents")(descents.table)


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
    choose: Annotated[
        bool,
        typer.Option("--choose", help="Also choose settings by cross-validation, and print how it went."),
    ] = False,
    simulated: Annotated[float, typer.Option(help="Also so many days of simulated homes.", min=0.0)] = 0.0,
    falls_count: Annotated[
        int, typer.Option("--falls", help="Also so many simulated falls of all kinds.", min=0)
    ] = 0,
    homes: Annotated[
        int,
        typer.Option(
            help="Homes that share the days; the fourth has a sensor that does not suit it.", min=1, max=4
        ),
    ] = 3,
    answers: Annotated[
        float,
        typer.Option(
            help="Share of needless questions that somebody awake answers by the button; 0: nobody ever answers.",
            min=0.0,
            max=1.0,
        ),
    ] = 0.9,
    woken: Annotated[
        float,
        typer.Option(help="Of sleepers, the share that a question wakes, who then answer.", min=0.0, max=1.0),
    ] = 0.5,
    workers: Annotated[int, typer.Option(help="Processes for the simulated homes.", min=1)] = 2,
    seed: Annotated[int, typer.Option(help="The same seed lives the same days.")] = 1,
) -> None:
    """Measure recall, latency and false alarms with their intervals; Ctrl-C keeps what was measured so far.

    Exit 1 if nothing could be evaluated.
    """
    from models.falls.measuring import Measured, evaluable, measure
    from models.falls.opening import open_folder
    from models.falls.report import as_html
    from models.falls.telling import as_json, as_lines

    if recordings is None and not simulated and not falls_count:
        raise typer.BadParameter("give a folder of recordings, or --simulated DAYS")
    measured = Measured()
    if recordings is not None:
        found = open_folder(recordings, labels)
        measured = measure(found)
        if choose:
            _choose(found)
    if simulated or falls_count:
        from cli.simulated_homes import Answers, jobs

        measured.answers = (answers, woken)
        _simulate(measured, jobs(simulated, homes, falls_count, seed, Answers(answers, woken)), workers)
    for line in as_lines(measured):
        typer.echo(line)
    if json_file is not None:
        json_file.write_text(json.dumps(as_json(measured), indent=1, ensure_ascii=False), encoding="utf-8")
    if html_file is not None:
        made = datetime.now(UTC).astimezone().strftime("%Y-%m-%d")
        html_file.write_text(as_html(measured, made), encoding="utf-8")
    if not evaluable(measured.results):
        typer.echo(f"{recordings or 'simulated homes'}: nothing could be evaluated", err=True)
        raise typer.Exit(1)


def _choose(found: "Found") -> None:
    from models.falls.choosing import choose

    for choice in choose(found, lambda line: typer.echo(line, err=True)):
        for line in choice.lines():
            typer.echo(line)


def _simulate(measured: "Measured", planned: "list[Job]", workers: int) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from cli.simulated_homes import Done, play

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("simulated homes", total=len(planned))

        def tell(done: Done) -> None:
            measured.results += done.results
            bar.update(task, advance=1, description=_so_far(measured))
            if not console.is_terminal and round(bar.tasks[task].completed) % LINE_EVERY == 0:
                typer.echo(f"{bar.tasks[task].completed:g} of {len(planned)}: {_so_far(measured)}", err=True)

        if not play(planned, workers, tell):
            measured.notes.append(
                f"stopped: of {len(planned)} pieces of simulated life only a part was lived"
            )


def _so_far(measured: "Measured") -> str:
    one = measured.by(lambda result: result.kind)["simulated"]
    false = f"{one.false_suspected} false ({one.false_answered} answered, {one.false_confirmed} confirmed)"
    return f"{one.suspected}/{one.falls} falls, {false}"
