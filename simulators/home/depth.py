"""A depth camera in a simulated home: boxes for what stands there, capsules for who lives there, and a real sensor's faults.

Is: a pinhole picture in 16-bit millimetres with the errors of structured light: steps and noise that grow with the square
of the distance, shadows beside near things, holes where light grazes or does not come back.
Is not: a picture of clothes, hair or glass.

Room frame of ``plans``: x right, y away from the camera along the floor, z up; the camera hangs above (0, 0).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edge.sensors.readings import DepthFrame
from simulators.home.shadows import Box

Array = NDArray[np.float64]
Millimetres = NDArray[np.uint16]

BONES: tuple[tuple[int, int, float], ...] = (
    *((0, 0, 0.1), (0, 12, 0.05), (12, 1, 0.11), (1, 2, 0.13), (2, 3, 0.14), (4, 5, 0.07)),
    *((4, 6, 0.045), (5, 7, 0.045), (3, 8, 0.085), (3, 9, 0.085), (8, 10, 0.055), (9, 11, 0.055)),
)
"""Capsules of a person: two parts of ``body`` and the radius in m between them."""
PAW_M = 0.08
"""An animal's parts are joined one to the next by capsules of this radius."""
STEP_PER_M = 0.00287
"""One step of a Kinect's depth is 2.87 mm times the square of the distance in m (Khoshelham and Elberink 2012)."""
NOISE_STEPS = 0.55
NEAREST_M, FARTHEST_M = 0.5, 8.0
SHADOW_M = 0.075
"""Between projector and camera: what the one lights and the other does not see is left of near things."""
SPECKLE = 0.004
GRAZING = 0.14
"""Below this sine of the angle between ray and surface light often does not come back."""


@dataclass(frozen=True, slots=True)
class Lens:
    """Pixels and focal length; half a Kinect's picture by default (57 degrees across)."""

    width: int = 320
    height: int = 240
    focal_px: float = 292.0

    @property
    def centre_px(self) -> tuple[float, float]:
        return (self.width - 1) / 2, (self.height - 1) / 2

    def smaller(self, by: int) -> "Lens":
        """The same view in fewer pixels."""
        return Lens(self.width // by, self.height // by, self.focal_px / by)


@dataclass(frozen=True, slots=True)
class Hung:
    """How the camera hangs: down by ``tilt_deg``, leaning right by ``roll_deg``."""

    height_m: float = 1.9
    tilt_deg: float = 20.0
    roll_deg: float = 0.0

    def axes(self) -> Array:
        """(3, 3): the camera's right, down and forward in the room frame."""
        t, r = radians(self.tilt_deg), radians(self.roll_deg)
        right, down = np.array([1.0, 0.0, 0.0]), np.array([0.0, -sin(t), -cos(t)])
        forward = np.array([0.0, cos(t), -sin(t)])
        return np.stack([right * cos(r) + down * sin(r), down * cos(r) - right * sin(r), forward])


@dataclass(frozen=True, slots=True)
class Hall:
    """The empty room: its walls, floor and ceiling."""

    x_m: tuple[float, float] = (-2.2, 2.2)
    y_m: tuple[float, float] = (-0.2, 5.0)
    ceiling_m: float = 2.4


class DepthCamera:
    """Renders pictures; all chance comes from ``rng``."""

    def __init__(self, rng: Generator, lens: Lens, hung: Hung, hall: Hall) -> None:
        self.lens = lens
        self._rng = rng
        self._hall = hall
        self._still: tuple[object, Array, Array] | None = None
        self.hung = hung

    @property
    def hung(self) -> Hung:
        """May be set: a camera that has been bumped."""
        return self._hung

    @hung.setter
    def hung(self, hung: Hung) -> None:
        self._hung = hung
        (cx, cy), f = self.lens.centre_px, self.lens.focal_px
        x, y = np.meshgrid((np.arange(self.lens.width) - cx) / f, (np.arange(self.lens.height) - cy) / f)
        self._rays = np.stack([x, y, np.ones_like(x)], axis=2) @ hung.axes()
        self._eye = np.array([0.0, 0.0, hung.height_m])
        self._still = None

    def frame(
        self, at_s: float, number: int, bodies: Iterable[Array], boxes: Sequence[Box] = ()
    ) -> DepthFrame:
        """One picture. ``bodies``: (13, 3) of a person or (5, 3) of an animal, NaN for who is away; room frame, m."""
        exact, sine = (array.copy() for array in self._furnished(tuple(boxes)))
        for parts in bodies:
            if not np.isnan(parts).any():
                for a, b, radius in _capsules(parts):
                    self._draw(exact, sine, a, b, radius)
        f = self.lens.focal_px
        return DepthFrame(at_s, number, self._measured(exact, sine), (f, f), self.lens.centre_px)

    def _furnished(self, boxes: tuple[Box, ...]) -> tuple[Array, Array]:
        """Depth without people, and the sine of the angle at which the ray meets the surface; kept until a box moves."""
        if self._still is None or self._still[0] != boxes:
            low = np.array([self._hall.x_m[0], self._hall.y_m[0], 0.0])
            high = np.array([self._hall.x_m[1], self._hall.y_m[1], self._hall.ceiling_m])
            _, depth, _, axis = self._through(low, high)
            sine = self._sine(axis)
            for box in boxes:
                enters, leaves, axis, _ = self._through(np.array(box.low_m), np.array(box.high_m))
                hit = (enters < leaves) & (enters > 0.0) & (enters < depth)
                depth = np.where(hit, enters, depth)
                sine = np.where(hit, self._sine(axis), sine)
            self._still = (boxes, depth, sine)
        return self._still[1], self._still[2]

    def _through(self, low: Array, high: Array) -> tuple[Array, Array, NDArray[np.int64], NDArray[np.int64]]:
        """Where each ray enters and leaves a box, and through which pair of sides."""
        with np.errstate(divide="ignore"):
            one, other = (low - self._eye) / self._rays, (high - self._eye) / self._rays
        near, far = np.minimum(one, other), np.maximum(one, other)
        return near.max(axis=2), far.min(axis=2), near.argmax(axis=2), far.argmin(axis=2)

    def _sine(self, axis: NDArray[np.int64]) -> Array:
        along = np.take_along_axis(np.abs(self._rays), axis[..., None], axis=2)[..., 0]
        return np.asarray(along / np.linalg.norm(self._rays, axis=2))

    def _draw(self, depth: Array, sine: Array, a: Array, b: Array, radius: float) -> None:
        window = self._window(a, b, radius)
        if window is None:
            return
        rays = self._rays[window]
        found = _hit(rays, self._eye, a, b, radius)
        nearer = found < depth[window]
        depth[window] = np.where(nearer, found, depth[window])
        sine[window] = np.where(nearer, 1.0, sine[window])

    def _window(self, a: Array, b: Array, radius: float) -> tuple[slice, slice] | None:
        """The part of the picture that may show the capsule; None if it is out of sight."""
        seen = (np.stack([a, b]) - self._eye) @ self._hung.axes().T
        depth = seen[:, 2]
        if depth.max() <= radius:
            return None
        near = max(0.1, depth.min() - radius)
        middle = seen[:, :2] / np.maximum(near, depth)[:, None] * self.lens.focal_px + self.lens.centre_px
        margin = radius / near * self.lens.focal_px + 2
        (left, top), (right, bottom) = middle.min(axis=0) - margin, middle.max(axis=0) + margin
        columns = slice(max(0, int(left)), min(self.lens.width, int(right) + 2))
        rows = slice(max(0, int(top)), min(self.lens.height, int(bottom) + 2))
        return (rows, columns) if columns.start < columns.stop and rows.start < rows.stop else None

    def _measured(self, exact: Array, sine: Array) -> Millimetres:
        """With the noise, the steps, the shadows and the holes of structured light."""
        step = STEP_PER_M * exact * exact
        noisy = exact + self._rng.normal(0.0, NOISE_STEPS, exact.shape) * step
        steps = 1.0 / (STEP_PER_M * np.maximum(0.1, noisy))
        depth = 1.0 / (
            STEP_PER_M * np.maximum(1.0, np.rint(steps))
        )  # even steps of disparity, as the sensor has them
        chance = self._rng.random(exact.shape)
        hole = (chance < SPECKLE) | ((sine < GRAZING) & (chance < 0.7)) | self._shadow(exact)
        hole |= (depth < NEAREST_M) | (depth > FARTHEST_M)
        return np.where(hole, 0, np.rint(depth * 1000.0)).astype(np.uint16)

    def _shadow(self, exact: Array) -> NDArray[np.bool_]:
        """What lies within the parallax to the left of something nearer."""
        disparity = SHADOW_M * self.lens.focal_px / exact
        reach = max(1, int(np.ceil(disparity.max() - disparity.min())))
        dark = np.zeros(exact.shape, dtype=np.bool_)
        for k in range(1, min(reach, self.lens.width - 1) + 1):
            dark[:, :-k] |= disparity[:, k:] - disparity[:, :-k] >= k
        return dark


def _capsules(parts: Array) -> Iterable[tuple[Array, Array, float]]:
    if len(parts) == 13:
        trunk_m = float(np.linalg.norm(parts[0] - parts[3]))
        scale = min(1.1, max(0.3, trunk_m / 0.6))  # a child is thinner too
        return ((parts[a], parts[b], radius * scale) for a, b, radius in BONES)
    return ((parts[n], parts[min(n + 1, len(parts) - 1)], PAW_M) for n in range(len(parts)))


def _hit(rays: Array, eye: Array, a: Array, b: Array, radius: float) -> Array:
    """Depth at which each ray (.., 3) meets the capsule, inf where it does not."""
    axis, to_eye = b - a, eye - a
    length2 = float(axis @ axis)
    found = np.minimum(_ball(rays, to_eye, radius), _ball(rays, eye - b, radius))
    if length2 < 1e-6:
        return found
    along_ray, along_eye = rays @ axis, float(to_eye @ axis)
    qa = length2 * (rays * rays).sum(axis=-1) - along_ray * along_ray
    qb = length2 * (rays @ to_eye) - along_eye * along_ray
    qc = length2 * float(to_eye @ to_eye) - along_eye * along_eye - radius * radius * length2
    square = qb * qb - qa * qc
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (-qb - np.sqrt(np.maximum(0.0, square))) / qa
        place = along_eye + t * along_ray
    good = (square > 0.0) & (place > 0.0) & (place < length2) & (t > 0.0)
    return np.minimum(found, np.where(good, t, np.inf))


def _ball(rays: Array, to_eye: Array, radius: float) -> Array:
    qa = (rays * rays).sum(axis=-1)
    qb = rays @ to_eye
    square = qb * qb - qa * (float(to_eye @ to_eye) - radius * radius)
    t = (-qb - np.sqrt(np.maximum(0.0, square))) / qa
    return np.where((square > 0.0) & (t > 0.0), t, np.inf)
