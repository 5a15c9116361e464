"""The person's side of fire from afar: ask, wait for the field's random word, let the person think, confirm."""

import time
from collections.abc import Callable

from contract.broker import BrokerSettings
from edge.repel.order_line import OrderLine
from edge.repel.safety import Shot
from edge.repel.signed_words import Answer, Ask, Confirm, Offer, WordT, opened, signed, topic

PATIENCE_S = 10.0
REASK_S = 2.0


def fire_from_afar(
    device: str, wanted: Shot, key: bytes, broker: BrokerSettings, confirm: Callable[[], str]
) -> str:
    """``fired``, or the field's reason. ``confirm`` asks the person, who must type the field's name.

    Raises TimeoutError if the field is not heard, ValueError if the person typed something else.
    """
    line = OrderLine(broker, [topic(device, "offer"), topic(device, "answer")])
    line.open()
    try:
        offer = _asked(line, device, wanted, key)
        if confirm().strip() != device:
            raise ValueError("not confirmed: nothing was fired")
        on_topic = topic(device, "confirm")
        line.say(on_topic, signed(key, on_topic, Confirm(offer.challenge)))
        answer = _heard(line, device, "answer", key, Answer, time.monotonic() + PATIENCE_S)
        if answer is None:
            raise TimeoutError(f"{device} did not answer: look whether it fired before you ask again")
        return answer.words
    finally:
        line.close()


def _asked(line: OrderLine, device: str, wanted: Shot, key: bytes) -> Offer:
    on_topic = topic(device, "ask")
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        if not line.connected:
            time.sleep(0.05)
            continue
        line.say(on_topic, signed(key, on_topic, Ask(wanted.output, wanted.on_s)))
        offer = _heard(line, device, "offer", key, Offer, min(deadline_s, time.monotonic() + REASK_S))
        if offer is not None:
            return offer
    raise TimeoutError(f"{device} is not heard: is it on, is this its broker, is this its key?")


def _heard(
    line: OrderLine, device: str, lane: str, key: bytes, kind: type[WordT], until_s: float
) -> WordT | None:
    while (left_s := until_s - time.monotonic()) > 0:
        for on_topic, payload in line.take(left_s):
            if on_topic == topic(device, lane) and (word := opened(key, on_topic, payload, kind)) is not None:
                return word
    return None
