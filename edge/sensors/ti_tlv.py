"""What a TI mmWave packet carries: each TLV's payload -> points, tracks, presence. Pure.

Layouts and units were recomputed on real captures of IWR6843 and IWRL6432 firmware (little endian throughout).
All points come out as PointCloud.points has them: x right, y forward, z up in m, doppler in m/s, SNR in dB.

SNR by kind: type 7 counts 0.1 dB; type 301 counts ``snr_unit`` dB (0.25); type 1020 carries a power *ratio* (its
smallest value in every capture is 5.0, the detection threshold of the chirp file), turned into dB by 10 log10;
type 1 carries none: 0 dB until its type 7 has come.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.sensors.readings import Height, Target

Points = NDArray[np.float32]

POINTS = 1
RANGE_PROFILE = 2
SIDE_INFO = 7
COMPRESSED_POINTS = 301
TARGETS = 1010
TARGET_INDEX = 1011
HEIGHTS = 1012
SPHERICAL_POINTS = 1020
PRESENCE = 1021

REACH_M = 200.0
"""No chirp file of these chips sees farther; a point beyond it is a flipped bit."""
SPEED_MAX_MPS = 200.0
SNR_RATIO_MIN = 0.01
"""-20 dB: keeps the logarithm finite when the firmware sends a ratio of 0."""

_POINT = np.dtype([("xyz", "<f4", 3), ("doppler", "<f4")])
_SIDE_INFO = np.dtype([("snr", "<i2"), ("noise", "<i2")])
_SPHERICAL_UNITS = np.dtype("<f4")
_SPHERICAL = np.dtype([("elev", "i1"), ("azim", "i1"), ("doppler", "<i2"), ("range", "<u2"), ("snr", "<u2")])
_COMPRESSED_UNITS = np.dtype(
    [("xyz", "<f4"), ("doppler", "<f4"), ("snr", "<f4"), ("noise", "<f4"), ("major", "<u2"), ("minor", "<u2")]
)
_COMPRESSED = np.dtype([("xyz", "<i2", 3), ("doppler", "<i2"), ("snr", "u1"), ("noise", "u1")])
_TARGET = np.dtype(
    [
        ("track", "<u4"),
        ("position", "<f4", 3),
        ("velocity", "<f4", 3),
        ("acceleration", "<f4", 3),
        ("covariance", "<f4", 16),
        ("gain", "<f4"),
        ("confidence", "<f4"),
    ]
)
_HEIGHT = np.dtype([("track", "<u4"), ("top", "<f4"), ("bottom", "<f4")])


class MalformedError(ValueError):
    """A payload that its own type forbids; the packet around it is corrupt."""


def no_points() -> Points:
    """(0, 5) float32."""
    return np.zeros((0, 5), np.float32)


@dataclass(slots=True)
class Contents:
    """What the TLVs of one packet have said so far.

    ``point_targets`` (type 1011) is as sent: the track of each point of the *previous* frame (253 too weak, 254
    outside the box, 255 noise), because the chip's tracker runs one frame behind its detection.
    """

    points: Points = field(default_factory=no_points)
    targets: tuple[Target, ...] = ()
    heights: tuple[Height, ...] = ()
    point_targets: tuple[int, ...] = ()
    presence: bool | None = None

    def take(self, kind: int, payload: memoryview) -> None:
        """Decode one TLV; a kind not known here is passed over. Raises MalformedError."""
        if kind == SPHERICAL_POINTS:
            self.points = _spherical(payload)
        elif kind == PRESENCE:
            self.presence = _presence(payload)
        elif kind == TARGETS:
            self.targets = _targets(payload)
        elif kind == HEIGHTS:
            self.heights = _heights(payload)
        elif kind == TARGET_INDEX:
            self.point_targets = tuple(payload)
        elif kind == POINTS:
            self.points = _cartesian(payload)
        elif kind == SIDE_INFO:
            _add_side_info(self.points, payload)
        elif kind == COMPRESSED_POINTS:
            self.points = _compressed(payload)


def _rows(payload: memoryview, row: np.dtype, name: str) -> NDArray:  # type: ignore[type-arg]  # structured rows
    if len(payload) % row.itemsize:
        raise MalformedError(f"{name}: {len(payload)} bytes are not rows of {row.itemsize}")
    return np.frombuffer(payload, row)


def _checked(points: Points) -> Points:
    """No firmware sends what a room cannot hold: such a value is a flipped bit, and the packet goes."""
    if len(points) == 0:
        return points
    within = (np.abs(points[:, :3]) < REACH_M).all() and (np.abs(points[:, 3]) < SPEED_MAX_MPS).all()
    if not (within and np.isfinite(points[:, 4]).all()):
        raise MalformedError("a point is not finite or out of every radar's reach")
    return points


def _cartesian(payload: memoryview) -> Points:
    rows = _rows(payload, _POINT, "points")
    points = np.zeros((len(rows), 5), np.float32)
    points[:, :3] = rows["xyz"]
    points[:, 3] = rows["doppler"]
    return _checked(points)


def _add_side_info(points: Points, payload: memoryview) -> None:
    rows = _rows(payload, _SIDE_INFO, "side info")
    if len(rows) != len(points):
        raise MalformedError(f"side info of {len(rows)} points for {len(points)}")
    points[:, 4] = rows["snr"] * np.float32(0.1)


def _spherical(payload: memoryview) -> Points:
    if len(payload) == 0:
        return no_points()
    if len(payload) < 20:
        raise MalformedError(f"spherical points: {len(payload)} bytes hold no units")
    units = np.frombuffer(payload[:20], _SPHERICAL_UNITS)
    rows = _rows(payload[20:], _SPHERICAL, "spherical points")
    points = np.empty((len(rows), 5), np.float32)
    with np.errstate(all="ignore"):  # wild units are found by _checked, not by a warning
        elevation = rows["elev"] * units[0]
        azimuth = rows["azim"] * units[1]
        distance = rows["range"] * units[3]
        across = distance * np.cos(elevation)
        points[:, 0] = across * np.sin(azimuth)
        points[:, 1] = across * np.cos(azimuth)
        points[:, 2] = distance * np.sin(elevation)
        points[:, 3] = rows["doppler"] * units[2]
        points[:, 4] = 10.0 * np.log10(np.maximum(rows["snr"] * units[4], SNR_RATIO_MIN))
        return _checked(points)


def _compressed(payload: memoryview) -> Points:
    head = _COMPRESSED_UNITS.itemsize
    if len(payload) == 0:
        return no_points()
    if len(payload) < head:
        raise MalformedError(f"compressed points: {len(payload)} bytes hold no units")
    units = np.frombuffer(payload[:head], _COMPRESSED_UNITS)[0]
    rows = _rows(payload[head:], _COMPRESSED, "compressed points")
    if len(rows) != int(units["major"]) + int(units["minor"]):
        raise MalformedError(f"compressed points: {len(rows)} rows, not as many as announced")
    points = np.empty((len(rows), 5), np.float32)
    with np.errstate(all="ignore"):
        points[:, :3] = rows["xyz"] * units["xyz"]
        points[:, 3] = rows["doppler"] * units["doppler"]
        points[:, 4] = rows["snr"] * units["snr"]
        return _checked(points)


def _targets(payload: memoryview) -> tuple[Target, ...]:
    rows = _rows(payload, _TARGET, "targets")
    position, velocity = rows["position"], rows["velocity"]
    with np.errstate(all="ignore"):
        if not ((np.abs(position) < REACH_M).all() and (np.abs(velocity) < SPEED_MAX_MPS).all()):
            raise MalformedError("a target is not finite or out of every radar's reach")
    return tuple(
        Target(track, (x, y, z), (vx, vy, vz))
        for track, (x, y, z), (vx, vy, vz) in zip(
            rows["track"].tolist(), position.tolist(), velocity.tolist(), strict=True
        )
    )


def _heights(payload: memoryview) -> tuple[Height, ...]:
    rows = _rows(payload, _HEIGHT, "heights")
    if not (np.isfinite(rows["top"]).all() and np.isfinite(rows["bottom"]).all()):
        raise MalformedError("a height is not finite")
    return tuple(Height(track, top, bottom) for track, top, bottom in rows.tolist())


def _presence(payload: memoryview) -> bool:
    if len(payload) != 4:
        raise MalformedError(f"presence: {len(payload)} bytes instead of 4")
    return int.from_bytes(payload, "little") != 0
