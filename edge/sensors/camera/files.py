"""Pictures that lie in files: a folder, a video, and a folder that is still being written."""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.sensors.readings import SensorLostError

log = logging.getLogger(__name__)

Image = NDArray[np.uint8]
Scenes = Literal["picture", "folder"]

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
_ENDS = {b"\xff\xd8": b"\xff\xd9", b"\x89P": b"IEND\xaeB`\x82"}
_TAIL = 64  # cameras append a few bytes of their own after the end mark
STALE_S = 2.0  # a file that has not grown for so long and still cannot be read never will be


def decode_picture(data: bytes) -> Image | None:
    """(H, W, 3) uint8 BGR, or None for what is no complete picture.

    OpenCV paints the missing rest of a cut JPEG grey and says nothing, so the end mark is looked for first.
    """
    end = _ENDS.get(data[:2])
    if not data or (end is not None and end not in data[-_TAIL:]):
        return None
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # a header that promises a picture of absurd size
        return None
    return None if image is None else np.asarray(image, np.uint8)


@dataclass(slots=True)
class Tally:
    """What a source of pictures gave, passed over and could not read."""

    frames: int = 0
    skipped: int = 0
    unreadable: int = 0

    def as_counters(self) -> dict[str, float]:
        return {
            "frames": float(self.frames),
            "skipped": float(self.skipped),
            "unreadable": float(self.unreadable),
        }


def pictures_in(folder: Path, scenes: Scenes, tally: Tally) -> Iterator[tuple[str, Image]]:
    """(scene, picture) of every picture below ``folder`` in the order of their paths; unreadable ones are counted."""
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES):
        try:
            image = decode_picture(path.read_bytes())
        except OSError:
            image = None
        if image is None:
            tally.unreadable += 1
            log.warning("%s is not a whole picture and is passed over", path.name)
            continue
        relative = path.relative_to(folder)
        yield (str(relative) if scenes == "picture" else str(relative.parent)), image


def frames_in(video: Path) -> tuple[float, Iterator[tuple[str, Image]]]:
    """(seconds per frame, frames) of a video file, one scene. Raises SensorLostError if it cannot be opened."""
    capture = cv2.VideoCapture(str(video))
    if not capture.isOpened():
        capture.release()
        raise SensorLostError(f"{video}: no video OpenCV can read: check the file, or convert it to MP4")
    fps = capture.get(cv2.CAP_PROP_FPS)

    def frames() -> Iterator[tuple[str, Image]]:
        try:
            while True:
                good, image = capture.read()
                if not good:
                    return
                yield video.name, np.asarray(image, np.uint8)
        finally:
            capture.release()

    return (1.0 / fps if 0.5 <= fps <= 240.0 else 0.2), frames()


@dataclass(slots=True)
class GrowingFolder:
    """The newest complete picture of a folder that somebody else writes and prunes."""

    folder: Path
    tally: Tally
    _last: tuple[int, str] = (0, "")
    _seen_s: dict[tuple[int, str], float] = field(default_factory=dict)
    _refused: set[tuple[int, str]] = field(default_factory=set)

    def newest(self, now_s: float) -> Image | None:
        """The newest picture not given before, or None. Raises SensorLostError when the folder is gone.

        A file that is half written is left for the next call; one that vanishes meanwhile is nothing.
        """
        fresh = self._fresh()
        # A file that is written on gets a new time, so it counts as seen only now.
        self._seen_s = {key: self._seen_s.get(key, now_s) for key in fresh}
        self._refused &= self._seen_s.keys()
        for n, key in enumerate(fresh):
            if key in self._refused:
                continue
            image = self._read(key[1])
            if image is not None:
                self.tally.skipped += len(set(fresh[n + 1 :]) - self._refused)
                self.tally.frames += 1
                self._last = key
                return image
            if now_s - self._seen_s[key] >= STALE_S:
                self._refused.add(key)
                self.tally.unreadable += 1
        return None

    def _fresh(self) -> list[tuple[int, str]]:
        try:
            with os.scandir(self.folder) as entries:
                keys = [key for entry in entries if (key := _key(entry)) is not None]
        except OSError as error:
            raise SensorLostError(
                f"{self.folder}: {error.strerror}: create the folder the camera writes into"
            ) from error
        return sorted((key for key in keys if key > self._last), reverse=True)

    def _read(self, name: str) -> Image | None:
        try:
            return decode_picture((self.folder / name).read_bytes())
        except OSError:
            return None


def _key(entry: os.DirEntry[str]) -> tuple[int, str] | None:
    """(time written, name) of a picture; None for anything else and for what has just been deleted."""
    if not entry.name.lower().endswith(PICTURE_SUFFIXES) or entry.name.startswith("."):
        return None
    try:
        return entry.stat().st_mtime_ns, entry.name
    except OSError:
        return None
