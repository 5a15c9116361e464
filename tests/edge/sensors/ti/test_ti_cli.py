"""Chirp files sent to a radar's command port, played by a console on a pty."""

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from edge.clock import SystemClock
from edge.sensors.byte_port import SerialPort
from edge.sensors.readings import PointCloud, SensorLostError, SensorSilentError
from edge.sensors.ti.cli import ChirpFileError, ChirpSender, commands
from edge.sensors.ti.sensor import radar_from
from edge.sensors.ti.settings import RadarSettings
from simulators.home.console import RadarConsole
from simulators.home.firmware_bytes import encode
from simulators.home.pty_port import PtyPort

CHIRPS = Path(__file__).parents[4] / "firmware_configs" / "ti"
FILES = sorted(CHIRPS.glob("*.cfg"))


@contextmanager
def answering(pty: PtyPort, known: Collection[str] | None = None) -> Iterator[RadarConsole]:
    console, stop = RadarConsole(known), threading.Event()
    thread = threading.Thread(target=console.run, args=(pty, stop))
    thread.start()
    try:
        yield console
    finally:
        stop.set()
        thread.join()


def sender(pty: PtyPort, file: Path, reply_s: float = 5.0) -> ChirpSender:
    return ChirpSender(SerialPort(pty.path, 115_200), file, SystemClock(), reply_s=reply_s)


def chirp_file(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "radar.cfg"
    file.write_text(text)
    return file


def test_comments_and_blank_lines_are_not_commands() -> None:
    text = "% about\n\nsensorStop\n  % more\n channelCfg 15 7 0 \n"
    assert list(commands(text)) == [(3, "sensorStop"), (5, "channelCfg 15 7 0")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_chirp_file_is_taken_whole_and_starts_the_radar(file: Path) -> None:
    with PtyPort() as pty, answering(pty) as console:
        sent = sender(pty, file).send()
        told = [command for _, command in commands(file.read_text())]
        assert sent == len(told)
        assert console.accepted == told[1:]  # the radar had stopped before: the first line is ignored
        assert console.running


def test_a_radar_that_runs_already_is_stopped_and_started_again() -> None:
    with PtyPort() as pty, answering(pty) as console:
        sender(pty, FILES[0]).send()
        sender(pty, FILES[0]).send()
        assert console.running


def test_a_line_that_the_firmware_does_not_know_is_named_and_ends_the_sending(tmp_path: Path) -> None:
    file = chirp_file(tmp_path, "sensorStop\n% tracker\ntrackingCfg 1 2 3\nsensorStart\n")
    with PtyPort() as pty, answering(pty, known={"profileCfg"}) as console:
        with pytest.raises(ChirpFileError, match=r"radar\.cfg:3: 'trackingCfg 1 2 3'.*not recognized"):
            sender(pty, file).send()
        assert not console.running


def test_ignored_is_not_done(tmp_path: Path) -> None:
    file = chirp_file(tmp_path, "sensorStart\nsensorStart\n")
    with (
        PtyPort() as pty,
        answering(pty),
        pytest.raises(ChirpFileError, match=r"radar\.cfg:2: .*ignored it"),
    ):
        sender(pty, file).send()


def test_an_error_names_its_line(tmp_path: Path) -> None:
    file = chirp_file(tmp_path, "sensorStop\nframeCfg 0\n")

    class Picky(RadarConsole):
        def _judge(self, line: str) -> str:
            return "Error -1" if line.startswith("frameCfg") else "Done"

    with PtyPort() as pty:
        stop = threading.Event()
        thread = threading.Thread(target=Picky().run, args=(pty, stop))
        thread.start()
        with pytest.raises(ChirpFileError, match=r"radar\.cfg:2: .*Error -1"):
            sender(pty, file).send()
        stop.set()
        thread.join()


def test_a_port_that_never_answers_is_silent_and_says_which_line(tmp_path: Path) -> None:
    file = chirp_file(tmp_path, "sensorStop\n")
    with PtyPort() as pty, pytest.raises(SensorSilentError, match=r"radar\.cfg:1: .*command port"):
        sender(pty, file, reply_s=0.05).send()


@pytest.mark.parametrize("text", ["", "% nothing but words\n"])
def test_a_chirp_file_without_a_command_is_refused(tmp_path: Path, text: str) -> None:
    with PtyPort() as pty, pytest.raises(ChirpFileError, match="no command in it"):
        sender(pty, chirp_file(tmp_path, text)).send()


def test_opening_the_radar_configures_it_and_a_missing_command_port_leaves_nothing_open(
    tmp_path: Path,
) -> None:
    with PtyPort() as data, PtyPort() as cli:
        settings = RadarSettings(port=data.path, cli_port=cli.path, chirp_file=FILES[0])
        with answering(cli) as console:
            radar = radar_from(settings, SystemClock())
            radar.open()
            assert console.running
            radar.close()
        absent = settings.model_copy(update={"cli_port": str(tmp_path / "none")})
        with pytest.raises(SensorLostError, match="none"):
            radar_from(absent, SystemClock()).open()
        again = SerialPort(data.path, 921_600)  # exclusive: opens only if the radar let go
        again.open()
        again.close()


def test_a_radar_that_is_pulled_out_and_plugged_in_again_is_told_everything_again(tmp_path: Path) -> None:
    frame = encode(PointCloud(0.0, 5, np.array([[0.5, 3.0, -0.4, -1.2, 9.0]], np.float32)))
    with PtyPort(tmp_path / "data") as data, PtyPort(tmp_path / "cli") as cli:
        settings = RadarSettings(port=data.path, cli_port=cli.path, chirp_file=FILES[0])
        radar = radar_from(settings, SystemClock())
        with answering(cli) as console:
            radar.open()
            told = list(console.accepted)
        data.unplug()
        cli.unplug()
        with pytest.raises(SensorLostError):
            radar.read(1.0)
        data.plug_in()
        cli.plug_in()
        with answering(cli) as console:
            radar.open()
            assert console.accepted == told
            data.write(frame, timeout_s=1.0)
            assert [cloud.frame for cloud in radar.read(1.0)] == [5]
        radar.close()


def test_a_file_that_does_not_stop_the_radar_first_is_helped(tmp_path: Path) -> None:
    file = chirp_file(tmp_path, "channelCfg 15 7 0\nsensorStart\n")
    with PtyPort() as pty, answering(pty) as console:
        console.running = True
        assert sender(pty, file).send() == 2
        assert console.accepted == ["sensorStop", "flushCfg", "channelCfg 15 7 0", "sensorStart"]


def test_half_a_line_that_somebody_left_behind_spoils_no_command(tmp_path: Path) -> None:
    file = chirp_file(tmp_path, "sensorStop\nflushCfg\nsensorStart\n")
    with PtyPort() as pty, answering(pty, known={"flushCfg"}) as console:
        port = SerialPort(pty.path, 115_200)
        port.open()
        port.write(b"profileCf")  # and then it was killed
        port.close()
        assert sender(pty, file).send() == 3
        assert console.running


def test_a_firmware_without_a_prompt_is_understood(tmp_path: Path) -> None:
    file = chirp_file(tmp_path, "sensorStop\nflushCfg\n")

    class Promptless(RadarConsole):
        def answer(self, line: str) -> str:
            return f"{line}\r\n{self._judge(line)}\r\n" if line else ""

    with PtyPort() as pty:
        stop = threading.Event()
        thread = threading.Thread(target=Promptless().run, args=(pty, stop))
        thread.start()
        assert sender(pty, file).send() == 2
        stop.set()
        thread.join()


def test_frames_on_the_command_port_say_that_the_two_are_exchanged(tmp_path: Path) -> None:
    file = chirp_file(tmp_path, "sensorStop\n")
    frame = encode(PointCloud(0.0, 5, np.array([[0.5, 3.0, -0.4, -1.2, 9.0]], np.float32)))
    with PtyPort() as pty:
        stop = threading.Event()

        def send() -> None:
            while not stop.wait(0.005):
                pty.write(frame)

        thread = threading.Thread(target=send)
        thread.start()
        try:
            with pytest.raises(SensorSilentError, match="exchanged: swap port and cli_port"):
                sender(pty, file, reply_s=0.2).send()
        finally:
            stop.set()
            thread.join()


# --- the shipped files ----------------------------------------------------------------------------


def arguments(file: Path, name: str) -> list[list[float]]:
    rows = [command.split() for _, command in commands(file.read_text()) if command.startswith(name + " ")]
    return [[float(value) for value in row[1:]] for row in rows]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_line_of_a_chirp_file_is_explained_by_the_comment_above_it(file: Path) -> None:
    lines = file.read_text(encoding="ascii").splitlines()
    for number, command in commands(file.read_text()):
        assert lines[number - 2].startswith("% "), f"{file.name}:{number}: {command}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_chirps_of_a_frame_fit_into_its_period_and_the_period_into_the_name(file: Path) -> None:
    (profile,) = arguments(file, "profileCfg")
    (frame,) = arguments(file, "frameCfg")
    chirps = (frame[1] - frame[0] + 1) * frame[2]
    period_ms = frame[4]
    assert chirps * (profile[2] + profile[4]) / 1000 < period_ms
    assert file.stem.endswith(f"_{period_ms:g}ms")
    sampled_us = profile[9] / profile[10] * 1000
    assert profile[3] + sampled_us <= profile[4], "sampling must end before the ramp does"
    assert len(arguments(file, "chirpCfg")) == frame[1] - frame[0] + 1


def test_the_tracker_knows_the_frame_period_and_needs_no_more_points_than_a_fall_gives() -> None:
    file = CHIRPS / "isk_wall_people_55ms.cfg"
    (frame,) = arguments(file, "frameCfg")
    (tracking,) = arguments(file, "trackingCfg")
    (allocation,) = arguments(file, "allocationParam")
    assert tracking[6] == frame[4]
    assert allocation[3] <= 11  # the fullest frame in recordings of falls
