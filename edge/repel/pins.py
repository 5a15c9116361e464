"""The process that owns the output pins: ``python -m edge.repel.pins``, started by edge.repel.outputs.

Is: the limit below the code that decides. It switches an output off by its own timer, at most ``max_on_s``
after it went on and whatever it is asked; all off at start, at exit, on SIGTERM, SIGINT and SIGHUP, when
heartbeats stop for HEARTBEAT_S, and when the pipe closes because the deciding process died.
Is not: a guard against its own kill -9 or a stuck relay; for those the technician's sheet asks for a relay
with a hardware time limit in series.

One thread, one ``select``: nothing here waits for the deciding process, for a lock or for another thread.
Stdin: first a JSON line ``{"outputs": [{name, pin, active_high, max_on_s}], "timeline_file": path | null}``,
then ``on NAME SECONDS``, ``off`` and ``beat``. Stdout: JSON lines ``{"ready": true}``, one for each change,
and ``{"alive": true}`` for each beat.
"""

import json
import math
import os
import select
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

HEARTBEAT_S = 2.0
_IDLE_S = 0.5
"""How often an idle guard looks whether its parent still lives (its pipe may be held by a fork of it)."""


@dataclass(slots=True)
class _Output:
    """One pin; ``off_at_s`` is set while it is on, ``rested_at_s`` is when it may go on again."""

    name: str
    device: Any
    max_on_s: float
    off_at_s: float | None = None
    rested_at_s: float = 0.0


class Guard:
    """Owns the pins from ``__init__`` until ``close``. Times are CLOCK_MONOTONIC s, the same in both processes."""

    def __init__(self, config: dict[str, Any]) -> None:
        """Claim the pins, all off. Raises gpiozero's GPIOZeroError without a pin driver, ValueError or KeyError."""
        from gpiozero import OutputDevice  # noqa: PLC0415 - importing gpiozero looks for pins: only in this process

        self._timeline = config["timeline_file"]
        self._beat_s = time.monotonic()
        self._outputs: dict[str, _Output] = {}
        for one in config["outputs"]:
            device = OutputDevice(one["pin"], active_high=one["active_high"], initial_value=False)
            self._outputs[one["name"]] = _Output(one["name"], device, float(one["max_on_s"]))

    def obey(self, line: str) -> None:
        """Carry out one line; what is not understood is ignored and said on stderr."""
        self._beat_s = time.monotonic()
        match line.split():
            case ["beat"]:
                say({"alive": True})
            case ["off"]:
                self.all_off("told")
            case ["on", name, seconds] if name in self._outputs:
                self._switch_on(self._outputs[name], seconds)
            case _:
                sys.stderr.write(f"pins: {line[:80]!r} is not understood\n")

    def _switch_on(self, output: _Output, words: str) -> None:
        now_s = time.monotonic()
        try:
            wanted_s = float(words)
        except ValueError:
            wanted_s = math.nan
        # "not >" also refuses NaN. While on or resting, a second "on" is refused: repeating it must not make a siren.
        if not wanted_s > 0 or output.off_at_s is not None or now_s < output.rested_at_s:
            sys.stderr.write(f"pins: {output.name} stays as it is: on, resting, or no time given\n")
            return
        output.off_at_s = now_s + min(wanted_s, output.max_on_s)
        output.device.on()
        self._report(output, "told")

    def all_off(self, why: str) -> None:
        """Every output off, reported where that changed something."""
        for output in self._outputs.values():
            self._switch_off(output, why)

    def _switch_off(self, output: _Output, why: str) -> None:
        output.device.off()
        if output.off_at_s is not None:
            output.off_at_s = None
            output.rested_at_s = time.monotonic() + output.max_on_s
            self._report(output, why)

    def tick(self) -> float:
        """Switch off what is due; returns seconds until it must be called again."""
        now_s = time.monotonic()
        for output in self._outputs.values():
            if output.off_at_s is not None and output.off_at_s <= now_s:
                self._switch_off(output, "timer")
        waits = [output.off_at_s for output in self._outputs.values() if output.off_at_s is not None]
        if not waits:
            return _IDLE_S
        if now_s - self._beat_s >= HEARTBEAT_S:
            self.all_off("no heartbeat")
            return _IDLE_S
        return max(0.0, min(*waits, self._beat_s + HEARTBEAT_S, now_s + _IDLE_S) - now_s)

    def close(self, why: str) -> None:
        """All off, then let the pins go."""
        with ExitStack() as last:  # runs every step, also when the one before it raised
            for output in self._outputs.values():
                last.callback(output.device.close)
                last.callback(self._switch_off, output, why)

    def _report(self, output: _Output, why: str) -> None:
        """Tell what the pin itself reads back, not what it was told."""
        change = {
            "output": output.name,
            "on": bool(output.device.value),
            "at_s": time.monotonic(),
            "why": why,
        }
        if self._timeline is not None:
            row = {**change, "at_ms": time.time_ns() // 1_000_000}
            with Path(self._timeline).open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        say(change)


def say(words: dict[str, Any]) -> None:
    """One line to the deciding process; lost if it does not read, because a full pipe must not hold up a timer."""
    try:
        os.write(sys.stdout.fileno(), json.dumps(words).encode() + b"\n")
    except (BlockingIOError, BrokenPipeError):
        sys.stderr.write(f"pins: nobody reads {words}\n")


def run(guard: Guard, rest: bytes) -> str:
    """Obey until the pipe closes or the parent is gone; returns why. ``rest`` came with the first line."""
    parent = os.getppid()
    wait_s = 0.0
    while True:
        *lines, rest = rest.split(b"\n")
        for line in lines:
            guard.obey(line.decode(errors="replace"))
        wait_s = guard.tick()
        readable, _, _ = select.select([sys.stdin], [], [], wait_s)
        if readable:
            got = os.read(sys.stdin.fileno(), 4096)
            if not got:
                return "pipe closed"
            rest = (rest + got)[-8192:]
        if os.getppid() != parent:
            return "parent gone"


def _configuration() -> tuple[dict[str, Any], bytes]:
    got = b""
    while b"\n" not in got:
        more = os.read(sys.stdin.fileno(), 65536)
        if not more:
            raise SystemExit(0)
        got += more
    first, _, rest = got.partition(b"\n")
    return json.loads(first), rest


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(f"pins: ended by {signal.Signals(number).name}, outputs off")


def main() -> None:
    """The process: see the module."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _end)
    config, rest = _configuration()
    os.set_blocking(sys.stdout.fileno(), False)
    guard = Guard(config)
    why = "ended"
    try:
        say({"ready": True})
        why = run(guard, rest)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        guard.close(why)


if __name__ == "__main__":
    main()
