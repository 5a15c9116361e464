"""Whether the sensor still hangs as its file says: the walk-away calibration, slowly, from ordinary life. No I/O.

Under a right mount a walking body's middle stands as high at the far wall as in front of the sensor. The medians of
each half metre are kept, a few numbers for ever; when they rise or sink with the distance the sensor has been turned,
when all are too high or too low it has been moved. Is not a calibration: animals, children and a rollator blur it, so
it only doubts, late, and of much.
"""

from math import atan, degrees, hypot
from statistics import median

from edge.fall.scene import Body, Scene
from edge.fall.settings import MountSettings

BIN_M = 0.5
BINS = 16
NEAR_M = 2.0
"""Nearer, a body seems higher than it is, whatever the mount."""
STEP_M = 0.02
"""A median moves by so much with each frame: some seconds of walking from anywhere to anywhere."""
WALK_MPS = 0.4
RUN_MPS = 2.0
TOP_MIN_M = 0.7
"""Lower movers are animals; a mount so wrong that people are taken for them is found near the sensor."""
FRAMES_MIN = 80
"""In a bin: some five walks through it."""
BINS_MIN = 4
WALKS_MIN = 20
CHECK_EVERY_S = 1800.0
TURNED_DEG = 5.0
"""Calibration itself may be 2.5 degrees off."""
RISE_MIN_M = 0.3
"""Over the distances walked; less costs no fall."""
MIDDLE_M = (0.7, 1.4)
"""Of whoever walks: a small woman of 1.4 m with a stoop, a man of 1.9 m, and 15 cm of the mount's own error."""


class MountWatch:
    """Feed it every scene; ``wrong`` says what a technician should look at."""

    def __init__(self, mount: MountSettings) -> None:
        self._mount = mount
        self._medians = [1.0] * BINS
        self._frames = [0] * BINS
        self._walks = 0
        self._walking: int | None = None
        self._next_s: float | None = None
        self._doubts = 0
        self._wrong: str | None = None

    def see(self, scene: Scene) -> None:
        """One frame further; only somebody who walks alone costs anything."""
        seen = [body for body in scene.bodies if body.heights_m]
        if len(seen) != 1:  # who is only remembered, lying still, turns no walk into two
            return
        body = seen[0]
        if WALK_MPS <= body.speed_mps <= RUN_MPS and body.top_m >= TOP_MIN_M:
            self._take(body)
            if self._next_s is None:
                self._next_s = scene.at_s + CHECK_EVERY_S
            elif scene.at_s >= self._next_s:
                self._next_s = scene.at_s + CHECK_EVERY_S
                self._check()
        elif body.speed_mps < WALK_MPS / 2:
            self._walking = None

    def wrong(self) -> str | None:
        """What is wrong with the mount and the mend, once two checks have agreed; None while it seems right."""
        return self._wrong

    def _take(self, body: Body) -> None:
        number = int(hypot(body.place.x_m, body.place.y_m) / BIN_M)
        if number >= BINS:
            return
        self._frames[number] = min(FRAMES_MIN * 100, self._frames[number] + 1)
        was = self._medians[number]
        self._medians[number] = was + (STEP_M if body.height_m > was else -STEP_M)
        if self._walking != body.track:
            self._walking = body.track
            self._walks += 1

    def _check(self) -> None:
        found = self._found() if self._walks >= WALKS_MIN else None
        self._doubts = self._doubts + 1 if found else 0
        self._wrong = found if self._doubts >= 2 else None

    def _found(self) -> str | None:
        near = 0 if self._mount.tilt_deg > 60.0 else int(NEAR_M / BIN_M)
        bins = [n for n in range(near, BINS) if self._frames[n] >= FRAMES_MIN]
        if len(bins) < BINS_MIN:
            return None
        away = [(n + 0.5) * BIN_M for n in bins]
        heights = [self._medians[n] for n in bins]
        slope = median(
            (heights[j] - heights[i]) / (away[j] - away[i])
            for i in range(len(bins))
            for j in range(i + 1, len(bins))
            if away[j] - away[i] >= 1.0
        )
        turned_deg, rise_m = degrees(atan(slope)), slope * (away[-1] - away[0])
        if abs(turned_deg) >= TURNED_DEG and abs(rise_m) >= RISE_MIN_M:
            return self._turned(turned_deg, heights, away)
        middle_m = median(heights)
        if not MIDDLE_M[0] <= middle_m <= MIDDLE_M[1]:
            return (
                f"people walk about {middle_m:.1f} m high at their middle instead of about 1: the sensor has been"
                " moved or turned, or [mount] is wrong; run mimamori radar calibrate"
            )
        return None

    def _turned(self, turned_deg: float, heights: list[float], away: list[float]) -> str:
        """Below a ceiling the walker's distance says nothing of which way it was turned."""
        seen = f"walking people seem {heights[0]:.1f} m high at {away[0]:.1f} m and {heights[-1]:.1f} m at {away[-1]:.1f} m"
        if self._mount.tilt_deg > 60.0:
            return f"{seen}: the sensor no longer hangs level; straighten it, run mimamori radar calibrate"
        return (
            f"{seen}: the sensor has been turned, it looks about {self._mount.tilt_deg + turned_deg:.0f} degrees down"
            f" and [mount] says {self._mount.tilt_deg:g}; run mimamori radar calibrate"
        )
