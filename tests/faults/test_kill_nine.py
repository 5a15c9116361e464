"""kill -9 of each process, at a random moment of the story: no alert is lost and none is shown twice."""

import os
import random
from pathlib import Path

import pytest

from cli.demo.stages import Stage
from tests.faults.outcome import ANSWERED, story_s, told_once
from tests.system.story import Tale, telling

pytestmark = [pytest.mark.system, pytest.mark.timeout(420)]

ROUNDS = int(os.environ.get("MIMAMORI_ROUNDS", "1"))
"""Each round kills at other moments; more than one is for a night."""
STORY_ENDS_S = 24.0
"""From the first byte to the answer, when nobody is killed."""
VICTIMS = ("home", "field", "gateway", "cloud", "broker")


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


@pytest.mark.parametrize("seed", range(1, ROUNDS + 1))
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
        told_once(tale)


@pytest.mark.parametrize("second", [12.9, 16.0] if ROUNDS == 1 else [12.3, 12.9, 13.6, 16.0, 18.8])
def test_a_device_killed_in_the_fall_or_while_it_asks_still_has_it_answered_once(
    tmp_path: Path, second: float
):
    """The resident falls from 12.0 s on, lies at 13.0, is suspected at about 13.9 and confirmed at about 18.9."""
    with telling(tmp_path / "town") as tale:
        tale.town.begin()
        killer = Killer(tale, {"home": second})
        missing = tale.tell([*ANSWERED, killer.stage], killer.look_on)
        assert not missing, tale.last_words()
        told_once(tale)
