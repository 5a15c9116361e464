"""The place the animals walk in: sky, ridges, forest edge and rows of crops, in one light and one season."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Image = NDArray[np.uint8]

# BGR of (grass, crop leaf, soil) for spring, summer, autumn and winter fields around Tsuruoka.
_SEASONS = (
    ((70, 130, 110), (64, 150, 112), (78, 98, 122)),
    ((52, 108, 78), (48, 128, 74), (66, 86, 108)),
    ((66, 122, 138), (62, 128, 132), (74, 92, 116)),
    ((128, 142, 146), (104, 124, 122), (112, 118, 126)),
)


def smooth_noise(size: tuple[int, int], grain_px: float, rng: Generator) -> NDArray[np.float32]:
    """(h, w) float32 in 0..1 whose blobs are about ``grain_px`` wide, with finer octaves on top."""
    total = np.zeros(size, np.float32)
    for octave, weight in ((1.0, 0.55), (0.5, 0.3), (0.25, 0.15)):
        cells = (
            max(2, int(size[1] / (grain_px * octave)) + 1),
            max(2, int(size[0] / (grain_px * octave)) + 1),
        )
        coarse = rng.random((cells[1], cells[0]), np.float32)
        total += weight * cv2.resize(coarse, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip(total, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Light:
    """How the picture is taken: ``brightness`` 1 = day; ``grey`` = no colour (dusk, infrared); noise in grey levels."""

    brightness: float
    grey: bool
    noise: float
    haze: float
    blur_px: float


def some_light(rng: Generator) -> Light:
    """A light between noon and infrared night."""
    grey = bool(rng.random() < 0.18)
    brightness = float(rng.uniform(0.45, 0.85) if grey or rng.random() < 0.25 else rng.uniform(0.8, 1.2))
    return Light(
        brightness,
        grey,
        float(rng.uniform(1.0, 8.0)),
        float(rng.uniform(0.0, 0.22)),
        float(rng.uniform(0.0, 1.1)),
    )


DAYLIGHT = Light(brightness=1.0, grey=False, noise=3.0, haze=0.06, blur_px=0.4)


class Scene:
    """One view of one field: the ground does not move between frames, only what is drawn on it.

    ``background()`` gives a fresh copy, ``spot()`` a place to stand, ``expose()`` the camera's light and noise. Nothing is
    random after construction but the sensor's noise and what ``spot`` draws from the generator it is given.
    """

    def __init__(self, width: int, height: int, rng: Generator, light: Light | None = None) -> None:
        self.width, self.height = width, height
        self.light = light if light is not None else some_light(rng)
        self.horizon_px = height * float(rng.uniform(0.12, 0.38))
        self.forest_px = self.horizon_px + height * float(rng.uniform(0.06, 0.2))
        self._season = _SEASONS[int(rng.integers(len(_SEASONS)))]
        self._picture = self._paint(rng)
        self._noise = rng.standard_normal((height + 64, width + 64)).astype(np.float32)

    def background(self) -> Image:
        """(H, W, 3) uint8 BGR, a copy the caller may draw on."""
        return self._picture.copy()

    def spot(self, rng: Generator) -> tuple[float, float, float]:
        """(x px, ground y px, nearness 0..1) somewhere on the open ground; 0 is at the forest's edge."""
        nearness = float(rng.random())
        return float(rng.uniform(0.03, 0.97)) * self.width, self.ground_y(nearness), nearness

    def ground_y(self, nearness: float) -> float:
        """Row of the ground at ``nearness`` 0 (forest edge) to 1 (before the camera), px."""
        return self.forest_px + (self.height * 0.98 - self.forest_px) * (0.06 + 0.94 * nearness)

    def expose(self, image: Image, rng: Generator) -> Image:
        """The finished frame as the camera gives it: light, haze, grey at dusk, blur and noise."""
        light = self.light
        frame = cv2.GaussianBlur(image, (0, 0), light.blur_px) if light.blur_px > 0.2 else image
        if light.grey:
            frame = cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        dy, dx = int(rng.integers(64)), int(rng.integers(64))
        grain = self._noise[dy : dy + self.height, dx : dx + self.width] * light.noise
        gain = light.brightness * (1.0 - light.haze)
        out = frame.astype(np.float32) * gain + grain[..., None] + 190.0 * light.haze * light.brightness
        return np.clip(out, 0, 255).astype(np.uint8)

    def _paint(self, rng: Generator) -> Image:
        h, w = self.height, self.width
        canvas = np.zeros((h, w, 3), np.float32)
        self._sky(canvas, rng)
        for depth in range(int(rng.integers(1, 4))):
            self._ridge(
                canvas,
                self.horizon_px - (2 - depth) * 0.07 * h,
                0.08 * h,
                (128 - 22 * depth, 122 - 8 * depth, 96 - 12 * depth),
                rng,
            )
        self._ridge(canvas, self.horizon_px + 0.02 * h, 0.05 * h, (42, 70, 52), rng, rough=True)
        self._field(canvas, rng)
        return np.clip(canvas, 0, 255).astype(np.uint8)

    def _sky(self, canvas: NDArray[np.float32], rng: Generator) -> None:
        h, w = canvas.shape[:2]
        fade = np.linspace(0.0, 1.0, h, dtype=np.float32)[:, None, None]
        top, low = np.array((214, 176, 140), np.float32), np.array((232, 224, 214), np.float32)
        overcast = float(rng.random())
        top = top * (1 - overcast) + np.array((196, 194, 190), np.float32) * overcast
        clouds = smooth_noise((h, w), w / 4, rng)[..., None]
        canvas[:] = (top + (low - top) * np.clip(fade * 2.5, 0, 1)) * (0.86 + 0.22 * clouds)

    def _ridge(
        self,
        canvas: NDArray[np.float32],
        y_px: float,
        swing_px: float,
        colour: tuple[int, int, int],
        rng: Generator,
        *,
        rough: bool = False,
    ) -> None:
        """Everything below a wandering line becomes hill or, ``rough``, the crowns and trunks of a forest."""
        h, w = canvas.shape[:2]
        line = y_px + swing_px * (smooth_noise((2, w), w / 3, rng)[0] - 0.5) * 2
        if rough:
            line = line + 0.05 * h * (smooth_noise((2, w), h / 22, rng)[0] - 0.5)
        below = np.arange(h, dtype=np.float32)[:, None] >= line[None, :]
        texture = 0.62 + 0.76 * smooth_noise((h, w), h / 16 if rough else h / 5, rng)
        if rough:
            texture = texture * (0.75 + 0.5 * rng.random((h, w), np.float32))
        canvas[below] = (texture[..., None] * np.array(colour, np.float32))[below]

    def _field(self, canvas: NDArray[np.float32], rng: Generator) -> None:
        """Grass from the forest's edge down, with rows of crops running to a vanishing point."""
        h, w = canvas.shape[:2]
        grass, leaf, soil = (np.array(c, np.float32) * rng.uniform(0.85, 1.15) for c in self._season)
        rows = np.arange(h, dtype=np.float32)[:, None]
        edge = self.forest_px + 0.03 * h * (smooth_noise((2, w), w / 5, rng)[0] - 0.5)
        depth = np.clip((rows - self.forest_px) / (h - self.forest_px), 0.02, 1.0)
        grain = rng.random((h, w), np.float32)
        blades = cv2.GaussianBlur(grain, (0, 0), sigmaX=0.7, sigmaY=1.6) - 0.5
        ground = (
            grass * (0.74 + 0.5 * smooth_noise((h, w), w / 9, rng) + blades * (0.3 + 1.2 * depth))[..., None]
        )
        if rng.random() < 0.75:
            vanish = w * rng.uniform(0.2, 0.8)
            across = (np.arange(w, dtype=np.float32)[None, :] - vanish) / (depth + 0.12)
            wave = np.sin(across / (w * rng.uniform(0.02, 0.05)) + 3 * smooth_noise((h, w), w / 3, rng))
            ridge = np.clip(wave * 1.6 + 0.9 * (grain - 0.5), -1, 1)[..., None] * 0.5 + 0.5
            plot = (depth > rng.uniform(0.05, 0.35))[..., None] * np.float32(rng.uniform(0.5, 1.0))
            crops = (leaf * ridge + soil * (1 - ridge)) * (0.8 + 0.4 * grain)[..., None]
            ground = ground * (1 - plot) + crops * plot
        open_ground = rows >= edge[None, :]
        canvas[open_ground] = ground[open_ground]
