"""TinyFrame as HLK-LD6002, -B, -C and Seeed MR60FDA2, MR60BHA2 speak it: its frames, checked as far as they can be. Pure.

SOF 0x01, id, length and type as big-endian u16, ~XOR of these, data (little endian), ~XOR of the data if there is any.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import xor
from struct import Struct

from edge.sensors.framing import NO_HEAD

SOF = b"\x01"
HEAD = Struct(">B3HB")
DATA_MAX = 1024
"""The maker's own limit."""
IDS = 1 << 16

Plausible = Callable[[bytes], bool]
"""Whether data of the right length holds values that a module can send."""


@dataclass(frozen=True, slots=True)
class Message:
    """One frame."""

    number: int
    kind: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of one message type: ``fits`` says which lengths it may have; ``plausible`` looks at the values."""

    fits: Callable[[int], bool]
    plausible: Plausible


def checksum(data: bytes) -> int:
    """~XOR over ``data``; 0xFF for none."""
    return reduce(xor, data, 0xFF)


def build(kind: int, data: bytes = b"", number: int = 0) -> bytes:
    """One frame as it is sent to a module."""
    head = HEAD.pack(1, number, len(data), kind, 0)[:-1]
    frame = head + bytes((checksum(head),))
    return frame + data + bytes((checksum(data),)) if data else frame


class TinyFrameLayout:
    """Layout[Message] of the messages in ``shapes``; a type that is not among them is passed on unjudged."""

    start = SOF

    def __init__(self, shapes: Mapping[int, Shape]) -> None:
        self._shapes = shapes

    def length(self, data: bytes, at: int, *, known: bool) -> int | None:
        if len(data) - at < HEAD.size:
            return None
        head: tuple[int, int, int, int, int] = HEAD.unpack_from(data, at)
        _, _, size, kind, check = head
        if checksum(data[at : at + HEAD.size - 1]) != check or size > DATA_MAX:
            return NO_HEAD
        shape = self._shapes.get(kind)
        if known if shape is None else not shape.fits(size):
            return NO_HEAD
        return HEAD.size + size + (1 if size else 0)

    def decode(self, frame: bytes) -> Message | None:
        _, number, size, kind, _ = HEAD.unpack_from(frame)
        data = frame[HEAD.size : HEAD.size + size]
        if size and checksum(data) != frame[-1]:
            return None
        shape = self._shapes.get(kind)
        if shape is not None and size and not shape.plausible(data):
            return None
        return Message(number, kind, data)


class Continuity:
    """Follows the ids, which rise by one with each frame: counts what was lost, and vouches for what came before.

    Where bytes are lost, the tail of one frame and the head of another are lost together, so two frames whose ids
    follow each other cannot have been spliced.
    """

    def __init__(self) -> None:
        self.missing = 0
        self._last: int | None = None

    def follows(self, number: int) -> bool:
        """Whether ``number`` is the next after the one before."""
        last, self._last = self._last, number
        if last is None:
            return False
        step = (number - last) % IDS
        if 1 < step < IDS // 2 and number > last:
            self.missing += step - 1
        return step == 1
