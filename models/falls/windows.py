"""Windows of an IWRL6432's points as JSON: one window a line, or the original file with all of them in one object.

A line is ``{"frames": [{"t_ms", "x", "y", "z", "snr"}, ...]}``; the original file is ``{"sequences": [{"frames": [{"Time
Stamp (ms)", "x_pos", "y_pos", "z_pos", "snr"}, ...]}]}``. m in the sensor frame, z up; ms of the day. Doppler is not kept.
The files hold no label: a window of falls is known by its file's name or by a labels file. Each begins at a key press,
some 2-3 s before the fall.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from edge.sensors.readings import PointCloud
from models.falls.recording import DataError, Kind, Recording

BLOCK = 10
"""Windows that follow each other are of one bout of acting: they are never split between choosing and checking."""
_KEYS = ("t_ms", "x", "y", "z", "snr")
_ORIGINAL_KEYS = ("Time Stamp (ms)", "x_pos", "y_pos", "z_pos", "snr")


def is_windows(head: bytes) -> bool:
    """Whether a file that begins so may hold windows."""
    start = head.lstrip()
    return start.startswith(b"{") and b'"frames"' in head and (b'"t_ms"' in head or b'"x_pos"' in head)


def read_windows(path: Path, name: str) -> list[Recording]:
    """Every window as a recording of its own; raises DataError naming the line."""
    found = []
    for number, window in enumerate(_windows(path), start=1):
        try:
            clouds = _clouds(window)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{path}: window {number} is not frames of t_ms, x, y, z, snr ({error})"
            ) from error
        if not clouds:
            continue
        found.append(
            Recording(
                name=f"{name}#{number}",
                file=name,
                kind=Kind.IWRL6432,
                duration_s=clouds[-1].at_s - clouds[0].at_s,
                readings=lambda clouds=clouds: clouds,  # type: ignore[misc]  # binds this window's
                unit=f"{name}/{(number - 1) // BLOCK}",
            )
        )
    return found


def _windows(path: Path) -> Iterator[Any]:
    text = path.read_text(encoding="utf-8")
    try:
        whole = json.loads(text)
    except json.JSONDecodeError:
        whole = None
    if whole is not None:
        yield from whole.get("sequences", [whole])
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{path}:{number}: not JSON ({error.msg}): take the line out") from error


def _clouds(window: Any) -> list[PointCloud]:
    frames = window["frames"]
    keys = _KEYS if frames and _KEYS[0] in frames[0] else _ORIGINAL_KEYS
    first_ms = frames[0][keys[0]] if frames else 0
    return [_cloud(number, frame, keys, first_ms) for number, frame in enumerate(frames)]


def _cloud(number: int, frame: Any, keys: tuple[str, ...], first_ms: float) -> PointCloud:
    at, *columns = (frame[key] for key in keys)
    x, y, z, snr = columns
    points = np.array([x, y, z, [0.0] * len(x), snr], np.float32).T.reshape(-1, 5)
    return PointCloud((at - first_ms) / 1000, number, points)
