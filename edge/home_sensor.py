"""The sensor of a home, kept alive: opened, read, found again after it was lost, and its faults in words.

Is: never an exception but the end of a recording, which is only remembered. Is not: a judge of what is read.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from edge.clock import Clock
from edge.sensors.readings import Sensor, SensorError

log = logging.getLogger(__name__)

REOPEN_FIRST_S = 1.0
REOPEN_MOST_S = 20.0
"""A replugged sensor is found within the 30 s that a fault may take to show."""


class HomeSensor:
    """One Sensor[PointCloud] or Sensor[DepthFrame]; ``component`` names it in faults and telemetry."""

    def __init__(self, sensor: Sensor[Any], component: str, silent_after_s: float, clock: Clock) -> None:
        self.component = component
        self.ended = False
        """A recording has come to its end."""
        self._sensor = sensor
        self._silent_after_s = silent_after_s
        self._clock = clock
        self._open = False
        self._lost: str | None = None
        self._frame_s = self._reopen_s = clock.monotonic_s()
        self._wait_s = REOPEN_FIRST_S

    def open(self) -> None:
        """Try once; the next try is later and later, so that a sensor that is gone costs nothing."""
        self._frame_s = self._clock.monotonic_s()
        self._try()

    def close(self) -> None:
        """Let it go."""
        self._sensor.close()

    def read(self, timeout_s: float) -> Sequence[Any]:
        """Readings since the last call; none while it is away."""
        now_s = self._clock.monotonic_s()
        if (not self._open or self._is_silent(now_s)) and now_s >= self._reopen_s:
            self._sensor.close()
            self._try()
        if not self._open:
            threading.Event().wait(timeout_s)  # else the loop spins while the sensor is away
            return ()
        try:
            readings = self._sensor.read(timeout_s)
        except SensorError as error:
            self._lose(error)
            return ()
        except EOFError:
            self.ended = True
            return ()
        if readings:
            # A port that opens may still give nothing: only a frame proves the sensor back.
            self._lost = None
            self._wait_s = REOPEN_FIRST_S
            self._frame_s = self._clock.monotonic_s()
        return readings

    @property
    def blind(self) -> bool:
        """Whether nothing can be said of the room now."""
        return self._lost is not None or self._is_silent(self._clock.monotonic_s())

    def wrong(self) -> dict[str, str]:
        """Fault code -> what is wrong and the mend."""
        if self._lost is not None:
            return {"sensor_lost": self._lost}
        if self._is_silent(self._clock.monotonic_s()) and not self.ended:
            silent = f"no frame for {self._silent_after_s:g} s: check the cable"
            return {"sensor_silent": self._trouble() or silent}
        return {}

    def _trouble(self) -> str | None:
        """What the driver makes of the silence, if it makes anything of it."""
        trouble: Callable[[], str | None] | None = getattr(self._sensor, "trouble", None)
        return trouble() if trouble is not None else None

    def counters(self) -> dict[str, float]:
        """The sensor's own."""
        return self._sensor.counters()

    def _try(self) -> None:
        self._reopen_s = self._clock.monotonic_s() + self._wait_s
        self._wait_s = min(2 * self._wait_s, REOPEN_MOST_S)
        try:
            self._sensor.open()
            self._open = True
        except SensorError as error:
            self._lose(error)

    def _lose(self, error: SensorError) -> None:
        if self._lost is None:
            log.warning("%s lost: %s", self.component, error)
        self._lost = f"{error}"
        self._open = False

    def _is_silent(self, now_s: float) -> bool:
        return now_s - self._frame_s > self._silent_after_s
