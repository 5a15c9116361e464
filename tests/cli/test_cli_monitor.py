"""The monitor as a technician calls it: on recordings, on bare ports, on a home's file."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from cli import monitor, monitor_source
from cli.monitor_canvas import Canvas
from cli.monitor_module import module
from edge.sensors.readings import PointCloud, SensorSilentError
from simulators.home.firmware_bytes import encode
from simulators.home.module_bytes import Seen, TinyFrameVoice, ld2450, misread
from simulators.home.module_device import FallModule, serve
from simulators.home.pty_port import PtyPort

verbs = typer.Typer()
verbs.command("monitor")(monitor.monitor)
verbs.command("module")(module)


def run(*words: object) -> Result:
    return CliRunner().invoke(verbs, [str(word) for word in words])


def standing(count: int = 60, at: tuple[float, float] = (0.5, 3.0)) -> bytes:
    """A body that sways in front of a radar 1.8 m high and level."""
    rng = np.random.default_rng(3)
    said = b""
    for n in range(count):
        points = np.zeros((6, 5), np.float32)
        points[:, 0] = at[0] + rng.normal(0, 0.1, 6)
        points[:, 1] = at[1] + rng.normal(0, 0.1, 6)
        points[:, 2] = rng.uniform(-1.4, -0.1, 6)
        points[:, 3:] = (0.3, 14.0)
        said += encode(PointCloud(0.0, n + 1, points, presence=True))
    return said


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    file = tmp_path / "standing.bin"
    file.write_bytes(standing())
    return file


@pytest.fixture
def speaking(tmp_path: Path) -> Iterator[Callable[[Callable[[], bytes]], PtyPort]]:
    """A port at which something speaks until the test is over."""
    stop = threading.Event()
    threads: list[threading.Thread] = []
    with PtyPort(tmp_path / "port") as pty:

        def speak(says: Callable[[], bytes]) -> PtyPort:
            def go_on() -> None:
                while not stop.wait(0.02):
                    pty.write(says())

            threads.append(threading.Thread(target=go_on))
            threads[-1].start()
            return pty

        yield speak
        stop.set()
        for thread in threads:
            thread.join()


# --- recordings ------------------------------------------------------------------------------------


def test_a_recording_is_drawn_from_above_and_from_the_side(recording: Path) -> None:
    said = run("monitor", recording, "--fast", "--once", "--height", 1.8, "--tilt", 0)
    assert said.exit_code == 0, said.output
    for word in (
        "from above",
        "from the side",
        "iwr6843 in standing.bin",
        "18.2 frames/s",
        "standing",
        "state",
    ):
        assert word in said.output
    assert any(0x2800 < ord(letter) <= 0x28FF for letter in said.output)


def test_without_a_terminal_it_writes_a_line_a_second(recording: Path) -> None:
    said = run("monitor", recording, "--fast", "--height", 1.8, "--tilt", 0)
    lines = said.output.splitlines()
    assert 2 <= len(lines) <= 6
    assert "frames/s" in lines[-1]
    assert "(+0.5, 3.0)" in lines[-1]


def test_it_ends_after_so_many_frames_and_leaves_its_picture(recording: Path, tmp_path: Path) -> None:
    said = run("monitor", recording, "--fast", "--frames", 30, "--svg", tmp_path / "picture.svg")
    assert said.exit_code == 0
    picture = (tmp_path / "picture.svg").read_text()
    assert picture.startswith("<svg")
    assert "from&#160;above" in picture


def test_a_recording_is_played_in_its_own_time_or_faster(recording: Path) -> None:
    shown = monitor_source.Recorded(recording, None, None, speed=50.0, which=0)
    first = shown.read(0.0)
    while len(first) < 60:
        first = [*first, *shown.read(0.1)]
    assert [cloud.frame for cloud in first] == list(range(1, 61))
    with pytest.raises(EOFError):
        shown.read(0.1)


def test_a_modules_recording_is_known_by_its_bytes(shared_data: Path) -> None:
    said = run("monitor", shared_data / "radar" / "other_uart" / "ld6002b_spliced.bin", "--fast", "--once")
    assert "ld6002b in ld6002b_spliced.bin" in said.output
    assert "presence yes" in said.output


@pytest.mark.system
def test_recordings_of_the_data_sets_are_shown_too(shared_data: Path) -> None:
    radar = shared_data / "radar"
    for file, which in (("iwrl6432_windows/fall.jsonl", 3), ("urfd_depth_features/falls.csv", 1)):
        said = run("monitor", radar / file, "--fast", "--once", "--which", which)
        assert said.exit_code == 0, said.output
        assert "frames/s" in said.output
    refused = run("monitor", radar / "iwrl6432_windows" / "fall.jsonl", "--fast", "--which", 9999)
    assert "--which is 0 to" in str(refused.exception)


def test_a_file_that_is_no_recording_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing of the kind")
    assert "no recording of a known kind" in str(run("monitor", tmp_path / "notes.txt").exception)
    assert "no such port or file" in str(run("monitor", tmp_path / "nothing").exception)


# --- live ------------------------------------------------------------------------------------------


def test_a_bare_port_is_told_from_its_bytes(speaking) -> None:
    pty = speaking(lambda: ld2450([Seen(0.5, 2.0, 0.0, 0.3)]) * 9)
    said = run("monitor", pty.path, "--frames", 5, "--once")
    assert said.exit_code == 0, said.output
    assert "ld2450 at" in said.output
    assert "targets 1" in said.output


def test_a_module_at_the_wrong_speed_is_found_at_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = TinyFrameVoice()
    said = b"".join(sent.zones([True] * 4) + sent.targets([Seen(0.2, 2.0, -0.3)]) for _ in range(20))
    monkeypatch.setattr(monitor_source, "_hear", lambda port, baud, listen_s: misread(said, 256_000, baud))
    assert monitor_source.listen("/dev/x", (115_200, 921_600, 256_000)) == ("ld6002b", 256_000)
    with pytest.raises(SensorSilentError, match="at 115200"):
        monitor_source.listen("/dev/x", (115_200, 921_600))


@pytest.mark.system
def test_a_home_whose_two_devices_were_swapped_is_told_so(
    speaking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor, "ONCE_S", 0.15)
    pty = speaking(lambda: standing(2))
    home = tmp_path / "home.toml"
    home.write_text(
        f'device = "home-0001"\ndata_directory = "{tmp_path}"\n[broker]\nhost = "127.0.0.1"\n'
        f'[module]\nkind = "ld6002c"\nport = "{pty.path}"\nsilent_after_s = 0.2\n'
    )
    said = run("monitor", home, "--once")
    assert isinstance(said.exception, TimeoutError)
    assert "swap the two ports' names" in str(said.exception)


def test_a_silent_port_says_what_to_check(tmp_path: Path) -> None:
    with (
        PtyPort(tmp_path / "port") as pty,
        pytest.raises(SensorSilentError, match="check the device's power"),
    ):
        monitor_source.listen(pty.path, (115_200,), listen_s=0.05)


def test_a_fall_module_is_asked_changed_and_reset(tmp_path: Path) -> None:
    stop, device = threading.Event(), FallModule()
    with PtyPort(tmp_path / "port") as pty:
        thread = threading.Thread(target=serve, args=(device, pty, stop), kwargs={"every_s": 0.005})
        thread.start()
        said = run("module", pty.path, "--height", 2.6, "--area", 1.5)
        again = run("module", pty.path, "--reset")
        stop.set()
        thread.join()
    assert "install height  2.60 m" in said.output
    assert "left 1.5, right 1.5" in said.output
    assert "install height  2.20 m" in again.output
    assert "only ld6002c, mr60fda2 do" in str(run("module", "/dev/x", "--kind", "ld2410").exception)


# --- drawing ---------------------------------------------------------------------------------------


def test_a_metre_is_as_long_across_as_up() -> None:
    canvas = Canvas(10, 10, (0.0, 10.0), (0.0, 10.0))
    canvas.dot(0.1, 0.1, "red")
    canvas.dot(9.9, 0.1, "red")
    canvas.dot(50.0, 50.0, "red")
    bottom = canvas.text().plain.splitlines()[-1]
    assert bottom == "⡀" + " " * 8 + "⢀"
