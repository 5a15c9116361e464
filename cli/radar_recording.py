"""Recordings of a radar's bytes: the bytes as they came, and a small file beside them that says what they are.

Is: safe against an end at any moment. What was written is a recording, whether the end was a signal, a pulled cable, a
full disk or a lost supply; the file beside it is there from the beginning and completed at the end.
Is not: a record of a person. Neither file holds the home's name or the device's.
"""

import errno
import json
import os
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from edge.clock import Clock
from edge.sensors.byte_port import BytePort
from edge.sensors.port_doctor import TI_DATA, PortDoctor
from edge.sensors.readings import SensorError
from edge.sensors.ti.frames import FrameParser

if TYPE_CHECKING:
    from edge.sensors.readings import PointCloud

FORMAT = "mimamori radar recording 1"
READ_S = 0.2
SYNC_EVERY_S = 10.0
"""As much as a lost supply costs."""
REOPEN_EVERY_S = 1.0
PERIOD_FRAMES_MIN = 100
"""Fewer frames tell their period worse than the chirp file does."""


class Ended(StrEnum):
    """Why a recording is not longer."""

    STOPPED = "stopped"
    TIME = "time"
    DISK_FULL = "disk_full"


@dataclass(frozen=True, slots=True)
class About:
    """The file beside a recording; what is None was not known, or the recording was cut off before its end."""

    format: str
    program: str
    begun: str
    port: str
    baud: int
    frame_period_s: float
    height_m: float | None
    tilt_deg: float | None
    chirp_file: str | None = None
    """Its text: the names of such files say little."""
    ended: str | None = None
    ended_by: str | None = None
    seconds: float | None = None
    bytes: int | None = None
    frames: int | None = None
    frames_corrupt: int | None = None
    frames_missing: int | None = None
    points: int | None = None
    reopened: int | None = None


def beside(recording: Path) -> Path:
    """Where a recording's other file lies."""
    return recording.with_name(recording.name + ".json")


def read_about(recording: Path) -> dict[str, Any]:
    """What the file beside a recording says; {} where there is none. Raises ValueError for one that is broken."""
    file = beside(recording)
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{file}: {error}: mend it, or take it away") from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise ValueError(
            f"{file}: not the description of a recording: take it away, or give the options yourself"
        )
    return said


def now_text() -> str:
    """UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Recorder:
    """Writes what a port gives until it is told to stop; ``say`` hears a line now and then."""

    def __init__(
        self, port: BytePort, file: Path, about: About, clock: Clock, say: Callable[[str], None]
    ) -> None:
        self._port = port
        self._file = file
        self._about = about
        self._clock = clock
        self._say = say
        self._parser = FrameParser()
        self._doctor = PortDoctor(TI_DATA)
        self._begun_s = clock.monotonic_s()
        self._synced_s = self._begun_s
        self._written = 0
        self._points = 0
        self._reopened = 0
        self._stamps: list[tuple[float, int]] = []

    def run(self, stop: threading.Event, seconds: float | None) -> About:
        """Record until ``stop``, for ``seconds``, or until the disk is full; returns what was recorded.

        Raises FileExistsError, OSError for a file that cannot be made, and SensorError for a port that cannot be
        opened at all; one that is lost later is waited for.
        """
        with self._file.open("xb", buffering=0) as recording:
            try:
                keep(self._about, self._file)
                self._port.open()
            except BaseException:  # nothing was recorded: leave nothing behind that looks like it
                self._file.unlink()
                beside(self._file).unlink(missing_ok=True)
                raise
            self._begun_s = self._synced_s = self._clock.monotonic_s()
            try:
                ended = self._record(recording, stop, seconds)
            finally:
                self._port.close()
        about = self._account(ended)
        try:
            keep(about, self._file)
        except OSError as error:
            self._say(f"{beside(self._file)}: {error.strerror}: it says only what was known at the beginning")
        return about

    def trouble(self) -> str:
        """Why there is no frame, if there is none."""
        return self._doctor.says().text

    def _record(self, recording: BinaryIO, stop: threading.Event, seconds: float | None) -> Ended:
        while not stop.is_set():
            now_s = self._clock.monotonic_s()
            if seconds is not None and now_s - self._begun_s >= seconds:
                return Ended.TIME
            data = self._read(stop)
            try:
                self._write(recording, data)
                if now_s - self._synced_s >= SYNC_EVERY_S:
                    os.fsync(recording.fileno())
                    self._synced_s = now_s
                    self._say(self._progress())
            except OSError as error:
                if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                    raise
                self._say(f"{self._file}: {error.strerror}: what was recorded until now is kept")
                return Ended.DISK_FULL
        return Ended.STOPPED

    def _read(self, stop: threading.Event) -> bytes:
        try:
            return self._port.read(READ_S)
        except SensorError as error:
            self._say(f"{error}; waiting for it")
        while not stop.wait(REOPEN_EVERY_S):
            try:
                self._port.open()
            except SensorError:
                continue
            self._reopened += 1
            self._say("the radar is back")
            break
        return b""

    def _write(self, recording: BinaryIO, data: bytes) -> None:
        """All of it, or as much as the disk takes before it is full."""
        begun, left = self._written, memoryview(data)
        try:
            while left:
                sent = recording.write(left)
                self._written += sent
                left = left[sent:]
        finally:
            self._count(data[: self._written - begun])

    def _count(self, data: bytes) -> None:
        clouds = self._parser.feed(data, self._clock.monotonic_s())
        self._stamp(clouds)
        if clouds:
            self._doctor.good()
        else:
            self._doctor.heard(data)

    def _stamp(self, clouds: "list[PointCloud]") -> None:
        """The first and the newest moment and frame number: they tell the radar's real period."""
        self._points += sum(len(cloud.points) for cloud in clouds)
        if clouds:
            newest = (clouds[-1].at_s, clouds[-1].frame)
            self._stamps = [*self._stamps[:1], newest]

    def _period_s(self) -> float:
        if len(self._stamps) == 2 and not self._reopened:
            (since_s, first), (until_s, last) = self._stamps
            if PERIOD_FRAMES_MIN <= last - first <= self._parser.counters.frames * 2:
                return round((until_s - since_s) / (last - first), 5)
        return self._about.frame_period_s

    def _progress(self) -> str:
        frames = self._parser.counters.frames
        if not frames:
            return f"{self._written} bytes, no frame yet: {self.trouble()}"
        return f"{self._seconds():.0f} s: {frames} frames, {self._points / frames:.1f} points a frame, {self._written} bytes"

    def _seconds(self) -> float:
        return self._clock.monotonic_s() - self._begun_s

    def _account(self, ended: Ended) -> About:
        self._points += sum(len(cloud.points) for cloud in self._parser.finish())
        seen = self._parser.counters
        return replace(
            self._about,
            frame_period_s=self._period_s(),
            ended=now_text(),
            ended_by=ended.value,
            seconds=round(self._seconds(), 1),
            bytes=self._written,
            frames=seen.frames,
            frames_corrupt=seen.frames_corrupt,
            frames_missing=seen.frames_missing,
            points=self._points,
            reopened=self._reopened,
        )


def keep(about: About, recording: Path) -> None:
    """Write the file beside a recording in one step, so that it is never half there; raises OSError."""
    file = beside(recording)
    draft = file.with_name(file.name + ".new")
    try:
        with draft.open("w", encoding="utf-8") as out:
            json.dump(asdict(about), out, indent=2, ensure_ascii=False)
            out.write("\n")
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
