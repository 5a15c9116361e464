"""``mimamori gateway``: the city's ear and memory, and the escalation of alerts, in one process."""

import logging
import os
import random
import threading
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.files import read_city
from cli.registry import load_file
from cli.service import stop_on_signals

log = logging.getLogger(__name__)

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
            watchdog.alive()
        ingest.stop()
        carrier.join()
    finally:
        series.close()
        database.close()
