"""Sensor frame to room frame, and the points that say nothing about a body left out."""

import math
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from edge.fall.people_settings import Antenna, PeopleSettings
from edge.fall.scene import Reflection
from edge.fall.settings import MountSettings

NEAR_M = 0.4
"""Real captures hold the antenna's own leakage at 0.25 m, doppler +-3.5 m/s, in every file of an IWR6843."""

FAR_M = 20.0
"""Beyond every room; also keeps out numbers that are none."""

BELOW_FLOOR_M = -0.7
"""Floor reflections mirror a body to below the floor; down to here it is floor, because elevation errs so far at 4 m."""

CEILING_M = 2.2
"""Above a standing adult's head: the ceiling's mirror image."""

STEEP = math.sin(math.radians(45.0))
"""Farther up or down from a wall radar's axis its angles are sidelobes, and all that is seen of a body are its legs."""
STEEPEST = {Antenna.IWRL6432: math.sin(math.radians(50.0))}
"""... but a wide antenna sees who lies below it: up to here, in a frame without anything else."""


def to_room(points: NDArray[np.float32], mount: MountSettings) -> NDArray[np.float32]:
    """(N, 5) of a PointCloud -> (N, 4) x, y, z, doppler in m and m/s, z above the floor, y along the floor."""
    tilt = math.radians(mount.tilt_deg)
    room = points[:, :4].astype(np.float32, copy=True)
    room[:, 1] = points[:, 1] * math.cos(tilt) + points[:, 2] * math.sin(tilt)
    room[:, 2] = points[:, 2] * math.cos(tilt) - points[:, 1] * math.sin(tilt) + mount.height_m
    return room


def body_points(points: NDArray[np.float32], mount: MountSettings) -> NDArray[np.float32]:
    """The points of (N, 5) that may tell a body's height, in the room frame of ``to_room``.

    Left out: the near field, unresolved elevation (z exactly 0: what an IWRL6432 gives for its middle elevation
    bin, 14 degrees wide), and heights no body has.
    """
    distance = np.linalg.norm(points[:, :3], axis=1)
    resolved = points[(distance >= NEAR_M) & (points[:, 2] != 0.0)]
    room = to_room(resolved, mount)
    return room[(room[:, 2] > BELOW_FLOOR_M) & (room[:, 2] < CEILING_M)]


class RoomView:
    """A small cloud's rows -> the reflections that can be of a body, in plain floats: 5 us for five rows.

    Left out: the near field, steep angles, and what lies below the floor, above the ceiling or behind a wall of the box.
    """

    def __init__(self, mount: MountSettings, settings: PeopleSettings) -> None:
        tilt = math.radians(mount.tilt_deg)
        self._cos, self._sin, self._up = math.cos(tilt), math.sin(tilt), mount.height_m
        self._top = settings.ceiling_m
        self.outside = 0
        """How many of the last rows were in no room: below the floor, above the ceiling, behind a wall."""
        # Who hangs it below the ceiling sees people from above; points of a room's frame have no axis.
        level = mount.tilt_deg <= 45.0 and not settings.dense
        self._steep = STEEP if level else math.inf
        self._steepest = STEEPEST.get(settings.antenna, STEEP) if level else math.inf
        self._x0, self._x1 = settings.x_m or (-math.inf, math.inf)
        self._y0, self._y1 = settings.y_m or (-math.inf, math.inf)

    def reflections(self, rows: list[list[float]]) -> list[Reflection]:
        """Rows x, y, z, doppler, SNR in the sensor frame, as in PointCloud."""
        cos, sin, up, top = self._cos, self._sin, self._up, self._top
        steep, steepest = self._steep, self._steepest
        x0, x1, y0, y1 = self._x0, self._x1, self._y0, self._y1
        kept: list[Reflection] = []
        below: list[Reflection] = []
        self.outside = 0
        for x, y, z, doppler, _ in rows:
            range_m = sqrt(x * x + y * y + z * z)
            off_m = abs(z)
            if not NEAR_M <= range_m <= FAR_M or off_m > steepest * range_m:
                continue
            height = z * cos - y * sin + up
            along = y * cos + z * sin
            if BELOW_FLOOR_M < height < top and x0 <= x <= x1 and y0 <= along <= y1:
                (kept if off_m <= steep * range_m else below).append((x, along, height, doppler, range_m))
            else:
                self.outside += 1
        return kept or below
