"""The point clouds of TI mmWave firmware, each of their encodings -> (N, 5) float32. Pure.

All come out as PointCloud.points has them: x right, y forward, z up in m, doppler in m/s, SNR in dB; a 2D firmware's
z is exactly 0, as is one that the chip could not resolve.

SNR by kind: side info counts 0.1 dB; 301 counts ``snr_unit`` dB (0.25); 1020 and the older firmwares carry a power
*ratio* (its smallest value in every capture is 5.0, the detection threshold of the chirp file), turned into dB by
10 log10; a kind without SNR gives 0 dB until its side info has come.

Home clouds hold 1-11 points, and for so few plain floats are several times faster than array arithmetic; beyond FEW
the arrays win.
"""

from array import array
from functools import lru_cache
from math import cos, isfinite, log10, pi, sin
from struct import Struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
Cloud = Points | list[float]
"""A cloud while its packet is read: an array, or of few points their rows one after the other, made one by ``as_array``."""

FEW = 16
REACH_M = 200.0
"""No chirp file of these chips sees farther; a point beyond it is a flipped bit."""
SPEED_MAX_MPS = 200.0
SNR_RATIO_MIN = 0.01
"""-20 dB: keeps the logarithm finite when the firmware sends a ratio of 0."""
SNR_LISTED = 512
"""Of 44,000 points in recordings 99 % have less than this; the logarithm of each was a quarter of reading the cloud."""
POLAR_ROWS = (16, 20)
"""Bytes of a 2D (range, azimuth, doppler, SNR) and of a 3D (range, azimuth, elevation, doppler, SNR) point."""

_REACH2 = REACH_M * REACH_M
_XYZV = Struct("<4f")
_SIDE_INFO = Struct("<2h")
_UNITS = Struct("<5f")
_SPHERICAL = Struct("<bbhHH")
_COMPRESSED_UNITS = Struct("<4f2H")
_COMPRESSED = Struct("<4h2B")
_POLAR = {16: Struct("<4f"), 20: Struct("<5f")}
_FLOATS = [Struct(f"{5 * count}f") for count in range(FEW + 1)]

_XYZV_ROW = np.dtype(("<f4", 4))
_SPHERICAL_ROW = np.dtype(
    [("elev", "i1"), ("azim", "i1"), ("doppler", "<i2"), ("range", "<u2"), ("snr", "<u2")]
)
_COMPRESSED_ROW = np.dtype([("xyz", "<i2", 3), ("doppler", "<i2"), ("snr", "u1"), ("noise", "u1")])

EMPTY: Points = np.zeros((0, 5), np.float32)
"""Shared: an empty array holds nothing that anybody could change."""
_BEYOND = "a point is not finite or out of every radar's reach"
"""No firmware sends what a room cannot hold: such a value is a flipped bit, and the packet goes."""


class MalformedError(ValueError):
    """A payload that its own type forbids; the packet around it is corrupt."""


def cartesian(packet: bytes, at: int, end: int) -> Cloud:
    """Type 1: N x (x, y, z, doppler) float; no SNR."""
    count = _rows(end - at, 16, "points")
    if count > FEW:
        points = np.zeros((count, 5), np.float32)
        points[:, :4] = np.frombuffer(packet, _XYZV_ROW, count, at)
        return _checked(points)
    flat: list[float] = []
    for x, y, z, doppler in _XYZV.iter_unpack(packet[at:end]):
        if not (x * x + y * y + z * z < _REACH2 and -SPEED_MAX_MPS < doppler < SPEED_MAX_MPS):
            raise MalformedError(_BEYOND)
        flat += (x, y, z, doppler, 0.0)
    return flat


def add_side_info(points: Cloud, packet: bytes, at: int, end: int) -> None:
    """Type 7 beside type 1, type 9 beside polar points: N x (SNR, noise) int16 in 0.1 dB, into ``points``."""
    count = _rows(end - at, 4, "side info")
    has = len(points) // 5 if isinstance(points, list) else len(points)
    if count != has:
        raise MalformedError(f"side info of {count} points for {has}")
    if isinstance(points, list):
        points[4::5] = [snr * 0.1 for snr, _ in _SIDE_INFO.iter_unpack(packet[at:end])]
    elif count:
        points[:, 4] = np.frombuffer(packet, "<i2", 2 * count, at)[::2] * np.float32(0.1)


class _Units(NamedTuple):
    """What one head of a compressed cloud means: sines and cosines by int8 angle (negative ones from the end)."""

    sin_elev: list[float]
    cos_elev: list[float]
    sin_azim: list[float]
    cos_azim: list[float]
    decibels: list[float]
    """By the SNR as sent, below SNR_LISTED."""
    values: tuple[float, ...]
    bounded: bool
    """No point in these units can be out of reach, so that none needs to be looked at."""


@lru_cache(maxsize=4)  # a firmware sends the same head with each frame; damaged ones must not fill the memory
def _units(head: bytes) -> _Units:
    values = _UNITS.unpack(head)
    if not all(isfinite(value) for value in values):
        raise MalformedError("spherical points: units that are no numbers")
    elev, azim, doppler, distance, snr = values
    steps = [*range(128), *range(-128, 0)]
    return _Units(
        [sin(step * elev) for step in steps],
        [cos(step * elev) for step in steps],
        [sin(step * azim) for step in steps],
        [cos(step * azim) for step in steps],
        [_decibels(step * snr) for step in range(SNR_LISTED)],
        values,
        bounded=0.0 <= distance * 65535 < REACH_M
        and abs(doppler) * 32768 < SPEED_MAX_MPS
        and 0.0 <= snr < 1e6,
    )


def spherical_compressed(packet: bytes, at: int, end: int) -> Cloud:
    """Type 1020, and type 6 of the 48-byte header: five units, then N x (elevation, azimuth, doppler, range, SNR)."""
    if end == at:
        return EMPTY
    if end - at < _UNITS.size:
        raise MalformedError(f"spherical points: {end - at} bytes hold no units")
    units = _units(packet[at : at + _UNITS.size])
    at += _UNITS.size
    count = _rows(end - at, _SPHERICAL.size, "spherical points")
    if count > FEW or not units.bounded:
        return _spherical_many(packet, at, count, units.values)
    sin_elev, cos_elev, sin_azim, cos_azim, decibels, (_, _, doppler_unit, range_unit, snr_unit), _ = units
    flat: list[float] = []
    for elev, azim, doppler, distance, snr in _SPHERICAL.iter_unpack(packet[at:end]):
        range_m = distance * range_unit
        across = range_m * cos_elev[elev]
        flat += (
            across * sin_azim[azim],
            across * cos_azim[azim],
            range_m * sin_elev[elev],
            doppler * doppler_unit,
            decibels[snr] if snr < SNR_LISTED else _decibels(snr * snr_unit),
        )
    return flat


def _spherical_many(packet: bytes, at: int, count: int, units: tuple[float, ...]) -> Points:
    rows = np.frombuffer(packet, _SPHERICAL_ROW, count, at)
    points = np.empty((count, 5), np.float32)
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


def cartesian_compressed(packet: bytes, at: int, end: int) -> Cloud:
    """Type 301: units, the numbers of major and minor points, then N x (x, y, z, doppler, SNR, noise)."""
    if end == at:
        return EMPTY
    if end - at < _COMPRESSED_UNITS.size:
        raise MalformedError(f"compressed points: {end - at} bytes hold no units")
    xyz_unit, doppler_unit, snr_unit, _, major, minor = _COMPRESSED_UNITS.unpack_from(packet, at)
    at += _COMPRESSED_UNITS.size
    count = _rows(end - at, _COMPRESSED.size, "compressed points")
    if count != major + minor:
        raise MalformedError(f"compressed points: {count} rows, not {major} and {minor} as announced")
    if count > FEW:
        rows = np.frombuffer(packet, _COMPRESSED_ROW, count, at)
        points = np.empty((count, 5), np.float32)
        with np.errstate(all="ignore"):
            points[:, :3] = rows["xyz"] * xyz_unit
            points[:, 3] = rows["doppler"] * doppler_unit
            points[:, 4] = rows["snr"] * snr_unit
            return _checked(points)
    if not isfinite(snr_unit):
        raise MalformedError("compressed points: units that are no numbers")
    flat: list[float] = []
    for i, j, k, v, snr, _ in _COMPRESSED.iter_unpack(packet[at:end]):
        x, y, z, doppler = i * xyz_unit, j * xyz_unit, k * xyz_unit, v * doppler_unit
        if not (x * x + y * y + z * z < _REACH2 and -SPEED_MAX_MPS < doppler < SPEED_MAX_MPS):
            raise MalformedError(_BEYOND)
        flat += (x, y, z, doppler, snr * snr_unit)
    return flat


def spherical(packet: bytes, at: int, end: int) -> Cloud:
    """Type 1000, and type 6 of the long-range firmware: N x (range, azimuth, elevation, doppler) float; no SNR."""
    _rows(end - at, 16, "spherical points")
    flat: list[float] = []
    for distance, azimuth, elevation, doppler in _XYZV.iter_unpack(packet[at:end]):
        flat += (*_turned(distance, azimuth, elevation, doppler), 0.0)
    return flat


def polar(packet: bytes, at: int, end: int, row: int) -> tuple[Cloud, int]:
    """Type 6 of the 52-byte header: 2D or 3D rows of float -> points, and the bytes of a row.

    Either may fit into the same length; ``row``, what the stream has shown so far (0: nothing yet), is tried first.
    """
    if end == at:
        return EMPTY, row
    for size in dict.fromkeys((row or POLAR_ROWS[0], *POLAR_ROWS)):
        if (end - at) % size == 0:
            try:
                return _polar(packet[at:end], size), size
            except MalformedError:
                continue
    raise MalformedError(f"polar points: {end - at} bytes are rows neither in 2D nor in 3D")


def _polar(payload: bytes, size: int) -> Cloud:
    flat: list[float] = []
    for distance, azimuth, *elevation, doppler, ratio in _POLAR[size].iter_unpack(payload):
        if not 0.0 < ratio < 1e9:
            raise MalformedError("a point's SNR is no power ratio")
        turned = _turned(distance, azimuth, elevation[0] if elevation else 0.0, doppler)
        flat += (*turned, _decibels(ratio))
    return flat


def _turned(
    distance: float, azimuth: float, elevation: float, doppler: float
) -> tuple[float, float, float, float]:
    if not (
        0.0 <= distance < REACH_M
        and -pi <= azimuth <= pi
        and -pi <= elevation <= pi
        and -SPEED_MAX_MPS < doppler < SPEED_MAX_MPS
    ):
        raise MalformedError(_BEYOND)
    across = distance * cos(elevation)
    return across * sin(azimuth), across * cos(azimuth), distance * sin(elevation), doppler


def _rows(size: int, row: int, name: str) -> int:
    count, rest = divmod(size, row)
    if rest:
        raise MalformedError(f"{name}: {size} bytes are not rows of {row}")
    return count


def as_array(points: Cloud) -> Points:
    """Once its packet has been read: an array over packed floats takes half the time that np.array and reshape do."""
    if not isinstance(points, list):
        return points
    count = len(points) // 5
    if not count:
        return EMPTY
    packed = _FLOATS[count].pack(*points) if count <= FEW else array("f", points)
    return np.ndarray((count, 5), np.float32, packed)


def _decibels(ratio: float) -> float:
    return 10.0 * log10(max(ratio, SNR_RATIO_MIN))


def _checked(points: Points) -> Points:
    x, y, z = points[:, 0], points[:, 1], points[:, 2]
    with np.errstate(all="ignore"):
        within = (x * x + y * y + z * z < _REACH2).all() and (np.abs(points[:, 3]) < SPEED_MAX_MPS).all()
    if not (within and np.isfinite(points[:, 4]).all()):
        raise MalformedError(_BEYOND)
    return points
