"""A home that is killed at any moment of a fall still tells of it, under one incident."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from contract.messages import Fall, FallPhase
from edge.clock import ManualClock
from edge.home import Home, HomeParts
from edge.home_memory import HomeMemory
from edge.home_settings import HomeSettings
from edge.kept_file import memory_directory
from edge.sensors.readings import PointCloud
from edge.voice import SilentSpeaker

FRAME_S = 0.1
HEIGHT_M = 1.5
START_MS = 1_700_000_000_000


class PlayedRadar:
    """One body, ``body_m`` high; None is an empty room."""

    def __init__(self) -> None:
        self.clock = ManualClock(START_MS)
        self.body_m: float | None = None
        self.frames = 0
        self.sparse = 1
        """One reflection in so many frames; 1: three in each."""

    def open(self) -> None:
        pass

    def read(self, timeout_s: float) -> Sequence[PointCloud]:
        self.clock.advance(FRAME_S)
        self.frames += 1
        heights = () if self.body_m is None else (self.body_m - 0.05, self.body_m + 0.01, self.body_m + 0.05)
        if self.sparse > 1:
            heights = heights[1:2] if self.frames % self.sparse == 0 else ()
        x_m = 0.1 + 0.001 * (self.frames % 7)  # no radar measures the same to the last bit twice
        rows = [[x_m, 3.0, height - HEIGHT_M, 0.2, 9.0] for height in heights]
        cloud = np.array(rows, np.float32).reshape(-1, 5)
        return [PointCloud(self.clock.monotonic_s(), self.frames, cloud)]

    def close(self) -> None:
        pass

    def counters(self) -> dict[str, float]:
        return {}


class KilledHome:
    """A home whose process is killed and started again; what it told is kept, as in an outbox."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._numbers = itertools.count(1)
        self.elapsed_ms = 0
        self.falls: list[Fall] = []
        self.start(away_s=0.0)

    def start(self, *, away_s: float) -> None:
        """A new process: another monotonic clock, the same wall clock."""
        self.elapsed_ms += round(away_s * 1000)
        self.radar = PlayedRadar()
        self.radar.clock = ManualClock(START_MS + self.elapsed_ms)
        settings = HomeSettings.model_validate({
            "device": "home-01", "data_directory": str(self._place), "radar": {"port": "/dev/ttyUSB1"},
            "mount": {"height_m": HEIGHT_M, "tilt_deg": 0.0}, "ask": {"seconds": 20},
        })  # fmt: skip
        memory = HomeMemory(self._place / "home-01.incident.json")
        self.home = Home(
            settings, self.radar, SilentSpeaker(), self.radar.clock,
            lambda _ms: f"01J{next(self._numbers):023d}", parts=HomeParts(memory=memory),
        )  # fmt: skip
        self.home.open()

    def kill(self, away_s: float, *, untold: int = 0) -> "KilledHome":
        """``untold``: so many of the last events had not reached the outbox."""
        del self.falls[len(self.falls) - untold :]
        self.elapsed_ms = self.radar.clock.unix_ms() - START_MS
        self.start(away_s=away_s)
        return self

    def body(self, height_m: float | None, seconds: float) -> "KilledHome":
        self.radar.body_m = height_m
        for _ in range(round(seconds / FRAME_S)):
            self.falls += [body for body in self.home.step(0.0).events if isinstance(body, Fall)]
        return self

    @property
    def phases(self) -> list[FallPhase]:
        return [fall.phase for fall in self.falls]

    @property
    def incidents(self) -> set[str]:
        return {fall.incident for fall in self.falls}


@pytest.fixture
def home(tmp_path: Path) -> KilledHome:
    return KilledHome(tmp_path)


def test_killed_while_it_asks_it_confirms_the_same_incident_in_the_time_it_gave(home: KilledHome):
    home.body(1.0, 3).body(0.2, 3)
    assert home.phases == [FallPhase.SUSPECTED]
    asked_until_ms = home.falls[0].answer_by_ms
    home.kill(away_s=4.0).body(0.2, 25)
    assert home.phases == [FallPhase.SUSPECTED, FallPhase.SUSPECTED, FallPhase.CONFIRMED]
    assert len(home.incidents) == 1
    assert home.falls[1].answer_by_ms == asked_until_ms
    assert home.falls[1] == home.falls[0], "told again in the same words"


def test_killed_while_it_asks_it_still_believes_a_resident_who_stands_up(home: KilledHome):
    home.body(1.0, 3).body(0.2, 3).kill(away_s=2.0).body(0.2, 2).body(1.0, 5)
    assert home.phases == [FallPhase.SUSPECTED, FallPhase.SUSPECTED, FallPhase.CANCELLED]
    assert len(home.incidents) == 1


@pytest.mark.parametrize("phase", [FallPhase.SUSPECTED, FallPhase.CONFIRMED])
def test_killed_before_the_outbox_had_it_it_tells_it_under_the_same_incident(
    home: KilledHome, phase: FallPhase
):
    home.body(1.0, 3)
    while phase not in home.phases:
        home.body(0.2, FRAME_S)
    decided = home.falls[-1]
    home.kill(away_s=1.0, untold=1).body(0.2, FRAME_S)
    assert home.falls[-1] == decided


def test_killed_before_the_outbox_had_the_end_it_tells_the_end_again(home: KilledHome):
    home.body(1.0, 3).body(0.2, 3)
    while home.phases[-1] is not FallPhase.CANCELLED:
        home.body(1.0, FRAME_S)
    home.kill(away_s=1.0, untold=1).body(1.0, 4)
    assert home.phases[-1] is FallPhase.CANCELLED
    assert len(home.incidents) == 1


def test_killed_after_it_confirmed_it_tells_the_recovery_and_asks_no_second_time(home: KilledHome):
    home.body(1.0, 3).body(0.2, 25).kill(away_s=2.0).body(0.2, 30).body(1.0, 5)
    assert home.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED, FallPhase.CONFIRMED, FallPhase.RECOVERED]
    assert len(home.incidents) == 1


@pytest.mark.parametrize("falling_s", [0.0, 0.3, 0.8])
def test_killed_in_the_fall_itself_it_finds_the_body_on_the_floor(home: KilledHome, falling_s: float):
    home.body(1.0, 3).body(0.4, falling_s).kill(away_s=3.0).body(0.2, 4)
    assert home.phases == [FallPhase.SUSPECTED]


def test_killed_in_the_fall_it_finds_a_body_that_lies_so_still_that_it_is_hardly_reflected(home: KilledHome):
    home.body(1.0, 3).kill(away_s=2.0)
    home.radar.sparse = 14
    assert home.body(0.2, 30).phases[:1] == [FallPhase.SUSPECTED]


def test_who_stands_after_the_gap_has_not_fallen_and_may_lie_down_later(home: KilledHome):
    home.body(1.0, 3).kill(away_s=3.0).body(1.0, 4).body(0.6, 4).body(0.2, 8)
    assert home.phases == []


def test_a_body_on_the_floor_long_after_it_was_seen_upright_is_no_fall(home: KilledHome):
    """A power cut at night must not call people to somebody asleep on a futon."""
    home.body(1.0, 3).body(None, 1).kill(away_s=120.0).body(0.2, 30)
    assert home.phases == []


def test_an_incident_of_long_ago_is_not_taken_up_again(home: KilledHome):
    home.body(1.0, 3).body(0.2, 25).kill(away_s=7200.0).body(0.2, 30)
    assert home.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED]


def test_a_memory_that_cannot_be_read_costs_the_memory_and_not_the_watching(tmp_path: Path):
    (tmp_path / "home-01.incident.json").write_bytes(b'{"phase": "ask')
    home = KilledHome(tmp_path).body(1.0, 3).body(0.2, 3)
    assert home.phases == [FallPhase.SUSPECTED]


def test_a_memory_that_cannot_be_written_costs_the_memory_and_not_the_watching(tmp_path: Path):
    (tmp_path / "home-01.incident.new").mkdir()
    home = KilledHome(tmp_path).body(1.0, 3).body(0.2, 3)
    assert home.phases == [FallPhase.SUSPECTED]


def test_it_is_kept_in_memory_under_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/mimamori-home")
    assert memory_directory(tmp_path) == Path("/run/mimamori-home")
    monkeypatch.delenv("RUNTIME_DIRECTORY")
    assert memory_directory(tmp_path) == tmp_path
