"""``mimamori gateway``: the city's ear and memory, and the escalation of alerts, in one process."""

import logging
import os
import random
import threading
import time
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.files import database_of, read_city, when
from cli.registry import load_file
from cli.service import stop_on_signals

log = logging.getLogger(__name__)

STUCK_S = 45.0
"""A lane or an escalation that has not come round for so long is stuck: the service manager starts us again."""

PAYLOAD_SHOWN = 24
"""Enough to know a garbled message from one of another system."""

app = typer.Typer(no_args_is_help=True, help="The city's gateway.")


@app.command()
def run(city: Annotated[Path, typer.Argument(help="city.toml")]) -> None:
    """Hear every device, remember what they say, and carry alerts to people until Ctrl-C or SIGTERM."""
    from cloud.links import Links, system_now_ms
    from cloud.services.opening import open_notifier
    from cloud.services.privacy import roster_of
    from edge.agent import Watchdog
    from gateway.alerts.escalation import Escalation
    from gateway.alerts.intake import take
    from gateway.alerts.policy import Policies
    from gateway.database.session import Database
    from gateway.ingest import Ingest
    from gateway.series import open_series

    stop = stop_on_signals()
    settings = read_city(city)
    links = Links(settings.web.secret(), settings.web.public_url)
    database = Database(settings.database.address())
    series = open_series(settings.series)
    try:
        database.create()
        if settings.registry is not None:
            log.info("registry: %s", load_file(database, settings.registry))
        notifier = open_notifier(settings, links, roster_of(database))
        escalation = Escalation(database, notifier, system_now_ms)
        ingest = Ingest(
            settings.broker,
            database,
            series,
            partial(take, policies=Policies(settings.policy)),
            name=settings.name,
            now_ms=system_now_ms,
            jitter=random.Random(),
        )
        carrier = threading.Thread(target=escalation.run, args=(stop,), name="escalation")
        ingest.start()
        carrier.start()
        watchdog = Watchdog(os.environ.get("NOTIFY_SOCKET"))
        watchdog.ready()
        log.info("the gateway listens on %s:%d", settings.broker.host, settings.broker.port)
        while not stop.wait(1.0):
            if not carrier.is_alive():
                raise RuntimeError("the escalation has ended by itself: see the log above")
            if time.monotonic() - min(ingest.turned_s, escalation.turned_s) < STUCK_S:
                watchdog.alive()
        ingest.stop()
        carrier.join()
    finally:
        series.close()
        database.close()


@app.command("dead-letters")
def dead_letters(
    city: Annotated[Path, typer.Argument(help="city.toml")],
    most: Annotated[int, typer.Option(help="So many of the newest.", min=1)] = 50,
) -> None:
    """List messages that could not be taken: where they came, why, how often, when first and last."""
    from sqlalchemy import select

    from gateway.database.tables import DeadLetter

    with database_of(city) as database, database.read() as session:
        newest = select(DeadLetter).order_by(DeadLetter.last_ms.desc(), DeadLetter.id.desc()).limit(most)
        letters = session.scalars(newest).all()
    for letter in letters:
        typer.echo(f"{letter.topic}  {letter.count} times, {when(letter.first_ms)} to {when(letter.last_ms)}")
        typer.echo(f"    {letter.reason}")
        typer.echo(f"    begins {repr(letter.payload[:PAYLOAD_SHOWN])[1:]}")
    if not letters:
        typer.echo("no dead letters")
