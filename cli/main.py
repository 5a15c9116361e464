"""``mimamori``: the technicians' verbs."""

import logging
import sys

import typer

from cli import (
    alerts,
    calibrate,
    cloud,
    configuration,
    edge,
    evaluate,
    evaluate_wildlife,
    gateway,
    models,
    monitor,
    monitor_module,
    radar,
    registry,
    repel,
    replay,
    season,
    sim,
    story,
    tail,
    trial,
)
from contract.configuration import ConfigurationError

EXTRAS = "pip install 'mimamori[edge]' on a device, 'mimamori[cloud]' in the city, 'mimamori[demo]' for all"

app = typer.Typer(
    name="mimamori",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # else help would leave out what stands in brackets, and a file's tables do
    help="見守り Mimamori: falls and monkeys, from a sensor's bytes to a person's answer.",
)
app.command("demo")(story.demo)
app.command("check")(configuration.check)
app.command("schema")(configuration.schema)
app.command("tail")(tail.tail)
app.add_typer(edge.app, name="edge")
app.add_typer(gateway.app, name="gateway")
app.add_typer(cloud.app, name="cloud")
app.add_typer(replay.app, name="replay")
app.add_typer(alerts.app, name="alerts")
app.add_typer(registry.app, name="registry")
app.add_typer(trial.app, name="report")
app.add_typer(sim.app, name="sim")
evaluate.app.command("wildlife")(evaluate_wildlife.wildlife)
evaluate.app.command("season")(season.season)
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(repel.app, name="repel")
app.add_typer(models.app, name="models")
radar.app.command("monitor")(monitor.monitor)
radar.app.command("calibrate")(calibrate.calibrate)
radar.app.command("module")(monitor_module.module)
app.add_typer(radar.app, name="radar")


def main() -> None:
    """Run a verb; what a person can mend ends with one line and status 1."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # httpx logs each request with its address, and an address may hold a person's link; others tell each step.
    for chatty in ("httpx", "alembic", "mail.log"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        app()
    except ConfigurationError as refused:
        for problem in refused.problems:
            typer.echo(str(problem), err=True)
        sys.exit(1)
    except ModuleNotFoundError as missing:
        typer.echo(f"mimamori: {missing}: this verb needs more than is installed: {EXTRAS}", err=True)
        sys.exit(1)
    except (OSError, ValueError, LookupError, RuntimeError) as problem:
        logging.getLogger(__name__).debug("where it came from", exc_info=True)
        typer.echo(f"mimamori: {problem}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
