"""``mimamori evaluate wildlife``: what the eye of a field is worth, on labelled pictures and on clips."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edge.wildlife.settings import EyeSettings
    from models.wildlife.looking import Measuring
    from models.wildlife.measuring import Measured
    from models.wildlife.opening import Found

LINE_EVERY = 200
"""Where nobody watches a bar, a line tells of so many pictures."""


def wildlife(
    directory: Annotated[
        Path,
        typer.Argument(
            help="A folder of labelled pictures, of clips, or of both; formats are told by content."
        ),
    ],
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the figures for machines there.")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write the report for people there.")
    ] = None,
    field: Annotated[
        Path | None, typer.Option(help="A field's file: measure the eye that it describes.", exists=True)
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="A model's card; without it the shipped ones, verifier and all.")
    ] = None,
    verifier: Annotated[Path | None, typer.Option(help="The card of a model that names crops.")] = None,
    second: Annotated[
        Path | None, typer.Option(help="The card of a second detector beside the model.", exists=True)
    ] = None,
    tiles: Annotated[
        bool, typer.Option("--tiles", help="Look at every part of large pictures, too.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Also the pictures that the model has learnt from.")
    ] = False,
    changed: Annotated[
        int, typer.Option(help="Pictures without monkeys that are also made grey, infrared, blurred.", min=0)
    ] = 60,
    far: Annotated[
        int, typer.Option(help="Monkeys set into full-HD frames 40 px tall; 0: none.", min=0)
    ] = 40,
    seed: Annotated[int, typer.Option(help="The same seed makes the same changes.")] = 1,
) -> None:
    """Measure recall, false pictures and events an hour with their intervals; Ctrl-C keeps what was measured so far.

    Exit 1 if nothing could be measured.
    """
    from models.wildlife.looking import eye_from
    from models.wildlife.measuring import Measured
    from models.wildlife.opening import open_folder
    from models.wildlife.report import as_html
    from models.wildlife.telling import as_json, as_lines

    eye = eye_from(_settings(field, model, verifier, second))
    found = open_folder(directory, None if every else eye.held_apart)
    measured = Measured(eye.monkey_least, eye.thresholds, eye=eye.described())
    measured.notes += found.notes
    _measure(eye, found, measured, tiles=tiles, changed=changed, far=far, seed=seed)
    for line in as_lines(measured):
        typer.echo(line)
    if json_file is not None:
        json_file.write_text(json.dumps(as_json(measured), indent=1, ensure_ascii=False), encoding="utf-8")
    if html_file is not None:
        made = datetime.now(UTC).astimezone().strftime("%Y-%m-%d")
        html_file.write_text(as_html(measured, made), encoding="utf-8")
    if not measured.looked and not measured.clips:
        typer.echo(
            f"{directory}: nothing could be measured: give labelled pictures or clips (docs/wildlife-evaluation.md)",
            err=True,
        )
        raise typer.Exit(1)


def _settings(
    field: Path | None, model: Path | None, verifier: Path | None, second: Path | None
) -> "EyeSettings":
    """A field's own, or the usual ones around a model."""
    from cli.demo.town import shipped_model, shipped_verifier
    from cli.files import read_any
    from edge.field_settings import FieldSettings
    from edge.wildlife.settings import EyeSettings

    if field is None:
        if model is None:
            return EyeSettings(model=shipped_model(), verifier=verifier or shipped_verifier(), second=second)
        return EyeSettings(model=model, verifier=verifier, second=second)
    if model is not None or verifier is not None or second is not None:
        raise typer.BadParameter("give a field's file, or --model and --verifier, not both")
    settings = read_any(field)
    if not isinstance(settings, FieldSettings):
        raise typer.BadParameter(f"{field} is no field's file: give the one with a [camera] table")
    return settings.eye


def _measure(
    eye: "Measuring", found: "Found", measured: "Measured", *, tiles: bool, changed: int, far: int, seed: int
) -> None:
    from models.wildlife import clips
    from models.wildlife.measuring import look_at, measure_changed, measure_far

    with _progress(len(found.pictures)) as tell:
        try:
            look_at(eye, found.pictures, measured, tell, tiles=tiles)
            if measured.with_monkeys():
                measure_changed(eye, measured, changed, seed, tell)
                if far:
                    measure_far(eye, measured, far, seed, tell)
            for clip in found.clips:
                try:
                    measured.clips.append(clips.watch(eye, clip))
                except OSError as problem:
                    measured.notes.append(str(problem))
                tell("clips")
        except KeyboardInterrupt:
            measured.notes.append("stopped: a part was not measured")


@contextmanager
def _progress(pictures: int) -> "Iterator[Callable[[str], None]]":
    """A bar with the count of what was looked at, on stderr; now and then a line where nobody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:g}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("pictures", total=pictures or None)

        def tell(what: str) -> None:
            done = bar.tasks[task].completed + 1
            bar.update(task, advance=1, description=what, total=max(pictures, done))
            if not console.is_terminal and round(done) % LINE_EVERY == 0:
                typer.echo(f"{done:g} looks, {what}", err=True)

        yield tell
