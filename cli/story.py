"""``mimamori demo``: the whole story on this machine, to be watched, or played and checked."""

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.service import stop_on_signals

if TYPE_CHECKING:
    from cli.demo.stages import Seen, Stage
    from cli.demo.town import Town

READY_S = 60.0
"""A small machine needs a while to start seven Python processes at once."""


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Play the story without a browser, check every stage, end.")
    ] = False,
    port: Annotated[int, typer.Option(help="Of the page.")] = 8080,
    directory: Annotated[
        Path | None, typer.Option(help="Keep files and logs here; else they are deleted at the end.")
    ] = None,
    broker: Annotated[str | None, typer.Option(help="mosquitto or nats; else what is there.")] = None,
    patience: Annotated[float, typer.Option(help="--once: seconds the story may take.")] = 150.0,
    seed: Annotated[int, typer.Option(help="The same seed plays the same story.")] = 1,
) -> None:
    """Run broker, gateway, web app, a home with a radar and a field with a camera; print one address."""
    from cli.broker import free_port, is_free
    from cli.demo.site import PLAYED, WATCHED
    from cli.demo.town import Town

    stop = stop_on_signals()
    with _directory(directory) as place:
        if once:
            town = Town(place, PLAYED, broker_kind=broker, seed=seed)
        else:
            page_port = port if is_free(port) else free_port()
            town = Town(
                place, WATCHED, web_port=page_port, broker_kind=broker, seed=seed,
                fall_at_s=25, troop_at_s=15, again_after_s=60,
            )  # fmt: skip
        with town:
            if not town.wait_until(lambda: stop.is_set() or _answers(town), READY_S):
                typer.echo(f"the page did not answer in {READY_S:g} s:", err=True)
                typer.echo(town.processes.last_words("cloud"), err=True)
                raise typer.Exit(1)
            if not stop.is_set():
                town.begin()
            if once:
                if _play(town, patience, stop):
                    raise typer.Exit(1)
                return
            if not stop.is_set():
                typer.echo(f"{town.site.public_url}/demo")
            typer.echo("open this address; Ctrl-C ends everything", err=True)
            while not stop.wait(0.3):
                town.keep()


def _play(town: "Town", patience_s: float, stop: threading.Event) -> list[str]:
    """Play the phones' part, print each stage as it is seen; returns the keys of those that did not come."""
    from cli.demo.observer import Observer
    from cli.demo.player import Player
    from cli.demo.stages import FIELD_STAGES, HOME_STAGES
    from gateway.database.session import Database

    database = Database(f"sqlite:///{town.directory / 'gateway.sqlite'}")
    ledgers = [_Ledger("home", HOME_STAGES), _Ledger("field", FIELD_STAGES)]
    try:
        with Observer(town.site, database, town.city.timeline.arrivals) as observer, Player(town) as player:
            until_s = time.monotonic() + patience_s
            while (
                time.monotonic() < until_s and any(ledger.waiting for ledger in ledgers) and not stop.is_set()
            ):
                town.keep()
                seen = observer.look()
                seen.first_byte_ms = town.said("sim-home")
                seen.first_frame_ms = town.said("sim-field")
                for ledger in ledgers:
                    ledger.take(seen)
                player.turn(seen)
                stop.wait(0.1)
    finally:
        database.close()
    missing = [f"{ledger.place}.{stage.key}" for ledger in ledgers for stage in ledger.waiting]
    if missing and stop.is_set():
        typer.echo(f"broken off before {missing[0]}", err=True)
        return missing
    for key in missing:
        typer.echo(f"did not happen within {patience_s:g} s: {key}", err=True)
    if missing:
        for name in ("home", "field", "gateway", "cloud"):
            typer.echo(f"--- {name}:\n{town.processes.last_words(name)}", err=True)
    else:
        for ledger in ledgers:
            typer.echo(ledger.summary())
    return missing


class _Ledger:
    """The stages of one place: which have come, and when."""

    def __init__(self, place: str, stages: Sequence["Stage"]) -> None:
        self.place = place
        self.waiting = list(stages)
        self._at_ms: dict[str, int] = {}
        self._first_ms: int | None = None

    def take(self, seen: "Seen") -> None:
        """Print what is new, in the story's order."""
        while self.waiting and (at_ms := self.waiting[0].found(seen)) is not None:
            stage = self.waiting.pop(0)
            self._first_ms = at_ms if self._first_ms is None else self._first_ms
            self._at_ms[stage.key] = at_ms
            since_s = (at_ms - self._first_ms) / 1000
            typer.echo(f"{self.place:5} {since_s:7.2f} s  {stage.key:16} {stage.words}")

    def summary(self) -> str:
        """From the first byte to the answer, or to the outcome where nobody has to answer."""
        last = "answered" if "answered" in self._at_ms else "outcome"
        words = "first byte to the person's answer" if last == "answered" else "first picture to the outcome"
        return f"{self.place}: {words}: {(self._at_ms[last] - (self._first_ms or 0)) / 1000:.2f} s"


def _answers(town: "Town") -> bool:
    import httpx

    try:
        reply = httpx.get(f"{town.site.public_url}/healthz", timeout=1.0, trust_env=False)
    except httpx.HTTPError:
        return False
    return reply.is_success


@contextmanager
def _directory(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given.resolve()
        return
    made = Path(tempfile.mkdtemp(prefix="mimamori-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
