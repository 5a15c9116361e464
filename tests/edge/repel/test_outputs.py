"""The deciding side of the pins, with the real process behind it."""

import itertools
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.repel.errors import OutputRefusedError, PinsLostError
from edge.repel.outputs import Outputs
from edge.repel.settings import OutputSettings

pytestmark = pytest.mark.system  # three interpreters start for each


def tend_until(outputs: Outputs, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        outputs.tend()
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_switching_on_returns_when_the_pin_is_on_and_the_timer_switches_it_off(outputs: Outputs) -> None:
    outputs.switch_on("horn", 99)
    assert outputs.on() == ["horn"]
    assert tend_until(outputs, lambda: outputs.on() == [])
    assert [(change.output, change.on) for change in outputs.changes()] == [("horn", True), ("horn", False)]
    assert outputs.changes() == []


def test_all_off_does_not_wait_for_the_timer(
    outputs: Outputs, timeline: Callable[[], list[tuple[str, bool, str]]]
) -> None:
    outputs.switch_on("strobe", 10)
    outputs.all_off()
    assert tend_until(outputs, lambda: outputs.on() == [])
    assert timeline()[-1] == ("strobe", False, "told")


def test_an_output_that_must_rest_is_not_reported_as_fired(outputs: Outputs) -> None:
    outputs.switch_on("horn", 0.1)
    assert tend_until(outputs, lambda: outputs.on() == [])
    with pytest.raises(OutputRefusedError, match="horn"):
        outputs.switch_on("horn", 0.1)


def test_a_dead_guard_fires_nothing_and_is_started_again(outputs: Outputs) -> None:
    outputs.switch_on("strobe", 10)
    os.kill(outputs.pid, signal.SIGKILL)
    assert tend_until(outputs, lambda: not outputs.ok)
    with pytest.raises(PinsLostError):
        outputs.switch_on("horn", 1)
    assert outputs.on() == ["strobe"]  # nobody knows better until the pins are held again
    assert tend_until(outputs, lambda: outputs.ok)
    assert outputs.on() == []
    outputs.switch_on("horn", 1)


def test_a_guard_that_dies_unnoticed_is_noticed_by_the_shot(outputs: Outputs) -> None:
    os.kill(outputs.pid, signal.SIGKILL)
    with pytest.raises(PinsLostError):
        outputs.switch_on("horn", 1)
    assert not outputs.ok


def test_a_stuck_guard_fires_nothing_and_is_replaced(outputs: Outputs) -> None:
    stuck = outputs.pid
    os.kill(stuck, signal.SIGSTOP)
    with pytest.raises(PinsLostError):
        outputs.switch_on("horn", 1)
    assert tend_until(outputs, lambda: outputs.ok)
    assert outputs.pid != stuck


def test_a_guard_that_dies_again_and_again_is_started_less_and_less_often(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "no-such-driver")
    now_s = 1000.0
    outputs = Outputs([OutputSettings(name="horn", stimulus="horn", pin=17)], monotonic_s=lambda: now_s)
    starts: list[float] = []
    real_start = outputs._start
    monkeypatch.setattr(outputs, "_start", lambda: (starts.append(now_s), real_start()))
    outputs.open()
    assert not outputs.ok
    while len(starts) < 5:
        if outputs.pid is None:
            now_s += 0.5
        outputs.tend()
    outputs.close()
    gaps = [two - one for one, two in itertools.pairwise(starts)]
    assert gaps == sorted(gaps)
    assert gaps[-1] > 2 * gaps[1]


def test_closing_twice_and_closing_unopened_is_harmless(outputs: Outputs) -> None:
    outputs.close()
    outputs.close()
    Outputs([]).close()
