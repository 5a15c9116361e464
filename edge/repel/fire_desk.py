"""Where a person far away asks a field to fire: two signed steps over MQTT. What they may is the kernel's to say.

The first step makes the field give out a random word; the second must quote it, signed, within 30 s. A recorded step is
worth nothing: the word is made here, and is used up.
"""

import secrets
from collections.abc import Callable

from contract.broker import BrokerSettings
from edge.repel.fire_line import Asked, Confirmed
from edge.repel.order_line import OrderLine
from edge.repel.remote_outputs import Line
from edge.repel.safety import Shot
from edge.repel.settings import RepelSettings
from edge.repel.signed_words import Answer, Ask, Confirm, Offer, Struct, opened, read_key, signed, topic


class FireDesk:
    """The desk of one field. One thread calls it."""

    def __init__(
        self,
        device: str,
        key: bytes,
        line: Line,
        *,
        new_challenge: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._device = device
        self._key = key
        self._line = line
        self._new_challenge = new_challenge
        self._wanted: dict[str, str] = {}

    def open(self) -> None:
        """Connect, in the background."""
        self._line.open()

    def close(self) -> None:
        """Hang up; harmless when repeated."""
        self._line.close()

    def asked(self) -> list[Asked | Confirmed]:
        """The steps that came, oldest first; what is no step at all is left out."""
        steps: list[Asked | Confirmed] = []
        for on_topic, payload in self._line.take():
            if on_topic == topic(self._device, "ask"):
                ask = opened(self._key, on_topic, payload, Ask)
                challenge = self._new_challenge()
                wanted = Shot("", 0.0) if ask is None else Shot(ask.output, ask.seconds)
                self._wanted = {challenge: wanted.output}
                steps.append(Asked(wanted, challenge, genuine=ask is not None))
            elif on_topic == topic(self._device, "confirm"):
                confirm = opened(self._key, on_topic, payload, Confirm)
                steps.append(
                    Confirmed("" if confirm is None else confirm.challenge, genuine=confirm is not None)
                )
        return steps

    def offer(self, challenge: str) -> None:
        """The first step is taken: this is what the second must quote."""
        self._say("offer", Offer(challenge, self._wanted.get(challenge, "")))

    def answer(self, challenge: str, words: str) -> None:
        """How the second step ended."""
        self._say("answer", Answer(challenge, words))

    def _say(self, lane: str, word: Struct) -> None:
        on_topic = topic(self._device, lane)
        self._line.say(on_topic, signed(self._key, on_topic, word))


def fire_desk_from(device: str, settings: RepelSettings) -> FireDesk | None:
    """The desk of a field's file; None where nobody may fire from afar. Raises KeyFileError."""
    if settings.fire_key_file is None:
        return None
    return _desk(device, read_key(settings.fire_key_file), settings.line)


def _desk(device: str, key: bytes, broker: BrokerSettings) -> FireDesk:
    return FireDesk(device, key, OrderLine(broker, [topic(device, "ask"), topic(device, "confirm")]))
