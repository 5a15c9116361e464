"""The 3D people-tracking firmware's packets: a PointCloud in the sensor frame -> bytes. Pure.

Written from the layout, not from the parser, so that the two check each other.
"""

from collections.abc import Sequence
from struct import pack

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
_SENT = np.dtype([("elev", "i1"), ("azim", "i1"), ("doppler", "<i2"), ("range", "<u2"), ("snr", "<u2")])


def encode(cloud: PointCloud) -> bytes:
    """One packet: points only if there are any, then tracks, heights and indices if given, then presence if known.

    Values are rounded to the firmware's units and held within its fields (angles to 1.27 rad, 16 m).
    """
    tlvs = []
    if len(cloud.points):
        tlvs.append(_tlv(1020, _points(cloud.points)))
    if cloud.targets:
        tlvs.append(_tlv(1010, _targets(cloud.targets)))
    if cloud.heights:
        tlvs.append(_tlv(1012, _heights(cloud.heights)))
    if cloud.point_targets:
        tlvs.append(_tlv(1011, bytes(cloud.point_targets)))
    if cloud.presence is not None:
        tlvs.append(_tlv(1021, pack("<I", cloud.presence)))
    body = b"".join(tlvs)
    length = -(-(40 + len(body)) // PADDING) * PADDING
    number = cloud.frame & 0xFFFFFFFF
    head = pack("<Q8I", MAGIC, VERSION, length, PLATFORM, number, 0, len(cloud.points), len(tlvs), 0)
    return (head + body).ljust(length, PAD)


def _tlv(kind: int, payload: bytes) -> bytes:
    return pack("<2I", kind, len(payload)) + payload


def _points(points: NDArray[np.float32]) -> bytes:
    x, y, z, doppler, snr_db = points.astype(np.float64).T
    distance = np.sqrt(x * x + y * y + z * z)
    rows = np.empty(len(points), _SENT)
    rows["elev"] = _within(np.arcsin(np.clip(z / np.maximum(distance, 1e-9), -1, 1)) / ANGLE_RAD, -127, 127)
    rows["azim"] = _within(np.arctan2(x, y) / ANGLE_RAD, -127, 127)
    rows["doppler"] = _within(doppler / DOPPLER_MPS, -32768, 32767)
    rows["range"] = _within(distance / RANGE_M, 0, 65535)
    rows["snr"] = _within(10 ** (snr_db / 10) / SNR_RATIO, 0, 65535)
    return pack("<5f", ANGLE_RAD, ANGLE_RAD, DOPPLER_MPS, RANGE_M, SNR_RATIO) + rows.tobytes()


def _within(values: NDArray[np.float64], low: int, high: int) -> NDArray[np.int64]:
    return np.clip(np.rint(values), low, high).astype(np.int64)


def _targets(targets: Sequence[Target]) -> bytes:
    rest = (0.0,) * 19 + (
        3.0,
        0.9,
    )  # acceleration and covariance at rest; gain and confidence as usually seen
    return b"".join(pack("<I27f", t.track, *t.position_m, *t.velocity_mps, *rest) for t in targets)


def _heights(heights: Sequence[Height]) -> bytes:
    return b"".join(pack("<I2f", h.track, h.top_m, h.bottom_m) for h in heights)
