"""The packets of TI's older people-counting firmware: a PointCloud in the sensor frame -> bytes. Pure.

Three kinds behind two headers, none of them padded. Written from the layouts, not from the parser.
"""

from collections.abc import Sequence
from math import asin, atan2, hypot, sqrt
from struct import pack, unpack

from edge.sensors.readings import PointCloud, Target
from simulators.home.firmware_bytes import MAGIC, PLATFORM, VERSION, spherical_compressed, targets_3d, tlv

ROW_2D = 72
"""Bytes of a 2D track in the newest of these; older ones send 68, 64 or 28."""


def encode_people_3d(cloud: PointCloud) -> bytes:
    """3D people counting of the Industrial Toolbox: 48-byte header, lengths with the TLV's own header."""
    tlvs = []
    if len(cloud.points):
        tlvs.append(_inclusive(6, spherical_compressed(cloud.points)))
    if cloud.targets:
        tlvs.append(_inclusive(7, targets_3d(cloud.targets)))
    if cloud.point_targets:
        tlvs.append(_inclusive(8, bytes(cloud.point_targets)))
    body = b"".join(tlvs)
    number = cloud.frame & 0xFFFFFFFF
    head = pack(
        "<Q9I2H", MAGIC, VERSION, 48 + len(body), PLATFORM, number, 0, 20, 31_000, 12_568, 900, len(tlvs), 0
    )
    return _with_checksum(head) + body


def encode_people_2d(cloud: PointCloud, *, row: int = ROW_2D) -> bytes:
    """2D people counting: 52-byte header, lengths with the TLV's own header; heights are lost on the way."""
    tlvs = []
    if len(cloud.points):
        polar = [
            pack("<4f", hypot(x, y), atan2(x, y), doppler, 10 ** (snr / 10))
            for x, y, _, doppler, snr in cloud.points.tolist()
        ]
        tlvs.append(_inclusive(6, b"".join(polar)))
    if cloud.targets:
        tlvs.append(_inclusive(7, _targets_2d(cloud.targets, row)))
    if cloud.point_targets:
        tlvs.append(_inclusive(8, bytes(cloud.point_targets)))
    return _packet_52(cloud.frame, tlvs)


def encode_long_range(cloud: PointCloud) -> bytes:
    """Long-range people detection: 52-byte header, lengths without the TLV's own, SNR beside the points."""
    tlvs = []
    if len(cloud.points):
        rows = cloud.points.tolist()
        tlvs.append(tlv(6, b"".join(_spherical(x, y, z, doppler) for x, y, z, doppler, _ in rows)))
        tlvs.append(tlv(9, b"".join(pack("<2h", round(row[4] * 10), 350) for row in rows)))
    if cloud.targets:
        tlvs.append(tlv(7, targets_3d(cloud.targets)))
    if cloud.point_targets:
        tlvs.append(tlv(8, bytes(cloud.point_targets)))
    return _packet_52(cloud.frame, tlvs)


def _spherical(x: float, y: float, z: float, doppler: float) -> bytes:
    distance = sqrt(x * x + y * y + z * z)
    return pack("<4f", distance, atan2(x, y), asin(z / distance) if distance else 0.0, doppler)


def _targets_2d(targets: Sequence[Target], row: int) -> bytes:
    return b"".join(
        pack("<I4f", t.track, *t.position_m[:2], *t.velocity_mps[:2]).ljust(row, b"\0") for t in targets
    )


def _inclusive(kind: int, payload: bytes) -> bytes:
    return pack("<2I", kind, 8 + len(payload)) + payload


def _packet_52(frame: int, tlvs: Sequence[bytes]) -> bytes:
    body = b"".join(tlvs)
    number = frame & 0xFFFFFFFF
    length = 52 + len(body)
    head = pack(
        "<Q10I2H", MAGIC, 0x01000005, 0xA1642, 77, length, number, 0, 20, 31_000, 900, 12_568, len(tlvs), 0
    )
    return _with_checksum(head) + body


def _with_checksum(head: bytes) -> bytes:
    """The last word makes the ones' complement sum over all words come out as 0xFFFF."""
    total = sum(unpack(f"<{len(head) // 2}H", head))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return head[:-2] + pack("<H", ~total & 0xFFFF)
