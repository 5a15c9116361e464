"""What a 60 GHz radar makes of moving scatterers: sparse, noisy clouds in its own frame.

Each part of a body reflects by its size and by how it is turned to the radar; power falls with the fourth power of
range and with the antenna's gain, flickers as a body's echo does, and must clear the detector's threshold. What does
not move is taken away as clutter. What is too near in range and angle to be told apart is one point. Walls, floor and
ceiling mirror a little of what was seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians, sin
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from simulators.home.sensor_kinds import IWR6843_WALL, SensorKind
from simulators.home.shadows import Box, behind_boxes

Array = NDArray[np.float64]

DOPPLER_NOISE_MPS = 0.05
"""A part is a surface: what of it is seen moves a little otherwise than its middle."""
BODY_NOISE_M = 0.06
GLINTS = 5
"""Of each part at once: cloth and skin reflect from several spots."""
FLICKER_S = 0.25
FLICKER = 0.6
"""A whole body's echo swells and fades within steps, by this much of a natural logarithm."""
SHADOW = 0.06
"""What furniture lets through, out and back."""
NEAR_FIELD_M = (0.05, 0.3)
NEAR_FIELD_MPS = (3.0, 3.8)


class Mounted(Protocol):
    """How a radar hangs; the home's own mount settings fit."""

    @property
    def height_m(self) -> float: ...

    @property
    def tilt_deg(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Mount:
    """Looking into the room, tilted down by ``tilt_deg``: 0 is level on a wall, 90 straight down from a ceiling."""

    height_m: float = 1.8
    tilt_deg: float = 10.0


@dataclass(frozen=True, slots=True)
class Mirror:
    """A plane that mirrors: ``axis`` 0, 1 or 2 stands at ``at_m``; ``share`` of the points seen come by way of it too."""

    axis: int
    at_m: float
    share: float


@dataclass(frozen=True, slots=True)
class Scatterers:
    """What one mover shows at T moments; room frame, NaN where it is not there.

    ``where_m`` and ``before_m`` (one frame period earlier) are (T, P, 3); ``strength`` (T, P) or (P,) is relative to
    a chest seen from the front; ``stir_mps``, of a shape that fits (T, P), is how fast what reflects moves to and fro
    beside that shift: a fan's blades, or the sway of a living body.
    """

    where_m: Array
    before_m: Array
    strength: Array
    stir_mps: Array | float | None = None
    alive: bool = True


@dataclass(frozen=True, slots=True)
class Clouds:
    """T frames at once: ``points`` (N, 5) float32 as in PointCloud; frame n has those from ``starts[n]`` on."""

    starts: NDArray[np.int64]
    points: NDArray[np.float32]


ROOM = (Mirror(0, -2.2, 0.006), Mirror(0, 2.2, 0.006), Mirror(1, 5.0, 0.004), Mirror(2, 0.0, 0.004))
"""Bare walls 2.2 m to either side."""


def to_sensor(points_m: Array, mount: Mounted) -> Array:
    """(..., 3) in the world frame -> the frame of the mounted sensor: x right, y along its axis, z up from it."""
    c, s = cos(radians(mount.tilt_deg)), sin(radians(mount.tilt_deg))
    y, z = points_m[..., 1], points_m[..., 2] - mount.height_m
    return np.stack([points_m[..., 0], y * c - z * s, y * s + z * c], axis=-1)


def to_world(points_m: Array, mount: Mounted) -> Array:
    """The inverse of ``to_sensor``."""
    c, s = cos(radians(mount.tilt_deg)), sin(radians(mount.tilt_deg))
    y, z = points_m[..., 1], points_m[..., 2]
    return np.stack([points_m[..., 0], y * c + z * s, z * c - y * s + mount.height_m], axis=-1)


def beyond_near_field(points: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which points (N, 5) are not the antennas' own crosstalk; the firmware's presence heeds no others."""
    x, y, z = points[:, 0], points[:, 1], points[:, 2]
    return np.asarray(x * x + y * y + z * z > NEAR_FIELD_M[1] ** 2)


@dataclass(frozen=True, slots=True)
class _Hits:
    """N detections before the errors of measuring; spherical, sensor frame."""

    frame: NDArray[np.int64]
    distance: Array
    azimuth: Array
    elevation: Array
    doppler: Array
    ratio: Array

    def of(self, kept: NDArray[np.int64] | NDArray[np.bool_]) -> "_Hits":
        return _Hits(*(getattr(self, name)[kept] for name in self.__slots__))


def _together(hits: Sequence[_Hits]) -> _Hits:
    return _Hits(*(np.concatenate([getattr(h, name) for h in hits]) for name in _Hits.__slots__))


class RadarModel:
    """Turns scatterers into detections; all chance comes from ``rng``."""

    def __init__(
        self,
        mount: Mounted,
        rng: Generator,
        kind: SensorKind = IWR6843_WALL,
        mirrors: Sequence[Mirror] = ROOM,
    ) -> None:
        self._mount = mount
        self._rng = rng
        self._kind = kind
        self._mirrors = tuple(mirrors)

    def see(self, parts_m: Array, before_m: Array, period_s: float, strength: Array) -> NDArray[np.float32]:
        """Points (N, 5) of one frame, of parts (P, 3) that were at ``before_m`` ``period_s`` ago."""
        body = Scatterers(parts_m[None], before_m[None], strength)
        return self.clouds(1, [body], (), period_s).points

    def clouds(
        self,
        frames: int,
        movers: Sequence[Scatterers],
        boxes: Sequence[Box],
        period_s: float | None = None,
        *,
        near_field: bool = True,
    ) -> Clouds:
        """``frames`` frames of everything that moves, with ``boxes`` in the way; the near field may be left out."""
        period_s = period_s or self._kind.frame_period_s
        seen = [self._hits(mover, boxes, period_s) for mover in movers]
        if seen:
            body = self._measured(_together(seen))
            seen = [self._told_apart(body), *self._mirrored(body)]
        leaks = [self._near_field(frames)] if near_field else []
        return self._sorted(frames, _together([*seen, *leaks, self._strays(frames)]))

    def _hits(self, mover: Scatterers, boxes: Sequence[Box], period_s: float) -> _Hits:
        now, before = to_sensor(mover.where_m, self._mount), to_sensor(mover.before_m, self._mount)
        distance = np.sqrt((now * now).sum(axis=-1))
        # Whoever has just come into the room has no place before.
        radial = np.nan_to_num((distance - np.sqrt((before * before).sum(axis=-1))) / period_s)
        if mover.stir_mps is not None:
            radial = radial + mover.stir_mps * self._rng.standard_normal(radial.shape)
        bright = self._bright(now, distance, mover)
        if boxes:
            eye = np.array([0.0, 0.0, self._mount.height_m])
            bright[behind_boxes(eye, mover.where_m, boxes)] *= SHADOW
        level = bright * self._moving(radial) * self._flicker(len(now))[:, None]
        ratio = level[..., None] * self._rng.standard_exponential((*level.shape, GLINTS))
        if mover.alive:
            still = self._kind.still_chance * np.minimum(1.0, bright / self._kind.threshold)
            faint = np.nonzero(self._rng.random(level.shape) < still)
            first = (faint[0], faint[1], np.zeros(len(faint[0]), dtype=np.int64))
            ratio[first] = np.maximum(ratio[first], self._faint(len(faint[0])))
        frame, part, glint = np.nonzero(ratio > self._kind.threshold)
        where = now[frame, part] + self._rng.normal(0.0, BODY_NOISE_M, (len(frame), 3))
        return self._spherical(frame, where, radial[frame, part], ratio[frame, part, glint])

    def _moving(self, radial: Array) -> Array:
        """What clutter removal leaves, 0 to 1."""
        speed = radial * radial
        return np.asarray(speed / (speed + self._kind.slowest_mps**2))

    def _bright(self, now: Array, distance: Array, mover: Scatterers) -> Array:
        """(T, P) mean power ratio if it moved; 0 where there is nothing or where the antennas do not look."""
        kind = self._kind
        with np.errstate(invalid="ignore"):
            elevation = np.arcsin(now[..., 2] / np.maximum(distance, 1e-6))
            azimuth = np.arctan2(now[..., 0], now[..., 1])
            off_axis = (elevation / kind.elevation_half_rad) ** 2 + (azimuth / kind.azimuth_half_rad) ** 2
            gain = np.exp2(-2.0 * off_axis)
            gain[np.abs(azimuth) > kind.azimuth_max_rad] = 0.0
            noise = np.maximum(distance, 0.3) ** 4 / (kind.reach * np.maximum(gain, 1e-9))
            return np.nan_to_num(mover.strength / (noise + 1.0 / kind.contrast) * (distance > 0.0))

    def _flicker(self, frames: int) -> Array:
        every = max(1, round(FLICKER_S / self._kind.frame_period_s))
        knots = self._rng.normal(0.0, FLICKER, frames // every + 2)
        return np.exp(np.interp(np.arange(frames), np.arange(len(knots)) * every, knots) - FLICKER**2 / 2)

    def _spherical(self, frame: NDArray[np.int64], where: Array, doppler: Array, ratio: Array) -> _Hits:
        distance = np.sqrt((where * where).sum(axis=1))
        elevation = np.arcsin(where[:, 2] / np.maximum(distance, 1e-6))
        return _Hits(frame, distance, np.arctan2(where[:, 0], where[:, 1]), elevation, doppler, ratio)

    def _measured(self, hits: _Hits) -> _Hits:
        """Adds the errors of range, angles and speed, and the steps in which each is told."""
        kind, n = self._kind, len(hits.frame)
        wide = np.where(self._rng.random(n) < kind.outlier_chance, 5.0, 1.0)
        elevation = hits.elevation + self._rng.normal(0.0, kind.elevation_error_rad, n) * wide
        azimuth = hits.azimuth + self._rng.normal(0.0, kind.azimuth_error_rad, n) * wide
        elevation = self._told(elevation)
        azimuth = np.clip(azimuth, -kind.azimuth_max_rad, kind.azimuth_max_rad)
        distance = np.maximum(0.02, hits.distance + self._rng.normal(0.0, kind.range_error_m, n))
        doppler = hits.doppler + self._rng.normal(0.0, DOPPLER_NOISE_MPS, n)
        return _Hits(hits.frame, distance, azimuth, elevation, self._stepped(doppler), hits.ratio)

    def _told(self, elevation: Array) -> Array:
        """As far and in such steps as the antenna's rows can say."""
        kind = self._kind
        if not kind.elevation_step:
            return np.clip(elevation, -kind.elevation_max_rad, kind.elevation_max_rad)
        steps = np.rint(np.sin(elevation) / kind.elevation_step)
        most = np.floor(np.sin(kind.elevation_max_rad) / kind.elevation_step)
        return np.asarray(np.arcsin(np.clip(steps, -most, most) * kind.elevation_step))

    def _stepped(self, doppler: Array) -> Array:
        """The doppler filter's steps; the middle one is empty, and what is too fast comes in at the other end."""
        step, most = self._kind.doppler_step_mps, self._kind.doppler_max_mps
        folded = (doppler + most) % (2 * most) - most
        return np.where(folded < 0, -step, step) * np.maximum(1.0, np.rint(np.abs(folded) / step))

    def _told_apart(self, hits: _Hits) -> _Hits:
        """The strongest of each cell of range and azimuth."""
        kind = self._kind
        cell = np.rint(hits.distance / kind.range_cell_m).astype(np.int64)
        cell = cell * 64 + np.rint(hits.azimuth / kind.azimuth_cell_rad).astype(np.int64) + 32
        cell += hits.frame * 64 * 1024
        order = np.lexsort((-hits.ratio, cell))
        first = np.ones(len(order), dtype=np.bool_)
        first[1:] = cell[order][1:] != cell[order][:-1]
        return hits.of(order[first])

    def _mirrored(self, body: _Hits) -> list[_Hits]:
        """What came by way of a wall one way and straight the other: seen where the wall's image is, half as far off."""
        images = []
        for mirror in self._mirrors:
            some = body.of(self._rng.random(len(body.frame)) < mirror.share)
            x, y, z = _cartesian(some.distance, some.azimuth, some.elevation)
            room = to_world(np.stack([x, y, z], axis=1), self._mount)
            room[:, mirror.axis] = 2 * mirror.at_m - room[:, mirror.axis]
            ratio = self._faint(len(room))
            image = self._spherical(some.frame, to_sensor(room, self._mount), some.doppler, ratio)
            half = _Hits(
                image.frame,
                (image.distance + some.distance) / 2,
                image.azimuth,
                self._told(image.elevation),
                image.doppler,
                ratio,
            )
            inside = (np.abs(half.azimuth) < self._kind.azimuth_max_rad) & (
                np.abs(image.elevation) < self._kind.elevation_max_rad
            )
            images.append(half.of(inside))
        return images

    def _near_field(self, frames: int) -> _Hits:
        """The antennas' own crosstalk: nearer than 0.3 m, 3 to 4 m/s, barely above the threshold."""
        frame = np.nonzero(self._rng.random(frames) < self._kind.near_field_chance)[0]
        n = len(frame)
        doppler = self._rng.uniform(*NEAR_FIELD_MPS, n) * self._rng.choice([-1.0, 1.0], n)
        return self._anywhere(frame, self._rng.uniform(*NEAR_FIELD_M, n), doppler)

    def _strays(self, frames: int) -> _Hits:
        frame = np.nonzero(self._rng.random(frames) < self._kind.stray_chance)[0]
        n = len(frame)
        return self._anywhere(frame, self._rng.uniform(0.6, 6.0, n), self._rng.normal(0.0, 0.5, n))

    def _anywhere(self, frame: NDArray[np.int64], distance: Array, doppler: Array) -> _Hits:
        n = len(frame)
        azimuth, elevation = self._rng.uniform(-1.0, 1.0, n), self._rng.uniform(-0.35, 0.35, n)
        return _Hits(frame, distance, azimuth, self._told(elevation), self._stepped(doppler), self._faint(n))

    def _faint(self, n: int) -> Array:
        return self._kind.threshold * (1.0 + 0.1 * self._rng.standard_exponential(n))

    def _sorted(self, frames: int, hits: _Hits) -> Clouds:
        """By frame, in no order within one; what is over a frame's most is left out."""
        hits = hits.of(np.lexsort((self._rng.random(len(hits.frame)), hits.frame)))
        starts = np.searchsorted(hits.frame, np.arange(frames + 1))
        over = np.arange(len(hits.frame)) - starts[hits.frame] >= self._kind.points_max
        if over.any():
            hits = hits.of(~over)
            starts = np.searchsorted(hits.frame, np.arange(frames + 1))
        x, y, z = _cartesian(hits.distance, hits.azimuth, hits.elevation)
        points = np.stack([x, y, z, hits.doppler, 10 * np.log10(hits.ratio)], axis=1)
        return Clouds(starts, points.astype(np.float32))


def _cartesian(distance: Array, azimuth: Array, elevation: Array) -> tuple[Array, Array, Array]:
    across = distance * np.cos(elevation)
    return across * np.sin(azimuth), across * np.cos(azimuth), distance * np.sin(elevation)
