"""TI firmware's packets: a PointCloud in the sensor frame -> bytes. Pure.

Written from the layouts, not from the parser, so that the two check each other. This file: what stands behind the
40-byte header (3D people tracking, the low-power chips, the out-of-box demo); older_firmware_bytes has the others.
"""

from collections.abc import Sequence
from math import asin, atan2, sqrt
from struct import Struct, pack

import numpy as np
from numpy.typing import NDArray

from edge.sensors.readings import Height, PointCloud, Target

MAGIC = 0x0708050603040102
VERSION = 0x03050004
PLATFORM = 0xA6843
PADDING = 32
PAD = b"\xbe"
ANGLE_RAD, DOPPLER_MPS, RANGE_M, SNR_RATIO = 0.01, 0.00028, 0.00025, 0.04
"""The units that real firmware sends with each cloud."""
LOW_POWER_VERSION, LOW_POWER_PLATFORM = 0x05030002, 0xA6432
XYZ_M, LOW_POWER_DOPPLER_MPS, SNR_DB = 0.0004087, 0.0001885, 0.25
"""Those of a low-power chip; its z of 0 means that elevation was not resolved."""
OUT_OF_BOX_VERSION = 0x03060000

FEW = 16
"""Up to here plain floats are quicker than arrays."""

_UNITS = pack("<5f", ANGLE_RAD, ANGLE_RAD, DOPPLER_MPS, RANGE_M, SNR_RATIO)
_HEAD = Struct("<Q8I")
_TLV = Struct("<2I")
_POINT = Struct("<bbhHH")
_SENT = np.dtype([("elev", "i1"), ("azim", "i1"), ("doppler", "<i2"), ("range", "<u2"), ("snr", "<u2")])
_LOW_POWER_POINT = Struct("<4h2B")
_TARGET = Struct("<I27f")
AT_REST = (0.0,) * 19 + (3.0, 0.9)
"""Acceleration and covariance at rest; gain and confidence as usually seen."""


def encode(cloud: PointCloud) -> bytes:
    """3D people tracking: points only if there are any, then tracks, heights and indices if given, then presence if known.

    Values are rounded to the firmware's units and held within its fields (angles to 1.27 rad, 16 m).
    """
    tlvs = []
    if len(cloud.points):
        tlvs.append(tlv(1020, spherical_compressed(cloud.points)))
    if cloud.targets:
        tlvs.append(tlv(1010, targets_3d(cloud.targets)))
    if cloud.heights:
        tlvs.append(tlv(1012, _heights(cloud.heights)))
    if cloud.point_targets:
        tlvs.append(tlv(1011, bytes(cloud.point_targets)))
    if cloud.presence is not None:
        tlvs.append(tlv(1021, pack("<I", cloud.presence)))
    if cloud.vitals is not None:
        rates = (cloud.vitals.heartbeats_per_min or 0.0, cloud.vitals.breaths_per_min or 0.0)
        tlvs.append(tlv(1040, pack("<2H33f", 0, 0, 0.1, *rates, *(0.0,) * 30)))
    return _packet(cloud, tlvs, VERSION, PLATFORM)


def encode_low_power(cloud: PointCloud) -> bytes:
    """An xWRL6432's packet: compressed Cartesian points, tracks, indices, statistics, presence of one zone."""
    tlvs = []
    if len(cloud.points):
        tlvs.append(tlv(301, _cartesian_compressed(cloud.points)))
    if cloud.targets:
        tlvs.append(tlv(308, targets_3d(cloud.targets)))
    if cloud.point_targets:
        tlvs.append(tlv(309, bytes(cloud.point_targets)))
    tlvs.append(tlv(306, pack("<2I8H", 9000, 1200, 900, 800, 400, 65535, 41, 40, 40, 39)))
    if cloud.presence is not None:
        tlvs.append(tlv(315, bytes((1, 2 if cloud.presence else 0))))
    return _packet(cloud, tlvs, LOW_POWER_VERSION, LOW_POWER_PLATFORM, sub_frame=0xFFFFFFFF, pad=b"\0")


def encode_out_of_box(cloud: PointCloud) -> bytes:
    """The SDK 3 demo's packet: Cartesian points, and their SNR in a TLV of its own; nothing else is known to it."""
    rows = cloud.points.tolist()
    tlvs = [tlv(1, b"".join(pack("<4f", *row[:4]) for row in rows))]
    if rows:
        tlvs.append(tlv(7, b"".join(pack("<2h", _within(row[4] * 10, 0, 32767), 350) for row in rows)))
    return _packet(cloud, tlvs, OUT_OF_BOX_VERSION, PLATFORM, pad=b"\x07")


def tlv(kind: int, payload: bytes) -> bytes:
    """With a length that leaves out its own header."""
    return _TLV.pack(kind, len(payload)) + payload


def _packet(
    cloud: PointCloud,
    tlvs: Sequence[bytes],
    version: int,
    platform: int,
    *,
    sub_frame: int = 0,
    pad: bytes = PAD,
) -> bytes:
    body = b"".join(tlvs)
    length = -(-(_HEAD.size + len(body)) // PADDING) * PADDING
    number = cloud.frame & 0xFFFFFFFF
    head = _HEAD.pack(MAGIC, version, length, platform, number, 0, len(cloud.points), len(tlvs), sub_frame)
    return (head + body).ljust(length, pad)


def spherical_compressed(points: NDArray[np.float32]) -> bytes:
    """Units, then a row of 8 bytes for each point."""
    if len(points) > FEW:
        return _UNITS + _spherical_many(points)
    rows = [_UNITS]
    for x, y, z, doppler, snr_db in points.tolist():
        distance = sqrt(x * x + y * y + z * z)
        rows.append(
            _POINT.pack(
                _within(asin(z / distance if distance else 0.0) / ANGLE_RAD, -127, 127),
                _within(atan2(x, y) / ANGLE_RAD, -127, 127),
                _within(doppler / DOPPLER_MPS, -32768, 32767),
                _within(distance / RANGE_M, 0, 65535),
                _within(10 ** (snr_db / 10) / SNR_RATIO, 0, 65535),
            )
        )
    return b"".join(rows)


def _spherical_many(points: NDArray[np.float32]) -> bytes:
    x, y, z, doppler, snr_db = points.astype(np.float64).T
    distance = np.sqrt(x * x + y * y + z * z)
    rows = np.empty(len(points), _SENT)
    elevation = np.arcsin(np.clip(z / np.maximum(distance, 1e-9), -1, 1))
    rows["elev"] = _all_within(elevation / ANGLE_RAD, -127, 127)
    rows["azim"] = _all_within(np.arctan2(x, y) / ANGLE_RAD, -127, 127)
    rows["doppler"] = _all_within(doppler / DOPPLER_MPS, -32768, 32767)
    rows["range"] = _all_within(distance / RANGE_M, 0, 65535)
    rows["snr"] = _all_within(10 ** (snr_db / 10) / SNR_RATIO, 0, 65535)
    return rows.tobytes()


def _cartesian_compressed(points: NDArray[np.float32]) -> bytes:
    rows = [pack("<4f2H", XYZ_M, LOW_POWER_DOPPLER_MPS, SNR_DB, 1.0, len(points), 0)]
    for *xyz, doppler, snr_db in points.tolist():
        x, y, z = (_within(value / XYZ_M, -32768, 32767) for value in xyz)
        speed = _within(doppler / LOW_POWER_DOPPLER_MPS, -32768, 32767)
        rows.append(_LOW_POWER_POINT.pack(x, y, z, speed, _within(snr_db / SNR_DB, 0, 255), 40))
    return b"".join(rows)


def _within(value: float, low: int, high: int) -> int:
    return min(high, max(low, round(value)))


def _all_within(values: NDArray[np.float64], low: int, high: int) -> NDArray[np.int64]:
    return np.clip(np.rint(values), low, high).astype(np.int64)


def targets_3d(targets: Sequence[Target]) -> bytes:
    """A row of 112 bytes for each."""
    return b"".join(_TARGET.pack(t.track, *t.position_m, *t.velocity_mps, *AT_REST) for t in targets)


def _heights(heights: Sequence[Height]) -> bytes:
    return b"".join(pack("<I2f", h.track, h.top_m, h.bottom_m) for h in heights)
