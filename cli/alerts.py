"""``mimamori alerts``: what people must know, and what became of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.files import database_of, when

if TYPE_CHECKING:
    from gateway.alerts.answers import AnswerResult
    from gateway.alerts.records import AlertRecord
    from gateway.database.session import Database

app = typer.Typer(no_args_is_help=True, help="List, show and answer alerts.")

City = Annotated[Path, typer.Argument(help="The city's file.")]
Number = Annotated[str, typer.Argument(help="The alert's number, as people say it, or its id.")]


@app.command("list")
def list_alerts(
    city: City,
    every: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
) -> None:
    """Alerts that are not over, newest first."""
    from gateway.alerts import records

    with database_of(city) as database, database.read() as session:
        found = records.recent_alerts(session) if every else records.open_alerts(session)
    table = Table("number", "kind", "state", "opened", "place", "taken by", "next")
    for alert in found:
        table.add_row(
            alert.number,
            alert.kind,
            alert.state,
            when(alert.opened_ms),
            alert.home_id or alert.field_id or alert.device_id,
            alert.taken.role if alert.taken else "",
            f"{alert.next_role} {when(alert.next_ms)}" if alert.next_role else "",
        )
    Console().print(table if found else "no alerts")


@app.command()
def show(city: City, number: Number) -> None:
    """One alert with everything that happened to it."""
    from gateway.alerts import records

    with database_of(city) as database, database.read() as session:
        history = records.alert(session, _find(database, number).id)
    alert = history.alert
    console = Console(soft_wrap=True, markup=False, highlight=False)
    console.print(f"{alert.number}  {alert.kind}  {alert.state}  {alert.outcome or ''}  ({alert.id})")
    for reason in alert.evidence:
        console.print(f"  {reason.code} = {reason.value:g} {reason.unit}")
    for line in history.transitions:
        who = " ".join(str(part) for part in (line.role, line.person_id) if part)
        console.print(f"  {when(line.at_ms)}  {line.what:18} -> {line.state:13} {who}")
    for attempt in history.attempts:
        sent = when(attempt.sent_ms) if attempt.sent_ms else "not sent"
        console.print(
            f"  {sent}  {attempt.purpose} to {attempt.role} {attempt.person_id} by {attempt.service}:"
            f" {attempt.state}, {attempt.tries} tries {attempt.error or ''}"
        )


@app.command()
def ack(
    city: City,
    number: Number,
    person: Annotated[str, typer.Option(help="Who answers: a person's id; they must be responsible.")],
    answer: Annotated[str, typer.Option(help="going, cannot, all_is_well, helped or called_119.")] = "going",
) -> None:
    """Answer an alert for somebody who is on the telephone."""
    from gateway.alerts.answers import answer as give

    with database_of(city) as database:
        alert = _find(database, number)
        with database.write() as session:
            result = give(session, alert.id, person, answer, _now_ms())
    if not result.accepted:
        typer.echo(f"{alert.number}: {_why_not(result)}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{alert.number}: {answer}, now {result.state}")


def _why_not(result: "AnswerResult") -> str:
    if result.by_self:
        return "this person has answered already"
    if result.first_role is not None:
        return f"already answered by {result.first_role}"
    return f"it has ended by itself: {result.state}"


def _find(database: "Database", number: str) -> "AlertRecord":
    from gateway.alerts import records

    with database.read() as session:
        try:
            return records.by_number(session, number.upper())
        except records.UnknownAlertError:
            return records.alert(session, number).alert


def _now_ms() -> int:
    return round(datetime.now(UTC).timestamp() * 1000)
