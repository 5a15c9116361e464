"""Cameras as sensors: a live one, a folder that grows, and replays of pictures and videos.

Is: the newest picture, soon; what came between is skipped and counted, for an animal is where it is now.
Is not: a judgement of the pictures (watch), nor a recorder.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.clock import Clock, ManualClock
from edge.sensors.camera.files import GrowingFolder, Image, Scenes, Tally, frames_in, pictures_in
from edge.sensors.camera.live import Live, live_source
from edge.sensors.camera.settings import CameraSettings
from edge.sensors.readings import Picture, SensorLostError

log = logging.getLogger(__name__)

POLL_S = 0.02
_TURNS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


class Camera:
    """A Sensor[Picture] on any source of its settings; one thread owns it.

    Live sources are opened and grabbed in a thread of their own, so that neither a slow network nor a slow
    detector delays the other. Finite sources raise EOFError at their end.
    """

    def __init__(self, settings: CameraSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._tally = Tally()
        self._source: Live | _Growing | _Paced | None = None
        # Outlives a reopening: what was given once is not new again.
        self._growing: GrowingFolder | None = None
        self._frame = 0

    def open(self) -> None:
        """Raises SensorLostError with the mend if the source is not there."""
        self.close()
        self._source = self._find()

    def read(self, timeout_s: float) -> Sequence[Picture]:
        """At most one picture: the newest not given before, else none. See Sensor for what is raised."""
        if self._source is None:
            raise SensorLostError("the camera is not open: open it first")
        image = self._source.newest(timeout_s)
        if image is None:
            return []
        self._frame += 1
        return [Picture(self._clock.monotonic_s(), self._frame, _turned(image, self._settings.rotate_deg))]

    def close(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None

    def counters(self) -> dict[str, float]:
        """``frames`` given, ``skipped`` for newer ones, ``unreadable``."""
        return self._tally.as_counters()

    def _find(self) -> "Live | _Growing | _Paced":
        settings = self._settings
        if settings.is_live:
            return live_source(settings, self._tally)
        if settings.path.is_dir():
            if settings.follow:
                self._growing = self._growing or GrowingFolder(settings.path, self._tally)
                return _Growing(self._growing, self._clock)
            pictures = pictures_in(settings.path, "folder", self._tally)
            return _Paced(pictures, settings.period_s, self._clock, self._tally)
        if not settings.path.exists():
            raise SensorLostError(
                f"{settings.path}: not there: mend source in [camera], or create the folder"
            )
        period_s, frames = frames_in(settings.path)
        return _Paced(frames, period_s, self._clock, self._tally)


class ReplayCamera:
    """A Sensor[Picture] of stored pictures or a video that moves the clock itself, so that no one waits.

    ``scenes`` = "picture": the pictures of the folder have nothing to do with each other; each is a scene of its
    own and is shown ``dwell`` times, so that what confirms over time still has a time to decide in.
    "folder": the pictures of one folder follow each other, ``period_s`` apart, each shown once.
    """

    def __init__(
        self,
        source: Path,
        clock: ManualClock,
        *,
        period_s: float = 0.2,
        scenes: Scenes = "picture",
        dwell: int = 12,
    ) -> None:
        self._path = source
        self._clock = clock
        self._period_s = period_s
        self._scenes = scenes
        self._dwell = max(1, dwell) if scenes == "picture" else 1
        self._tally = Tally()
        self._frames: Iterator[tuple[str, Image]] | None = None
        self._frame = 0

    def open(self) -> None:
        """Raises SensorLostError if there is no such folder or video."""
        if self._path.is_dir():
            stills = pictures_in(self._path, self._scenes, self._tally)
            self._frames = (still for still in stills for _ in range(self._dwell))
        elif self._path.exists():
            self._period_s, self._frames = frames_in(self._path)
        else:
            raise SensorLostError(f"{self._path}: no such folder or video: check its name")

    def read(self, timeout_s: float) -> Sequence[Picture]:  # noqa: ARG002 - a replay never waits
        """The next picture, the clock moved on by one period; raises EOFError after the last."""
        if self._frames is None:
            raise SensorLostError("the replay is not open: open it first")
        following = next(self._frames, None)
        self._clock.advance(self._period_s)
        if following is None:
            raise EOFError(f"{self._path}: the last picture has been shown")
        self._tally.frames += 1
        self._frame += 1
        scene, image = following
        return [Picture(self._clock.monotonic_s(), self._frame, image, scene)]

    def close(self) -> None:
        self._frames = None

    def counters(self) -> dict[str, float]:
        """``frames`` shown (a still counts each time), ``skipped`` (none), ``unreadable``."""
        return self._tally.as_counters()


@dataclass(slots=True)
class _Growing:
    """Looks into a growing folder until something new is there."""

    folder: GrowingFolder
    clock: Clock

    def newest(self, timeout_s: float) -> Image | None:
        pause = threading.Event()
        for _ in range(max(1, round(timeout_s / POLL_S))):
            image = self.folder.newest(self.clock.monotonic_s())
            if image is not None or timeout_s <= 0:
                return image
            pause.wait(POLL_S)
        return None

    def close(self) -> None:
        """Nothing is held open."""


@dataclass(slots=True)
class _Paced:
    """A finite source shown at its own pace, as if it were live."""

    frames: Iterator[tuple[str, Image]]
    period_s: float
    clock: Clock
    tally: Tally
    due_s: float = 0.0

    def newest(self, timeout_s: float) -> Image | None:
        wait_s = self.due_s - self.clock.monotonic_s()
        if wait_s > 0:
            threading.Event().wait(min(wait_s, timeout_s))
            if wait_s > timeout_s:
                return None
        following = next(self.frames, None)
        if following is None:
            raise EOFError("the last picture has been shown")
        self.tally.frames += 1
        self.due_s = max(self.due_s, self.clock.monotonic_s() - self.period_s) + self.period_s
        return following[1]

    def close(self) -> None:
        """The generator behind ``frames`` lets its file go when it is dropped."""


def _turned(image: Image, rotate_deg: int) -> Image:
    return np.asarray(cv2.rotate(image, _TURNS[rotate_deg]), np.uint8) if rotate_deg else image
