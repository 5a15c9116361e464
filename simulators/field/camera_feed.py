"""The field's camera: draws what the story says and uploads JPEGs into the folder the real Camera follows.

Is: complete files only (written aside, then renamed), a handful at a time, never two alike (sensor noise).
Is not: in any way connected to the device but through that folder.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator

from simulators.field.drawing import Box, Image, Scene, Wardrobe, height_px
from simulators.field.scenery import DAYLIGHT, Light
from simulators.field.story import FieldStory

KEPT = 6  # pictures in the folder: a reader that is a second late still finds a whole one
JPEG_QUALITY = 88


class CameraFeed:
    """One view of one field. ``boxes`` are what the last frame truly shows, in px."""

    def __init__(
        self,
        folder: Path,
        story: FieldStory,
        rng: Generator,
        *,
        size: tuple[int, int] = (640, 360),
        fps: float = 5.0,
        light: Light = DAYLIGHT,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._story = story
        self._rng = rng
        self._fps = fps
        self._monotonic_s = monotonic_s
        self._scene = Scene(*size, rng, light)
        self._wardrobe = Wardrobe()
        self._written: deque[Path] = deque()
        self._number = 0
        self.boxes: list[Box] = []

    def step(self, dt_s: float) -> Image:
        """Let time pass and take a picture (H, W, 3 uint8 BGR)."""
        self._story.step(dt_s)
        picture = self._scene.background()
        self.boxes = []
        for figure in self._story.figures():
            box = self._wardrobe.draw(
                picture,
                figure.kind,
                figure.x * self._scene.width,
                self._scene.ground_y(figure.nearness),
                height_px(figure.kind, figure.nearness, self._scene.height, figure.build),
                figure.facing,
                figure.phase,
                figure.individual,
                figure.posture,
            )
            if min(box.w, box.h) >= 5:
                self.boxes.append(box)
        return self._scene.expose(picture, self._rng)

    def upload(self, picture: Image) -> Path:
        """Write one picture into the folder and take the oldest away; returns its path."""
        good, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not good:
            raise ValueError(f"picture is {picture.dtype} {picture.shape}; give uint8 (height, width, 3) BGR")
        if not self._written:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._written.extend(sorted(self._folder.glob("frame_*.jpg")))  # of an earlier run
        aside = self._folder / ".being-written"
        aside.write_bytes(np.asarray(data).tobytes())
        path = self._folder / f"frame_{self._number:08d}.jpg"
        aside.replace(path)
        self._number += 1
        self._written.append(path)
        while len(self._written) > KEPT:
            oldest = self._written.popleft()
            if oldest not in self._written:
                oldest.unlink(missing_ok=True)
        return path

    def run(self, stop: threading.Event) -> None:
        """Take and upload pictures at the feed's pace until ``stop``; a slow machine gives fewer, not later ones."""
        last_s = self._monotonic_s()
        due_s = last_s
        while not stop.wait(max(0.0, due_s - self._monotonic_s())):
            now_s = self._monotonic_s()
            self.upload(self.step(now_s - last_s))
            last_s = now_s
            due_s = max(due_s + 1.0 / self._fps, now_s)
