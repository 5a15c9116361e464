"""Depth pictures that lie in a folder: 16-bit PNG, and beside them, perhaps, notes that say what a count means.

Reads only: nothing here, nor anywhere on a device, writes a depth picture.
"""

import logging
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.sensors.readings import SensorLostError

log = logging.getLogger(__name__)

NOTES = "camera.toml"
_END = b"IEND\xaeB`\x82"
WIDE = 1.086
"""Width over focal length of a view 57 degrees wide (Kinect, Xtion, Astra)."""

Millimetres = NDArray[np.uint16]
Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class DepthNotes:
    """What a recording says of its camera; None where it does not."""

    scale_mm: float | None = None
    focal_px: Pair | None = None
    centre_px: Pair | None = None
    period_s: float | None = None

    @classmethod
    def of(cls, folder: Path) -> "DepthNotes":
        """Of ``camera.toml`` in the folder, if there; raises SensorLostError with the mend for one that is no use."""
        path = folder / NOTES
        if not path.exists():
            return cls()
        try:
            known = tomllib.loads(path.read_text(encoding="utf-8"))
            return cls(
                scale_mm=_number(known, "scale_mm"),
                focal_px=_pair(known, "focal_px"),
                centre_px=_pair(known, "centre_px"),
                period_s=_number(known, "period_s"),
            )
        except (OSError, ValueError, TypeError) as error:
            names = ", ".join(f.name for f in fields(cls))
            raise SensorLostError(
                f"{path}: {error}: it may hold the numbers {names}, or be left out"
            ) from error

    def as_toml(self) -> str:
        """The text of ``camera.toml``."""
        lines = []
        for f in fields(self):
            value = getattr(self, f.name)
            if value is not None:
                lines.append(f"{f.name} = {list(value) if isinstance(value, tuple) else value!r}")
        return "\n".join(lines) + "\n"


def lens(shape: tuple[int, ...], focal_px: float | Pair | None, centre_px: Pair | None) -> tuple[Pair, Pair]:
    """(focal lengths, centre) of pictures (H, W), guessed where not given."""
    height, width = shape[:2]
    focal = width / WIDE if focal_px is None else focal_px
    both = (float(focal), float(focal)) if isinstance(focal, int | float) else focal
    return both, centre_px or ((width - 1) / 2, (height - 1) / 2)


def decode_depth(data: bytes) -> Millimetres | None:
    """(H, W) uint16 counts of a whole 16-bit grey PNG; None for anything else, also one cut short."""
    if not data.startswith(b"\x89PNG") or _END not in data[-64:]:
        return None
    try:
        counts = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:  # a header that promises a picture of absurd size
        return None
    good = counts is not None and counts.dtype == np.uint16 and counts.ndim == 2
    return np.asarray(counts, np.uint16) if good else None


def to_mm(counts: NDArray[np.uint16], scale_mm: float) -> Millimetres:
    """Counts -> whole millimetres, 0 staying 0; what is beyond 65.535 m was not measured."""
    if scale_mm == 1.0:
        return counts
    millimetres = counts * np.float32(scale_mm)
    millimetres[millimetres >= np.iinfo(np.uint16).max] = 0.0
    return np.asarray(millimetres + np.float32(0.5), np.uint16)


@dataclass(slots=True)
class DepthTally:
    """What a source of depth pictures gave, passed over, could not read, and how many showed nearly nothing."""

    frames: int = 0
    skipped: int = 0
    unreadable: int = 0
    blind: int = 0
    repeated: int = 0

    def as_counters(self) -> dict[str, float]:
        return {f.name: float(getattr(self, f.name)) for f in fields(self)}


def depth_pictures_in(folder: Path, tally: DepthTally) -> Iterator[Millimetres]:
    """Counts of each picture in the order of the names; what is no 16-bit PNG is counted as unreadable and told once.

    Raises SensorLostError if there is no picture at all.
    """
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() == ".png")
    if not paths:
        raise SensorLostError(
            f"{folder}: no .png in it: name the folder that holds the 16-bit depth pictures"
        )
    for path in paths:
        try:
            counts = decode_depth(path.read_bytes())
        except OSError:
            counts = None
        if counts is not None:
            yield counts
            continue
        tally.unreadable += 1
        if tally.unreadable == 1:
            log.warning("%s is no whole 16-bit grey PNG and is passed over, as are others like it", path.name)


def _number(known: dict[str, object], key: str) -> float | None:
    value = known.get(key)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{key} = {value!r} is no positive number")
    return float(value)


def _pair(known: dict[str, object], key: str) -> Pair | None:
    value = known.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(v, int | float) for v in value):
        raise ValueError(f"{key} = {value!r} is no pair of numbers")
    return float(value[0]), float(value[1])
