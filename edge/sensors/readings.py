"""What every sensor is turned into, and the one protocol all sensors follow.

What a radar makes many of is a Struct: a frozen dataclass takes five times as long to make.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray


class SensorError(Exception):
    """Base of what can go wrong with a sensor."""


class SensorLostError(SensorError, ConnectionError):
    """The port or camera is gone; ``read`` may succeed again later, the caller decides when to try."""


class SensorSilentError(SensorError, TimeoutError):
    """The port or camera is open but has given nothing usable for too long."""


class Target(msgspec.Struct, frozen=True):
    """A track made by the sensor's own firmware; sensor frame, m and m/s."""

    track: int
    position_m: tuple[float, float, float]
    velocity_mps: tuple[float, float, float]


class Height(msgspec.Struct, frozen=True):
    """Height of a firmware track above the floor *as the chip was configured*, in m."""

    track: int
    top_m: float
    bottom_m: float


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a sensor's own firmware makes of a still person; None where it does not say."""

    breaths_per_min: float | None = None
    heartbeats_per_min: float | None = None
    distance_m: float | None = None


class PointCloud(msgspec.Struct, frozen=True):
    """One radar frame, or what a ready-made module says at one moment.

    ``points``: (N, 5) float32: x (right), y (forward), z (up) in m, doppler in m/s (positive: away),
    SNR in dB; sensor frame. N may be 0: an empty frame says that the sensor lives.
    ``presence``, ``moving`` and ``fallen`` are the firmware's own verdicts, None where it gives none.
    """

    at_s: float
    frame: int
    points: NDArray[np.float32]
    targets: tuple[Target, ...] = ()
    heights: tuple[Height, ...] = ()
    point_targets: tuple[int, ...] = ()
    presence: bool | None = None
    moving: bool | None = None
    fallen: bool | None = None
    vitals: Vitals | None = None


@dataclass(frozen=True, slots=True)
class DepthFrame:
    """One frame of a depth camera; it never leaves the device.

    ``depth_mm``: (H, W) uint16 along the optical axis, 0 where nothing was measured. ``focal_px`` and
    ``centre_px`` (x, y; from the top left) are the pinhole model's.
    """

    at_s: float
    frame: int
    depth_mm: NDArray[np.uint16] = field(repr=False)
    focal_px: tuple[float, float]
    centre_px: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Picture:
    """One camera frame: ``image`` is (H, W, 3) uint8 BGR; ``scene`` changes when the view is cut."""

    at_s: float
    frame: int
    image: NDArray[np.uint8] = field(repr=False)
    scene: str = ""


ReadingT_co = TypeVar("ReadingT_co", PointCloud, DepthFrame, Picture, covariant=True)


class Sensor(Protocol[ReadingT_co]):
    """A source of readings that one thread owns."""

    def open(self) -> None:
        """Get hold of the device; raises SensorLostError with the mend if it is not there."""
        ...

    def read(self, timeout_s: float) -> Sequence[ReadingT_co]:
        """Readings since the last call, oldest first, waiting at most ``timeout_s`` for the first.

        Raises SensorLostError when the device has gone; EOFError when a finite source has ended.
        """
        ...

    def close(self) -> None:
        """Let the device go; harmless when it is not open."""
        ...

    def counters(self) -> dict[str, float]:
        """What was read, skipped and refused since open, for telemetry (``frames``, ``bytes_skipped``...)."""
        ...
