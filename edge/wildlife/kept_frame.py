"""A frame that a field device keeps so that people can label it: a JPEG and, beside it, what the eye said of it.

The JSON file is written last and put in place whole: a picture without one is not there yet, whatever was cut off.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

Why = Literal["unsure", "confirmed", "unverified", "missed", "sample"]
"""Near a threshold, of a confirmed sighting, refused by the crop's check, between two sightings, or one of a few a day."""


class KeptBox(msgspec.Struct, frozen=True):
    """One thing the eye saw, also below its threshold; px of the JPEG. ``verified``: the crop's own score, 0..1."""

    species: str
    score: float
    x1: float
    y1: float
    x2: float
    y2: float
    verified: float | None = None


class KeptFrame(msgspec.Struct, frozen=True):
    """What stands beside the picture; ``at_ms`` is Unix time, ``visit`` an id or empty."""

    device: str
    at_ms: int
    width_px: int
    height_px: int
    why: Why
    model: str
    model_sha256: str
    detections: list[KeptBox]
    visit: str = ""
    version: Literal[1] = 1


def keep_frame(folder: Path, name: str, frame: KeptFrame, picture: bytes) -> Path:
    """Write both files as ``name``; returns the picture's path. Raises OSError.

    The picture must be fit to be looked at by others: people blurred, and none that shows people alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jpeg = folder / f"{name}.jpg"
    jpeg.write_bytes(picture)
    fresh = folder / f"{name}.new"
    fresh.write_bytes(msgspec.json.encode(frame))
    fresh.replace(folder / f"{name}.json")
    return jpeg


def kept_frames(folder: Path) -> Iterator[tuple[Path, KeptFrame]]:
    """(picture, what is known of it) in order of name; whatever is not both, whole and of this version is left out."""
    for told in sorted(folder.glob("*.json")):
        jpeg = told.with_suffix(".jpg")
        try:
            frame = msgspec.json.decode(told.read_bytes(), type=KeptFrame)
        except (msgspec.MsgspecError, OSError):
            continue
        if jpeg.exists():
            yield jpeg, frame
