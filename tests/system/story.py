"""The demo's story as tests tell it: a whole town of processes, and every stage looked for where it really happens."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from cli.demo.observer import Observer
from cli.demo.player import Player
from cli.demo.site import PLAYED
from cli.demo.stages import Seen, Stage
from cli.demo.town import Town
from gateway.database.session import Database

READY_S = 90.0
STORY_S = 240.0
"""Alone on a machine it takes a minute; a test must not fail because others are at work there."""

Turn = Callable[[Seen], object]


class Tale:
    """One town, and how far its story has come."""

    def __init__(self, town: Town, observer: Observer, player: Player, database: Database) -> None:
        self.town = town
        self.database = database
        self._observer = observer
        self._player = player

    def tell(self, stages: Iterable[Stage], turn: Turn = lambda _seen: None) -> list[str]:
        """Play on until every stage has come; ``turn`` looks on. Returns the keys of those that did not come."""
        waiting = list(stages)
        deadline = time.monotonic() + STORY_S
        while waiting and time.monotonic() < deadline:
            self.town.keep()
            seen = self._observer.look()
            seen.first_byte_ms = self.town.said("sim-home")
            seen.first_frame_ms = self.town.said("sim-field")
            waiting = [stage for stage in waiting if stage.found(seen) is None]
            self._player.turn(seen)
            turn(seen)
            time.sleep(0.1)
        return [stage.key for stage in waiting]

    def look(self) -> Seen:
        """What has happened by now."""
        return self._observer.look()

    def last_words(self) -> str:
        """Of every process, for a test that fails."""
        names = ("gateway", "cloud", "home", "field")
        return "\n".join(f"--- {name}:\n{self.town.processes.last_words(name)}" for name in names)


@contextmanager
def telling(place: Path, *, city_toml: str = "", bad_line: float = 0.0) -> Iterator[Tale]:
    """A town whose page answers and whose story begins when the block does."""
    place.mkdir()
    with Town(place, PLAYED, city_toml=city_toml, bad_line=bad_line) as town:
        assert town.wait_until(lambda: _answers(town), READY_S), town.processes.last_words("cloud")
        database = Database(f"sqlite:///{place / 'gateway.sqlite'}")
        try:
            with (
                Observer(town.site, database, town.city.timeline.arrivals) as observer,
                Player(town) as player,
            ):
                yield Tale(town, observer, player, database)
        finally:
            database.close()


def _answers(town: Town) -> bool:
    try:
        return httpx.get(f"{town.site.public_url}/healthz", timeout=1.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False
