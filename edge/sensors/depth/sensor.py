"""Depth cameras as sensors: a live one, and a replay of a folder.

Is: the newest depth picture, soon; what came between is skipped and counted.
Is not: a recorder. No depth picture leaves the device, so nothing here writes or sends one.
"""

import logging
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from edge.clock import Clock, ManualClock
from edge.sensors.depth.drivers import Driver, Grabbed, open_driver
from edge.sensors.depth.files import DepthNotes, DepthTally, depth_pictures_in, lens, to_mm
from edge.sensors.depth.settings import DepthSettings
from edge.sensors.readings import DepthFrame, Sensor, SensorLostError

log = logging.getLogger(__name__)

HANG_UP_S = 0.5
BLIND_SHARE = 0.1
"""Of the picture: a covered or dazzled camera measures less."""
COVERED = "the depth camera measures nothing: uncover its lens, or turn it away from the sun"
FROZEN = "the depth camera repeats one picture: unplug it and plug it in again"
CHECK_STEP = 4
FOLDER_PERIOD_S = 1.0 / 30.0


def depth_from(settings: DepthSettings, clock: Clock) -> Sensor[DepthFrame]:
    """The sensor of the settings, not yet opened. With a ManualClock a folder is replayed as fast as it is read."""
    if settings.kind == "folder":
        return DepthFolder(settings, clock)
    return DepthCamera(settings, clock)


class _Judge:
    """Counts pictures that show nearly nothing and pictures that repeat the one before to the last bit.

    After ``patience_s`` of nothing else the camera is as good as silent, and ``trouble`` says why.
    """

    def __init__(self, tally: DepthTally, patience_s: float) -> None:
        self._tally = tally
        self._patience_s = patience_s
        self._print: int | None = None
        self._bad: str | None = None
        self._since_s = 0.0
        self.trouble: str | None = None

    def saw(self, frame: Grabbed, now_s: float) -> bool:
        """Whether the picture is worth giving on."""
        grid = np.ascontiguousarray(frame.depth_mm[::CHECK_STEP, ::CHECK_STEP])
        fingerprint = zlib.crc32(grid.data)
        blind, repeated = np.count_nonzero(grid) < BLIND_SHARE * grid.size, fingerprint == self._print
        self._print = fingerprint
        self._tally.frames += 1
        self._tally.blind += int(blind)
        self._tally.repeated += int(repeated)
        bad = COVERED if blind else FROZEN if repeated else None
        if bad != self._bad:
            self._bad, self._since_s = bad, now_s
        self.trouble = bad if bad is not None and now_s - self._since_s >= self._patience_s else None
        return self.trouble is None


class DepthCamera:
    """A live camera, grabbed by a thread of its own, so that a driver that hangs holds nobody up."""

    def __init__(
        self,
        settings: DepthSettings,
        clock: Clock,
        opened: Callable[[DepthSettings], Driver] = open_driver,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._opened = opened
        self._tally = DepthTally()
        self._judge = _Judge(self._tally, settings.silent_after_s)
        self._live: _Live | None = None
        self._frame = 0
        self._due_s = clock.monotonic_s()

    def open(self) -> None:
        self.close()
        self._live = _Live(self._opened(self._settings), self._tally)

    def read(self, timeout_s: float) -> Sequence[DepthFrame]:
        """At most one picture: the newest not given before, at most ``frames_per_s``. See Sensor for what is raised."""
        if self._live is None:
            raise SensorLostError("the depth camera is not open: open it first")
        early_s = self._due_s - self._clock.monotonic_s()
        if early_s > 0:
            threading.Event().wait(min(early_s, timeout_s))
            if early_s > timeout_s:
                return []
        grabbed = self._live.newest(max(0.0, timeout_s - max(0.0, early_s)))
        if grabbed is None:
            return []
        now_s = self._clock.monotonic_s()
        self._due_s = (
            max(self._due_s, now_s - 1.0 / self._settings.frames_per_s) + 1.0 / self._settings.frames_per_s
        )
        if not self._judge.saw(grabbed, now_s):
            return []
        self._frame += 1
        return [DepthFrame(now_s, self._frame, *grabbed)]

    def trouble(self) -> str | None:
        """Why an open camera gives nothing: covered or frozen for too long; None if that is not it."""
        return self._judge.trouble

    def close(self) -> None:
        if self._live is not None:
            self._live.close()
            self._live = None

    def counters(self) -> dict[str, float]:
        """``frames`` given, ``skipped``, ``unreadable``, ``blind`` (nearly nothing measured), ``repeated``."""
        return self._tally.as_counters()


class _Live:
    """The thread that grabs, keeping only the newest picture."""

    def __init__(self, driver: Driver, tally: DepthTally) -> None:
        self._driver = driver
        self._tally = tally
        self._fresh = threading.Condition()
        self._newest: Grabbed | None = None
        self._lost: SensorLostError | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._grab, name="depth", daemon=True)
        self._thread.start()

    def newest(self, timeout_s: float) -> Grabbed | None:
        with self._fresh:
            self._fresh.wait_for(lambda: self._newest is not None or self._lost is not None, timeout_s)
            newest, self._newest = self._newest, None
            if newest is None and self._lost is not None:
                raise self._lost
            return newest

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=HANG_UP_S)
        if self._thread.is_alive():
            log.warning("the depth camera's driver does not answer; going on without it")

    def _grab(self) -> None:
        try:
            while not self._stop.is_set():
                grabbed = self._driver.grab()
                if grabbed is not None:
                    self._keep(grabbed)
        except SensorLostError as lost:
            with self._fresh:
                self._lost = lost
                self._fresh.notify_all()
        finally:
            self._driver.close()

    def _keep(self, grabbed: Grabbed) -> None:
        with self._fresh:
            self._tally.skipped += int(self._newest is not None)
            self._newest = grabbed
            self._fresh.notify_all()


class DepthFolder:
    """A folder of 16-bit PNG at its own pace; a ManualClock is moved on instead of waited for. EOFError at its end."""

    def __init__(self, settings: DepthSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._tally = DepthTally()
        self._judge = _Judge(self._tally, float("inf"))
        self._pictures: Iterator[np.ndarray[tuple[int, ...], np.dtype[np.uint16]]] | None = None
        self._notes = DepthNotes()
        self._frame = 0
        self._due_s = 0.0

    def open(self) -> None:
        """Raises SensorLostError if there is no such folder, or its notes are no use."""
        folder = self._settings.folder
        if not folder.is_dir():
            raise SensorLostError(f"{folder}: no such folder: mend source in [depth]")
        self._notes = DepthNotes.of(folder)
        self._pictures = depth_pictures_in(folder, self._tally)
        self._due_s = self._clock.monotonic_s()

    def read(self, timeout_s: float) -> Sequence[DepthFrame]:
        if self._pictures is None:
            raise SensorLostError("the folder is not open: open it first")
        if not self._due(timeout_s):
            return []
        counts = next(self._pictures, None)
        if counts is None:
            raise EOFError(f"{self._settings.folder}: the last depth picture has been shown")
        given, notes = self._settings, self._notes
        depth = to_mm(counts, given.scale_mm or notes.scale_mm or 1.0)
        drawn = lens(depth.shape, given.focal_px or notes.focal_px, given.centre_px or notes.centre_px)
        self._judge.saw(Grabbed(depth, *drawn), self._clock.monotonic_s())
        self._frame += 1
        return [DepthFrame(self._clock.monotonic_s(), self._frame, depth, *drawn)]

    def close(self) -> None:
        self._pictures = None

    def counters(self) -> dict[str, float]:
        """As of a live camera."""
        return self._tally.as_counters()

    def _due(self, timeout_s: float) -> bool:
        """Whether the next picture's time has come, waiting for it if need be."""
        period_s = self._notes.period_s or FOLDER_PERIOD_S
        early_s = self._due_s - self._clock.monotonic_s()
        if isinstance(self._clock, ManualClock):
            self._clock.advance(max(0.0, early_s))
        elif early_s > 0:
            threading.Event().wait(min(early_s, timeout_s))
            if early_s > timeout_s:
                return False
        self._due_s += period_s
        return True
