"""Bytes of a TI radar's data port, as a recorder keeps them: decoded by the parser that runs, in the time of a replay."""

from collections import Counter
from pathlib import Path
from struct import Struct

from edge.clock import ManualClock
from edge.sensors.byte_port import FilePort
from edge.sensors.readings import PointCloud
from edge.sensors.ti.frames import MAGIC
from edge.sensors.ti.sensor import ReplayRadar
from models.falls.recording import DataError, Kind, Recording

PEOPLE_TRACKING_S = 0.055
OUT_OF_BOX_S = 0.1
LOW_POWER_S = 0.264
"""A recording keeps no time: each firmware's usual frame period (the chirp files beside the captures; 3.8 frames/s)."""
_CARTESIAN, _COMPRESSED, _SPHERICAL = 1, 301, 1020
_FIRST_TLV = Struct("<I")
_KINDS = {
    _SPHERICAL: (Kind.IWR6843, PEOPLE_TRACKING_S),
    _CARTESIAN: (Kind.IWR6843_OUT_OF_BOX, OUT_OF_BOX_S),
    _COMPRESSED: (Kind.IWRL6432, LOW_POWER_S),
}


def is_uart(head: bytes) -> bool:
    """Whether TI's magic is in it."""
    return MAGIC in head


def read_uart(path: Path, name: str) -> list[Recording]:
    """The one recording of a file; raises DataError where it holds no points."""
    kind, period_s = _kind(path)
    clouds = decode(path, period_s)
    if not any(len(cloud.points) for cloud in clouds):
        raise DataError(
            f"{path}: {len(clouds)} frames of a TI radar, and no point in them: nothing to evaluate"
        )
    recording = Recording(
        name=name,
        file=name,
        kind=kind,
        duration_s=clouds[-1].at_s,
        readings=lambda: clouds,
        unit=name,
    )
    return [recording]


def decode(path: Path, period_s: float) -> list[PointCloud]:
    """Every frame of a recording, stamped as a replay does."""
    radar = ReplayRadar(FilePort(path), ManualClock(0), frame_period_s=period_s)
    radar.open()
    clouds: list[PointCloud] = []
    try:
        while True:
            clouds.extend(radar.read(0.0))
    except EOFError:
        return clouds
    finally:
        radar.close()


def _kind(path: Path) -> tuple[Kind, float]:
    """By the kind of points that its packets begin with."""
    data = path.read_bytes()
    seen: Counter[int] = Counter()
    at = data.find(MAGIC)
    while at >= 0 and at + 44 <= len(data):
        seen[_FIRST_TLV.unpack_from(data, at + 40)[0]] += 1
        at = data.find(MAGIC, at + len(MAGIC))
    known = [kind for kind, _ in seen.most_common() if kind in _KINDS]
    if not known:
        raise DataError(f"{path}: frames of a TI radar without points of a known kind: nothing to evaluate")
    return _KINDS[known[0]]
