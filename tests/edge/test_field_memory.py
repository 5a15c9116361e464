"""A field that is killed during a visit goes on with it: one troop is one visit, told once, and ended once."""

import itertools
from pathlib import Path

import pytest
from ulid import ULID

from contract.messages import Sighting, VisitPhase
from edge.clock import ManualClock
from edge.field_memory import FieldMemory
from edge.wildlife.settings import EyeSettings
from edge.wildlife.sightings import NOTHING, Sightings, View

EYE = EyeSettings(model="eye.json", quiet_after_s=600.0, update_every_s=20.0)
START_MS = 1_700_000_000_000


class KilledEye:
    """A field's visits and their memory, in one process after another; the detector is left out."""

    def __init__(self, place: Path) -> None:
        self._memory_file = place / "field-1.visit.json"
        self._numbers = itertools.count(1)
        self.elapsed_s = 0.0
        self.told: list[Sighting] = []
        self.start()

    def start(self, away_s: float = 0.0) -> "KilledEye":
        """A new process: another monotonic clock, the same wall clock."""
        self.elapsed_s += away_s
        self.clock = ManualClock(START_MS + round(1000 * self.elapsed_s))
        self.memory = FieldMemory(self._memory_file)
        self.sightings = Sightings(EYE, lambda _ms: str(ULID.from_int(next(self._numbers))))
        if (kept := self.memory.read()) is not None:
            self.sightings.resume(kept, *self.now)
        return self

    @property
    def now(self) -> tuple[float, int]:
        return self.clock.monotonic_s(), self.clock.unix_ms()

    def see(self, count: int, seconds: float, species: str = "monkey") -> "KilledEye":
        for _ in range(round(seconds)):
            seen = View(species, count, "nearer", 0.8) if count else NOTHING
            self.told += self.sightings.look(seen, *self.now, lambda: b"a picture")
            self.memory.keep(self.sightings.kept(*self.now))
            self.clock.advance(1.0)
            self.elapsed_s += 1.0
        return self

    @property
    def phases(self) -> list[VisitPhase]:
        return [sighting.phase for sighting in self.told]


@pytest.fixture
def eye(tmp_path: Path) -> KilledEye:
    return KilledEye(tmp_path)


def test_the_same_troop_is_the_same_visit_after_a_kill(eye: KilledEye) -> None:
    eye.see(4, 30).start(away_s=3.0).see(0, 2).see(2, 30)
    assert VisitPhase.STARTED not in eye.phases[1:]
    assert len({sighting.visit for sighting in eye.told}) == 1
    assert eye.told[-1].count_at_least == 4, "what was counted before is not forgotten"


def test_what_is_known_is_told_again_at_once_for_the_kill_may_have_come_before_it_was_told(
    eye: KilledEye,
) -> None:
    eye.see(4, 1)
    del eye.told[:]
    eye.start(away_s=3.0).see(0, 1)
    assert [(told.phase, told.count_at_least, told.species) for told in eye.told] == [
        (VisitPhase.UPDATED, 4, "monkey")
    ]


def test_a_troop_that_left_meanwhile_has_its_visit_ended(eye: KilledEye) -> None:
    eye.see(4, 30).start(away_s=700.0).see(0, 1)
    assert eye.phases[-1] is VisitPhase.ENDED
    assert eye.start(away_s=3.0).see(0, 5).phases.count(VisitPhase.ENDED) == 1


def test_a_bear_stays_a_bear(eye: KilledEye) -> None:
    eye.see(1, 2, "bear").start(away_s=3.0).see(6, 30, "monkey")
    assert {sighting.species for sighting in eye.told} == {"bear"}


def test_quiet_time_runs_on_while_nobody_looks(eye: KilledEye) -> None:
    eye.see(4, 30).see(0, 300).start(away_s=290.0).see(0, 20)
    assert eye.phases[-1] is VisitPhase.ENDED


def test_a_clock_that_was_set_back_ends_no_visit(eye: KilledEye) -> None:
    eye.see(4, 30).start(away_s=-86_400.0).see(0, 590)
    assert VisitPhase.ENDED not in eye.phases
    assert eye.see(0, 20).phases[-1] is VisitPhase.ENDED


def test_without_a_visit_nothing_is_written(eye: KilledEye, tmp_path: Path) -> None:
    eye.see(0, 100)
    assert list(tmp_path.iterdir()) == []
