"""A lamp that is lit while the device asks: for somebody who hears badly."""

import logging
from typing import Protocol

from gpiozero import LED, GPIOZeroError

log = logging.getLogger(__name__)


class Light(Protocol):
    """Lit or dark."""

    def open(self) -> None:
        """Get hold of the pin, dark; what goes wrong is told by ``fault``."""
        ...

    def show(self, *, lit: bool) -> None:
        """Asked every step; only a change costs anything."""
        ...

    def fault(self) -> str | None:
        """Why the lamp does not work, or None."""
        ...

    def close(self) -> None:
        """Dark, and the pin let go; harmless when it is not held."""
        ...


class NoLight:
    """A home without a lamp."""

    def open(self) -> None:
        """Nothing to open."""

    def show(self, *, lit: bool) -> None:
        """Nothing to show."""

    def fault(self) -> str | None:
        return None

    def close(self) -> None:
        """Nothing to close."""


class GpioLight:
    """A lamp or a relay on a BCM pin, blinking twice a second while lit."""

    BLINK_S = 0.25

    def __init__(self, pin: int) -> None:
        self._pin = pin
        self._led: LED | None = None
        self._lit = False
        self._fault: str | None = None

    def open(self) -> None:
        try:
            self._led = LED(self._pin)
        except (GPIOZeroError, OSError) as error:
            self._fault = f"light_pin {self._pin}: {error}: choose a free pin, or leave light_pin out"
            log.warning("%s", self._fault)

    def show(self, *, lit: bool) -> None:
        if self._led is None or lit is self._lit:
            return
        self._lit = lit
        if lit:
            self._led.blink(self.BLINK_S, self.BLINK_S)
        else:
            self._led.off()

    def fault(self) -> str | None:
        return self._fault

    def close(self) -> None:
        if self._led is not None:
            self._led.off()
            self._led.close()
            self._led = None


def light_from(pin: int | None) -> Light:
    """The lamp of a home's file."""
    return NoLight() if pin is None else GpioLight(pin)
