"""What each TinyFrame module may say: lengths and ranges of its messages. Pure.

The XOR of these frames passes one splice in 256 and every one that takes in a whole head, so values that no
module sends are refused too. The bounds are a little wider than the modules' data sheets.
"""

from collections.abc import Callable, Mapping
from math import isfinite
from struct import Struct

from edge.sensors.modules.settings import ModuleKind
from edge.sensors.modules.tinyframe import Shape

USER_LOG, FALL, SET_HEIGHT, GET_PARAMETERS = 0x0E01, 0x0E02, 0x0E04, 0x0E06
SET_THRESHOLD, SET_SENSITIVITY, SET_AREA, BODY_HEIGHT = 0x0E08, 0x0E0A, 0x0E0C, 0x0E0E
PRESENCE, RESET, FIRMWARE = 0x0F09, 0x2110, 0xFFFF
PHASES, BREATH, HEART, DISTANCE = 0x0A13, 0x0A14, 0x0A15, 0x0A16
CONTROL, TARGETS, POINTS, ZONES = 0x0201, 0x0A04, 0x0A08, 0x0A0A

PLACE_MAX_M = 12.0
"""The modules see 6 to 10 m."""
SPEED_MAX_MPS = 12.0
DOPPLER_STEP_MPS = 0.1728
DOPPLER_MAX = 64
CLUSTER_MAX = 1023
TARGETS_MAX = 50

PARAMETERS = Struct("<2fI4f")
"""Install height m, fall threshold m, sensitivity, and the alarm area's left, right, front, back m."""
_COUNT = Struct("<i")
TARGET_3D = Struct("<3f2i")
"""x, y, z in m, doppler index, cluster."""
TARGET_2D = Struct("<2f2i")
"""x, y in m, doppler index, cluster."""
POINT_3D = Struct("<i4f")
"""cluster, x, y, z in m, speed in m/s."""


def rows(data: bytes) -> tuple[int, int] | None:
    """How many targets or points follow the count, and the size of each; None where the length disagrees."""
    (count,) = _COUNT.unpack_from(data)
    if not 0 <= count <= TARGETS_MAX:
        return None
    size = len(data) - _COUNT.size
    if count == 0:
        return (0, 0) if size == 0 else None
    each, left = divmod(size, count)
    return (count, each) if left == 0 and each in {TARGET_2D.size, TARGET_3D.size} else None


def _lengths(*sizes: int) -> Callable[[int], bool]:
    return frozenset(sizes).__contains__


def _list_length(size: int) -> bool:
    body = size - _COUNT.size
    return body >= 0 and (body % TARGET_2D.size == 0 or body % TARGET_3D.size == 0)


def _anything(_: bytes) -> bool:
    return True


def _flag(data: bytes) -> bool:
    return int.from_bytes(data, "little") in {0, 1}


def _words_are_flags(data: bytes) -> bool:
    return all(_flag(data[at : at + 4]) for at in range(0, len(data), 4))


def _floats(low: float, high: float) -> Callable[[bytes], bool]:
    def within(data: bytes) -> bool:
        values = Struct(f"<{len(data) // 4}f").unpack(data)
        return all(isfinite(value) and low <= value <= high for value in values)

    return within


def _numbers(high: int) -> Callable[[bytes], bool]:
    return lambda data: int.from_bytes(data, "little") <= high


def _distance(data: bytes) -> bool:
    return int.from_bytes(data[:4], "little") <= 0xFF and _floats(0.0, 20.0)(data[4:])


def _parameters(data: bytes) -> bool:
    height, threshold, frames, *area = PARAMETERS.unpack(data)
    metres = (height, threshold, *area)
    return all(isfinite(value) and 0.0 <= value <= 10.0 for value in metres) and frames <= 1000


def _targets(data: bytes) -> bool:
    found = rows(data)
    if found is None:
        return False
    row = TARGET_3D if found[1] == TARGET_3D.size else TARGET_2D
    return all(
        _near(*values[:-2]) and abs(values[-2]) <= DOPPLER_MAX and -1 <= values[-1] <= CLUSTER_MAX
        for values in row.iter_unpack(data[_COUNT.size :])
    )


def _points(data: bytes) -> bool:
    found = rows(data)
    if found is None:
        return False
    if found[1] != POINT_3D.size:
        return _targets(data)
    return all(
        -1 <= cluster <= CLUSTER_MAX and _near(x, y, z) and isfinite(speed) and abs(speed) <= SPEED_MAX_MPS
        for cluster, x, y, z, speed in POINT_3D.iter_unpack(data[_COUNT.size :])
    )


def _near(*place_m: float) -> bool:
    return all(isfinite(value) and abs(value) <= PLACE_MAX_M for value in place_m)


_COMMON = {
    PRESENCE: Shape(_lengths(1, 2, 4), _flag),
    TARGETS: Shape(_list_length, _targets),
    POINTS: Shape(_list_length, _points),
    RESET: Shape(_lengths(0, 1), _flag),
    FIRMWARE: Shape(lambda size: 1 <= size <= 64, _anything),
}
_ROOM = {
    # 0x0201 to 0x0205 are commands; the module repeats the type without data to say that it has heard.
    **dict.fromkeys(range(CONTROL, CONTROL + 5), Shape(_lengths(0), _anything)),
    ZONES: Shape(_lengths(16), _words_are_flags),
    **dict.fromkeys((0x0A0B, 0x0A0C), Shape(_lengths(96), _floats(-20.0, 20.0))),  # zones, 6 floats each
    0x0A0D: Shape(_lengths(4), _numbers(86_400)),  # hold time, s
    **dict.fromkeys((0x0A0E, 0x0A0F), Shape(_lengths(1), _numbers(2))),  # sensitivity, trigger speed
    0x0A10: Shape(_lengths(8), _floats(-20.0, 20.0)),  # z range
    **dict.fromkeys((0x0A11, 0x0A12), Shape(_lengths(1), _flag)),  # mount, low power
    0x0A13: Shape(_lengths(4), _numbers(86_400_000)),  # sleep, ms
    0x0A14: Shape(_lengths(1), _flag),  # working mode
}
_FALL = {
    FALL: Shape(_lengths(1), _flag),
    **dict.fromkeys(
        (USER_LOG, SET_HEIGHT, SET_THRESHOLD, SET_SENSITIVITY, SET_AREA), Shape(_lengths(0, 1), _flag)
    ),
    GET_PARAMETERS: Shape(_lengths(0, PARAMETERS.size), _parameters),
    BODY_HEIGHT: Shape(_lengths(4), _anything),
}
_VITALS = {
    PHASES: Shape(_lengths(12), _floats(-1e4, 1e4)),
    BREATH: Shape(_lengths(4), _floats(0.0, 100.0)),
    HEART: Shape(_lengths(4), _floats(0.0, 300.0)),
    DISTANCE: Shape(_lengths(8), _distance),
}

SHAPES: Mapping[ModuleKind, Mapping[int, Shape]] = {
    ModuleKind.LD6002B: _COMMON | _ROOM,
    ModuleKind.LD6002C: _COMMON | _ROOM | _FALL,
    ModuleKind.MR60FDA2: _COMMON | _ROOM | _FALL,
    ModuleKind.LD6002: _COMMON | _VITALS,
    ModuleKind.MR60BHA2: _COMMON | _VITALS,
}
"""0x0A13 and 0x0A14 mean different things in the presence and the vital-signs firmware."""
