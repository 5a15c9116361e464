"""What TI mmWave firmware says beside its points: tracks, heights, presence, vital signs. Pure.

Tracks are in the sensor's frame; those of a 2D firmware have z = 0. Heights are above the floor *as the chip was
configured*. Layouts are little endian throughout.
"""

from struct import Struct

from edge.sensors.readings import Height, Target, Vitals
from edge.sensors.ti.points import REACH_M, SPEED_MAX_MPS, MalformedError

TARGET_ROWS = (112, 72, 68, 64, 28)
"""Bytes of one track: 3D with its 4x4 covariance, then four generations of 2D firmware."""
TRACK_MAX = 253
"""Track numbers stay below it: 253 to 255 say in the index of points that one belongs to no track."""
PRESENCE_SIZE = 4

_TARGET_3D = Struct("<I6f84x")
_TARGET_2D = {size: Struct(f"<I4f{size - 20}x") for size in TARGET_ROWS[1:]}
_HEIGHT = Struct("<I2f")
_VITALS = Struct("<2H3f120x")
_LAB_VITALS = Struct("<28x7f72x")
LAB_VITALS_SIZE = _LAB_VITALS.size


def targets(packet: bytes, at: int, end: int, row: int) -> tuple[tuple[Target, ...], int]:
    """Types 308, 1010, and 7 of the older headers -> tracks, and the bytes of a row.

    Several sizes may fit the same length (448 bytes are 4, 7 or 16 tracks); ``row``, what the stream has shown so
    far (0: nothing yet), is tried first.
    """
    size = end - at
    if size == 0:
        return (), row
    for candidate in dict.fromkeys((row or TARGET_ROWS[0], *TARGET_ROWS)):
        if size % candidate == 0:
            found = _targets_of(packet[at:end], candidate)
            if found is not None:
                return found, candidate
    raise MalformedError(f"targets: {size} bytes hold no tracks that a room could")


def _targets_of(payload: bytes, row: int) -> tuple[Target, ...] | None:
    if row == _TARGET_3D.size:
        found = tuple(
            Target(track, (x, y, z), (vx, vy, vz))
            for track, x, y, z, vx, vy, vz in _TARGET_3D.iter_unpack(payload)
        )
    else:
        found = tuple(
            Target(track, (x, y, 0.0), (vx, vy, 0.0))
            for track, x, y, vx, vy in _TARGET_2D[row].iter_unpack(payload)
        )
    for target in found:
        (x, y, z), (vx, vy, vz) = target.position_m, target.velocity_mps
        near = x * x + y * y + z * z < REACH_M * REACH_M
        slow = vx * vx + vy * vy + vz * vz < SPEED_MAX_MPS * SPEED_MAX_MPS
        if not (near and slow and target.track < TRACK_MAX):
            return None
    if len(found) > 1 and len({target.track for target in found}) < len(found):
        return None
    return found


def heights(packet: bytes, at: int, end: int) -> tuple[Height, ...]:
    """Type 1012."""
    if (end - at) % _HEIGHT.size:
        raise MalformedError(f"heights: {end - at} bytes are not rows of {_HEIGHT.size}")
    found = tuple(Height(track, top, bottom) for track, top, bottom in _HEIGHT.iter_unpack(packet[at:end]))
    for height in found:
        if not (-REACH_M < height.top_m < REACH_M and -REACH_M < height.bottom_m < REACH_M):
            raise MalformedError("a height is not finite or out of every radar's reach")
    return found


def presence(packet: bytes, at: int, end: int) -> bool:
    """Types 1021 (0 or 1) and 1030 (a bit for each zone)."""
    if end - at != PRESENCE_SIZE:
        raise MalformedError(f"presence: {end - at} bytes instead of {PRESENCE_SIZE}")
    return packet[at:end] != b"\0\0\0\0"


def zone_presence(packet: bytes, at: int, end: int) -> bool:
    """Types 307 and 315: the number of zones, then 2 bits for each; whether anything moves in any of them."""
    if end == at:
        raise MalformedError("zone presence: no number of zones")
    zones = packet[at]
    needed = 1 + -(-zones // 4)
    if end - at < needed:
        raise MalformedError(f"zone presence: {end - at} bytes for {zones} zones")
    states = int.from_bytes(packet[at + 1 : at + needed], "little")
    return states & ((1 << 2 * zones) - 1) != 0


def vitals(packet: bytes, at: int, end: int) -> Vitals | None:
    """Type 1040: of the first person with a rate; None while the firmware has none."""
    if (end - at) % _VITALS.size:
        raise MalformedError(f"vital signs: {end - at} bytes are not rows of {_VITALS.size}")
    for _, _, _, heart, breath in _VITALS.iter_unpack(packet[at:end]):
        found = _rates(breath, heart)
        if found is not None:
            return found
    return None


def lab_vitals(packet: bytes, at: int, end: int) -> Vitals | None:
    """Type 6 of the single-person vital-signs firmware, 128 bytes: rates from its spectra."""
    if end - at != LAB_VITALS_SIZE:
        return None
    heart, _, _, _, breath, _, _ = _LAB_VITALS.unpack_from(packet, at)
    return _rates(breath, heart)


def _rates(breath: float, heart: float) -> Vitals | None:
    """A rate of 0 is none yet; one that no body has is a flipped bit or noise, and is left out."""
    breaths = breath if 0.0 < breath < 100.0 else None
    heartbeats = heart if 0.0 < heart < 300.0 else None
    return None if breaths is None and heartbeats is None else Vitals(breaths, heartbeats)
