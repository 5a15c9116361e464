"""One TI mmWave packet: which of three headers it has, and the walk over its TLVs. Pure.

All are little endian and begin with the same magic.

A (40 bytes): version, packet length, platform, frame, CPU cycles, objects, TLVs, sub-frame. SDK 3 demo, Radar
Toolbox people tracking, low-power chips. A TLV's length excludes its own 8-byte header.
B (48 bytes): version, packet length, platform, frame, sub-frame, four times, TLVs u16, checksum u16. Industrial
Toolbox 3D people counting. A TLV's length includes its header.
C (52 bytes): version, platform, timestamp, packet length, frame, sub-frame, four times, TLVs u16, checksum u16.
2D people counting (lengths include the TLV's header) and long-range detection (they do not).

They are told apart by the bytes of each packet alone, never by the packets before: C has its platform where the
others have their length; B's checksum (16-bit ones' complement over the header) must come out, which chance does to
one packet of A in 65,536, and that one then fails B's walk. Of C's two kinds of lengths the one holds whose walk ends
exactly at the packet's end.
"""

from struct import Struct

from edge.sensors.readings import PointCloud
from edge.sensors.ti.points import as_array
from edge.sensors.ti.tlv import (
    LONG_RANGE,
    PEOPLE_2D,
    PEOPLE_3D,
    RANGE_PROFILE,
    STANDARD,
    UNSEEN,
    Contents,
    Dialect,
    MalformedError,
    Rows,
)

MAGIC = bytes((2, 1, 4, 3, 6, 5, 8, 7))
HEADER_MIN = 40
HEADER_B = 48
HEADER_C = 52
TLV_SIZE = 8

PACKET_MAX = 1 << 16
"""The largest real packet at hand has 768 bytes; lengths of 24 and 117 million were seen in corrupt ones."""
TLVS_MAX = 32
PADDING = 32
"""Firmware with header A fills packets up to a multiple of this, with 0xBE, 0x00, 0x0F or stale bytes."""
PLATFORM = 0xA
"""The upper half of every platform number: 0xA6843, 0xA1843, 0xA1642, 0xA6432..."""

_CLAIM = Struct("<I4xI")  # from 12: A and B have their length first, C at the end
_HEAD_A = Struct("<I4xI8xI")  # from 12: length, frame, TLVs
_HEAD_B = Struct("<I4xI20xH")
_HEAD_C = Struct("<2I20xH")  # from 20
_TLV = Struct("<2I")

Read = tuple[PointCloud, Rows]


def claimed_length(data: bytes, start: int) -> int:
    """The length that the packet at ``start`` claims; needs HEADER_MIN bytes from there."""
    first, third = _CLAIM.unpack_from(data, start + 12)
    return int(third if first >> 16 == PLATFORM else first)


def read_packet(packet: bytes, at_s: float = 0.0, rows: Rows = UNSEEN) -> Read | None:
    """One packet from its magic to its end, padding included, or None if it is corrupt.

    ``rows`` is what the packets before have shown of their firmware; what is returned beside the cloud goes in with
    the next packet.
    """
    size = len(packet)
    if size < HEADER_MIN:
        return None
    head = _HEAD_A.unpack_from(packet, 12)
    claimed = head[0]
    if claimed >> 16 == PLATFORM:
        return _read_c(packet, at_s, rows)
    if not HEADER_MIN <= claimed <= PACKET_MAX:
        return None
    if size >= HEADER_B and int.from_bytes(packet[:HEADER_B], "little") % 0xFFFF == 0:
        # 0x10000 leaves 1 when divided by 0xFFFF: the remainder is the folded sum of all words.
        read = _read_b(packet, at_s, rows)
        if read is not None:
            return read
    return _read_a(packet, head, at_s, rows)


def _read_a(packet: bytes, head: tuple[int, int, int], at_s: float, rows: Rows) -> Read | None:
    claimed, number, tlvs = head
    if tlvs > TLVS_MAX or (tlvs == 0 and len(packet) >= HEADER_MIN + PADDING):
        return None  # nothing fills so much without a TLV: a header of another kind, damaged
    contents = Contents(rows)
    if not _take_a(packet, claimed, tlvs, contents):
        return None
    return _cloud(at_s, number, contents)


def _take_a(packet: bytes, claimed: int, tlvs: int, contents: Contents) -> bool:
    """Whether all of A's TLVs are there and can be what they say."""
    size = len(packet)
    at = HEADER_MIN
    try:
        for n in range(tlvs):
            if at + TLV_SIZE > size:
                return False
            kind, length = _TLV.unpack_from(packet, at)
            at += TLV_SIZE
            end = at + length
            if end > size:
                return n == tlvs - 1 and _is_cut_profile(kind, end, size, claimed)
            take = STANDARD.get(kind)
            if take is not None:
                take(contents, packet, at, end)
            at = end
    except MalformedError:
        return False
    return True


def _is_cut_profile(kind: int, end: int, sent: int, claimed: int) -> bool:
    """The AWR1642 vital-signs firmware announces 20 bytes of range profile more than it sends, in each packet.

    The packet is whole all the same: it claims room for them, and what was sent is a padded length. A packet that
    lost bytes on the way is told apart by its length (159 and 97 bytes in that recording).
    """
    return kind == RANGE_PROFILE and end <= claimed and sent % PADDING == 0


def _read_b(packet: bytes, at_s: float, rows: Rows) -> Read | None:
    _, number, tlvs = _HEAD_B.unpack_from(packet, 12)
    spans = _spans(packet, HEADER_B, tlvs, inclusive=True)
    if spans is None or len(packet) - spans[-1][2] >= PADDING:
        return None
    return _taken(packet, at_s, number, spans, PEOPLE_3D, rows)


def _read_c(packet: bytes, at_s: float, rows: Rows) -> Read | None:
    if len(packet) < HEADER_C:
        return None
    _, number, tlvs = _HEAD_C.unpack_from(packet, 20)
    for inclusive, dialect in ((True, PEOPLE_2D), (False, LONG_RANGE)):
        spans = _spans(packet, HEADER_C, tlvs, inclusive=inclusive)
        if spans is not None and spans[-1][2] == len(packet):
            return _taken(packet, at_s, number, spans, dialect, rows)
    return None


def _spans(packet: bytes, at: int, tlvs: int, *, inclusive: bool) -> list[tuple[int, int, int]] | None:
    """(kind, begin, end) of each TLV's payload, after one for the header itself; None if one does not fit."""
    if tlvs > TLVS_MAX:
        return None
    spans, size = [(-1, 0, at)], len(packet)
    for _ in range(tlvs):
        if at + TLV_SIZE > size:
            return None
        kind, length = _TLV.unpack_from(packet, at)
        end = at + length if inclusive else at + TLV_SIZE + length
        if end < at + TLV_SIZE or end > size:
            return None
        spans.append((kind, at + TLV_SIZE, end))
        at = end
    return spans


def _taken(
    packet: bytes, at_s: float, number: int, spans: list[tuple[int, int, int]], dialect: Dialect, rows: Rows
) -> Read | None:
    contents = Contents(rows)
    try:
        for kind, at, end in spans:
            take = dialect.get(kind)
            if take is not None:
                take(contents, packet, at, end)
    except MalformedError:
        return None
    return _cloud(at_s, number, contents)


def _cloud(at_s: float, number: int, contents: Contents) -> Read:
    cloud = PointCloud(
        at_s,
        number,
        as_array(contents.points),
        contents.targets,
        contents.heights,
        contents.point_targets,
        contents.presence,
        vitals=contents.vitals,
    )
    return cloud, contents.rows
