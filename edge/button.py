"""The button that says "I am all right": a pin to ground, read once a step."""

import logging
from typing import Protocol

from gpiozero import Button as PinButton
from gpiozero import GPIOZeroError

log = logging.getLogger(__name__)


class Button(Protocol):
    """A press is told once, however long it lasts."""

    def open(self) -> None:
        """Get hold of the pin; what goes wrong is told by ``fault``."""
        ...

    def pressed(self) -> bool:
        """Whether it has gone down since the last call; asked every step, some 20 times a second."""
        ...

    def fault(self) -> str | None:
        """Why the button does not work, or None."""
        ...

    def close(self) -> None:
        """Let the pin go; harmless when it is not held."""
        ...


class NoButton:
    """A home without a button."""

    def open(self) -> None:
        """Nothing to open."""

    def pressed(self) -> bool:
        return False

    def fault(self) -> str | None:
        return None

    def close(self) -> None:
        """Nothing to close."""


class GpioButton:
    """A button between a BCM pin and ground, pulled up; gpiozero chooses the pin driver."""

    def __init__(self, pin: int) -> None:
        self._pin = pin
        self._button: PinButton | None = None
        self._was_down = False
        self._fault: str | None = None

    def open(self) -> None:
        try:
            self._button = PinButton(self._pin, bounce_time=None)
        except (GPIOZeroError, OSError) as error:
            self._fault = f"button_pin {self._pin}: {error}: choose a free pin, or leave button_pin out"
            log.warning("%s", self._fault)

    def pressed(self) -> bool:
        down = self._button is not None and bool(self._button.is_pressed)
        went_down = down and not self._was_down
        self._was_down = down
        return went_down

    def fault(self) -> str | None:
        return self._fault

    def close(self) -> None:
        if self._button is not None:
            self._button.close()
            self._button = None


def button_from(pin: int | None) -> Button:
    """The button of a home's file."""
    return NoButton() if pin is None else GpioButton(pin)
