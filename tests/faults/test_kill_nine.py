"""kill -9 of each process, at a random moment of the story: no alert is lost and none is shown twice."""

import random
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cli.demo.site import FAMILY, FARMER, LINE_IDS, MINSEI_IIN
from cli.demo.stages import FIELD_STAGES, HOME_STAGES, Stage
from gateway.database import tables
from tests.system.story import Tale, telling

pytestmark = [pytest.mark.system, pytest.mark.timeout(420)]

SETTLE_S = 6.0
STORY_ENDS_S = 24.0
"""From the first byte to the answer, when nobody is killed."""
VICTIMS = ("home", "field", "gateway", "cloud", "broker")
STAGES = {"suspected", "family_told", "minsei_iin_told", "answered", "sighting", "farmer_told"}
ANSWERED = [stage for stage in (*HOME_STAGES, *FIELD_STAGES) if stage.key in STAGES]


def story_s(tale: Tale) -> float:
    """Seconds since the radar's first byte."""
    first_ms = tale.town.said("sim-home")
    return 0.0 if first_ms is None else time.time() - first_ms / 1000


def settled(tale: Tale, quiet_s: float) -> Stage:
    """Comes ``quiet_s`` after it was first looked for: time for a second alert or message to show itself."""
    until_s = time.monotonic() + quiet_s
    return Stage("settled", "nothing more comes", lambda _seen: 1 if time.monotonic() >= until_s else None)


class Killer:
    """Kills each victim once, at its own second of the story."""

    def __init__(self, tale: Tale, at_s: dict[str, float]) -> None:
        self._tale = tale
        self._due = dict(at_s)
        self.stage = Stage("killed", "everyone has been killed", lambda _seen: None if self._due else 1)

    def look_on(self, _seen: object) -> None:
        now_s = story_s(self._tale)
        for victim in [name for name, at_s in self._due.items() if at_s <= now_s]:
            del self._due[victim]
            if victim == "broker":
                self._tale.town.broker.kill()
            else:
                self._tale.town.processes.kill(victim)


def shown(tale: Tale, person: str, number: str) -> list[str]:
    """What the person's phone shows of this alert, without the link that differs with the time it was made."""
    return [
        arrival.text.partition("http")[0]
        for arrival in tale.town.city.timeline.arrivals()
        if arrival.shown and arrival.address == LINE_IDS[person] and number in arrival.text
    ]


def told_once(tale: Tale) -> None:
    """One fall and one troop are two alerts, whatever was killed; nobody's phone shows a message twice."""
    with tale.database.read() as session:
        alerts = list(session.scalars(select(tables.Alert)))
        visits = session.scalar(select(func.count()).select_from(tables.Visit))
        dead = session.scalar(select(func.count()).select_from(tables.DeadLetter))
    numbers = {alert.kind: alert.number for alert in alerts}
    assert sorted(alert.kind for alert in alerts) == ["fall", "sighting"], [
        (alert.kind, alert.state, alert.facts) for alert in alerts
    ]
    assert (visits, dead) == (1, 0)
    for person, kind in ((FAMILY, "fall"), (MINSEI_IIN, "fall"), (FARMER, "sighting")):
        texts = shown(tale, person, numbers[kind])
        assert texts, f"{person} was never told"
        assert max(Counter(texts).values()) == 1, (person, texts)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_process_killed_once_at_a_random_moment_loses_no_alert_and_doubles_none(
    tmp_path: Path, seed: int
):
    chance = random.Random(seed)
    at_s = {victim: chance.uniform(2.0, STORY_ENDS_S) for victim in VICTIMS}
    with telling(tmp_path / "town") as tale:
        tale.town.begin()
        killer = Killer(tale, at_s)
        missing = tale.tell([*ANSWERED, killer.stage], killer.look_on)
        assert not missing, f"killed at {at_s}\n{tale.last_words()}"
        tale.tell([settled(tale, SETTLE_S)])
        told_once(tale)


@pytest.mark.parametrize("second", [12.3, 12.9, 13.6, 16.0, 18.8])
def test_a_device_killed_in_the_fall_or_while_it_asks_still_has_it_answered_once(
    tmp_path: Path, second: float
):
    """The resident falls from 12.0 s on, lies at 13.0, is suspected at about 13.9 and confirmed at about 18.9."""
    with telling(tmp_path / "town") as tale:
        tale.town.begin()
        killer = Killer(tale, {"home": second})
        missing = tale.tell([*ANSWERED, killer.stage], killer.look_on)
        assert not missing, tale.last_words()
        tale.tell([settled(tale, SETTLE_S)])
        told_once(tale)


def test_a_pulled_cable_delays_a_fall_and_neither_loses_nor_doubles_it(tmp_path: Path):
    with telling(tmp_path / "town") as tale:
        tale.town.begin()

        def pull_and_plug(_seen: object) -> None:
            now_s = story_s(tale)
            if 12.0 <= now_s < 32.0:
                tale.town.broker.freeze()
            elif now_s >= 32.0:
                tale.town.broker.thaw()

        missing = tale.tell(ANSWERED, pull_and_plug)
        tale.town.broker.thaw()
        assert not missing, tale.last_words()
        told_once(tale)
