"""A home as the agent sees it: what goes out for what the radar gives, with a clock moved by hand."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from contract.messages import Answered, Fall, FallPhase, Fault, FaultPhase
from edge.clock import ManualClock
from edge.device import Outgoing
from edge.home import Home, HomeParts
from edge.home_settings import HomeSettings
from edge.sensors.readings import PointCloud, SensorLostError

FRAME_S = 0.1
EMPTY = np.zeros((0, 5), np.float32)
HEIGHT_M = 1.5


def points(height_m: float) -> np.ndarray:
    return np.array([[0.1, 3.0, height_m - HEIGHT_M + d, 0.2, 9.0] for d in (-0.05, 0.01, 0.05)], np.float32)


class PlayedRadar:
    """A radar whose next frame is laid down by the test; None is a frame that does not come."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.frame: np.ndarray | None = EMPTY
        self.there = True
        self.ended = False
        self.opened = 0
        self.frames = 0

    def open(self) -> None:
        if not self.there:
            raise SensorLostError("/dev/ttyUSB1: no such port: plug the radar in")
        self.opened += 1

    def read(self, timeout_s: float) -> Sequence[PointCloud]:
        if self.ended:
            raise EOFError
        if not self.there:
            raise SensorLostError("/dev/ttyUSB1: the port has gone")
        self.clock.advance(FRAME_S)
        if self.frame is None:
            return []
        self.frames += 1
        # No radar measures the same to the last bit twice.
        frame = self.frame + np.float32(0.001 * (self.frames % 7))
        return [PointCloud(self.clock.monotonic_s(), self.frames, frame)]

    def close(self) -> None:
        pass

    def counters(self) -> dict[str, float]:
        return {"frames": self.frames, "bytes_skipped": 7, "frames_missing": 1}


class HeardSpeaker:
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, code: str) -> None:
        self.said.append(code)

    def close(self) -> None:
        pass


class PressedButton:
    down = False
    why: str | None = None

    def open(self) -> None:
        pass

    def pressed(self) -> bool:
        was, self.down = self.down, False
        return was

    def fault(self) -> str | None:
        return self.why

    def close(self) -> None:
        pass


class Played:
    """A home, and everything it said."""

    def __init__(self, tmp_path: Path, **changes: object) -> None:
        tree = {
            "device": "home-01",
            "data_directory": str(tmp_path),
            "live": True,
            "radar": {"port": "/dev/ttyUSB1"},
            "mount": {"height_m": HEIGHT_M, "tilt_deg": 0.0},
            "ask": {"seconds": 20},
        }
        self.clock = ManualClock(1_700_000_000_000)
        self.radar = PlayedRadar(self.clock)
        self.speaker, self.button = HeardSpeaker(), PressedButton()
        numbers = itertools.count(1)
        self.home = Home(
            HomeSettings.model_validate(tree | changes),
            self.radar,
            self.speaker,
            self.clock,
            lambda _ms: f"01J{next(numbers):023d}",
            parts=HomeParts(button=self.button),
        )
        self.out: list[Outgoing] = []
        self.home.open()

    def step(self) -> Outgoing:
        self.out.append(self.home.step(0.001))
        return self.out[-1]

    def see(self, frame: np.ndarray | None, seconds: float) -> "Played":
        self.radar.frame = frame
        for _ in range(round(seconds / FRAME_S)):
            self.step()
        return self

    def without_radar(self, seconds: float) -> "Played":
        for _ in range(round(seconds)):
            self.clock.advance(1.0)
            self.step()
        return self

    def fall_down(self) -> "Played":
        return self.see(points(1.0), 3).see(points(0.2), 1.5)

    @property
    def events(self) -> list:
        return [event for out in self.out for event in out.events]

    @property
    def phases(self) -> list[FallPhase]:
        return [event.phase for event in self.events if isinstance(event, Fall)]

    @property
    def faults(self) -> list[tuple[str, FaultPhase]]:
        return [(event.code, event.phase) for event in self.events if isinstance(event, Fault)]

    @property
    def lives(self) -> list:
        return [out.live for out in self.out if out.live is not None]


@pytest.fixture
def played(tmp_path: Path):
    home = Played(tmp_path)
    yield home
    home.home.close()


def test_a_fall_is_told_at_once_and_the_page_can_count_down(played: Played):
    played.fall_down()
    assert played.phases == [FallPhase.SUSPECTED]
    assert played.speaker.said == ["ask_ok"]
    live, fall = played.lives[-1], played.events[0]
    assert (live.state, live.incident, live.said) == ("asking", fall.incident, "ask_ok")
    assert live.answer_by_ms == fall.answer_by_ms
    assert 18_000 < fall.answer_by_ms - played.clock.unix_ms() <= 20_000


def test_the_whole_story_keeps_one_incident(played: Played):
    played.fall_down().see(EMPTY, 21)
    incident = played.events[0].incident
    played.home.command(Answered(incident=incident, answer="going", role="family"))
    played.see(points(0.2), 1)
    assert played.lives[-1].said == "help_coming"
    played.see(points(1.0), 3)
    assert played.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED, FallPhase.RECOVERED]
    assert {event.incident for event in played.events} == {incident}
    assert played.speaker.said[-3:] == ["help_called", "help_coming", "glad"]


def test_an_answer_to_another_incident_is_not_spoken(played: Played):
    played.fall_down()
    played.home.command(Answered(incident="01J" + "9" * 23, answer="going", role="family"))
    assert played.speaker.said == ["ask_ok"]


def test_an_answer_that_ends_the_incident_makes_the_device_watch_anew(played: Played):
    played.fall_down().see(EMPTY, 21)
    played.home.command(Answered(incident=played.events[0].incident, answer="helped", role="minsei"))
    played.see(points(1.0), 12)
    assert played.lives[-1].state == "standing"
    assert played.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED]


def test_the_button_withdraws_the_question(played: Played):
    played.fall_down()
    played.button.down = True
    played.see(points(0.2), 1)
    assert played.phases == [FallPhase.SUSPECTED, FallPhase.CANCELLED]
    assert played.events[-1].cancelled_by == "button"


def test_a_missing_radar_is_a_fault_not_an_exception_and_is_found_again(played: Played):
    played.radar.there = False
    played.without_radar(40)
    assert played.faults == [("sensor_lost", FaultPhase.RAISED)]
    assert played.home.faults() == ["sensor_lost"]
    played.radar.there = True
    played.without_radar(21)
    assert played.faults == [("sensor_lost", FaultPhase.RAISED), ("sensor_lost", FaultPhase.CLEARED)]
    assert played.home.faults() == []


def test_a_radar_that_is_missing_at_the_start_is_told_by_the_first_step(tmp_path: Path):
    played = Played(tmp_path)
    played.radar.there = False
    played.home.open()
    played.step()
    assert played.faults == [("sensor_lost", FaultPhase.RAISED)]
    played.home.close()


def test_a_silent_radar_is_a_fault_within_thirty_seconds_raised_once_and_cleared_once(played: Played):
    played.see(EMPTY, 1).see(None, 30)
    assert played.faults == [("sensor_silent", FaultPhase.RAISED)]
    played.see(EMPTY, 1)
    assert played.faults[1:] == [("sensor_silent", FaultPhase.CLEARED)]
    assert played.radar.opened > 1, "a silent radar is opened again, which configures it again"


def test_a_radar_that_is_lost_while_the_device_asks_does_not_silence_the_alert(played: Played):
    played.fall_down()
    played.radar.there = False
    played.without_radar(25)
    assert played.phases == [FallPhase.SUSPECTED, FallPhase.CONFIRMED]


def test_telemetry_comes_every_ten_seconds_and_says_what_is_known(played: Played):
    played.see(points(1.0), 21)
    samples = [sample for out in played.out for sample in out.samples]
    assert [sample.measurement for sample in samples] == ["radar", "presence"] * 2
    assert samples[2].fields["points"] == pytest.approx(3.0)
    assert samples[2].fields["bytes_skipped"] == 7
    assert samples[3].fields == {"occupied": 1.0, "lying": 0.0, "height_m": pytest.approx(1.0, abs=0.05)}


def test_without_frames_no_presence_is_claimed(played: Played):
    played.see(None, 21)
    samples = [sample for out in played.out for sample in out.samples]
    assert {sample.measurement for sample in samples} == {"radar"}


def test_the_live_lane_carries_room_heights_five_to_ten_times_a_second(played: Played):
    played.see(points(1.0), 10)
    assert 50 <= len(played.lives) <= 100
    heights = [z for live in played.lives for _, _, z, _ in live.points]
    assert np.median(heights) == pytest.approx(1.0, abs=0.05)
    assert played.lives[-1].state == "standing"


def test_a_home_that_may_not_be_watched_sends_no_live_picture(tmp_path: Path):
    played = Played(tmp_path, live=False)
    assert played.see(points(1.0), 3).lives == []
    played.home.close()


def test_the_end_of_a_recording_passes_through_after_what_was_counted(played: Played):
    played.see(points(1.0), 3)
    played.radar.ended = True
    assert [sample.measurement for sample in played.step().samples] == ["radar", "presence"]
    with pytest.raises(EOFError):
        played.step()


def test_a_broken_button_is_a_fault_of_its_own(played: Played):
    played.button.why = "button_pin 4: taken"
    played.see(EMPTY, 1)
    assert played.faults == [("button_failed", FaultPhase.RAISED)]
