"""Plays the people of the story: the family does not hear the phone, the minsei-iin does."""

from types import TracebackType
from typing import Self

import httpx

from cli.demo.site import LINE_IDS, MINSEI_IIN
from cli.demo.stages import Seen
from cli.demo.town import Town
from gateway.alerts.lifecycle import What
from simulators.city.phone import Phone, PhoneError


class Player:
    """Opens the minsei-iin's message, taps that she is going, and later that she has helped."""

    def __init__(self, town: Town) -> None:
        self._phone = Phone(town.city.timeline, {"line": LINE_IDS[MINSEI_IIN]})
        self._said: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._phone.close()

    def turn(self, seen: Seen) -> None:
        """Do what it is time for; a page that does not answer is tried again at the next turn."""
        if seen.fall is None:
            return
        happened = {line.what for line in seen.fall.transitions}
        try:
            if "going" not in self._said:
                self._say("going", seen)
            elif What.RECOVERED in happened and "helped" not in self._said:
                self._say("helped", seen)
        except (httpx.HTTPError, PhoneError):
            return

    def _say(self, answer: str, seen: Seen) -> None:
        number = seen.fall.alert.number if seen.fall else ""
        for arrival in self._phone.inbox():
            if number in arrival.text:
                self._phone.press(self._phone.open(arrival), answer)
                self._said.add(answer)
                return
