"""A home with one resident and one radar: its story in, the radar's bytes out."""

import threading
from collections.abc import Callable
from math import inf

from numpy.random import Generator

from edge.clock import Clock
from edge.sensors.readings import PointCloud
from simulators.home.body import STANDING, STRENGTH, Act, Stance, Stay, at
from simulators.home.firmware_bytes import encode
from simulators.home.pty_port import PtyPort
from simulators.home.radar import Mounted, RadarModel, beyond_near_field
from simulators.home.story import Story

FRAME_PERIOD_S = 0.055
PRESENCE_HOLD_S = 2.0
LATE_MAX_S = 0.5
"""A machine that stood still longer than this does not send what it missed in a burst: a radar would not."""
START = Stance((0.0, 3.0), 0.0, STANDING)


class Resident:
    """One body in one story; time only goes forward."""

    def __init__(self, story: Story, start: Stance = START) -> None:
        self._story = story
        self._from = start
        self._began_s = 0.0
        self._act: Act = Stay(1.0, "standing")

    @property
    def doing(self) -> str:
        """The name of the act at hand: walking, standing, sitting, falling, lying, getting up..."""
        return self._act.name

    def at(self, t_s: float) -> Stance:
        """The body at ``t_s``, after every act that had to begin until then."""
        while True:
            since_s = t_s - self._began_s
            lasts_s = self._act.duration_s(self._from)
            over = since_s >= lasts_s
            stance = at(self._act, min(since_s, lasts_s), self._from)
            following = self._story.turn(t_s, stance, over=over)
            if following is None:
                return stance
            self._began_s = self._began_s + lasts_s if over else t_s
            self._from, self._act = stance, following


class SimulatedHome:
    """What the radar of a home sends while its resident lives through a story."""

    def __init__(self, mount: Mounted, story: Story, rng: Generator) -> None:
        self._story = story
        self._resident = Resident(story)
        self._radar = RadarModel(mount, rng)
        self._number = 0
        self._parts_m = START.parts_m()
        self._last_s = 0.0
        self._seen_s = -inf

    @property
    def doing(self) -> str:
        """What the resident really does now: the truth that a fall detector is measured against."""
        return self._resident.doing

    def help_arrived(self) -> None:
        """Somebody has answered the alert; may be called from another thread."""
        self._story.help_arrived()

    def cloud(self, t_s: float) -> PointCloud:
        """The next frame, taken at ``t_s``, as the radar measures it, before the firmware's rounding."""
        before, self._parts_m = self._parts_m, self._resident.at(t_s).parts_m()
        period_s = max(1e-3, t_s - self._last_s) if t_s > self._last_s else FRAME_PERIOD_S
        points = self._radar.see(self._parts_m, before, period_s, STRENGTH)
        self._last_s = t_s
        self._number += 1
        if beyond_near_field(points).any():
            self._seen_s = t_s
        presence = t_s - self._seen_s < PRESENCE_HOLD_S
        return PointCloud(at_s=t_s, frame=self._number, points=points, presence=presence)

    def frame(self, t_s: float) -> bytes:
        """The next frame as the firmware sends it."""
        return encode(self.cloud(t_s))

    def run(
        self,
        pty: PtyPort,
        stop: threading.Event,
        clock: Clock,
        *,
        speed: float = 1.0,
        carry: Callable[[bytes], bytes] = bytes,
    ) -> None:
        """Send a frame each 55 ms of the home's time into ``pty`` until ``stop``; ``speed`` times real time.

        ``speed`` inf sends as fast as the reader takes them. ``carry`` is what the line makes of a frame.
        """
        begun_s = clock.monotonic_s() - self._number * FRAME_PERIOD_S / speed
        while not stop.is_set():
            t_s = self._number * FRAME_PERIOD_S
            late_s = clock.monotonic_s() - (begun_s + t_s / speed)
            if speed != inf and late_s > LATE_MAX_S:
                begun_s += late_s
            elif late_s < 0 and stop.wait(-late_s):
                return
            # In real time a line without a reader loses bytes, as it would in a home; faster, the reader sets the pace.
            pty.write(carry(self.frame(t_s)), timeout_s=0.0 if speed <= 1.0 else 1.0)
