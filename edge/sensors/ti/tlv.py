"""What a TI mmWave packet carries: each TLV by its number and the header it stands behind -> contents. Pure.

Layouts and units of header A were recomputed on real captures of IWR6843, AWR1642 and IWRL6432 firmware. A number
that is not in the packet's dialect is passed over by its length: profiles, heat maps, statistics, gestures...
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from edge.sensors.readings import Height, Target, Vitals
from edge.sensors.ti import points, tracks
from edge.sensors.ti.points import EMPTY, Cloud, MalformedError

__all__ = ["Contents", "MalformedError", "Rows"]

RANGE_PROFILE = 2


@dataclass(frozen=True, slots=True)
class Rows:
    """Sizes that a stream's firmware never changes and no packet states; 0 until one has been seen."""

    target: int = 0
    polar: int = 0


UNSEEN = Rows()


class Contents(msgspec.Struct):
    """What the TLVs of one packet have said so far; a Struct because each packet makes one.

    ``point_targets`` is as sent: the track of each point of the *previous* frame (253 too weak, 254 outside the
    box, 255 noise), because the chip's tracker runs one frame behind its detection.
    """

    rows: Rows = UNSEEN
    points: Cloud = EMPTY
    targets: tuple[Target, ...] = ()
    heights: tuple[Height, ...] = ()
    point_targets: tuple[int, ...] = ()
    presence: bool | None = None
    vitals: Vitals | None = None

    def take_cartesian(self, packet: bytes, at: int, end: int) -> None:
        self.points = points.cartesian(packet, at, end)

    def take_cartesian_compressed(self, packet: bytes, at: int, end: int) -> None:
        self.points = points.cartesian_compressed(packet, at, end)

    def take_spherical(self, packet: bytes, at: int, end: int) -> None:
        self.points = points.spherical(packet, at, end)

    def take_spherical_compressed(self, packet: bytes, at: int, end: int) -> None:
        self.points = points.spherical_compressed(packet, at, end)

    def take_polar(self, packet: bytes, at: int, end: int) -> None:
        self.points, row = points.polar(packet, at, end, self.rows.polar)
        if row != self.rows.polar:
            self.rows = Rows(self.rows.target, row)

    def take_side_info(self, packet: bytes, at: int, end: int) -> None:
        points.add_side_info(self.points, packet, at, end)

    def take_targets(self, packet: bytes, at: int, end: int) -> None:
        self.targets, row = tracks.targets(packet, at, end, self.rows.target)
        if row != self.rows.target:
            self.rows = Rows(row, self.rows.polar)

    def take_heights(self, packet: bytes, at: int, end: int) -> None:
        self.heights = tracks.heights(packet, at, end)

    def take_target_index(self, packet: bytes, at: int, end: int) -> None:
        self.point_targets = tuple(packet[at:end])

    def take_presence(self, packet: bytes, at: int, end: int) -> None:
        self.presence = tracks.presence(packet, at, end)

    def take_zone_presence(self, packet: bytes, at: int, end: int) -> None:
        self.presence = tracks.zone_presence(packet, at, end)

    def take_vitals(self, packet: bytes, at: int, end: int) -> None:
        self.vitals = tracks.vitals(packet, at, end)

    def take_lab_vitals(self, packet: bytes, at: int, end: int) -> None:
        self.vitals = tracks.lab_vitals(packet, at, end)


Dialect = Mapping[int, Callable[[Contents, bytes, int, int], None]]
"""By a TLV's number: what takes its payload, ``packet[at:end]``; raises MalformedError."""

STANDARD: Dialect = {
    1: Contents.take_cartesian,
    6: Contents.take_lab_vitals,  # 24 bytes of timing in every other firmware
    7: Contents.take_side_info,
    301: Contents.take_cartesian_compressed,
    307: Contents.take_zone_presence,
    308: Contents.take_targets,
    309: Contents.take_target_index,
    315: Contents.take_zone_presence,
    1000: Contents.take_spherical,
    1010: Contents.take_targets,
    1011: Contents.take_target_index,
    1012: Contents.take_heights,
    1020: Contents.take_spherical_compressed,
    1021: Contents.take_presence,
    1030: Contents.take_presence,
    1040: Contents.take_vitals,
}
"""Behind header A: SDK 3 demo, Radar Toolbox people tracking, low-power chips."""

PEOPLE_3D: Dialect = {
    6: Contents.take_spherical_compressed,
    7: Contents.take_targets,
    8: Contents.take_target_index,
}
"""Behind header B: Industrial Toolbox 3D people counting."""

PEOPLE_2D: Dialect = {
    6: Contents.take_polar,
    7: Contents.take_targets,
    8: Contents.take_target_index,
}
"""Behind header C with lengths that include the TLV's header: 2D people counting, Sense and Direct."""

LONG_RANGE: Dialect = {
    6: Contents.take_spherical,
    7: Contents.take_targets,
    8: Contents.take_target_index,
    9: Contents.take_side_info,
}
"""Behind header C with lengths that do not: long-range people detection."""
