"""The process that owns the pins, real, on gpiozero's mock pins: the truth is the timeline it writes itself."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.system  # three interpreters start for each

Timeline = Callable[[], list[tuple[str, bool, str]]]


class GuardProcess:
    """The bare process and its pipe, without the deciding side's class."""

    def __init__(self, timeline_file: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edge.repel.pins"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        horn = {"name": "horn", "kind": "relay", "pin": 17, "active_high": True, "max_on_s": 0.3}
        lamp = {"name": "lamp", "kind": "relay", "pin": 27, "active_high": False, "max_on_s": 10}
        self.say(json.dumps({"outputs": [horn, lamp], "timeline_file": str(timeline_file)}))
        self.hear("ready")

    def say(self, line: str) -> None:
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def hear(self, word: str) -> dict[str, object]:
        while line := self.process.stdout.readline():
            heard = json.loads(line)
            if word in heard:
                return heard
        raise AssertionError(f"the process ended before it said {word}")


@pytest.fixture
def guard(timeline_file: Path) -> Iterator[GuardProcess]:
    started = GuardProcess(timeline_file)
    yield started
    started.process.kill()
    started.process.wait()
    started.process.stdin.close()
    started.process.stdout.close()


def until(condition: Callable[[], bool], patience_s: float = 20.0) -> bool:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_an_output_asked_for_too_long_goes_off_by_its_own_timer(
    guard: GuardProcess, timeline: Timeline
) -> None:
    guard.say("on horn 99")
    assert guard.hear("output")["on"] is True
    assert guard.hear("output")["on"] is False
    assert timeline() == [("horn", True, "told"), ("horn", False, "timer")]


def test_repeating_the_order_does_not_make_it_longer(guard: GuardProcess, timeline: Timeline) -> None:
    for _ in range(20):
        guard.say("on horn 99")
        time.sleep(0.02)
    guard.hear("output")
    guard.hear("output")
    guard.say("on horn 99")  # it rests now
    guard.say("beat")
    guard.hear("alive")
    assert timeline() == [("horn", True, "told"), ("horn", False, "timer")]


@pytest.mark.parametrize(
    "line",
    ["on horn nan", "on horn -1", "on horn 0", "on horn soon", "on horn", "on siren 1", "", "\x00\xff"],
)
def test_an_order_that_is_not_understood_switches_nothing(
    guard: GuardProcess, timeline: Timeline, line: str
) -> None:
    guard.say(line)
    guard.say("beat")
    guard.hear("alive")
    assert timeline() == []


def test_an_order_cut_in_two_is_put_together(guard: GuardProcess, timeline: Timeline) -> None:
    guard.process.stdin.write(b"on la")
    guard.process.stdin.flush()
    time.sleep(0.1)
    guard.say("mp 5")
    assert guard.hear("output")["output"] == "lamp"


def test_when_the_heartbeat_stops_everything_goes_off_and_the_process_stays(
    guard: GuardProcess, timeline: Timeline
) -> None:
    guard.say("on lamp 10")
    assert until(lambda: ("lamp", False, "no heartbeat") in timeline())
    guard.say("beat")
    guard.hear("alive")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_switches_everything_off_before_the_end(
    guard: GuardProcess, timeline: Timeline, number: signal.Signals
) -> None:
    guard.say("on lamp 10")
    guard.hear("output")
    guard.process.send_signal(number)
    guard.process.wait(20)
    assert timeline() == [("lamp", True, "told"), ("lamp", False, "ended")]


def test_a_closed_pipe_switches_everything_off_and_ends_the_process(
    guard: GuardProcess, timeline: Timeline
) -> None:
    guard.say("on lamp 10")
    guard.hear("output")
    guard.process.stdin.close()
    assert guard.process.wait(20) == 0
    assert timeline() == [("lamp", True, "told"), ("lamp", False, "pipe closed")]


DECIDER = """
import sys, time
from pathlib import Path
from edge.repel.outputs import Outputs
from edge.repel.settings import OutputSettings
outputs = Outputs([OutputSettings(name="horn", stimulus="horn", pin=17, max_on_s=10)], Path(sys.argv[1]))
outputs.open()
outputs.switch_on("horn", 10)
print(outputs.pid, flush=True)
while True:
    outputs.tend()
    time.sleep(0.05)
"""


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")  # an orphan nobody has collected yet has ended all the same
    return not (state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z")


def test_kill_9_of_the_deciding_process_switches_the_horn_off_and_ends_the_guard(
    timeline_file: Path, timeline: Timeline
) -> None:
    decider = subprocess.Popen([sys.executable, "-c", DECIDER, str(timeline_file)], stdout=subprocess.PIPE)
    guard_pid = int(decider.stdout.readline())
    assert timeline() == [("horn", True, "told")]
    decider.kill()
    decider.wait()
    decider.stdout.close()
    assert until(lambda: not _alive(guard_pid))
    # Not by the timer, long before the 10 s were over: whichever of its two signs the guard sees first.
    told, off = timeline()
    assert told == ("horn", True, "told")
    assert off[:2] == ("horn", False)
    assert off[2] in {"pipe closed", "parent gone"}


def test_a_fork_that_holds_the_pipe_open_does_not_keep_the_horn_on(
    timeline_file: Path, timeline: Timeline
) -> None:
    child = "import os\nchild = os.fork()\nif child == 0:\n    time.sleep(60)\n    os._exit(0)\nprint(child, "
    decider = subprocess.Popen(
        [sys.executable, "-c", DECIDER.replace("print(", child), str(timeline_file)],
        stdout=subprocess.PIPE,
    )
    child_pid, guard_pid = (int(word) for word in decider.stdout.readline().split())
    decider.kill()
    decider.wait()
    assert until(lambda: not _alive(guard_pid))
    assert _alive(child_pid)
    os.kill(child_pid, signal.SIGKILL)
    decider.stdout.close()
    assert timeline() == [("horn", True, "told"), ("horn", False, "parent gone")]
