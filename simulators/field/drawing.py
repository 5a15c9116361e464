"""Draws a field's pictures: a hillside, and animals on it. Drawn from nothing, so no photograph of others is shipped."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from simulators.field.bodies import Kind, Limb, Posture, body
from simulators.field.scenery import Scene, smooth_noise

Image = NDArray[np.uint8]
Facing = Literal["left", "right"]
Sprite = tuple[NDArray[np.float32], NDArray[np.float32], tuple[int, int]]
"""(colour (h, w, 3) BGR, alpha (h, w) 0..1, pixel of the body frame's origin)."""

_SUPERSAMPLE = 2  # limbs are laid out at twice the size: fur edges stay soft after shrinking
_MARGIN = 0.12  # of the body's height, room for the fur beyond the limbs
_CLUTTER: tuple[Kind, ...] = ("stone", "stump")
_ANIMALS: tuple[Kind, ...] = ("monkey", "person", "boar", "bear", "deer")
_TALLER_THAN_A_MONKEY: dict[Kind, float] = {"person": 2.6, "boar": 1.3, "bear": 1.7, "deer": 2.0}

__all__ = [
    "Box",
    "Facing",
    "Image",
    "Kind",
    "Posture",
    "Scene",
    "Wardrobe",
    "draw_animal",
    "draw_sample",
    "height_px",
]


@dataclass(frozen=True, slots=True)
class Box:
    """What was drawn and where its visible pixels lie, in px of the picture; w or h is 0 when nothing is in view."""

    kind: Kind
    x: float
    y: float
    w: float
    h: float


def draw_animal(
    image: Image,
    kind: Kind,
    x_px: float,
    ground_y_px: float,
    height_px: float,
    facing: Facing,
    phase: float,
    rng: Generator,
    posture: Posture = "walking",
) -> Box:
    """Draw one body into ``image`` (H, W, 3 uint8 BGR, changed in place), feet at (``x_px``, ``ground_y_px``).

    ``height_px`` is the height of its frame, ``phase`` 0..1 one stride. Give an ``rng`` seeded per individual so that it
    keeps its coat from frame to frame.
    """
    sprite = _sprite(body(kind, posture, phase, rng), height_px, rng)
    return _stand(image, kind, sprite, x_px, ground_y_px, height_px, facing)


def _stand(
    image: Image,
    kind: Kind,
    sprite: Sprite,
    x_px: float,
    ground_y_px: float,
    height_px: float,
    facing: Facing,
) -> Box:
    """Lay a sprite and its shadow into the picture."""
    colour, alpha, origin = sprite
    if facing == "left":
        colour, alpha = colour[:, ::-1], alpha[:, ::-1]
        origin = (alpha.shape[1] - 1 - origin[0], origin[1])
    left, top = round(x_px - origin[0]), round(ground_y_px - origin[1])
    _shadow(image, x_px, ground_y_px, height_px)
    return _blend(image, kind, colour, alpha, left, top)


class Wardrobe:
    """Draws the same bodies frame after frame; what was drawn once is only resized.

    A stride has ``PHASES`` steps and a body is laid out at four heights, so a troop that is in view for a minute
    costs a few hundred sprites. Measured: 0.1-1.5 ms a body instead of 3-35.
    """

    PHASES = 6
    _HEIGHTS_PX = (40.0, 72.0, 112.0, 192.0)
    _KEPT = 400  # some 0.3 MB each

    def __init__(self) -> None:
        self._sprite = lru_cache(maxsize=self._KEPT)(self._drawn)

    def draw(
        self,
        image: Image,
        kind: Kind,
        x_px: float,
        ground_y_px: float,
        height_px: float,
        facing: Facing,
        phase: float,
        individual: int,
        posture: Posture = "walking",
    ) -> Box:
        """As draw_animal; ``individual`` seeds the coat."""
        laid_out_px = next((h for h in self._HEIGHTS_PX if h >= height_px), height_px)
        colour, alpha, (x, y) = self._sprite(
            kind, posture, int(phase % 1.0 * self.PHASES), individual, laid_out_px
        )
        ratio = height_px / laid_out_px
        size = max(2, round(alpha.shape[1] * ratio)), max(2, round(alpha.shape[0] * ratio))
        sprite = (
            np.asarray(cv2.resize(colour, size, interpolation=cv2.INTER_AREA), np.float32),
            np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32),
            (round(x * ratio), round(y * ratio)),
        )
        return _stand(image, kind, sprite, x_px, ground_y_px, height_px, facing)

    @staticmethod
    def _drawn(kind: Kind, posture: Posture, step: int, individual: int, height_px: float) -> Sprite:
        rng = np.random.default_rng(individual)
        return _sprite(body(kind, posture, step / Wardrobe.PHASES, rng), height_px, rng)


def _sprite(limbs: list[Limb], height_px: float, rng: Generator) -> Sprite:
    """A body ``height_px`` high."""
    scale = height_px * _SUPERSAMPLE
    circles = [(x, y, r) for limb in limbs for (x, y), r in zip(limb.spine, limb.radii, strict=True)]
    x0 = min(x - r for x, _, r in circles) - _MARGIN
    x1 = max(x + r for x, _, r in circles) + _MARGIN
    y1 = max(y + r for _, y, r in circles) + _MARGIN
    size = (int((y1 + _MARGIN) * scale) + 2, int((x1 - x0) * scale) + 2)
    colour = np.zeros((*size, 3), np.float32)
    mask = np.zeros(size, np.uint8)
    fur = _fur(size, int(rng.integers(64)))
    for limb in limbs:
        _lay(limb, colour, mask, fur, (x0, y1, scale))
    _light(colour, mask, scale)
    soft = cv2.GaussianBlur(mask.astype(np.float32) / 255.0, (0, 0), max(0.8, 0.012 * scale))
    alpha = np.clip((soft + (fur - 1.0) * 0.8 - 0.30) / 0.35, 0.0, 1.0)
    small = (max(2, size[1] // _SUPERSAMPLE), max(2, size[0] // _SUPERSAMPLE))
    shrunk = cv2.resize(colour, small, interpolation=cv2.INTER_AREA)
    veil = cv2.resize(alpha, small, interpolation=cv2.INTER_AREA)
    return (
        shrunk.astype(np.float32),
        veil.astype(np.float32),
        (int(-x0 * scale / _SUPERSAMPLE), int(y1 * scale / _SUPERSAMPLE)),
    )


def _lay(
    limb: Limb,
    colour: NDArray[np.float32],
    mask: NDArray[np.uint8],
    fur: NDArray[np.float32],
    frame: tuple[float, float, float],
) -> None:
    """Lay one limb over what lies behind it, with a dark seam so that it stands off."""
    x0, y1, scale = frame
    own = np.zeros(mask.shape, np.uint8)
    points = [((x - x0) * scale, (y1 - y) * scale) for x, y in limb.spine]
    radii = [max(1.0, r * scale) for r in limb.radii]
    for (x, y), r in zip(points, radii, strict=True):
        cv2.circle(own, (round(x), round(y)), round(r), 255, -1)
    for i in range(len(points) - 1):
        cv2.fillConvexPoly(own, _taper(points[i], radii[i], points[i + 1], radii[i + 1]), 255)
    x, y, w, h = cv2.boundingRect(own)
    part = np.s_[y : y + h, x : x + w]
    depth = cv2.distanceTransform(own[part], cv2.DIST_L2, 3)
    rounding = 0.72 + 0.28 * np.clip(depth / max(2.0, 0.05 * scale), 0.0, 1.0)
    texture = fur[part] if limb.furry else 1.0
    tone = (rounding * texture * limb.shade).astype(np.float32)
    inside = own[part] > 0
    colour[part][inside] = (tone[..., None] * np.array(limb.colour, np.float32))[inside]
    mask[part][inside] = 255


def _taper(a: tuple[float, float], ra: float, b: tuple[float, float], rb: float) -> NDArray[np.int32]:
    """The quadrilateral between two circles of a limb."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = max(1e-3, float(np.hypot(dx, dy)))
    nx, ny = -dy / length, dx / length
    return (
        np.array(
            [
                (a[0] + nx * ra, a[1] + ny * ra),
                (b[0] + nx * rb, b[1] + ny * rb),
                (b[0] - nx * rb, b[1] - ny * rb),
                (a[0] - nx * ra, a[1] - ny * ra),
            ]
        )
        .round()
        .astype(np.int32)
    )


def _light(colour: NDArray[np.float32], mask: NDArray[np.uint8], scale: float) -> None:
    """Light from the sky: the whole silhouette is rounded, its upper side brighter than its belly."""
    dome = cv2.GaussianBlur(mask, (0, 0), max(1.0, 0.07 * scale)).astype(np.float32) / 255.0
    slope = cv2.Sobel(dome, cv2.CV_32F, 0, 1, ksize=3)
    peak = float(np.abs(slope).max()) or 1.0
    colour *= (0.62 + 0.38 * dome + 0.30 * slope / peak)[..., None]


@lru_cache(maxsize=64)
def _fur_tile(individual: int) -> NDArray[np.float32]:
    """(768, 768) multiplier around 1.0: streaks that run down and back as hair does, over soft patches."""
    rng = np.random.default_rng(individual)
    grain = rng.standard_normal((768, 768)).astype(np.float32)
    kernel = np.eye(9, dtype=np.float32) + np.eye(9, k=1, dtype=np.float32)
    streaks = cv2.filter2D(grain, -1, kernel / kernel.sum())
    patches = smooth_noise((768, 768), 24, rng)
    return (1.0 + 0.42 * streaks * 0.35 / float(streaks.std()) + 0.25 * (patches - 0.5)).astype(np.float32)


def _fur(size: tuple[int, int], individual: int) -> NDArray[np.float32]:
    tile = _fur_tile(individual)
    if size[0] <= tile.shape[0] and size[1] <= tile.shape[1]:
        return tile[: size[0], : size[1]]
    return cv2.resize(tile, (size[1], size[0])).astype(np.float32)


def _shadow(image: Image, x_px: float, ground_y_px: float, height_px: float) -> None:
    """Darken the ground below the body."""
    rx, ry = height_px * 0.55, max(1.0, height_px * 0.07)
    x0, x1 = max(0, int(x_px - rx)), min(image.shape[1], int(x_px + rx) + 1)
    y0, y1 = max(0, int(ground_y_px - ry)), min(image.shape[0], int(ground_y_px + ry) + 1)
    if x1 <= x0 or y1 <= y0:
        return
    gx = (np.arange(x0, x1, dtype=np.float32) - x_px) / rx
    gy = (np.arange(y0, y1, dtype=np.float32) - ground_y_px) / ry
    shade = 1.0 - 0.45 * np.clip(1.0 - gx[None, :] ** 2 - gy[:, None] ** 2, 0.0, 1.0)
    part = image[y0:y1, x0:x1]
    part[:] = (part * shade[..., None]).astype(np.uint8)


def _blend(
    image: Image,
    kind: Kind,
    colour: NDArray[np.float32],
    alpha: NDArray[np.float32],
    left: int,
    top: int,
) -> Box:
    h, w = alpha.shape
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(image.shape[1], left + w), min(image.shape[0], top + h)
    if x1 <= x0 or y1 <= y0:
        return Box(kind, float(x0), float(y0), 0.0, 0.0)
    cut = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    veil = alpha[cut][..., None]
    part = image[y0:y1, x0:x1]
    part[:] = np.clip(part * (1.0 - veil) + colour[cut] * veil, 0, 255).astype(np.uint8)
    seen = cv2.boundingRect((alpha[cut] > 0.4).astype(np.uint8))
    return Box(kind, float(x0 + seen[0]), float(y0 + seen[1]), float(seen[2]), float(seen[3]))


def height_px(kind: Kind, nearness: float, rows: int, build: float = 1.0) -> float:
    """Of a body at ``nearness`` 0..1 in a picture of ``rows`` rows; ``build`` 1 is middling."""
    tall = monkey_height_px(nearness, rows) * build * _TALLER_THAN_A_MONKEY.get(kind, 1.0)
    return min(tall, 0.92 * rows)


def monkey_height_px(nearness: float, rows: int) -> float:
    """25 px at the forest's edge to 160 before the camera in 360 rows."""
    return float((25.0 + 135.0 * nearness**1.6) * rows / 360.0)


def draw_sample(
    rng: Generator, size: tuple[int, int] = (640, 360)
) -> tuple[Image, list[tuple[Kind, float, float, float, float]]]:
    """One picture (``size`` = width, height) for training and its visible animals as (kind, x, y, w, h) in px.

    A fifth of the pictures hold no animal; stones and stumps are drawn in any and are never listed.
    """
    width, height = size
    scene = Scene(width, height, rng)
    image = scene.background()
    troop = 0 if rng.random() < 0.2 else int(rng.integers(1, 6))
    main: Kind = "monkey" if rng.random() < 0.7 else _ANIMALS[int(rng.integers(1, len(_ANIMALS)))]
    kinds: list[Kind] = [main if rng.random() < 0.85 else "monkey" for _ in range(troop)]
    kinds += [_CLUTTER[int(rng.integers(2))] for _ in range(int(rng.integers(0, 4)))]
    spots = sorted((scene.spot(rng) for _ in kinds), key=lambda spot: spot[1])
    order = rng.permutation(len(kinds))
    boxes = [_place(image, kinds[i], *spots[n], rng) for n, i in enumerate(order)]
    image = scene.expose(image, rng)
    seen = [
        box
        for n, box in enumerate(boxes)
        if box.kind not in _CLUTTER
        and min(box.w, box.h) >= 5
        and not any(_covers(nearer, box) for nearer in boxes[n + 1 :])
    ]
    return image, [(b.kind, b.x, b.y, b.w, b.h) for b in seen]


def _covers(nearer: Box, box: Box) -> bool:
    """Whether ``nearer`` hides most of ``box``, so that no honest label is left."""
    w = min(nearer.x + nearer.w, box.x + box.w) - max(nearer.x, box.x)
    h = min(nearer.y + nearer.h, box.y + box.h) - max(nearer.y, box.y)
    return w > 0 and h > 0 and w * h > 0.65 * box.w * box.h


def _place(image: Image, kind: Kind, x_px: float, y_px: float, nearness: float, rng: Generator) -> Box:
    """Draw ``kind`` standing at a spot; ``nearness`` 0..1 sets its size (25-160 px monkeys in 360 rows)."""
    height = monkey_height_px(nearness, image.shape[0]) * rng.uniform(0.8, 1.25)
    height *= _TALLER_THAN_A_MONKEY.get(kind, 1.0) if kind not in _CLUTTER else rng.uniform(0.3, 0.9)
    height = min(height, 0.92 * image.shape[0])
    posture: Posture = ("walking", "sitting", "feeding")[int(rng.choice(3, p=(0.5, 0.35, 0.15)))]
    facing: Facing = "left" if rng.random() < 0.5 else "right"
    return draw_animal(image, kind, x_px, y_px, height, facing, float(rng.random()), rng, posture)
