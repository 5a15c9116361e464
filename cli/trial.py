"""``mimamori report trial``: what a field's trial has shown, for those who decide whether it goes on."""

import csv
import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.files import database_of, read_city

if TYPE_CHECKING:
    from gateway.trial.stored import Stored

app = typer.Typer(no_args_is_help=True, help="Reports for people, from what the gateway has stored.")

WORDS = ("monkey", "other", "unsure")


@app.callback()
def _group() -> None:
    """Keep ``trial`` a word of its own."""


@app.command()
def trial(
    field: Annotated[str, typer.Argument(help="The field's id in the registry.")],
    city: Annotated[Path, typer.Option(help="The city's file.", exists=True)] = Path("city.toml"),
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write the report for people there.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the figures for machines there.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="First day, YYYY-MM-DD; else that of the first event.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Last day, YYYY-MM-DD; else that of the last event.")
    ] = None,
    to_check: Annotated[
        Path | None,
        typer.Option(help="Write a table of visits there, for people who look at their pictures."),
    ] = None,
    checked: Annotated[
        Path | None,
        typer.Option(
            help="Such a table with the column 'saw' filled in: monkey, other, unsure.", exists=True
        ),
    ] = None,
    bought: Annotated[float, typer.Option(help="Equipment and mounting, yen.", min=0.0)] = 0.0,
    years: Annotated[float, typer.Option(help="Over which it is spread.", min=0.1)] = 5.0,
    monthly: Annotated[float, typer.Option(help="Data and power, yen a month.", min=0.0)] = 0.0,
    hours: Annotated[float, typer.Option(help="People's work, hours a month.", min=0.0)] = 0.0,
    wage: Annotated[float, typer.Option(help="Of an hour's work, yen.", min=0.0)] = 0.0,
    pictures: Annotated[int, typer.Option(help="So many of the visits' pictures in the report.", min=0)] = 24,
) -> None:
    """Count visits by hour, what each stimulus did beside doing nothing, false alarms, uptime and cost; print or write it.

    Exit 1 for a field that is not registered, or of which nothing is stored.
    """
    from cloud.links import system_now_ms
    from cloud.portal.wording import JAPAN
    from cloud.trial.page import as_html
    from cloud.trial.telling import as_json, as_lines
    from gateway.series import open_series
    from gateway.trial.figures import Costs, figures
    from gateway.trial.stored import read

    series = open_series(read_city(city).series)
    try:
        with database_of(city) as database, database.read() as session:
            stored = read(session, series, field, _start(since), _end(until), system_now_ms())
    finally:
        series.close()
    told = figures(stored, _read_checked(checked), Costs(bought, years, monthly, hours, wage), JAPAN)
    for line in as_lines(stored, told):
        typer.echo(line)
    if to_check is not None:
        _write_to_check(stored, to_check)
    if json_file is not None:
        json_file.write_text(
            json.dumps(as_json(stored, told), indent=1, ensure_ascii=False), encoding="utf-8"
        )
    if html_file is not None:
        html_file.write_text(as_html(stored, told, JAPAN, system_now_ms(), pictures), encoding="utf-8")


def _start(day: str | None) -> int | None:
    return None if day is None else _midnight_ms(_day(day))


def _end(day: str | None) -> int | None:
    return None if day is None else _midnight_ms(_day(day) + timedelta(days=1))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise typer.BadParameter(f"{text!r} is no day: write it as 2026-05-31") from wrong


def _midnight_ms(day: date) -> int:
    from cloud.portal.wording import JAPAN

    return round(datetime.combine(day, time(0), JAPAN).timestamp() * 1000)


def _write_to_check(stored: "Stored", file: Path) -> None:
    """Every visit with an empty column; the pictures are in the report and on the field's page."""
    from cloud.portal.wording import JAPAN

    with file.open(
        "w", encoding="utf-8-sig", newline=""
    ) as text:  # a spreadsheet takes UTF-8 only with its mark
        rows = csv.writer(text)
        rows.writerow(["visit", "began", "species", "count", "saw"])
        for visit in stored.visits:
            began = datetime.fromtimestamp(visit.started_ms / 1000, JAPAN).strftime("%Y-%m-%d %H:%M")
            rows.writerow([visit.id, began, visit.species, visit.count, ""])


def _read_checked(file: Path | None) -> Mapping[str, str]:
    """What people saw, by visit. Raises ValueError with the mend for another table, and naming a row's unknown word."""
    if file is None:
        return {}
    try:
        table = csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines())
    except UnicodeDecodeError as wrong:
        raise ValueError(f"{file}: not UTF-8: save it again as 'CSV UTF-8'") from wrong
    if not {"visit", "saw"} <= set(table.fieldnames or ()):
        raise ValueError(f"{file}: no columns visit and saw: fill in the table that --to-check writes")
    said: dict[str, str] = {}
    for number, row in enumerate(table, start=2):
        word = (row["saw"] or "").strip().lower()
        if word and word not in WORDS:
            raise ValueError(f"{file}: line {number}: saw: {word!r}: write monkey, other or unsure")
        if word and row["visit"]:
            said[row["visit"].strip()] = word
    return said
