"""The process that owns the outputs: ``python -m edge.repel.pins``, started by edge.repel.outputs.

Is: the limit below the code that decides. It switches an output off by its own timer, a little before
``max_on_s`` is over and whatever it is asked; all off at start, at exit, on SIGTERM, SIGINT and SIGHUP, when the
emergency stop is pressed, when heartbeats stop for HEARTBEAT_S, and when the pipe closes because the deciding process
died. Below it watches edge.repel.watchdog, for the case that this process itself is killed or stuck; when that one is
gone, this one ends, all off.
Is not: a guard against a stuck relay, or against losing both processes at once; for those the technician's sheet asks
for a relay with a hardware time limit in series.

One thread, one ``select``: nothing here waits for the deciding process, for a lock or for another thread.
Stdin: first a JSON line ``{"outputs": [{name, kind, max_on_s, ...}], "stop_pin": BCM | null, "timeline_file": path |
null}``, then ``on NAME SECONDS``, ``off`` and ``beat``. Stdout: JSON lines ``{"ready": true}``, one for each change, one
for each refusal, ``{"stopped": bool}`` for the emergency stop, and ``{"alive": true}`` for each beat.
"""

import json
import math
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from edge.repel.emitters import Emitter, emitter_from, prepare_pins
from edge.repel.watchdog import owner_limit_s

HEARTBEAT_S = 2.0
_IDLE_S = 0.5
"""How often an idle guard looks whether its parent still lives (its pipe may be held by a fork of it)."""
_STOP_LOOK_S = 0.05
"""While something is on: an emergency stop that takes longer than a blink is none."""
_WATCHDOG_READY_S = 15.0


@dataclass(slots=True)
class _Output:
    """One output; ``off_at_s`` is set while it is on, ``rested_at_s`` is when it may go on again."""

    name: str
    emitter: Emitter
    max_on_s: float
    off_at_s: float | None = None
    rested_at_s: float = 0.0


class EndOfWatchError(Exception):
    """The watchdog is gone: nothing may be on."""


class Leash:
    """The pipe to the watchdog, which is told of each output before it goes on."""

    def __init__(self, config: dict[str, Any]) -> None:
        """Start it; it takes hold while the pins are looked for."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "edge.repel.watchdog"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        self.say(json.dumps(config))

    def wait(self) -> None:
        """Until it watches; raises EndOfWatchError if it does not."""
        readable, _, _ = select.select([self.pipe], [], [], _WATCHDOG_READY_S)
        if not readable or os.read(self.pipe, 64) != b"ready\n":
            raise EndOfWatchError("the watchdog did not start")

    @property
    def pipe(self) -> int:
        """Readable when the watchdog is gone."""
        assert self._process.stdout is not None  # noqa: S101 - told to the type checker
        return self._process.stdout.fileno()

    def say(self, line: str) -> None:
        """Raises EndOfWatchError if nobody is there to hear it."""
        assert self._process.stdin is not None  # noqa: S101 - told to the type checker
        try:
            self._process.stdin.write(line.encode() + b"\n")
        except BrokenPipeError as error:
            raise EndOfWatchError("the watchdog is gone") from error


class Guard:
    """Owns the outputs from ``__init__`` until ``close``. Times are CLOCK_MONOTONIC s, the same in all processes."""

    def __init__(self, config: dict[str, Any], leash: Leash) -> None:
        """Claim the pins, all off. Raises gpiozero's GPIOZeroError without a pin driver, ValueError or KeyError."""
        self._timeline = config["timeline_file"]
        self._leash = leash
        self._beat_s = time.monotonic()
        self._outputs: dict[str, _Output] = {}
        self._stop_button = _stop_button(config.get("stop_pin"))
        self._stopped: bool | None = None
        for one in config["outputs"]:
            self._outputs[one["name"]] = _Output(one["name"], emitter_from(one), float(one["max_on_s"]))

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
        if self._look_at_stop():
            say({"refused": output.name, "why": "the emergency stop is pressed"})
            return
        now_s = time.monotonic()
        try:
            wanted_s = float(words)
        except ValueError:
            wanted_s = math.nan
        # "not >" also refuses NaN. While on or resting, a second "on" is refused: repeating it must not make a siren.
        if not wanted_s > 0 or output.off_at_s is not None or now_s < output.rested_at_s:
            say({"refused": output.name, "why": "it is on, it rests, or no time was given"})
            return
        on_s = min(wanted_s, owner_limit_s(output.max_on_s))
        self._leash.say(f"on {output.name}")
        output.off_at_s = now_s + on_s
        try:
            output.emitter.on(now_s, on_s)
        except OSError as error:
            self._switch_off(output, "never on")
            say({"refused": output.name, "why": f"{error}"})
            return
        # A sound may be over before anybody looks: it was on all the same, and the next tick tells how it ended.
        self._report(output, "told", on=output.emitter.is_on or output.emitter.can_end)

    def all_off(self, why: str) -> None:
        """Every output off, reported where that changed something."""
        for output in self._outputs.values():
            self._switch_off(output, why)

    def _switch_off(self, output: _Output, why: str) -> None:
        failed = output.emitter.failed()
        output.emitter.off()
        if output.off_at_s is not None:
            output.off_at_s = None
            output.rested_at_s = time.monotonic() + output.max_on_s
            self._leash.say(f"off {output.name}")
            if why != "never on":
                self._report(output, "failed" if failed else why, on=output.emitter.is_on)

    def _look_at_stop(self) -> bool:
        """Whether the emergency stop is pressed; everything goes off with it."""
        pressed = self._stop_button is not None and not self._stop_button.value
        if pressed != self._stopped:
            self._stopped = pressed
            say({"stopped": pressed})
        if pressed:
            self.all_off("emergency stop")
        return pressed

    def tick(self) -> float:
        """Switch off what is due; returns seconds until it must be called again."""
        self._look_at_stop()
        now_s = time.monotonic()
        wait_s = _IDLE_S
        for output in self._outputs.values():
            if output.off_at_s is None:
                continue
            if output.off_at_s <= now_s:
                self._switch_off(output, "timer")
            elif not output.emitter.is_on:
                self._switch_off(output, "at its end")
            else:
                wait_s = min(
                    wait_s, output.off_at_s - now_s, output.emitter.tick(now_s) - now_s, _STOP_LOOK_S
                )
        if any(output.off_at_s is not None for output in self._outputs.values()):
            if now_s - self._beat_s >= HEARTBEAT_S:
                self.all_off("no heartbeat")
                return _IDLE_S
            wait_s = min(wait_s, self._beat_s + HEARTBEAT_S - now_s)
        return max(0.0, wait_s)

    def close(self, why: str) -> None:
        """All off, then let the pins go."""
        with ExitStack() as last:  # runs every step, also when the one before it raised
            last.callback(self._say_bye)
            for output in self._outputs.values():
                last.callback(output.emitter.close)
                last.callback(self._switch_off, output, why)

    def _say_bye(self) -> None:
        with suppress(EndOfWatchError):
            self._leash.say("bye")

    def _report(self, output: _Output, why: str, *, on: bool) -> None:
        """Tell what the output itself reads back, not what it was told."""
        change = {
            "output": output.name,
            "on": on,
            "at_s": time.monotonic(),
            "why": why,
        }
        if self._timeline is not None:
            row = {**change, "at_ms": time.time_ns() // 1_000_000, **output.emitter.detail()}
            with Path(self._timeline).open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        say(change)


def _stop_button(pin: int | None) -> Any:
    if pin is None:
        return None
    from gpiozero import DigitalInputDevice  # noqa: PLC0415 - importing gpiozero looks for pins: only in this process

    return DigitalInputDevice(pin, pull_up=True)


def say(words: dict[str, Any]) -> None:
    """One line to the deciding process; lost if it does not read, because a full pipe must not hold up a timer."""
    try:
        os.write(sys.stdout.fileno(), json.dumps(words).encode() + b"\n")
    except (BlockingIOError, BrokenPipeError):
        sys.stderr.write(f"pins: nobody reads {words}\n")


def run(guard: Guard, leash: Leash, rest: bytes) -> str:
    """Obey until the pipe closes, the parent or the watchdog is gone; returns why. ``rest`` came with the first line."""
    parent = os.getppid()
    wait_s = 0.0
    while True:
        *lines, rest = rest.split(b"\n")
        for line in lines:
            guard.obey(line.decode(errors="replace"))
        wait_s = guard.tick()
        readable, _, _ = select.select([sys.stdin, leash.pipe], [], [], wait_s)
        if leash.pipe in readable:
            return "watchdog gone"
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
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)  # the watchdog ends the group, and must not end who started us
    config, rest = _configuration()
    os.set_blocking(sys.stdout.fileno(), False)
    leash = Leash(config)
    prepare_pins()
    leash.wait()
    guard = Guard(config, leash)
    why = "ended"
    try:
        say({"ready": True})
        why = run(guard, leash, rest)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        guard.close(why)


if __name__ == "__main__":
    main()
