"""Words between a field, its boxes and whoever fires from afar: what they say, and how each is signed. Pure.

HMAC-SHA256 over topic and body, with a secret that the two ends share: a word signed for one box or one step is none for
another. Freshness comes from the receiver alone: it gives out a random word and takes only what quotes it in time, so
that neither a replay nor a wrong clock can fire. Not secret: what is said may be read by anybody on the broker.
"""

import hashlib
import hmac
from pathlib import Path
from typing import TypeVar

import msgspec

from edge.repel.errors import KeyFileError

ROOT = "mimamori-repel/1"
KEY_LEAST = 32
"""Characters: a hand-made word is guessed, ``mimamori repel key`` makes 64."""


class Struct(msgspec.Struct, frozen=True):
    """Base of the words."""


class Tick(Struct, frozen=True):
    """A box, every second: what an order must quote."""

    tick: str


class Order(Struct, frozen=True):
    """A field to a box: ``action`` is on, hold (still wanted) or off. ``number`` rises; ``seconds`` only with on."""

    tick: str
    number: int
    action: str
    output: str = ""
    seconds: float = 0.0


class Report(Struct, frozen=True):
    """A box: what is on, and how the order of this number ended; ``refused`` is empty where it was carried out."""

    number: int
    on: list[str]
    refused: str = ""
    stopped: bool = False


class Ask(Struct, frozen=True):
    """A person to a field, first step."""

    output: str
    seconds: float


class Offer(Struct, frozen=True):
    """A field: what the second step must quote within 30 s."""

    challenge: str
    output: str


class Confirm(Struct, frozen=True):
    """A person to a field, second step."""

    challenge: str


class Answer(Struct, frozen=True):
    """A field: ``fired``, or the code of what forbade it."""

    challenge: str
    words: str


WordT = TypeVar("WordT", bound=Struct)


class _Signed(msgspec.Struct, frozen=True):
    """On the wire."""

    body: str
    mac: str


def topic(name: str, lane: str) -> str:
    """The topic of a box or field: lanes are tick, order, report; ask, offer, confirm, answer."""
    return f"{ROOT}/{name}/{lane}"


def read_key(path: Path) -> bytes:
    """The secret of a file; raises KeyFileError if it cannot be one."""
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}: make one with: mimamori repel key {path}") from error
    if len(key) < KEY_LEAST:
        raise KeyFileError(
            f"{path}: shorter than {KEY_LEAST} characters: make one with: mimamori repel key {path}"
        )
    return key


def signed(key: bytes, on_topic: str, word: Struct) -> bytes:
    """The payload of a word on a topic."""
    body = msgspec.json.encode(word).decode()
    return msgspec.json.encode(_Signed(body, _mac(key, on_topic, body)))


def opened(key: bytes, on_topic: str, payload: bytes, kind: type[WordT]) -> WordT | None:
    """The word, or None where it is none, of another kind, or not signed by who shares the secret."""
    try:
        letter = msgspec.json.decode(payload, type=_Signed)
        if not hmac.compare_digest(letter.mac.encode(), _mac(key, on_topic, letter.body).encode()):
            return None
        return msgspec.json.decode(letter.body, type=kind)
    except (msgspec.MsgspecError, UnicodeError):
        return None


def _mac(key: bytes, on_topic: str, body: str) -> str:
    return hmac.new(key, f"{on_topic}\n{body}".encode(), hashlib.sha256).hexdigest()
