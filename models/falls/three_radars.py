"""Three IWR1843 around one room: an npz of ``points`` (N, 5), ``frame`` and ``radar`` per point, or the original pickle.

``radar`` is 0 for the front, 1 for the side, 2 for the top one. The pickle is a list of frames, each a dict of the three
radars' (N, 5) arrays. Each radar is a recording of its own, as a home has one; x, y, z in m, doppler in m/s, SNR in 0.1 dB.

All three are in the room's frame already: the distances of the points from the place where a radar stood come in steps of
its range bin (0.0436 m), and those from the origin do not; a standing body is at the same place and height for each. So
the reader takes a mount's height off again, for perception to add.
"""

import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.sensors.readings import PointCloud
from models.falls.recording import DataError, Kind, Recording

PERIOD_S = 0.05
ROOM_HEIGHT_M = 1.0
"""Of the mount that is taken off and added again; any would do."""
_ABOVE = np.array([0.0, 0.0, ROOM_HEIGHT_M, 0.0, 0.0], np.float32)
_UNITS = np.array([1.0, 1.0, 1.0, 1.0, 0.1], np.float32)
"""SNR is kept in tenths of a dB."""
RADARS = (Kind.IWR1843_FRONT, Kind.IWR1843_SIDE, Kind.IWR1843_TOP)
_PICKLED = ("IWR1843_Ori", "IWR1843_Side", "IWR1843_Top")
_ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}
"""What an array needs to come out of a pickle; anything else could run code."""


def is_three_radars(path: Path, head: bytes) -> bool:
    """Whether the file holds the three arrays, or is a pickle that names the three radars."""
    if head.startswith(b"PK"):
        try:
            names = set(zipfile.ZipFile(path).namelist())
        except zipfile.BadZipFile:
            return False
        return {"points.npy", "frame.npy", "radar.npy"} <= names
    return head[:1] == b"\x80" and b"IWR1843_" in head


def read_three_radars(path: Path, name: str) -> list[Recording]:
    """One recording for each radar that saw anything; raises DataError."""
    with path.open("rb") as file:
        packed = file.read(2) == b"PK"
    frames = _from_npz(path) if packed else _from_pickle(path)
    found = []
    for radar, kind in enumerate(RADARS):
        clouds = [
            PointCloud(n * PERIOD_S, n, (seen[radar] - _ABOVE) * _UNITS) for n, seen in enumerate(frames)
        ]
        if not any(len(cloud.points) for cloud in clouds):
            continue
        found.append(
            Recording(
                name=f"{name} ({kind.value.removeprefix('iwr1843_')})",
                file=name,
                kind=kind,
                duration_s=len(clouds) * PERIOD_S,
                readings=lambda clouds=clouds: clouds,  # type: ignore[misc]  # binds this radar's
                unit=name,
            )
        )
    return found


def _from_npz(path: Path) -> list[list[NDArray[np.float32]]]:
    with np.load(path) as file:
        points, frame, radar = file["points"], file["frame"], file["radar"]
    if points.ndim != 2 or points.shape[1] != 5 or not len(points) == len(frame) == len(radar):
        raise DataError(
            f"{path}: points must be (N, 5) with one frame and one radar each, not {points.shape}"
        )
    count = int(frame.max()) + 1 if len(frame) else 0
    by_radar = []
    for number in range(len(RADARS)):
        own = radar == number
        order = np.argsort(frame[own], kind="stable")
        cuts = np.searchsorted(frame[own][order], np.arange(1, count))
        by_radar.append(np.split(points[own][order].astype(np.float32), cuts))
    return [list(seen) for seen in zip(*by_radar, strict=True)] if count else []


def _from_pickle(path: Path) -> list[list[NDArray[np.float32]]]:
    try:
        with path.open("rb") as file:
            frames = _ArraysOnly(file).load()
        return [[_points(frame.get(radar)) for radar in _PICKLED] for frame in frames]
    except (pickle.UnpicklingError, EOFError, AttributeError, TypeError, ValueError) as error:
        raise DataError(f"{path}: not a list of frames of three radars ({error})") from error


def _points(seen: Any) -> NDArray[np.float32]:
    return np.zeros((0, 5), np.float32) if seen is None else np.asarray(seen, np.float32).reshape(-1, 5)


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is no array: this file is not read")
        return super().find_class(module, name)
