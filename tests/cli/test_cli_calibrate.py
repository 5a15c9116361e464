"""``mimamori radar calibrate``: from a recording's bytes or a live sensor to a verdict, and into the file."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.calibrate import WALKS_ENOUGH, app, watch, with_mount
from contract.configuration import ConfigurationError
from edge.clock import ManualClock
from edge.fall.settings import MountSettings
from edge.fall.walks import WalkFinder
from edge.sensors.readings import PointCloud
from simulators.home.firmware_bytes import encode
from tests.walking import AWAY_AND_BACK, FRAME_S, walker

HUNG = MountSettings(height_m=1.4, tilt_deg=18.0)

HOME = """\
device = "radar-0001"
data_directory = "/tmp/nowhere"

[radar]
port = "/dev/null"
frame_period_s = 0.1
{more}
[mount]
# measured by eye
height_m = 2.0   # m
tilt_deg = 10

[voice]  # none yet
locale = "ja"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    file = tmp_path / "home.toml"
    file.write_text(HOME.format(more=""), encoding="utf-8")
    return file


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    file = tmp_path / "walks.bin"
    frames = walker(HUNG, AWAY_AND_BACK)
    file.write_bytes(
        b"".join(encode(PointCloud(at_s, n, points)) for n, (at_s, points) in enumerate(frames, 1))
    )
    return file


def calibrate(*arguments: object) -> tuple[int, str]:
    said = CliRunner().invoke(app, [str(argument) for argument in (*arguments, "--person", 1.6)])
    return said.exit_code, said.output + str(said.exception or "")


def test_a_wrong_mount_is_refused_with_the_mend(home: Path, recording: Path):
    status, said = calibrate(home, "--recording", recording)
    assert status == 1
    assert "5 walks between" in said
    assert "refused: home.toml shows a walker's middle" in said
    assert "home.toml says 10: set tilt_deg = 1" in said
    assert "home.toml says 2: set height_m = 1." in said


def test_written_it_is_accepted_the_next_time_and_every_comment_is_kept(home: Path, recording: Path):
    status, said = calibrate(home, "--recording", recording, "--write", "--tape", 1.4)
    assert (status, "written to" in said) == (0, True)
    text = home.read_text(encoding="utf-8")
    assert "height_m = 1.4   # m" in text
    for comment in ("# measured by eye", "# none yet"):
        assert comment in text
    mount = tomllib.loads(text)["mount"]
    assert mount["tilt_deg"] == pytest.approx(18.0, abs=1.5)
    status, said = calibrate(home, "--recording", recording)
    assert (status, "accepted: home.toml fits" in said) == (0, True)


def test_what_the_chip_was_told_is_compared_too(home: Path, recording: Path, tmp_path: Path):
    chirps = tmp_path / "wall.cfg"
    chirps.write_text("sensorStop\nsensorPosition 2 0 10\nsensorStart\n", encoding="utf-8")
    home.write_text(HOME.format(more=f'cli_port = "/dev/zero"\nchirp_file = "{chirps}"\n'), encoding="utf-8")
    assert (
        "wall.cfg tells the chip sensorPosition 2 0 10: set" in calibrate(home, "--recording", recording)[1]
    )


def test_a_file_that_is_no_recording_is_refused(home: Path):
    status, said = calibrate(home, "--recording", home)
    assert status == 1
    assert "no frame of a TI mmWave radar" in said


def test_a_file_without_a_mount_gets_one():
    text = HOME.format(more="").replace("[mount]", "#").replace("height_m", "# h").replace("tilt_deg", "# t")
    mount = tomllib.loads(with_mount(text, HUNG, "home.toml"))["mount"]
    assert mount == {"height_m": 1.4, "tilt_deg": 18.0}


def test_a_file_that_would_be_broken_is_not_written():
    with pytest.raises(ConfigurationError):
        with_mount("device = 3\n", HUNG, "home.toml")


class Walked:
    """Sensor[PointCloud]: a walker, then nobody; it moves the clock."""

    def __init__(self, clock: ManualClock, times: int) -> None:
        self._clock = clock
        self._frames = iter([points for _ in range(times) for _, points in walker(HUNG, AWAY_AND_BACK)])

    def open(self) -> None:
        """Open already."""

    def read(self, timeout_s: float) -> Sequence[PointCloud]:
        self._clock.advance(FRAME_S)
        points = next(self._frames, np.zeros((0, 5), np.float32))
        return [PointCloud(self._clock.monotonic_s(), 0, points)]

    def close(self) -> None:
        """Nothing to let go."""

    def counters(self) -> dict[str, float]:
        return {}


def walk_live(times: int, seconds: float) -> tuple[list[str], float]:
    clock, told = ManualClock(0), []
    watch(
        Walked(clock, times),
        WalkFinder(),
        clock,
        seconds,
        told=lambda code, line: told.append(code),
        enough=lambda: True,
    )
    return told, clock.monotonic_s()


def test_the_walker_is_told_to_turn_at_each_end_and_when_it_is_enough():
    told, took_s = walk_live(3, 300.0)
    assert told[:3] == ["walk_away", "walk_back", "walk_away"]
    assert told.count("walk_back") >= WALKS_ENOUGH // 2
    assert told[-1] == "walk_done"
    assert took_s < 100.0


def test_nobody_who_walks_is_waited_for_no_longer_than_said():
    told, took_s = walk_live(0, 30.0)
    assert told == ["walk_away", "walk_done"]
    assert took_s == pytest.approx(30.0, abs=1.0)
