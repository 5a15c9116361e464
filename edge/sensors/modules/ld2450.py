"""HLK-LD2450: up to three targets on the floor's plane. Pure.

AA FF 03 00, three times x, y, speed, resolution (16 bit each), 55 CC. Sign and magnitude: the top bit set is plus.
No checksum: both ends and each value's range stand in for it.
"""

from struct import Struct

from edge.sensors.framing import Scanner
from edge.sensors.modules.view import ModuleCounters, ModuleView, along
from edge.sensors.readings import PointCloud, Target

START = b"\xaa\xff\x03\x00"
END = b"\x55\xcc"
TARGET = Struct("<4H")
"""x mm, y mm, speed cm/s, resolution mm; all zero: no target."""
SIZE = len(START) + 3 * TARGET.size + len(END)
SIDE_MAX_MM = 8000
FAR_MAX_MM = 10_000
"""It sees 6 m at 60 degrees to each side; its own zones may go farther."""
SPEED_MAX_CMPS = 1000
RESOLUTION_MAX_MM = 1000


class TargetsLayout:
    """Layout[bytes]: the 24 bytes of a report's three targets."""

    start = START

    def length(self, data: bytes, at: int, *, known: bool) -> int | None:  # noqa: ARG002 - all heads are alike
        return SIZE if len(data) - at >= len(START) else None

    def decode(self, frame: bytes) -> bytes | None:
        if not frame.endswith(END):
            return None
        data = frame[len(START) : -len(END)]
        return data if all(_plausible(*values) for values in TARGET.iter_unpack(data)) else None


def signed(value: int) -> int:
    """A number of the module: the top bit is set for plus."""
    magnitude = value & 0x7FFF
    return magnitude if value & 0x8000 else -magnitude


def _plausible(x: int, y: int, speed: int, resolution: int) -> bool:
    return (
        abs(signed(x)) <= SIDE_MAX_MM
        and 0 <= signed(y) <= FAR_MAX_MM
        and abs(signed(speed)) <= SPEED_MAX_CMPS
        and resolution <= RESOLUTION_MAX_MM
    )


class Ld2450:
    """Bytes of an LD2450 -> its readings, one for each report; z is 0: it has no elevation."""

    def __init__(self) -> None:
        self._scanner = Scanner(TargetsLayout())
        self.counters = ModuleCounters()
        self._view = ModuleView(self.counters)
        self._number = 0

    def feed(self, data: bytes, at_s: float = 0.0) -> list[PointCloud]:
        """The readings that ``data`` completes, oldest first, each stamped ``at_s``; never raises."""
        return self._take(self._scanner.feed(data), at_s)

    def finish(self, at_s: float = 0.0) -> list[PointCloud]:
        """The stream has ended or broken off: nothing is kept."""
        return self._take(self._scanner.finish(), at_s)

    def _take(self, reports: list[bytes], at_s: float) -> list[PointCloud]:
        clouds = []
        for report in reports:
            self._number += 1
            targets = tuple(
                _target(slot, *values)
                for slot, values in enumerate(TARGET.iter_unpack(report))
                if any(values)
            )
            self._view.presence = bool(targets)
            self._view.moving = any(target.velocity_mps != (0.0, 0.0, 0.0) for target in targets)
            self._view.targets(targets, report, at_s)
            clouds.append(self._view.cloud(self._number, at_s))
        scan = self._scanner.counters
        self.counters.frames = scan.frames
        self.counters.frames_corrupt = scan.frames_corrupt
        self.counters.bytes_skipped = scan.bytes_skipped
        return clouds


def _target(slot: int, x: int, y: int, speed: int, _: int) -> Target:
    place_m = (signed(x) / 1000, signed(y) / 1000, 0.0)
    return Target(slot, place_m, along(place_m, signed(speed) / 100))
