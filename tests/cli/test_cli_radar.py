"""A radar's own verbs, against consoles and frames on ptys."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from cli.radar import app
from cli.radar_recording import FORMAT, About, Recorder, beside, read_about
from edge.clock import SystemClock
from edge.sensors.readings import PointCloud, SensorLostError
from edge.sensors.ti.frames import FrameParser
from simulators.home.console import RadarConsole
from simulators.home.firmware_bytes import encode
from simulators.home.pty_port import PtyPort

CHIRPS = Path(__file__).parents[2] / "firmware_configs" / "ti"
PEOPLE = CHIRPS / "isk_wall_people_55ms.cfg"
POINTS = np.array([[0.5, 3.0, -0.4, -1.2, 9.0]] * 3, np.float32)


def called(*verb: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in verb])


def frame(number: int) -> bytes:
    return encode(PointCloud(0.0, number, POINTS, presence=True))


@contextmanager
def radar_of(data: PtyPort, cli: PtyPort | None, console: RadarConsole) -> Iterator[None]:
    """Answers on ``cli``, sends frames on ``data`` while the console says that it runs."""
    stop = threading.Event()

    def send() -> None:
        number = 0
        while not stop.wait(0.01):
            if console.running:
                number += 1
                data.write(frame(number))

    threads = [threading.Thread(target=send)]
    if cli is not None:
        threads.append(threading.Thread(target=console.run, args=(cli, stop)))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def running() -> RadarConsole:
    console = RadarConsole()
    console.running = True
    return console


def about(**more: object) -> About:
    said = {"format": FORMAT, "program": "1", "begun": "x", "port": "p", "baud": 1, "frame_period_s": 0.055}
    return About(**{**said, "height_m": 1.8, "tilt_deg": 10.0, **more})


class GivenPort:
    """Gives pieces, then nothing; "lost" is an unplugged cable."""

    def __init__(self, pieces: list[bytes | str]) -> None:
        self.pieces = pieces
        self.opened = 0

    def open(self) -> None:
        self.opened += 1

    def close(self) -> None:
        pass

    def read(self, timeout_s: float) -> bytes:
        if not self.pieces:
            time.sleep(0.001)
            return b""
        piece = self.pieces.pop(0)
        if isinstance(piece, str):
            raise SensorLostError(piece)
        return piece


# --- lint -----------------------------------------------------------------------------------------


def test_a_sound_file_ends_well_and_a_spoilt_one_does_not(tmp_path: Path):
    assert called("lint", PEOPLE).exit_code == 0
    spoilt = tmp_path / "spoilt.cfg"
    spoilt.write_text(
        PEOPLE.read_text().replace("trackingCfg 1 2 250 5 46 95 55", "trackingCfg 1 2 250 5 46 95 50")
    )
    done = called("lint", PEOPLE, spoilt)
    assert done.exit_code == 1
    assert "spoilt.cfg:78: error: the tracker is told 50 ms per frame" in done.output
    assert "spoilt.cfg: 1 errors, 1 warnings" in done.output


def test_a_file_is_held_to_a_homes_mount(tmp_path: Path):
    home = tmp_path / "home.toml"
    home.write_text(
        f'device = "radar-0001"\ndata_directory = "{tmp_path}"\n[radar]\nport = "/dev/x"\n[mount]\nheight_m = 1.2\n'
    )
    done = called("lint", PEOPLE, "--home", home)
    assert done.exit_code == 1
    assert "[mount] says 1.2 m" in done.output


def test_an_unknown_board_is_refused():
    done = called("lint", PEOPLE, "--board", "xyz")
    assert "give one of isk, ods, aop" in str(done.exception)


# --- configure ------------------------------------------------------------------------------------


def test_a_radar_is_told_line_by_line_and_its_first_frames_are_counted():
    console = RadarConsole()
    with PtyPort() as data, PtyPort() as cli, radar_of(data, cli, console):
        done = called("configure", "--port", data.path, "--cli-port", cli.path, "--chirps", PEOPLE)
    assert done.exit_code == 0, done.output
    assert "allocationParam 20 30 0.05 4 1.0 2  ->  Done" in done.output
    assert "3.0 points a frame: the radar runs" in done.output
    assert console.accepted[-1] == "sensorStart"


def test_a_file_with_an_error_is_not_sent_unless_one_insists(tmp_path: Path):
    spoilt = tmp_path / "spoilt.cfg"
    spoilt.write_text(PEOPLE.read_text().replace("fovCfg -1 70 30", "fovCfg -1 70 5"))
    console = RadarConsole()
    with PtyPort() as data, PtyPort() as cli, radar_of(data, cli, console):
        verb = ("configure", "--port", data.path, "--cli-port", cli.path, "--chirps", spoilt)
        assert called(*verb).exit_code == 1
        assert console.accepted == []
        assert called(*verb, "--anyway").exit_code == 0


def test_a_refused_line_and_a_radar_that_is_not_named_say_the_mend():
    console = RadarConsole(known={"dfeDataOutputMode"})
    with PtyPort() as data, PtyPort() as cli, radar_of(data, cli, console):
        done = called("configure", "--port", data.path, "--cli-port", cli.path, "--chirps", PEOPLE)
    assert "isk_wall_people_55ms.cfg:13: 'channelCfg 15 7 0': the radar refused it" in str(done.exception)
    assert "give a home's file, or --port" in str(called("configure").exception)
    assert "belong together" in str(called("configure", "--port", "/dev/x", "--chirps", PEOPLE).exception)


# --- record ---------------------------------------------------------------------------------------


def test_a_recording_holds_the_bytes_and_the_file_beside_it_what_they_are(tmp_path: Path):
    file = tmp_path / "walk.bin"
    with PtyPort() as data, radar_of(data, None, running()):
        done = called("record", file, "--port", data.path, "--seconds", 0.5, "--height", 1.4, "--tilt", 17)
    assert done.exit_code == 0, done.output
    said = read_about(file)
    clouds = FrameParser().feed(file.read_bytes())
    assert said["frames"] == len(clouds) > 5
    assert said["bytes"] == file.stat().st_size
    assert (said["ended_by"], said["height_m"], said["tilt_deg"]) == ("time", 1.4, 17.0)
    assert f"{said['frames']} frames" in done.output


def test_the_real_period_of_the_frames_is_measured(tmp_path: Path):
    class Ticking(SystemClock):
        """Each look takes a tenth of a second."""

        def __init__(self) -> None:
            self.now_s = 0.0

        def monotonic_s(self) -> float:
            return self.now_s

    class Paced(GivenPort):
        def read(self, timeout_s: float) -> bytes:
            clock.now_s += 0.1
            return super().read(timeout_s)

    clock, file = Ticking(), tmp_path / "walk.bin"
    port = Paced([frame(n) for n in range(1, 202)])
    done = Recorder(port, file, about(), clock, lambda _: None).run(threading.Event(), 20.1)
    assert done.frame_period_s == pytest.approx(0.1)


def test_a_recording_is_never_written_over(tmp_path: Path):
    file = tmp_path / "walk.bin"
    file.write_bytes(b"precious")
    with PtyPort() as data:
        done = called("record", file, "--port", data.path, "--seconds", 0.2)
    assert isinstance(done.exception, FileExistsError)
    assert file.read_bytes() == b"precious"
    assert not beside(file).exists()


def test_a_port_that_is_not_there_leaves_no_file_behind(tmp_path: Path):
    done = called("record", tmp_path / "walk.bin", "--port", tmp_path / "none", "--seconds", 0.2)
    assert "no such port" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_silent_radar_says_what_is_probably_wrong(tmp_path: Path):
    with PtyPort() as data:
        done = called("record", tmp_path / "walk.bin", "--port", data.path, "--seconds", 0.3)
    assert "nothing comes from the port" in str(done.exception)


def test_a_full_disk_ends_a_recording_that_can_still_be_read(tmp_path: Path):
    file, heard = tmp_path / "walk.bin", []
    port = GivenPort([frame(n) for n in range(1, 200)])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
    try:
        done = Recorder(port, file, about(), SystemClock(), heard.append).run(threading.Event(), 20.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert done.ended_by == "disk_full"
    assert file.stat().st_size == done.bytes == 4000
    parser = FrameParser()
    assert len(parser.feed(file.read_bytes()) + parser.finish()) == done.frames > 30
    assert read_about(file)["ended_by"] == "disk_full"
    assert "kept" in heard[-1]


def test_a_disk_too_full_for_the_account_keeps_what_was_known_at_the_beginning(tmp_path: Path, monkeypatch):
    file, heard, stop = tmp_path / "walk.bin", [], threading.Event()
    monkeypatch.setattr("cli.radar_recording.now_text", lambda: "x" * 20_000)
    port = GivenPort([frame(1)])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        Recorder(port, file, about(), SystemClock(), heard.append).run(stop, 0.05)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert read_about(file)["ended_by"] is None
    assert "says only what was known" in heard[-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["walk.bin", "walk.bin.json"]


def test_a_radar_that_is_plugged_in_again_goes_on_in_the_same_recording(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("cli.radar_recording.REOPEN_EVERY_S", 0.01)
    file, heard = tmp_path / "walk.bin", []
    port = GivenPort([frame(1), frame(2)[:30], "gone", frame(9)])
    done = Recorder(port, file, about(), SystemClock(), heard.append).run(threading.Event(), 0.2)
    assert (done.frames, done.reopened, port.opened) == (2, 1, 2)
    assert heard == ["gone; waiting for it", "the radar is back"]


@pytest.mark.system
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_recording_well_and_a_kill_leaves_one_that_can_be_read(
    tmp_path: Path, end: signal.Signals
):
    with PtyPort() as data, radar_of(data, None, running()):
        for name, number in (("well.bin", end), ("killed.bin", signal.SIGKILL)):
            words = [sys.executable, "-c", "from cli.radar import app; app()", "record", str(tmp_path / name)]
            verb = subprocess.Popen([*words, "--port", data.path], env=os.environ)
            until_s = time.monotonic() + 30
            file = tmp_path / name
            while time.monotonic() < until_s and (not file.exists() or file.stat().st_size < 5000):
                time.sleep(0.05)
            verb.send_signal(number)
            assert verb.wait(20) == (0 if number is end else -signal.SIGKILL)
            parser = FrameParser()
            assert len(parser.feed(file.read_bytes())) > 30
    assert read_about(tmp_path / "well.bin")["ended_by"] == "stopped"
    assert read_about(tmp_path / "killed.bin")["ended_by"] is None


# --- replay ---------------------------------------------------------------------------------------


def test_a_replay_takes_mount_and_period_from_the_file_beside_the_recording(tmp_path: Path, monkeypatch):
    file, asked = tmp_path / "walk.bin", []
    file.write_bytes(frame(1))
    beside(file).write_text(
        json.dumps({"format": FORMAT, "height_m": 1.4, "tilt_deg": 17.0, "frame_period_s": 0.1}),
        encoding="utf-8",
    )
    monkeypatch.setattr("cli.replay.radar", lambda file, **options: asked.append(options))
    assert called("replay", file).exit_code == 0
    assert called("replay", file, "--height", 2.0).exit_code == 0
    beside(file).unlink()
    assert called("replay", file).exit_code == 0
    said = [(one["height"], one["tilt"], one["period"]) for one in asked]
    assert said == [(1.4, 17.0, 0.1), (2.0, 17.0, 0.1), (1.8, 10.0, 0.055)]


def test_a_broken_description_is_named(tmp_path: Path):
    file = tmp_path / "walk.bin"
    file.write_bytes(frame(1))
    for text in ("{", '{"format": "other"}', "[]"):
        beside(file).write_text(text, encoding="utf-8")
        assert "walk.bin.json" in str(called("replay", file).exception)
