"""The last process that can switch off: ``python -m edge.repel.watchdog``, started by edge.repel.pins.

Is: the maximum on-time for an owner of the outputs that is killed, stuck or wrong. It is told of each output before it
goes on and after it went off; one that is on for longer than its limit, or whose owner is gone without a farewell, it
switches off itself: it kills the owner and what it started, takes the pins and drives them off.
Is not: a guard against its own kill -9 together with its owner's, against a loss of power to the board only, or a stuck
relay; for those the technician's sheet asks for a relay with a hardware time limit in series.

It holds no pin while the owner lives. It ignores SIGTERM, SIGINT and SIGHUP: it ends when its pipe ends.
Stdin: first the JSON line that the owner was given, then ``on NAME``, ``off NAME`` and ``bye``. Stdout: one line, ``ready``.
"""

import json
import os
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from edge.repel.emitters import prepare_pins
from edge.repel.output_kinds import OutputKind

RESERVE_S = 0.5
"""At most; a quarter of short on-times. A busy machine lets a process that is due wait for a tenth of a second."""
_DEATH_S = 1.0


def owner_limit_s(max_on_s: float) -> float:
    """When the owner's own timer switches off: before the watchdog would, so that a healthy owner never meets it."""
    return max_on_s - min(RESERVE_S, max_on_s / 4)


def watchdog_limit_s(max_on_s: float) -> float:
    """When the watchdog does: half of the reserve is left to end the owner and take the pin, some 10 ms when idle."""
    return max_on_s - min(RESERVE_S, max_on_s / 4) / 2


class Watchdog:
    """``owner`` is a pidfd: a pid alone could be another process's by the time it is needed."""

    def __init__(self, config: dict[str, Any], owner: int, owner_pid: int) -> None:
        self._outputs = {one["name"]: one for one in config["outputs"]}
        self._timeline = config["timeline_file"]
        self._owner, self._owner_pid = owner, owner_pid
        self._off_by_s: dict[str, float] = {}

    def watch(self, pipe: int) -> None:
        """Until the farewell, or until it had to act."""
        rest = b""
        while True:
            readable, _, _ = select.select([pipe], [], [], self._left_s())
            if readable:
                got = os.read(pipe, 4096)
                *lines, rest = (rest + got).split(b"\n")
                if b"bye" in lines:
                    return
                for line in lines:
                    self._hear(line.decode(errors="replace"))
                if not got:
                    self.switch_off("owner gone")
                    return
            if self._left_s() == 0.0:
                self.switch_off("watchdog")
                return

    def _hear(self, line: str) -> None:
        match line.split():
            case ["on", name] if name in self._outputs:
                self._off_by_s[name] = time.monotonic() + watchdog_limit_s(self._outputs[name]["max_on_s"])
            case ["off", name]:
                self._off_by_s.pop(name, None)

    def _left_s(self) -> float | None:
        if not self._off_by_s:
            return None
        return max(0.0, min(self._off_by_s.values()) - time.monotonic())

    def switch_off(self, why: str) -> None:
        """End the owner and what it started, then take the pins one by one and drive them off."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._owner, signal.SIGKILL)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._owner_pid, signal.SIGKILL)
        select.select([self._owner], [], [], _DEATH_S)
        for name, one in self._outputs.items():
            try:
                self._drive_off(one)
            except Exception as error:  # noqa: BLE001 - gpiozero's drivers raise what they like; the next pin must go off too
                sys.stderr.write(f"watchdog: {name} may be on, look at it: {type(error).__name__}: {error}\n")
            if name in self._off_by_s:
                self._report(name, why)

    def _drive_off(self, one: dict[str, Any]) -> None:
        from gpiozero import OutputDevice  # noqa: PLC0415 - importing gpiozero looks for pins: only in this process

        if one["kind"] != OutputKind.SOUND:
            OutputDevice(one["pin"], active_high=one["active_high"], initial_value=False).close()

    def _report(self, name: str, why: str) -> None:
        if self._timeline is None:
            return
        at_ms = time.time_ns() // 1_000_000
        row = {"output": name, "on": False, "at_s": time.monotonic(), "why": why, "at_ms": at_ms}
        with Path(self._timeline).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def _first_line() -> bytes:
    """Byte by byte: what follows must stay in the pipe."""
    line = b""
    while not line.endswith(b"\n"):
        more = os.read(sys.stdin.fileno(), 1)
        if not more:
            raise SystemExit(0)
        line += more
    return line


def main() -> None:
    """The process: see the module."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    owner_pid = os.getppid()
    owner = os.pidfd_open(owner_pid)
    config = json.loads(_first_line())
    prepare_pins()
    import gpiozero  # noqa: PLC0415 - it takes 0.3 s, which must not pass when it matters

    # Nor must what it looks up at its first pin: the chip is opened now, and no line of it is taken.
    gpiozero.Device.ensure_pin_factory()
    os.write(sys.stdout.fileno(), b"ready\n")
    Watchdog(config, owner, owner_pid).watch(sys.stdin.fileno())


if __name__ == "__main__":
    main()
