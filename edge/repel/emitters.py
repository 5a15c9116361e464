"""What an output does when it goes on: a level, a duty, flashes, or a sound. Lives in the process that owns the outputs.

Each has a mock that does nothing but be on and off, chosen with GPIOZERO_PIN_FACTORY=mock; what an output really did is
in the timeline that this process writes, with the mock and without.
"""

import math
import os
import subprocess
from pathlib import Path
from typing import Any, Protocol

from edge.repel.output_kinds import OutputKind

BOARD = "MIMAMORI_PIN_BOARD"
"""Environment variable: the file of edge.repel.pin_board that stands in for the chip."""
_KILLED_WITHIN_S = 0.5


class Emitter(Protocol):
    """One output. Its owner alone decides when; nothing here knows a limit. ``can_end``: by itself, as a sound does."""

    can_end: bool

    @property
    def is_on(self) -> bool:
        """What it is found to be, not what it was told."""
        ...

    def on(self, now_s: float, for_s: float) -> None:
        """Begin; raises OSError if it cannot."""
        ...

    def failed(self) -> bool:
        """Whether it ended by itself, and badly."""
        ...

    def off(self) -> None:
        """End, also when it is off already."""
        ...

    def tick(self, now_s: float) -> float:
        """Go on with it; returns when the next tick is due, in CLOCK_MONOTONIC s."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...

    def detail(self) -> dict[str, Any]:
        """For the timeline."""
        ...


class Switched:
    """Relay or valve: a level."""

    can_end = False

    def __init__(self, one: dict[str, Any]) -> None:
        from gpiozero import OutputDevice  # noqa: PLC0415 - importing gpiozero looks for pins: only in this process

        self._device = OutputDevice(one["pin"], active_high=one["active_high"], initial_value=False)
        self._pin = one["pin"]

    @property
    def is_on(self) -> bool:
        return bool(self._device.value)

    def on(self, now_s: float, for_s: float) -> None:
        del now_s, for_s
        self._device.on()

    def failed(self) -> bool:
        return False

    def off(self) -> None:
        self._device.off()

    def tick(self, now_s: float) -> float:
        del now_s
        return math.inf

    def close(self) -> None:
        self._device.close()

    def detail(self) -> dict[str, Any]:
        return {"pin": self._pin}


class Flashing(Switched):
    """Strobe: a level that comes and goes ``hz`` times a second, on for ``duty`` of the time."""

    def __init__(self, one: dict[str, Any]) -> None:
        super().__init__(one)
        self._hz, self._duty = one["hz"], one["duty"]
        self._next_s: float | None = None

    @property
    def is_on(self) -> bool:
        return self._next_s is not None or super().is_on

    def on(self, now_s: float, for_s: float) -> None:
        super().on(now_s, for_s)
        self._next_s = now_s + self._duty / self._hz

    def off(self) -> None:
        self._next_s = None
        super().off()

    def tick(self, now_s: float) -> float:
        if self._next_s is None:
            return math.inf
        if now_s >= self._next_s:
            lit = bool(self._device.value)
            self._device.off() if lit else self._device.on()
            self._next_s = now_s + ((1 - self._duty) if lit else self._duty) / self._hz
        return self._next_s

    def detail(self) -> dict[str, Any]:
        return {**super().detail(), "hz": self._hz, "duty": self._duty}


class Modulated(Switched):
    """PWM: a dimmed lamp or a servo-like driver."""

    def __init__(self, one: dict[str, Any]) -> None:
        from gpiozero import PWMOutputDevice  # noqa: PLC0415 - as above

        self._device = PWMOutputDevice(
            one["pin"], active_high=one["active_high"], initial_value=0, frequency=one["hz"]
        )
        self._detail = {"pin": one["pin"], "hz": one["hz"], "duty": one["duty"]}

    def on(self, now_s: float, for_s: float) -> None:
        del now_s, for_s
        self._device.value = self._detail["duty"]

    def detail(self) -> dict[str, Any]:
        return dict(self._detail)


class Sound:
    """A WAV file through ALSA's aplay; each time the next file. aplay itself ends after the seconds, whole ones."""

    can_end = True

    def __init__(self, one: dict[str, Any]) -> None:
        self._speaker, self._files = one["speaker"], one["files"]
        self._next = 0
        self._file = self._files[0]
        self._player: subprocess.Popen[bytes] | None = None

    @property
    def is_on(self) -> bool:
        return self._player is not None and self._player.poll() is None

    def on(self, now_s: float, for_s: float) -> None:
        del now_s
        self._file = self._files[self._next % len(self._files)]
        self._next += 1
        if not Path(self._file).exists():
            raise FileNotFoundError(f"{self._file}: no such sound")
        command = ["aplay", "-q", "-D", self._speaker, "-d", str(math.ceil(for_s)), self._file]
        # It stays in this process's group: the watchdog kills the group when this process is gone.
        self._player = subprocess.Popen(  # noqa: S603 - speaker and sounds are named by the site's own file
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )

    def failed(self) -> bool:
        """A player ends with a status of its own where the card is busy or the file is no sound."""
        return self._player is not None and (self._player.poll() or 0) > 0

    def off(self) -> None:
        if self._player is None:
            return
        self._player.kill()
        self._player.wait(_KILLED_WITHIN_S)
        self._player = None

    def tick(self, now_s: float) -> float:
        del now_s
        return math.inf

    def close(self) -> None:
        self.off()

    def detail(self) -> dict[str, Any]:
        return {"speaker": self._speaker, "file": Path(self._file).name}


class MockSound(Sound):
    """Plays nothing."""

    _playing = False

    @property
    def is_on(self) -> bool:
        return self._playing

    def on(self, now_s: float, for_s: float) -> None:
        del now_s, for_s
        self._file = self._files[self._next % len(self._files)]
        self._next += 1
        self._playing = True

    def off(self) -> None:
        self._playing = False


_ON_PINS: dict[str, type[Switched] | type[Flashing] | type[Modulated]] = {
    OutputKind.RELAY: Switched,
    OutputKind.WATER: Switched,
    OutputKind.STROBE: Flashing,
    OutputKind.PWM: Modulated,
}


def prepare_pins() -> None:
    """Choose the pins before the first is taken: the board of a file, mocks that know PWM, or this machine's own."""
    os.environ.setdefault("GPIOZERO_MOCK_PIN_CLASS", "mockpwmpin")
    import gpiozero  # noqa: PLC0415 - importing gpiozero looks for pins: only in this process

    if path := os.environ.get(BOARD):
        from edge.repel.pin_board import BoardFactory  # noqa: PLC0415 - as above

        gpiozero.Device.pin_factory = BoardFactory(Path(path))


def mocked() -> bool:
    """Whether nothing outside may move."""
    return os.environ.get("GPIOZERO_PIN_FACTORY") == "mock" and BOARD not in os.environ


def emitter_from(one: dict[str, Any]) -> Emitter:
    """The emitter of one output's table; raises gpiozero's GPIOZeroError without a pin driver, KeyError."""
    if one["kind"] == OutputKind.SOUND:
        return MockSound(one) if mocked() else Sound(one)
    return _ON_PINS[one["kind"]](one)
