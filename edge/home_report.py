"""What a home tells of itself besides falls: telemetry, and the live page."""

from collections import deque
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from contract.messages import LiveHome, Sample
from edge.fall.posture import Posture
from edge.fall.room import to_room
from edge.fall.scene import Scene
from edge.fall.settings import MountSettings
from edge.fall.watcher import FallWatcher, Now, Phase
from edge.sensors.readings import PointCloud

TELEMETRY_EVERY_S = 10.0
LIVE_EVERY_S = 0.15
BODIES_S = 2.0
"""A body counts for so long after a reflection of it: in a sparse cloud not every frame has one of everybody."""
LIVE_POINTS_MAX = 150
"""Twice what a busy frame sequence of 0.15 s holds; the live lane must not fill a slow link."""


@dataclass(slots=True)
class _Tally:
    """Since the last telemetry."""

    since_s: float
    frames: int = 0
    points: int = 0
    heights_m: list[float] = field(default_factory=list)


class HomeReport:
    """Counts frame by frame, tells every ten seconds, and shows every 0.15 s where that is allowed."""

    def __init__(self, mount: MountSettings, component: str, now_s: float, *, live: bool) -> None:
        self._mount = mount
        self._component = component
        self._tally = _Tally(now_s)
        self._live = live
        self._live_s = -1e9
        self._bodies: dict[int, float] = {}
        self._at_s = 0.0
        self._shown: deque[tuple[float, float, float, float]] = deque(maxlen=LIVE_POINTS_MAX)

    def see(self, reading: object, scene: Scene, height_m: float | None) -> None:
        """One frame, and the height of the body that is shown of it."""
        self._tally.frames += 1
        self._at_s = scene.at_s
        if self._live:
            self._bodies.update((body.track, scene.at_s) for body in scene.bodies if body.heights_m)
        if height_m is not None:
            self._tally.heights_m.append(height_m)
        if isinstance(reading, PointCloud):
            self._tally.points += len(reading.points)
            if self._live and len(reading.points):
                room = to_room(reading.points, self._mount)
                self._shown.extend((x, y, z, v) for x, y, z, v in np.round(room, 2).tolist())
        elif self._live:
            # A depth picture never leaves the device: of each body only its middle and its top are shown.
            for body in scene.bodies:
                x, y = round(body.place.x_m, 2), round(body.place.y_m, 2)
                self._shown.append((x, y, round(body.height_m, 2), 0.0))
                self._shown.append((x, y, round(body.top_m, 2), 0.0))

    def due(self, now_s: float, *, ended: bool) -> bool:
        """Whether telemetry is due; at a recording's end whatever was counted is."""
        return now_s - self._tally.since_s >= TELEMETRY_EVERY_S or (ended and self._tally.frames > 0)

    def samples(self, now: Now, posture: Posture, counters: dict[str, float]) -> list[Sample]:
        """The sensor's counters, and what is known of the room."""
        tally, self._tally = self._tally, _Tally(now.s)
        sensor = {"points": round(tally.points / max(1, tally.frames), 2), **counters}
        samples = [Sample(self._component, now.unix_ms, sensor)]
        presence: dict[str, float] = {}
        if tally.frames:  # without frames nothing is known of the room: no zero is sent for it
            presence["lying"] = float(posture is Posture.LYING)
            if posture is not Posture.UNKNOWN:
                presence["occupied"] = float(posture is not Posture.EMPTY)
        if tally.heights_m:
            presence["height_m"] = round(median(tally.heights_m), 2)
        if presence:
            samples.append(Sample("presence", now.unix_ms, presence))
        return samples

    def live(
        self, now: Now, watcher: FallWatcher, posture: Posture, height_m: float | None, said: str | None
    ) -> LiveHome | None:
        """What a watching page draws, if it is time."""
        if not self._live or now.s - self._live_s < LIVE_EVERY_S:
            return None
        self._live_s = now.s
        points = list(self._shown)
        self._shown.clear()
        incident = watcher.shown
        asking = incident is not None and incident.phase is Phase.ASKING
        return LiveHome(
            points=points,
            # A drop that is only being held is no incident: a watching family must not see it come and go.
            state=(posture if incident is None else incident.phase).value,
            height_m=None if height_m is None else round(height_m, 2),
            incident=incident.id if incident else None,
            answer_by_ms=incident.answer_by_ms if incident and asking else None,
            said=said,
            bodies=self._bodies_of_late(),
        )

    def _bodies_of_late(self) -> int:
        self._bodies = {track: at_s for track, at_s in self._bodies.items() if self._at_s - at_s < BODIES_S}
        return len(self._bodies)
