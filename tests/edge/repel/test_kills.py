"""The on-time below the code that decides: real processes on a board of pins that keeps its levels when they die."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.repel.emitters import BOARD
from edge.repel.errors import OutputRefusedError
from edge.repel.output_settings import OutputSettings
from edge.repel.outputs import Outputs
from edge.repel.pin_board import PinBoard
from simulators.repel.kills import Victim, board_wire, kill_many, kill_once

STOP_PIN = 5


def test_a_pin_is_off_within_its_maximum_though_the_deciding_process_was_killed_while_it_was_on(
    tmp_path: Path,
) -> None:
    kill = kill_once(board_wire(tmp_path), Victim.DECIDER, max_on_s=2.0, after_s=0.1)
    assert kill.held
    assert kill.on_s < 2.0 - 0.2  # not by the owner's timer: because the process was gone


@pytest.mark.system
@pytest.mark.parametrize("victim", list(Victim))
def test_whoever_is_killed_or_stuck_the_maximum_holds_and_the_pin_is_low_at_the_end(victim: Victim) -> None:
    kills = kill_many(victim, [1, 2], 3.0)  # a busy machine delays a process that is due
    assert all(kill.held for kill in kills), kills


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PinBoard:
    monkeypatch.setenv(BOARD, str(tmp_path / "board"))
    return PinBoard(tmp_path / "board")


def until(condition: Callable[[], bool], outputs: Outputs | None = None) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if outputs is not None:
            outputs.tend()
        if condition():
            return True
        time.sleep(0.01)
    return False


@pytest.mark.system
def test_a_pin_that_a_dead_process_left_high_goes_low_at_the_next_start(board: PinBoard) -> None:
    board.drive(17, 1.0)
    outputs = Outputs([OutputSettings(name="horn", stimulus="horn", pin=17)])
    outputs.open()
    assert board.level(17) == 0
    outputs.close()


@pytest.mark.system
def test_the_emergency_stop_switches_off_below_the_deciding_process_and_refuses_until_it_is_out(
    board: PinBoard,
) -> None:
    horn = OutputSettings(name="horn", stimulus="horn", pin=17, max_on_s=10)
    outputs = Outputs([horn], stop_pin=STOP_PIN)
    outputs.open()
    outputs.switch_on("horn", 9)
    assert board.level(17) == 1
    board.drive(STOP_PIN, 1.0)  # the contact opens
    assert until(lambda: board.level(17) == 0)  # nobody tends: the decider may be busy
    assert until(lambda: outputs.stopped, outputs)
    with pytest.raises(OutputRefusedError, match="emergency stop"):
        outputs.switch_on("horn", 1)
    board.drive(STOP_PIN, 0.0)
    assert until(lambda: not outputs.stopped, outputs)
    outputs.close()


@pytest.mark.system
def test_without_its_watchdog_the_owner_switches_off_and_ends_and_both_are_started_again(
    board: PinBoard,
) -> None:
    outputs = Outputs([OutputSettings(name="horn", stimulus="horn", pin=17, max_on_s=10)])
    outputs.open()
    outputs.switch_on("horn", 9)
    (watchdog,) = (pid for pid in children(outputs.pid) if "edge.repel.watchdog" in command(pid))
    os.kill(watchdog, signal.SIGKILL)
    assert until(lambda: board.level(17) == 0)
    assert until(lambda: not outputs.ok, outputs)
    assert until(lambda: outputs.ok, outputs)
    outputs.close()


@pytest.mark.system
def test_strobe_and_pwm_are_what_their_line_says(board: PinBoard) -> None:
    outputs = Outputs(
        [
            OutputSettings(name="flash", stimulus="light", kind="strobe", pin=22, frequency_hz=3, max_on_s=2),
            OutputSettings(name="lamp", stimulus="lamp", kind="pwm", pin=23, duty=0.25),
        ]
    )
    outputs.open()
    outputs.switch_on("lamp", 1.0)
    assert board.level(23) == pytest.approx(0.25, abs=0.01)
    outputs.switch_on("flash", 1.5)
    assert until(lambda: outputs.on() == [], outputs)
    levels = [row["level"] for row in board.changes() if row["pin"] == 22]
    assert levels == [1.0, 0.0] * (len(levels) // 2)
    assert 4 <= len(levels) // 2 <= 5  # three a second for one and a half
    assert board.level(23) == 0
    outputs.close()


def children(pid: int | None) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
