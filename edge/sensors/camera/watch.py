"""Whether a camera still shows the world: stopped, frozen, worthless, dark, covered or moved, judged over time. Pure.

Is: a judgement of the last seconds, slow to accuse and slow to forgive, so that faults do not flicker.
Is not: a judgement of what is seen.
"""

import zlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.sensors.camera.settings import CameraSettings
from edge.sensors.camera.view import KnownView

GRID_PX = 4  # every fourth pixel each way: sensor noise changes some of them, at 1/16 of the cost
FLAT_LEVELS = 2.0  # spread of the grey levels below which a picture is one colour; noise alone makes 1-2
FORGIVEN_AFTER_S = 2.0
DARK_LEVEL = 14.0
"""Mean grey level below which even a bear is a shade; a lit night in infrared has 40 and more."""
COMPARE_EVERY_S = 1.0
BLINDNESS = ("camera_dark", "camera_covered", "camera_moved")


@dataclass(slots=True)
class _Standing:
    """A condition that becomes a fault once it has lasted, and stops being one once its absence has."""

    after_s: float
    raised: bool = False
    _changing_since_s: float | None = field(default=None)

    def judge(self, now_s: float, *, bad: bool) -> bool:
        if bad == self.raised:
            self._changing_since_s = None
            return self.raised
        if self._changing_since_s is None:
            self._changing_since_s = now_s
        patience_s = FORGIVEN_AFTER_S if self.raised else self.after_s
        if now_s - self._changing_since_s >= patience_s:
            self.raised, self._changing_since_s = bad, None
        return self.raised


class CameraWatch:
    """Faults of one camera from its pictures; times are the caller's monotonic seconds."""

    def __init__(self, settings: CameraSettings, now_s: float, view: KnownView | None = None) -> None:
        """``view`` remembers where the camera looks; without it nothing is told of covers and moves."""
        self._settings = settings
        self._view = view
        self._compared_s = -1e9
        self._wrong: str | None = None
        self._dark = _Standing(settings.dark_after_s)
        self._covered = _Standing(settings.covered_after_s)
        self._moved = _Standing(settings.moved_after_s)
        self._last_picture_s = now_s
        self._refused = 0.0
        self._last_refused_s = -1e9
        self._frozen = _Standing(settings.frozen_after_s)
        self._garbage = _Standing(settings.garbage_after_s)
        self._print: int | None = None
        self._scene = ""

    def saw(self, image: NDArray[np.uint8], scene: str, now_s: float) -> None:
        """Judge one picture (H, W, 3 uint8); a new ``scene`` (a cut) begins afresh."""
        if scene != self._scene:
            self._scene = scene
            self._frozen = _Standing(self._settings.frozen_after_s)
            self._wrong = None
        grid = np.ascontiguousarray(image[::GRID_PX, ::GRID_PX])
        fingerprint = zlib.crc32(grid.tobytes())
        flat = is_flat(grid)
        self._garbage.judge(now_s, bad=flat)
        self._frozen.judge(now_s, bad=fingerprint == self._print and not flat)
        self._print = fingerprint
        self._last_picture_s = now_s
        self._see(image, now_s, dark=not flat and float(grid.mean()) < DARK_LEVEL, flat=flat)

    def _see(self, image: NDArray[np.uint8], now_s: float, *, dark: bool, flat: bool) -> None:
        self._dark.judge(now_s, bad=dark)
        # In the dark there are no edges to compare: what was known of the view stays as it was.
        if self._view is not None and not dark and not flat and now_s - self._compared_s >= COMPARE_EVERY_S:
            self._compared_s = now_s
            self._wrong = self._view.compare(image, now_s)
        self._covered.judge(now_s, bad=self._wrong == "covered" and not dark)
        self._moved.judge(now_s, bad=self._wrong == "moved" and not dark)

    def refused(self, total: float, now_s: float) -> None:
        """Tell how many unreadable pictures the camera has given so far (its counter ``unreadable``)."""
        if total > self._refused:
            self._last_refused_s = now_s
        self._refused = total

    def faults(self, now_s: float) -> list[str]:
        """Codes of what is wrong now, at most one: sensor_silent, or camera_garbage, _frozen, _dark, _covered, _moved."""
        silent_s = now_s - self._last_picture_s
        if silent_s >= self._settings.silent_after_s:
            unreadable = now_s - self._last_refused_s < self._settings.silent_after_s
            return ["camera_garbage" if unreadable else "sensor_silent"]
        if self._garbage.raised:
            return ["camera_garbage"]
        if self._frozen.raised:
            return ["camera_frozen"]
        blind = zip(BLINDNESS, (self._dark, self._covered, self._moved), strict=True)
        return [code for code, standing in blind if standing.raised][:1]

    def age_s(self, now_s: float) -> float:
        """Since the last readable picture."""
        return now_s - self._last_picture_s


def is_flat(image: NDArray[np.uint8]) -> bool:
    """Whether a picture is all one colour: a covered lens, a dead sensor, a grey decoder frame."""
    return bool(image.reshape(-1, image.shape[2]).std(axis=0).max() < FLAT_LEVELS)
