"""How a home is answered, and what it tells its technician."""

import time
from pathlib import Path

import numpy as np
import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from contract.configuration import ConfigurationError, parse
from contract.messages import Answered, Fall, FallPhase, Fault
from edge.clock import ManualClock
from edge.fall.place import Place
from edge.fall.scene import Body, Doubt, Scene
from edge.home import Home, HomeParts
from edge.home_doubts import CLEAR_S, RAISE_S, LastingDoubts, QuestionBudget
from edge.home_settings import HomeSettings
from edge.light import GpioLight, NoLight, light_from
from edge.listening import CommandLevels, NoLevels, levels_from
from edge.sensors.readings import PointCloud
from edge.voice import SilentSpeaker

FRAME_S = 0.1
EMPTY = np.zeros((0, 5), np.float32)
DAY_MS = 24 * 3600 * 1000


class Frames:
    """A sensor that always gives an empty frame."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock

    def open(self) -> None:
        pass

    def read(self, timeout_s: float) -> list[PointCloud]:
        self.clock.advance(FRAME_S)
        return [PointCloud(self.clock.monotonic_s(), 0, EMPTY)]

    def close(self) -> None:
        pass

    def counters(self) -> dict[str, float]:
        return {}


class Seen:
    """A perception that shows what the test lays down."""

    def __init__(self) -> None:
        self.height_m: float | None = None
        self.fallen: bool | None = None
        self.doubts: frozenset[Doubt] = frozenset()

    def update(self, reading: PointCloud) -> Scene:
        at_s, bodies = reading.at_s, ()
        if self.height_m is not None:
            h = self.height_m
            bodies = (Body(1, Place(0.0, 3.0), h, h, (h, h, h), 3, 0.0, 0.5, 0.0, at_s),)
        return Scene(at_s, bodies, doubts=self.doubts, fallen=self.fallen)


class Heard:
    """Levels laid down by the test, one a step."""

    def __init__(self) -> None:
        self.level = 0.0

    def read(self, now_s: float) -> list[float]:
        return [self.level]

    def fault(self) -> str | None:
        return None

    def close(self) -> None:
        pass


class Lamp(NoLight):
    lit = False

    def show(self, *, lit: bool) -> None:
        self.lit = lit


class Watched:
    def __init__(self, tmp_path: Path, sensor: dict[str, object] | None = None, **changes: object) -> None:
        tree = {
            "device": "home-01", "data_directory": str(tmp_path), "ask": {"seconds": 20},
            **(sensor or {"radar": {"port": "/dev/ttyUSB1"}}), **changes,
        }  # fmt: skip
        self.clock = ManualClock(1_700_000_000_000)
        self.seen, self.heard, self.lamp = Seen(), Heard(), Lamp()
        self.events: list = []
        parts = HomeParts(light=self.lamp, levels=self.heard, questions_file=tmp_path / "q.json")
        numbers = iter(range(1, 10_000))
        self.home = Home(
            HomeSettings.model_validate(tree), Frames(self.clock), SilentSpeaker(), self.clock,
            lambda _ms: f"01J{next(numbers):023d}", perception=self.seen, parts=parts,
        )  # fmt: skip
        self.home.open()

    def see(self, height_m: float | None, seconds: float, level: float = 0.0) -> "Watched":
        self.seen.height_m, self.heard.level = height_m, level
        for _ in range(round(seconds / FRAME_S)):
            self.events += self.home.step(0.0).events
        return self

    def fall_down(self) -> "Watched":
        return self.see(1.0, 3).see(0.2, 2)

    def knock(self) -> "Watched":
        return self.see(0.2, 0.1, 0.9).see(0.2, 0.6)

    @property
    def falls(self) -> list[Fall]:
        return [event for event in self.events if isinstance(event, Fall)]

    @property
    def faults(self) -> list[tuple[str, str]]:
        return [(event.code, event.phase.value) for event in self.events if isinstance(event, Fault)]


def test_two_knocks_after_the_question_withdraw_it_and_the_lamp_is_lit_meanwhile(tmp_path: Path):
    home = Watched(tmp_path).fall_down()
    assert home.lamp.lit
    home.see(0.2, 5).knock().knock().see(0.2, 1)
    assert [fall.cancelled_by for fall in home.falls] == [None, "knock"]
    assert not home.lamp.lit


def test_knocks_while_it_speaks_are_its_own_noise(tmp_path: Path):
    home = Watched(tmp_path).fall_down().knock().knock().see(0.2, 1)
    assert [fall.phase for fall in home.falls] == [FallPhase.SUSPECTED]


@pytest.mark.parametrize(
    ("voice", "phase"), [("tells", FallPhase.CONFIRMED), ("cancels", FallPhase.CANCELLED)]
)
def test_a_voice_withdraws_the_question_only_where_the_file_says_so(
    tmp_path: Path, voice: str, phase: FallPhase
):
    home = Watched(tmp_path, listen={"voice": voice}).fall_down().see(0.2, 5).see(0.2, 1.2, 0.9).see(0.2, 20)
    assert home.falls[1].phase is phase
    told = {reason.code for reason in home.falls[1].evidence}
    assert ("voice" in told) is (phase is FallPhase.CONFIRMED)


def test_a_module_that_says_fall_leads_to_the_question(tmp_path: Path):
    home = Watched(tmp_path, {"module": {"kind": "mr60fda2", "port": "/dev/ttyUSB1"}})
    home.seen.fallen = True
    assert [fall.kind for fall in home.see(None, 1).falls] == ["module_verdict"]


def test_too_many_needless_questions_are_a_fault_over_restarts_and_change_nothing_else(tmp_path: Path):
    home = Watched(tmp_path, fall={"questions_max": 1})
    home.fall_down().see(1.0, 15)
    assert home.faults == []
    again = Watched(tmp_path, fall={"questions_max": 1})
    again.fall_down().see(0.2, 21)
    again.home.command(Answered(incident=again.falls[0].incident, answer="all_is_well", role="family"))
    again.see(0.2, 1)
    assert again.faults == [("too_many_questions", "raised")]
    assert again.see(None, 1).see(1.0, 3).see(0.2, 2).falls[-1].phase is FallPhase.SUSPECTED


def test_needless_questions_are_forgotten_after_thirty_days(tmp_path: Path):
    budget = QuestionBudget(tmp_path / "q.json", 1)
    budget.needless(1_000)
    budget.needless(2_000)
    assert "too_many_questions" in budget.wrong(3_000)
    assert QuestionBudget(tmp_path / "q.json", 1).wrong(3_000)
    assert QuestionBudget(tmp_path / "q.json", 1).wrong(31 * DAY_MS) == {}


def test_a_doubt_is_told_when_it_lasts_and_cleared_when_it_has_long_gone():
    doubts = LastingDoubts()
    for second in range(round(RAISE_S)):
        doubts.see({Doubt.POINTS_WITHOUT_BODY, Doubt.NO_DATA}, float(second))
        assert doubts.wrong(float(second)) == {}
    doubts.see({Doubt.POINTS_WITHOUT_BODY}, RAISE_S)
    assert list(doubts.wrong(RAISE_S)) == ["points_without_body"]
    assert doubts.wrong(RAISE_S + CLEAR_S - 1)
    assert doubts.wrong(RAISE_S + CLEAR_S) == {}


def test_a_doubt_that_comes_and_goes_is_none():
    doubts = LastingDoubts()
    for minute in range(60):
        doubts.see({Doubt.FROZEN}, 60.0 * minute)
        assert doubts.wrong(60.0 * minute + 40) == {}


def test_a_program_prints_levels_and_what_is_no_level_is_left_out():
    levels = CommandLevels(["printf", "0.1\\nnoise\\n7\\n0.9\\n"])
    read: list[float] = []
    for _ in range(100):
        read += levels.read(0.0)
        if len(read) == 2:
            break
        time.sleep(0.02)
    assert read == [0.1, 0.9]
    levels.close()


def test_a_program_that_is_not_there_is_a_fault():
    levels = CommandLevels(["/no/such/program"])
    assert levels.read(0.0) == []
    assert "[listen] command" in str(levels.fault())
    assert isinstance(levels_from([]), NoLevels)


def test_the_lamp_is_a_pin():
    before, Device.pin_factory = Device.pin_factory, MockFactory()
    try:
        lamp = light_from(18)
        assert isinstance(lamp, GpioLight)
        lamp.open()
        lamp.show(lit=True)
        lamp.show(lit=False)
        assert not Device.pin_factory.pin(18).state
        lamp.close()
    finally:
        Device.pin_factory.reset()
        Device.pin_factory = before


def test_a_home_has_one_sensor():
    top = 'device = "home-01"\ndata_directory = "/tmp"\n'
    radar, module = '[radar]\nport = "/dev/a"\n', '[module]\nkind = "ld2410"\nport = "/dev/b"\n'
    for tables in ("", radar + module):
        with pytest.raises(ConfigurationError, match="exactly one of"):
            parse(top + tables, HomeSettings, "home.toml")
    assert parse(top + module, HomeSettings, "home.toml").component == "module"
    assert parse(top + '[depth]\nkind = "openni"\n', HomeSettings, "home.toml").component == "depth"
