"""What a 60 GHz people-tracking radar makes of moving scatterers: sparse, noisy clouds in its own frame.

Tuned by eye to recordings of an IWR6843ISK on a wall: half of all frames empty beside a fallen person, 1 to 11
points otherwise, elevation several times worse than range, near-field artefacts, and next to nothing from a body
that lies still, because clutter removal takes away what does not move.
"""

from dataclasses import dataclass
from math import cos, radians, sin
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Array = NDArray[np.float64]

DOPPLER_STEP_MPS = 0.0696  # of the recordings' chirp file
POINTS_MAX = 11
RANGE_NOISE_M = 0.04
AZIMUTH_NOISE_RAD = 0.03
ELEVATION_NOISE_RAD = 0.05
BODY_NOISE_M = 0.07  # a part is a surface, not a point
AZIMUTH_MAX_RAD = radians(70.0)
ELEVATION_HALF_RAD = radians(28.0)
"""Where the antenna's gain makes a detection half as likely; the board sees up and down far worse than sideways."""
SNR_RATIO_MIN = 5.0  # the detection threshold
STILL_CHANCE = 0.002  # per part and frame: one stray point in two seconds from a body that lies still
NEAR_FIELD_CHANCE = 0.06
MIRROR_CHANCE = 0.04
STRAY_CHANCE = 0.01
SIDE_WALL_M = 2.2


class Mounted(Protocol):
    """How a radar hangs; the home's own mount settings fit."""

    @property
    def height_m(self) -> float: ...

    @property
    def tilt_deg(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Mount:
    """On a wall, looking into the room, tilted down by ``tilt_deg``."""

    height_m: float = 1.8
    tilt_deg: float = 10.0


def to_sensor(points_m: Array, mount: Mounted) -> Array:
    """(N, 3) in the world frame -> the frame of the mounted sensor: x right, y along its axis, z up from it."""
    c, s = cos(radians(mount.tilt_deg)), sin(radians(mount.tilt_deg))
    y, z = points_m[:, 1], points_m[:, 2] - mount.height_m
    return np.stack([points_m[:, 0], y * c - z * s, y * s + z * c], axis=1)


class RadarModel:
    """Turns scatterers into detections; all chance comes from ``rng``."""

    def __init__(self, mount: Mounted, rng: Generator) -> None:
        self._mount = mount
        self._rng = rng

    def see(self, parts_m: Array, before_m: Array, period_s: float, strength: Array) -> NDArray[np.float32]:
        """Points (N, 5) as in PointCloud, of parts that were at ``before_m`` one frame period ago."""
        body = self._body(parts_m, before_m, period_s, strength)
        points = np.concatenate([body, self._mirrored(body), self._near_field(), self._stray()])
        kept = self._rng.permutation(len(points))[:POINTS_MAX]
        return points[kept].astype(np.float32)

    def _body(self, parts_m: Array, before_m: Array, period_s: float, strength: Array) -> Array:
        now, before = to_sensor(parts_m, self._mount), to_sensor(before_m, self._mount)
        distance = np.linalg.norm(now, axis=1)
        radial = (distance - np.linalg.norm(before, axis=1)) / period_s
        chance = strength * self._moving(radial) * self._gain(now, distance) + STILL_CHANCE
        hit = self._rng.random(len(now)) < chance
        where = now[hit] + self._rng.normal(0.0, BODY_NOISE_M, (int(hit.sum()), 3))
        doppler = radial[hit] + self._rng.normal(0.0, 0.05, len(where))
        ratio = SNR_RATIO_MIN + self._rng.exponential(8.0 * strength[hit] / np.maximum(1.0, distance[hit]))
        return self._measured(where, doppler, ratio)

    @staticmethod
    def _moving(radial: Array) -> Array:
        """0 for what clutter removal takes away, towards 1 from some 0.4 m/s on."""
        speed = np.maximum(0.0, np.abs(radial) - DOPPLER_STEP_MPS / 2)
        return speed / (speed + 0.25)

    @staticmethod
    def _gain(where: Array, distance: Array) -> Array:
        elevation = np.arcsin(np.clip(where[:, 2] / np.maximum(distance, 1e-6), -1.0, 1.0))
        azimuth = np.arctan2(where[:, 0], where[:, 1])
        gain = np.exp2(-((elevation / ELEVATION_HALF_RAD) ** 2)) * np.exp2(-((distance / 8.0) ** 2))
        gain[np.abs(azimuth) > AZIMUTH_MAX_RAD] = 0.0
        return np.asarray(gain)

    def _measured(self, where: Array, doppler: Array, ratio: Array) -> Array:
        """Adds the errors of range and angles, and the steps of the doppler filter, which has no zero."""
        n = len(where)
        distance = np.linalg.norm(where, axis=1) + self._rng.normal(0.0, RANGE_NOISE_M, n)
        wide = np.where(self._rng.random(n) < 0.04, 4.0, 1.0)  # a sidelobe taken for the body
        elevation = np.arcsin(np.clip(where[:, 2] / np.linalg.norm(where, axis=1), -1.0, 1.0))
        elevation = elevation + self._rng.normal(0.0, ELEVATION_NOISE_RAD, n) * wide
        azimuth = np.arctan2(where[:, 0], where[:, 1]) + self._rng.normal(0.0, AZIMUTH_NOISE_RAD, n)
        steps = np.where(doppler < 0, -1.0, 1.0) * np.maximum(
            1.0, np.rint(np.abs(doppler) / DOPPLER_STEP_MPS)
        )
        return spherical_to_points(distance, azimuth, elevation, steps * DOPPLER_STEP_MPS, ratio)

    def _mirrored(self, body: Array) -> Array:
        """A wall's mirror image of one detection, weaker."""
        if len(body) == 0 or self._rng.random() >= MIRROR_CHANCE:
            return np.zeros((0, 5))
        ghost = body[self._rng.integers(len(body))].copy()
        ghost[0] = np.copysign(2 * SIDE_WALL_M, ghost[0]) - ghost[0]
        ghost[4] = 10 * np.log10(SNR_RATIO_MIN + self._rng.exponential(0.5))
        return np.asarray(ghost[None, :])

    def _near_field(self) -> Array:
        """The antennas' own crosstalk: nearer than 0.3 m, 3 to 4 m/s, barely above the threshold."""
        if self._rng.random() >= NEAR_FIELD_CHANCE:
            return np.zeros((0, 5))
        doppler = self._rng.uniform(3.0, 3.9) * self._rng.choice([-1.0, 1.0])
        return self._one(self._rng.uniform(0.05, 0.3), doppler)

    def _stray(self) -> Array:
        if self._rng.random() >= STRAY_CHANCE:
            return np.zeros((0, 5))
        return self._one(self._rng.uniform(0.6, 6.0), self._rng.normal(0.0, 0.5))

    def _one(self, distance: float, doppler: float) -> Array:
        azimuth, elevation = self._rng.uniform(-1.0, 1.0), self._rng.uniform(-0.35, 0.35)
        ratio = SNR_RATIO_MIN + self._rng.exponential(0.3)
        rows = (np.array([value]) for value in (distance, azimuth, elevation, doppler, ratio))
        return spherical_to_points(*rows)


def spherical_to_points(
    distance: Array, azimuth: Array, elevation: Array, doppler: Array, ratio: Array
) -> Array:
    """m, rad, rad, m/s and a power ratio -> (N, 5): x, y, z, doppler, SNR in dB."""
    across = distance * np.cos(elevation)
    x, y, z = across * np.sin(azimuth), across * np.cos(azimuth), distance * np.sin(elevation)
    return np.stack([x, y, z, doppler, 10 * np.log10(ratio)], axis=1)
