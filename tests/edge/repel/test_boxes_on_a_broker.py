"""Orders over a real broker between real processes: a box, a field and a person far away."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.broker import Broker
from cli.repel_fire import fire_from_afar
from contract.broker import BrokerSettings
from contract.ids import new_ulid
from edge.clock import SystemClock
from edge.repel.emitters import BOARD
from edge.repel.errors import PinsLostError
from edge.repel.fire_desk import fire_desk_from
from edge.repel.pin_board import PinBoard
from edge.repel.repeller import Repeller
from edge.repel.safety import Shot
from edge.repel.scene import Scene
from edge.repel.settings import RepelSettings
from edge.repel.signed_words import read_key
from edge.repel.switchboard import Switchboard, switchboard_from

pytestmark = pytest.mark.system

FIELD = "field-1"


class Site:
    """A box in a process of its own with its horn on a board of pins, and a field that may use it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.key = folder / "key"
        self.key.write_text("k" * 64)
        self.board = PinBoard(folder / "board")
        file = folder / "box.toml"
        file.write_text(
            f'box = "box-1"\nkey_file = "{self.key}"\n[broker]\nport = {port}\n'
            '[[outputs]]\nname = "far-horn"\nstimulus = "horn"\npin = 17\nmax_on_s = 8.0\n'
        )
        self.box = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "repel", "box", str(file)],
            env={**os.environ, BOARD: str(folder / "board")},
        )
        far = {"name": "far-horn", "stimulus": "horn", "kind": "remote", "box": "box-1", "max_on_s": 8.0}
        self.settings = RepelSettings.model_validate(
            {
                "armed": True,
                "daylight_only": False,
                "hours": {"from": "00:00", "to": "00:00"},
                "trust_unsynced_clock": True,
                "dwelling_m": 300.0,
                "person_clear_s": 1.0,
                "gap_s": 16.0,
                "outputs": [{**far, "key_file": self.key}],
                "line": {"port": port},
                "fire_key_file": self.key,
            }
        )


@pytest.fixture
def site(tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    made = Site(tmp_path, broker.port)
    yield made
    made.box.terminate()
    made.box.wait(20)


def until(condition: Callable[[], bool], turn: Callable[[], object] = lambda: None) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        turn()
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def board(site: Site) -> Iterator[Switchboard]:
    """The field's side, as soon as it hears the box."""
    made = switchboard_from(site.settings)
    made.open()

    def heard() -> bool:
        try:
            made.switch_on("far-horn", 8.0)
        except PinsLostError:
            return False
        return True

    assert until(heard, made.tend)
    yield made
    made.close()


def test_the_pin_of_the_box_goes_on_and_off_as_the_field_says(site: Site, board: Switchboard) -> None:
    assert site.board.level(17) == 1
    assert board.on() == ["far-horn"]
    board.all_off()
    assert until(lambda: site.board.level(17) == 0, board.tend)
    assert until(lambda: board.on() == [], board.tend)


def test_when_the_field_falls_silent_the_box_switches_off(site: Site, board: Switchboard) -> None:
    on_s = time.monotonic()
    assert until(lambda: site.board.level(17) == 0)  # nobody tends
    assert time.monotonic() - on_s < 8.0


def test_kill_9_of_the_box_leaves_its_pin_low_and_the_field_learns_it(site: Site, board: Switchboard) -> None:
    site.box.send_signal(signal.SIGKILL)
    assert until(lambda: site.board.level(17) == 0)
    assert until(lambda: board.on() == [], board.tend)


def test_a_person_far_away_fires_in_two_steps_through_field_and_box(site: Site) -> None:
    clock = SystemClock()
    desk = fire_desk_from(FIELD, site.settings)
    repeller = Repeller(site.settings, clock, new_ulid, random.Random(1), fire_line=desk)
    repeller.open()
    done = threading.Event()
    said: list[str] = []

    def person() -> None:
        broker = BrokerSettings(port=site.settings.line.port)
        shot = Shot("far-horn", 2.0)
        said.append(fire_from_afar(FIELD, shot, read_key(site.key), broker, lambda: FIELD))
        done.set()

    def look() -> None:
        repeller.update(Scene(clock.monotonic_s(), None, None, 0, False, False, True))

    assert until(lambda: repeller._switches._others["far-horn"].ok, look)
    time.sleep(1.0)
    asking = threading.Thread(target=person)
    asking.start()
    assert until(done.is_set, look)
    asking.join()
    assert said == ["fired"]
    assert site.board.level(17) == 1
    repeller.close()
    assert until(lambda: site.board.level(17) == 0)
