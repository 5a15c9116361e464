"""A TI mmWave radar as a sensor of point clouds: live from its serial ports, or replayed from a recording."""

from collections import deque
from collections.abc import Sequence

from msgspec.structs import replace

from edge.clock import Clock, ManualClock
from edge.sensors.byte_port import BytePort
from edge.sensors.port_doctor import TI_DATA, PortDoctor
from edge.sensors.readings import PointCloud, SensorLostError
from edge.sensors.ti.frames import FrameParser
from edge.sensors.ti.ports import port_from
from edge.sensors.ti.settings import RadarSettings

FRAME_PERIOD_S = 0.055
"""The 3D people tracking chirp files' own period."""
GAP_FRAMES_MAX = 200
"""A replay's clock follows the frame numbers over gaps up to this (11 s); a wilder jump counts as one frame."""


class TiRadar:
    """Sensor[PointCloud]: frames as they come, stamped with ``clock.monotonic_s()`` when they were read.

    An open port that sends no frame raises nothing: the caller sees it by the age of the last ``at_s``;
    ``trouble`` then tells a dead line from a garbled or a swapped one. After SensorLostError, ``open`` may be tried again.
    """

    def __init__(
        self,
        port: BytePort,
        clock: Clock,
        *,
        frame_period_s: float = FRAME_PERIOD_S,
    ) -> None:
        self._port = port
        self._clock = clock
        self._period_s = frame_period_s
        self._parser = FrameParser()
        self._doctor = PortDoctor(TI_DATA)
        self._bytes_read = 0
        self._opened = 0
        self._last_s = float("-inf")

    def open(self) -> None:
        """Raises SensorLostError, and what else the port raises (see ports: a chirp file that is refused)."""
        self._port.open()
        self._opened += 1

    def read(self, timeout_s: float) -> Sequence[PointCloud]:
        until_s = self._clock.monotonic_s() + timeout_s
        left_s = timeout_s
        while True:
            try:
                data = self._port.read(left_s)
            except SensorLostError:
                self._parser.finish()
                raise
            except EOFError:
                last = self._parser.finish(self._clock.monotonic_s())
                if last:
                    return last
                raise
            now_s = self._clock.monotonic_s()
            self._bytes_read += len(data)
            clouds = self._parser.feed(data, now_s)
            if clouds:
                self._doctor.good()
            else:
                self._doctor.heard(data)
            left_s = until_s - now_s
            if clouds or not data or left_s <= 0:
                return self._spread(clouds, now_s)

    def close(self) -> None:
        self._port.close()

    def counters(self) -> dict[str, float]:
        """frames, frames_corrupt, frames_missing, bytes_skipped, bytes_read, opened."""
        seen = self._parser.counters
        return {
            "frames": seen.frames,
            "frames_corrupt": seen.frames_corrupt,
            "frames_missing": seen.frames_missing,
            "bytes_skipped": seen.bytes_skipped,
            "bytes_read": self._bytes_read,
            "opened": self._opened,
        }

    def trouble(self) -> str:
        """What is probably wrong with a radar that has been silent, by what its port gave since the last frame."""
        return self._doctor.says().text

    def _spread(self, clouds: list[PointCloud], now_s: float) -> list[PointCloud]:
        """Frames that waited in the driver while the device was busy: one period apart, the newest now."""
        newest = len(clouds) - 1
        if newest < 0:
            return clouds
        step_s = min(self._period_s, (now_s - self._last_s) / len(clouds))
        self._last_s = now_s
        if newest == 0:  # as nearly always: the parser has stamped it
            return clouds
        return [replace(cloud, at_s=now_s - (newest - n) * step_s) for n, cloud in enumerate(clouds)]


class ReplayRadar:
    """Sensor[PointCloud]: a recording that makes its own time, as fast as it can be decoded.

    Each ``read`` gives one frame and moves ``clock`` by the recording's frame period, over frames that are missing
    in it too, so that whoever watches the clock sees the recording's time; EOFError when it has ended.
    """

    def __init__(self, port: BytePort, clock: ManualClock, *, frame_period_s: float = FRAME_PERIOD_S) -> None:
        self._port = port
        self._clock = clock
        self._period_s = frame_period_s
        self._parser = FrameParser()
        self._waiting: deque[PointCloud] = deque()
        self._bytes_read = 0
        self._ended = False
        self._last_number: int | None = None

    def open(self) -> None:
        self._port.open()
        self._ended = False

    def read(self, timeout_s: float) -> Sequence[PointCloud]:
        while not self._waiting:
            if self._ended:
                raise EOFError("the recording has ended")
            self._fill(timeout_s)
        cloud = self._waiting.popleft()
        self._clock.advance(self._period_s * self._frames_since(cloud.frame))
        self._last_number = cloud.frame
        return [replace(cloud, at_s=self._clock.monotonic_s())]

    def close(self) -> None:
        self._port.close()

    def counters(self) -> dict[str, float]:
        """As TiRadar's; ``bytes_read`` against the file's size tells how far the replay is."""
        seen = self._parser.counters
        return {
            "frames": seen.frames - len(self._waiting),
            "frames_corrupt": seen.frames_corrupt,
            "frames_missing": seen.frames_missing,
            "bytes_skipped": seen.bytes_skipped,
            "bytes_read": self._bytes_read,
        }

    def _fill(self, timeout_s: float) -> None:
        try:
            data = self._port.read(timeout_s)
        except EOFError:
            self._ended = True
            self._waiting.extend(self._parser.finish())
            return
        self._bytes_read += len(data)
        self._waiting.extend(self._parser.feed(data))

    def _frames_since(self, number: int) -> int:
        step = 1 if self._last_number is None else number - self._last_number
        return step if 1 <= step <= GAP_FRAMES_MAX else 1


def radar_from(settings: RadarSettings, clock: Clock) -> TiRadar:
    """The radar of a home's file, not yet opened; opening configures it."""
    return TiRadar(port_from(settings, clock), clock, frame_period_s=settings.frame_period_s)
