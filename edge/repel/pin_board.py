"""A board of pins in a file: the stand-in for a chip where there is none, seen by every process that opens it.

Is: like a Pi's output register in what matters for safety. A pin keeps its level when the process that set it is killed,
and the next process takes it as it is. Each change is also a line of ``BOARD.jsonl``, with the time and the process.
Is not: the kernel's GPIO device; nothing here keeps two processes from driving one pin at once.

Chosen with the environment variable MIMAMORI_PIN_BOARD, the path of the file; it is made where it is missing.
"""

import json
import mmap
import os
import time
from pathlib import Path
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPWMPin

PINS = 28


class PinBoard:
    """The file: one byte for each BCM number, 0 low, 255 high, between them the duty of PWM."""

    def __init__(self, path: Path) -> None:
        with path.open("a+b") as file:
            if path.stat().st_size < PINS:
                file.truncate(PINS)
            self._levels = mmap.mmap(file.fileno(), PINS)
        self._changes = path.with_name(f"{path.name}.jsonl")

    def level(self, pin: int) -> float:
        """0 to 1."""
        return self._levels[pin] / 255

    def drive(self, pin: int, level: float) -> None:
        """Set a pin, as the process that owns it or as the hand that presses a button."""
        byte = round(255 * level)
        if self._levels[pin] == byte:
            return
        self._levels[pin] = byte
        row = {"pin": pin, "level": level, "at_s": time.monotonic(), "pid": os.getpid()}
        with self._changes.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def changes(self) -> list[dict[str, Any]]:
        """Every change so far, oldest first: pin, level, at_s (CLOCK_MONOTONIC), pid."""
        if not self._changes.exists():
            return []
        return [json.loads(line) for line in self._changes.read_text(encoding="utf-8").splitlines()]


class _BoardPin(MockPWMPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin whose level lives on the board."""

    def __init__(self, factory: "BoardFactory", info: Any) -> None:
        self._number = int(info.name.removeprefix("GPIO"))
        self._board = factory.board
        super().__init__(factory, info)

    def _get_state(self) -> float:
        return self._board.level(self._number)

    def _change_state(self, value: float) -> bool:
        if self._function == "output":
            self._board.drive(self._number, float(value))
        return bool(super()._change_state(value))

    def close(self) -> None:
        """Let go of the pin; like a released line it keeps its level."""
        self._function = "input"


class BoardFactory(MockFactory):  # type: ignore[misc]  # gpiozero has no types
    """gpiozero's pins on a board."""

    def __init__(self, path: Path) -> None:
        self.board = PinBoard(path)
        super().__init__(pin_class=_BoardPin)
