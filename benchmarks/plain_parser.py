"""Two yardsticks: TI parsers that only decode, with no resync, no checks of plausibility, no counters.

``parse``: struct by struct, as such parsers are usually written: one ``struct.unpack`` a structure, a numpy array of points
and of targets a frame. ``parse_lean``: the least Python can do for the same numbers, compiled structs into tuples.
Both turn every TLV of the recordings into Python values, range profile and timing of the out-of-box demo too, which the
product passes over. The product's parser does all of what is left out here, and perception and decision come on top.
"""

import struct
from math import cos, sin
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = bytes((2, 1, 4, 3, 6, 5, 8, 7))
HEADER_BYTES = 40
Array = NDArray[np.float64]

_ROWS = {1: ("points", "<4f"), 7: ("side", "<2h"), 1010: ("targets", "<I27f"), 1012: ("heights", "<I2f")}
_NUMBERS = {2: ("H", 2), 6: ("I", 4), 1011: ("B", 1)}

_HEADER = Struct("<Q8I")
_TLV = Struct("<2I")
_UNITS = Struct("<5f")
_SPHERICAL = Struct("<bbhHH")
_TARGET = Struct("<I27f")
_HEIGHT = Struct("<I2f")
_PRESENCE = Struct("<I")
_CARTESIAN = Struct("<4f")
_SIDE = Struct("<2h")


def parse(data: bytes) -> list[dict[str, Any]]:
    """Every packet as a dict with what its TLVs hold."""
    frames = []
    at = data.find(MAGIC)
    while at >= 0 and at + HEADER_BYTES <= len(data):
        _, _, length, _, number, _, _, tlvs, _ = struct.unpack("<Q8I", data[at : at + HEADER_BYTES])
        if at + length > len(data):
            break
        frames.append(_packet(data[at : at + length], number, tlvs))
        at = data.find(MAGIC, at + length)
    return frames


def _packet(packet: bytes, number: int, tlvs: int) -> dict[str, Any]:
    frame: dict[str, Any] = {"number": number}
    at = HEADER_BYTES
    for _ in range(tlvs):
        kind, length = struct.unpack("<2I", packet[at : at + 8])
        at += 8
        payload = packet[at : at + length]
        at += length
        if kind == 1020 and length:
            frame["points"] = _spherical(payload)
        elif kind in _ROWS:
            name, layout = _ROWS[kind]
            frame[name] = _rows(payload, layout)
        elif kind == 2:
            frame["range_profile"] = struct.unpack(f"<{len(payload) // 2}H", payload)
        elif kind == 6:
            frame["timing"] = struct.unpack(f"<{length // 4}I", payload)
        elif kind == 1011:
            frame["indices"] = list(payload)
        elif kind == 1021:
            frame["presence"] = struct.unpack("<I", payload)[0]
    return frame


def _rows(payload: bytes, layout: str) -> Array:
    size = struct.calcsize(layout)
    rows = [struct.unpack(layout, payload[at : at + size]) for at in range(0, len(payload), size)]
    return np.array(rows)


def _spherical(payload: bytes) -> Array:
    elev_unit, azim_unit, doppler_unit, range_unit, snr_unit = struct.unpack("<5f", payload[:20])
    points = np.zeros(((len(payload) - 20) // 8, 5))
    for n in range(len(points)):
        elev, azim, doppler, distance, snr = struct.unpack("<bbhHH", payload[20 + 8 * n : 28 + 8 * n])
        elev, azim, distance = elev * elev_unit, azim * azim_unit, distance * range_unit
        points[n, 0] = distance * np.cos(elev) * np.sin(azim)
        points[n, 1] = distance * np.cos(elev) * np.cos(azim)
        points[n, 2] = distance * np.sin(elev)
        points[n, 3] = doppler * doppler_unit
        points[n, 4] = snr * snr_unit
    return points


Row = tuple[float, ...]
Frame = tuple[int, list[Row], list[Row], list[Row], int, Row]


def parse_lean(data: bytes) -> list[Frame]:
    """(number, points, targets, heights, presence, what else it says of itself or its points) of every packet."""
    frames: list[Frame] = []
    at = data.find(MAGIC)
    while at >= 0 and at + HEADER_BYTES <= len(data):
        _, _, length, _, number, _, _, tlvs, _ = _HEADER.unpack_from(data, at)
        if at + length > len(data):
            break
        frames.append(_lean_packet(data, at + HEADER_BYTES, number, tlvs))
        at = data.find(MAGIC, at + length)
    return frames


def _lean_packet(data: bytes, at: int, number: int, tlvs: int) -> Frame:
    points: list[Row] = []
    targets: list[Row] = []
    heights: list[Row] = []
    presence = 0
    more: Row = ()
    for _ in range(tlvs):
        kind, length = _TLV.unpack_from(data, at)
        at += _TLV.size
        end = at + length
        if kind == 1020 and length:
            points = _lean_spherical(data, at, end)
        elif kind == 1:
            points = [_CARTESIAN.unpack_from(data, n) for n in range(at, end, _CARTESIAN.size)]
        elif kind == 7:
            sides = [_SIDE.unpack_from(data, n) for n in range(at, end, _SIDE.size)]
            points = [(*point, side[0] * 0.1) for point, side in zip(points, sides, strict=False)]
        elif kind == 1010:
            targets = [_TARGET.unpack_from(data, n) for n in range(at, end, _TARGET.size)]
        elif kind == 1012:
            heights = [_HEIGHT.unpack_from(data, n) for n in range(at, end, _HEIGHT.size)]
        elif kind in _NUMBERS:
            code, size = _NUMBERS[kind]
            more += struct.unpack_from(f"<{length // size}{code}", data, at)
        elif kind == 1021:
            presence = _PRESENCE.unpack_from(data, at)[0]
        at = end
    return number, points, targets, heights, presence, more


def _lean_spherical(data: bytes, at: int, end: int) -> list[Row]:
    elev_unit, azim_unit, doppler_unit, range_unit, snr_unit = _UNITS.unpack_from(data, at)
    points: list[Row] = []
    for n in range(at + _UNITS.size, end, _SPHERICAL.size):
        elev, azim, doppler, distance, snr = _SPHERICAL.unpack_from(data, n)
        elev, azim, distance = elev * elev_unit, azim * azim_unit, distance * range_unit
        across = distance * cos(elev)
        x, y, z = across * sin(azim), across * cos(azim), distance * sin(elev)
        points.append((x, y, z, doppler * doppler_unit, snr * snr_unit))
    return points
