"""``mimamori demo``: the whole story in one command, and nothing left behind."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli.broker import mosquitto_path, nats_path
from cli.demo.stages import FIELD_STAGES, HOME_STAGES
from tests.running import environment, mimamori

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

START_S = 90
END_S = 5
"""What Ctrl-C promises."""
ALONE_S = 10
EVERYBODY = 8
"""Broker, gateway, web app, two devices, two simulators, and the process that holds the field's pins."""


def processes() -> dict[int, tuple[int, str]]:
    """Of every process that lives: its parent, and what tells it from a later one with the same number."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if after_name[0] != "Z":
                found[int(entry.name)] = (int(after_name[1]), after_name[19])
    return found


class Household:
    """A running demo and every process it started, their own children included."""

    def __init__(self, demo: subprocess.Popen[str]) -> None:
        self._demo = demo.pid
        self._members: dict[int, str] = {}

    def members(self) -> int:
        """How many there are now beside the demo itself."""
        living = processes()
        found, size = {self._demo}, 0
        while size < len(found):
            size = len(found)
            found |= {pid for pid, (parent, _) in living.items() if parent in found}
        self._members |= {pid: living[pid][1] for pid in found if pid in living}
        return len(found) - 1

    def left(self) -> list[int]:
        """Those who once belonged to it and live still."""
        living = processes()
        return [pid for pid, born in self._members.items() if pid in living and living[pid][1] == born]


def comes_true(true, patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("broker", ["mosquitto", "nats"])
def test_the_story_played_once_sees_every_stage_happen(broker: str):
    if (mosquitto_path() if broker == "mosquitto" else nats_path()) is None:
        pytest.skip(f"no {broker} on this machine")
    played = mimamori("demo", "--once", "--broker", broker, "--patience", "200")
    assert played.returncode == 0, played.stdout + played.stderr
    for stage in (*HOME_STAGES, *FIELD_STAGES):
        assert stage.key in played.stdout
    assert "first byte to the person's answer" in played.stdout


def test_a_stage_that_does_not_happen_is_named_and_the_exit_status_says_so():
    played = mimamori("demo", "--once", "--patience", "8")
    assert played.returncode == 1
    assert "did not happen within 8 s: home.answered" in played.stderr
    assert "home.points" not in played.stderr


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    running = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "demo", "--directory", str(tmp_path / "town"), "--port", "0"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    yield running
    if running.poll() is None:
        running.kill()
    running.wait()
    if running.stdout is not None:
        running.stdout.close()


def address(demo: subprocess.Popen[str]) -> str:
    assert demo.stdout is not None
    line = demo.stdout.readline().strip()
    assert line.startswith("http://127.0.0.1:"), line
    return line


def test_it_prints_one_address_that_answers_and_ctrl_c_leaves_nothing_behind(demo: subprocess.Popen[str]):
    page = httpx.get(address(demo), trust_env=False, timeout=START_S)
    assert page.status_code == 200
    household = Household(demo)
    assert comes_true(lambda: household.members() >= EVERYBODY, START_S)
    demo.send_signal(signal.SIGINT)
    assert comes_true(lambda: demo.poll() is not None, END_S)
    assert demo.returncode == 0
    assert household.left() == []


def test_killed_without_a_word_it_leaves_nothing_behind_either(demo: subprocess.Popen[str]):
    address(demo)
    household = Household(demo)
    assert comes_true(lambda: household.members() >= EVERYBODY, START_S)
    demo.kill()
    demo.wait()
    assert comes_true(lambda: not household.left(), ALONE_S), household.left()


def test_a_story_that_is_broken_off_ends_at_once_and_is_no_success(tmp_path: Path):
    playing = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "demo", "--once", "--directory", str(tmp_path / "town")],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert playing.stdout is not None
    with playing.stdout:
        assert "first_byte" in playing.stdout.readline()
        household = Household(playing)
        household.members()
        playing.send_signal(signal.SIGINT)
        assert comes_true(lambda: playing.poll() is not None, END_S)
        playing.stdout.read()
    assert playing.stderr is not None
    with playing.stderr:
        assert re.search(r"^broken off before home\.\w+$", playing.stderr.read(), re.MULTILINE)
    assert playing.returncode == 1
    assert household.left() == []
