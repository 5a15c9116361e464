"""Seeed MR60FDA1 (R60AFD1): presence, motion and falls, seen from the ceiling. Pure.

53 59, control u8, command u8, length u16 BE, data, sum of all bytes before it, 54 43.
"""

from dataclasses import dataclass

from edge.sensors.framing import NO_HEAD, Scanner
from edge.sensors.modules.view import ModuleCounters, ModuleView
from edge.sensors.readings import PointCloud

START = b"\x53\x59"
END = b"\x54\x43"
HEAD_SIZE = 6
DATA_MAX = 64
HIGHEST = {
    (0x80, 0x01): 1,  # presence
    (0x80, 0x02): 2,  # none, still, active
    (0x80, 0x03): 100,  # body movement
    (0x83, 0x01): 1,  # fall
    (0x83, 0x05): 1,  # lies still for long
}
"""One byte each: (control, command) -> its highest value."""
PRESENCE, MOTION, FALL = (0x80, 0x01), (0x80, 0x02), (0x83, 0x01)
ACTIVE = 2


@dataclass(frozen=True, slots=True)
class Said:
    """One frame."""

    what: tuple[int, int]
    data: bytes


class SummedLayout:
    """Layout[Said]."""

    start = START

    def length(self, data: bytes, at: int, *, known: bool) -> int | None:
        if len(data) - at < HEAD_SIZE:
            return None
        size = int.from_bytes(data[at + 4 : at + 6], "big")
        what = (data[at + 2], data[at + 3])
        fits = size == 1 if what in HIGHEST else size <= DATA_MAX and not known
        return HEAD_SIZE + size + 1 + len(END) if fits else NO_HEAD

    def decode(self, frame: bytes) -> Said | None:
        if not frame.endswith(END) or sum(frame[:-3]) & 0xFF != frame[-3]:
            return None
        what = (frame[2], frame[3])
        data = frame[HEAD_SIZE:-3]
        return None if what in HIGHEST and data[0] > HIGHEST[what] else Said(what, data)


class Mr60Fda1:
    """Bytes of an MR60FDA1 -> its readings, one for each thing it says."""

    def __init__(self) -> None:
        self._scanner = Scanner(SummedLayout())
        self.counters = ModuleCounters()
        self._view = ModuleView(self.counters)
        self._number = 0

    def feed(self, data: bytes, at_s: float = 0.0) -> list[PointCloud]:
        """The readings that ``data`` completes, oldest first, each stamped ``at_s``; never raises."""
        return self._take(self._scanner.feed(data), at_s)

    def finish(self, at_s: float = 0.0) -> list[PointCloud]:
        """The stream has ended or broken off: nothing is kept."""
        return self._take(self._scanner.finish(), at_s)

    def _take(self, frames: list[Said], at_s: float) -> list[PointCloud]:
        clouds = []
        view = self._view
        for frame in frames:
            if frame.what not in HIGHEST:
                self.counters.frames_foreign += 1
                continue
            value = frame.data[0]
            if frame.what == PRESENCE:
                view.presence = bool(value)
            elif frame.what == MOTION:
                view.presence, view.moving = bool(value), value == ACTIVE
            elif frame.what == FALL:
                view.fallen = bool(value)
            self._number += 1
            clouds.append(view.cloud(self._number, at_s))
        scan = self._scanner.counters
        self.counters.frames = scan.frames
        self.counters.frames_corrupt = scan.frames_corrupt
        self.counters.bytes_skipped = scan.bytes_skipped
        return clouds
