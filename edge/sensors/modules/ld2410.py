"""HLK-LD2410: whether somebody is there, moving or still, and how far away. Pure.

F4 F3 F2 F1, length u16 LE, data, F8 F7 F6 F5; data: 02, AA, state, distances in cm and energies 0-100, 55, 00. Without any
checksum: both ends, both markers inside and every value's range stand in for it.
"""

from dataclasses import dataclass
from struct import Struct

from edge.sensors.framing import NO_HEAD, Scanner
from edge.sensors.modules.view import ModuleCounters, ModuleView
from edge.sensors.readings import PointCloud

START = b"\xf4\xf3\xf2\xf1"
END = b"\xf8\xf7\xf6\xf5"
BASIC = Struct("<3BHBHBH")
"""Type, AA, state, moving cm and energy, still cm and energy, detected cm."""
ENGINEERING = Struct("<20x2B")
"""After BASIC: gates in use and energies of 9 moving and 9 still gates, light, output pin."""
SIZES = {1: BASIC.size + ENGINEERING.size + 2, 2: BASIC.size + 2}
MOVING, STILL = 1, 2
DISTANCE_MAX_CM = 1000
"""Eight gates of 0.75 m, and some room."""
ENERGY_MAX = 100


@dataclass(frozen=True, slots=True)
class Report:
    """One report; distances are 0 where the module sees nothing of the kind."""

    moving: bool
    still: bool
    still_m: float
    detected_m: float


class ReportLayout:
    """Layout[Report]."""

    start = START

    def length(self, data: bytes, at: int, *, known: bool) -> int | None:  # noqa: ARG002 - all heads are known
        if len(data) - at < 7:
            return None
        size = int.from_bytes(data[at + 4 : at + 6], "little")
        return 4 + 2 + size + 4 if SIZES.get(data[at + 6]) == size else NO_HEAD

    def decode(self, frame: bytes) -> Report | None:
        data = frame[6:-4]
        if frame[-4:] != END or data[1] != 0xAA or data[-2:] != b"\x55\x00":
            return None
        _, _, state, moving_cm, moving_energy, still_cm, still_energy, detected_cm = BASIC.unpack_from(data)
        energies = (moving_energy, still_energy, *data[BASIC.size + 2 : BASIC.size + 20])
        if len(data) == SIZES[2]:
            energies = energies[:2]
        if state > 3 or max(moving_cm, still_cm, detected_cm) > DISTANCE_MAX_CM or max(energies) > ENERGY_MAX:
            return None
        still = bool(state & STILL)
        return Report(bool(state & MOVING), still, still_cm / 100, detected_cm / 100)


class Ld2410:
    """Bytes of an LD2410 -> its readings, one for each report."""

    def __init__(self) -> None:
        self._scanner = Scanner(ReportLayout())
        self.counters = ModuleCounters()
        self._view = ModuleView(self.counters)
        self._number = 0

    def feed(self, data: bytes, at_s: float = 0.0) -> list[PointCloud]:
        """The readings that ``data`` completes, oldest first, each stamped ``at_s``; never raises."""
        return self._take(self._scanner.feed(data), at_s)

    def finish(self, at_s: float = 0.0) -> list[PointCloud]:
        """The stream has ended or broken off: nothing is kept."""
        return self._take(self._scanner.finish(), at_s)

    def _take(self, reports: list[Report], at_s: float) -> list[PointCloud]:
        clouds = []
        view = self._view
        for report in reports:
            self._number += 1
            view.presence, view.moving = report.moving or report.still, report.moving
            distance_m = report.still_m if report.still else report.detected_m
            view.vital("distance_m", distance_m if view.presence else None, at_s)
            clouds.append(view.cloud(self._number, at_s))
        scan = self._scanner.counters
        self.counters.frames = scan.frames
        self.counters.frames_corrupt = scan.frames_corrupt
        self.counters.bytes_skipped = scan.bytes_skipped
        return clouds
