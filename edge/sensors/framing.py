"""Finds frames of a module's protocol in a stream of bytes that may be cut, spoilt and spliced anywhere. Pure.

The checks of these protocols are weak: one XOR, one sum, or none. Its worst blindness: where bytes are lost inside a
frame, it goes on with the next frame's head and data, and an XOR over a head together with that head's own check
byte is the same for every head, so the spliced frame passes. Therefore a frame that holds another frame's head is refused,
whatever its check says, and its bytes are searched again: the frame that was swallowed is found. That is decided
as soon as the inner head is there, so a lying length never keeps a true frame waiting, and the result does not depend on
how the bytes were cut into pieces.
"""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

FrameT = TypeVar("FrameT")
FrameT_co = TypeVar("FrameT_co", covariant=True)

NO_HEAD = 0
HEAD_MAX = 16
"""No head of these protocols is longer than half of this."""


class Layout(Protocol[FrameT_co]):
    """How frames of one protocol look."""

    start: bytes
    """How every frame begins."""

    def length(self, data: bytes, at: int, *, known: bool) -> int | None:
        """Whole length of the frame whose head stands at ``at``; NO_HEAD if none does, None if bytes are missing.

        With ``known`` only heads of messages that the layout knows count: for heads found inside another frame.
        """
        ...

    def decode(self, frame: bytes) -> FrameT_co | None:
        """A whole frame, or None where its check or a value out of range refuses it."""
        ...


@dataclass(slots=True)
class ScanCounters:
    """Since the scanner was made; ``frames_corrupt`` had a valid head and were refused."""

    frames: int = 0
    frames_corrupt: int = 0
    bytes_skipped: int = 0


class Scanner(Generic[FrameT]):
    """Feeds a Layout; holds at most one undecided frame between two calls, and never raises."""

    def __init__(self, layout: Layout[FrameT]) -> None:
        self._layout = layout
        self._rest = b""
        self._cleared = 0  # how far behind the start of ``_rest`` no inner head begins
        self.counters = ScanCounters()

    def feed(self, data: bytes) -> list[FrameT]:
        """The frames that ``data`` completes, oldest first."""
        return self._drain(self._rest + data, ended=False)

    def finish(self) -> list[FrameT]:
        """The stream has ended or broken off: judge what still waited, keep nothing."""
        return self._drain(self._rest, ended=True)

    def _drain(self, data: bytes, *, ended: bool) -> list[FrameT]:
        frames: list[FrameT] = []
        start = self._layout.start
        at = 0
        while (found := data.find(start, at)) >= 0:
            self._skip(found - at)
            at = found
            length = self._layout.length(data, at, known=False)
            if length is None and not ended:
                break
            if not length:
                self._skip(1)
                at += 1
                continue
            refused = self._holds_a_head(data, at, length)
            if not refused and len(data) - at < length:
                if not ended:
                    break
                refused = True
            frame = None if refused else self._layout.decode(data[at : at + length])
            if frame is None:
                self.counters.frames_corrupt += 1
                self._skip(1)
                at += 1
                continue
            self.counters.frames += 1
            frames.append(frame)
            at += length
            self._cleared = 0
        else:
            kept = 0 if ended else _begun(data, at, start)
            self._skip(len(data) - kept - at)
            at = len(data) - kept
        self._rest = data[at:]
        return frames

    def _skip(self, count: int) -> None:
        if count:
            self.counters.bytes_skipped += count
            self._cleared = 0

    def _holds_a_head(self, data: bytes, at: int, length: int) -> bool:
        """Whether the frame at ``at``, as far as it has come, holds the whole head of a known message."""
        end = min(at + length, len(data))
        inner = data.find(self._layout.start, at + max(1, self._cleared), end)
        while inner >= 0:
            announced = self._layout.length(data[inner : min(end, inner + HEAD_MAX)], 0, known=True)
            if announced is None:
                break
            if announced:
                return True
            inner = data.find(self._layout.start, inner + 1, end)
        self._cleared = (inner if inner >= 0 else max(at, end - len(self._layout.start) + 1)) - at
        return False


def _begun(data: bytes, since: int, start: bytes) -> int:
    """How many of the last bytes, none before ``since``, could be the first of ``start``."""
    for begun in range(min(len(start) - 1, len(data) - since), 0, -1):
        if data.endswith(start[:begun]):
            return begun
    return 0
