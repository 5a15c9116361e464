"""A low-power board that is told and tells on one port, played on a pty whose rate counts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from contract.configuration import ConfigurationError, parse
from edge.clock import SystemClock
from edge.sensors.readings import PointCloud, SensorLostError, SensorSilentError
from edge.sensors.ti.chirp_file import ChirpFileError
from edge.sensors.ti.sensor import TiRadar, radar_from
from edge.sensors.ti.settings import RadarSettings
from simulators.home.console import OnePortBoard, RadarConsole
from simulators.home.firmware_bytes import encode_low_power
from simulators.home.pty_port import PtyPort

CHIRPS = """sensorStop 0
channelCfg 7 3 0
chirpComnCfg 16 0 0 128 4 28 0
frameCfg 2 0 200 64 100 0
baudRate 1250000
sensorStart 0 0 0 0
"""
POINTS = np.array([[0.5, 3.0, -0.4, -1.2, 9.0]], np.float32)


def frame(number: int) -> bytes:
    return encode_low_power(PointCloud(0.0, number, POINTS, presence=True))


@contextmanager
def board_on(pty: PtyPort, board: OnePortBoard) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=board.run, args=(pty, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def radar_on(pty: PtyPort, folder: Path, chirps: str = CHIRPS) -> TiRadar:
    file = folder / "low_power.cfg"
    file.write_text(chirps)
    return radar_from(RadarSettings(port=pty.path, one_port=True, chirp_file=file), SystemClock())


def frames_of(radar: TiRadar, count: int) -> list[int]:
    found: list[int] = []
    for _ in range(200):
        found += [cloud.frame for cloud in radar.read(0.05)]
        if len(found) >= count:
            break
    return found


def fast_board(*, answers_after: bool = False) -> OnePortBoard:
    return OnePortBoard(RadarConsole(), frame, frame_period_s=0.01, answers_after=answers_after)


@pytest.mark.parametrize("answers_after", [False, True])
def test_a_board_is_told_at_its_first_rate_and_read_at_the_chirp_files(tmp_path: Path, answers_after):
    board = fast_board(answers_after=answers_after)
    with PtyPort() as pty, board_on(pty, board):
        radar = radar_on(pty, tmp_path)
        radar.open()
        assert pty.baud() == 1_250_000
        assert board.console.accepted == [line for line in CHIRPS.splitlines() if line != "sensorStop 0"]
        assert frames_of(radar, 3)[:3] == [1, 2, 3]
        radar.close()


@pytest.mark.system  # waits for an answer at the wrong rate
def test_a_board_that_still_runs_is_found_at_its_fast_rate_and_started_again(tmp_path: Path):
    board = fast_board()
    board.baud, board.console.running = 1_250_000, True
    with PtyPort() as pty, board_on(pty, board):
        radar = radar_on(pty, tmp_path)
        radar.open()
        assert "sensorStop 0" in board.console.accepted
        assert board.console.running
        assert len(frames_of(radar, 3)) >= 3
        radar.close()


def test_a_board_that_is_pulled_out_and_plugged_in_again_starts_again(tmp_path: Path):
    board = fast_board()
    with PtyPort(tmp_path / "radar") as pty:
        radar = radar_on(pty, tmp_path)
        with board_on(pty, board):
            radar.open()
            assert frames_of(radar, 2)
        pty.unplug()
        with pytest.raises(SensorLostError):
            frames_of(radar, 100)
        with pytest.raises(SensorLostError):
            radar.open()
        board.reset()
        pty.plug_in()
        with board_on(pty, board):
            radar.open()
            assert 1 in frames_of(radar, 2)
        radar.close()


def test_a_board_without_a_rate_line_is_read_at_the_rate_it_is_told_at(tmp_path: Path):
    board = fast_board()
    with PtyPort() as pty, board_on(pty, board):
        radar = radar_on(pty, tmp_path, CHIRPS.replace("baudRate 1250000\n", ""))
        radar.open()
        assert pty.baud() == 115_200
        assert frames_of(radar, 2)
        radar.close()


def test_a_line_that_the_board_does_not_know_leaves_nothing_open(tmp_path: Path):
    board = OnePortBoard(RadarConsole(known={"channelCfg"}), frame)
    with PtyPort() as pty, board_on(pty, board):
        with pytest.raises(ChirpFileError, match=r"low_power\.cfg:3: .*not recognized"):
            radar_on(pty, tmp_path).open()
        again = radar_on(pty, tmp_path, "sensorStop 0\nchannelCfg 7 3 0\nsensorStart 0 0 0 0\n")
        again.open()
        again.close()


def test_a_rate_that_is_none_is_named_before_the_board_is_lost(tmp_path: Path):
    with (
        PtyPort() as pty,
        board_on(pty, fast_board()),
        pytest.raises(ChirpFileError, match=r"low_power\.cfg:5: 'baudRate fast': give it one rate"),
    ):
        radar_on(pty, tmp_path, CHIRPS.replace("1250000", "fast")).open()


@pytest.mark.system  # waits for four answers
def test_a_board_that_answers_at_neither_rate_says_both(tmp_path: Path):
    with PtyPort() as pty, pytest.raises(SensorSilentError, match="neither at 115200 nor at 1250000 baud"):
        radar_on(pty, tmp_path).open()


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ('port = "/dev/a"\none_port = true', "needs chirp_file"),
        ('port = "/dev/a"\none_port = true\ncli_port = "/dev/b"\nchirp_file = "x.cfg"', "no cli_port"),
        ('port = "/dev/a"\nchirp_file = "x.cfg"', "one_port = true"),
    ],
)
def test_a_wrong_one_port_table_says_how_to_mend_it(text: str, mend: str):
    with pytest.raises(ConfigurationError, match=mend):
        parse(text, RadarSettings, "home.toml")
