"""Proof by killing: is a pin off within its maximum on-time when a process is killed -9 while it is on?

The pin is looked at every millisecond by this process, which is none of those that drive it: on the board of a file
(edge.repel.pin_board), or on a real chip through a wire from the output's pin to an input's.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge.repel.emitters import BOARD
from edge.repel.pin_board import PinBoard

LOOK_EVERY_S = 0.001
START_S = 60.0


class Victim(StrEnum):
    """Who is killed while the output is on."""

    DECIDER = "decider"
    OWNER = "owner"
    BOTH = "both"
    STUCK_OWNER = "stuck-owner"
    """Not killed but stopped, so that its timer never comes."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One proof: how long the pin was on, and how long of that after the kill."""

    victim: Victim
    max_on_s: float
    on_s: float
    after_kill_s: float

    @property
    def held(self) -> bool:
        """Whether the maximum held."""
        return self.on_s <= self.max_on_s


@dataclass(frozen=True, slots=True)
class Wire:
    """How the pin is seen from outside, and the environment in which the others drive it."""

    pin: int
    is_high: Callable[[], bool]
    environment: dict[str, str]


def board_wire(folder: Path, pin: int = 17) -> Wire:
    """A pin of a board in a file: what keeps its level when its owner dies, as a Pi's does."""
    path = folder / "board"
    board = PinBoard(path)
    return Wire(pin, lambda: board.level(pin) > 0, {BOARD: str(path)})


def chip_wire(pin: int, sense_pin: int) -> Wire:
    """This machine's own pins, joined by a wire; raises gpiozero's GPIOZeroError without them."""
    from gpiozero import DigitalInputDevice  # noqa: PLC0415 - importing gpiozero looks for pins

    sense = DigitalInputDevice(sense_pin, pull_up=False)
    return Wire(pin, lambda: bool(sense.value), {})


def kill_once(wire: Wire, victim: Victim, max_on_s: float, after_s: float) -> Kill:
    """Switch on, wait ``after_s``, kill, and look until the pin is low.

    Raises TimeoutError if it never goes on, or stays on for ten times the maximum.
    """
    decider = subprocess.Popen(  # noqa: S603 - this interpreter and two numbers
        [sys.executable, "-m", "simulators.repel.decider", str(wire.pin), str(max_on_s)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **wire.environment},
        process_group=0,
    )
    try:
        on_s = _until(wire.is_high, time.monotonic() + START_S, "the output never went on")
        owner = int(decider.stdout.readline()) if decider.stdout is not None else 0
        time.sleep(max(0.0, on_s + after_s - time.monotonic()))
        if not wire.is_high():
            raise TimeoutError("the output was off before the kill: choose a longer maximum")
        killed_s = time.monotonic()
        _kill(victim, decider, owner)
        off_s = _until(lambda: not wire.is_high(), on_s + 10 * max_on_s, "the output stays on")
    finally:
        decider.kill()
        decider.wait()
        if decider.stdout is not None:
            decider.stdout.close()
    return Kill(victim, max_on_s, off_s - on_s, off_s - killed_s)


def _kill(victim: Victim, decider: subprocess.Popen[bytes], owner: int) -> None:
    if victim in {Victim.OWNER, Victim.BOTH}:
        os.kill(owner, signal.SIGKILL)
    if victim is Victim.STUCK_OWNER:
        os.kill(owner, signal.SIGSTOP)
    if victim in {Victim.DECIDER, Victim.BOTH}:
        decider.kill()


def _until(condition: Callable[[], bool], deadline_s: float, otherwise: str) -> float:
    while not condition():
        if time.monotonic() > deadline_s:
            raise TimeoutError(otherwise)
        time.sleep(LOOK_EVERY_S)
    return time.monotonic()


def kill_many(victim: Victim, seeds: list[int], max_on_s: float) -> list[Kill]:
    """One kill for each seed, each at another moment of the time on, each on a board of its own."""
    kills = []
    for seed in seeds:
        after_s = random.Random(seed).uniform(0.05, 0.7) * max_on_s
        with tempfile.TemporaryDirectory() as folder:
            kills.append(kill_once(board_wire(Path(folder)), victim, max_on_s, after_s))
    return kills
