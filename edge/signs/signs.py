"""Presence, activity, gait, time in bed and breathing, once a minute, from the scenes the fall room decides on.

Is: telemetry, each sample with its ``quality`` from 0 to 1. A frame costs a few comparisons, half a second some more.
Is not: an alarm, a diagnosis, or a trend; trends are the gateway's, which remembers for longer.
"""

from contract.messages import Sample
from edge.fall.place import Place
from edge.fall.scene import Body, Scene
from edge.fall.zones import ZoneKind, Zones
from edge.sensors.readings import PointCloud
from edge.signs.activity import Activity
from edge.signs.bed import Bed
from edge.signs.gait import GaitWatch, Walked
from edge.signs.moment import LASTED_MAX_S, TICK_S, Moment
from edge.signs.respiration import Respiration

EVERY_S = 60.0
STIR_M = 0.1
"""How far the middle of a body that a sensor sees always must move in half a second to have stirred."""
STIR_REFLECTIONS = 2
"""A single reflection in half a second may be a stray one."""
WALKS_MAX = 20
"""In one minute; a bound, not a wish."""


class Signs:
    """Feed it every scene, and the cloud behind it where there is one; take the samples out.

    ``still_seen``: the sensor also sees who keeps still (a depth camera, a radar without clutter removal), so that a
    reflection is no movement.
    """

    def __init__(
        self, zones: Zones | None = None, *, every_s: float = EVERY_S, still_seen: bool = False
    ) -> None:
        self._every_s = every_s
        self._still_seen = still_seen
        self._zones = zones if zones is not None and zones.has(ZoneKind.BED) else None
        self._tick: int | None = None
        self._scene: Scene | None = None
        self._last_s: float | None = None
        self._doubtful = False
        self._reflections: dict[int, int] = {}
        self._middles: dict[int, tuple[Place, float]] = {}
        self._activity = Activity()
        self._bed = Bed(self._zones) if self._zones else None
        self._gait = GaitWatch()
        self._walks: list[Walked] = []
        self._respiration = Respiration()
        self._since_s: float | None = None

    def see(self, scene: Scene, cloud: PointCloud | None = None) -> None:
        """One frame further; ``at_s`` must not fall."""
        tick = int(scene.at_s / TICK_S)
        if tick != self._tick:
            self._close()
            self._tick = tick
        if self._since_s is None:
            self._since_s = scene.at_s
        self._scene = scene
        if scene.doubts:
            self._doubtful = True
        for body in scene.bodies:
            if body.heights_m:
                seen = self._reflections
                seen[body.track] = seen.get(body.track, 0) + len(body.heights_m)
        if cloud is not None and cloud.vitals is not None:
            self._respiration.take(cloud.vitals)

    def samples(self, now_s: float, now_ms: int) -> list[Sample]:
        """What the last minute gave, once it is over, else nothing; nothing either for a minute without a frame."""
        if self._since_s is None or now_s - self._since_s < self._every_s:
            return []
        self._close()
        minute_s = now_s - self._since_s
        samples = []
        if self._activity.minute.told_s:
            samples.append(Sample("occupancy", now_ms, self._activity.occupancy(minute_s)))
            samples.append(Sample("activity", now_ms, self._activity.activity(minute_s)))
            if self._bed is not None:
                samples.append(Sample("bed", now_ms, self._bed.fields()))
        samples += [
            _gait(walked, now_ms - round(1000 * max(0.0, now_s - walked.ended_s))) for walked in self._walks
        ]
        breathing = self._respiration.fields()
        if breathing is not None:
            samples.append(Sample("respiration", now_ms, breathing))
        self._begin(now_s)
        return samples

    def _begin(self, now_s: float) -> None:
        self._since_s = now_s
        self._activity.begin()
        if self._zones is not None:
            self._bed = Bed(self._zones)
        self._walks = []

    def _close(self) -> None:
        """The half second is over."""
        scene, self._scene = self._scene, None
        if scene is None:
            return
        lasted_s = TICK_S if self._last_s is None else min(LASTED_MAX_S, scene.at_s - self._last_s)
        self._last_s = scene.at_s
        moment = Moment(scene.at_s, lasted_s, scene.bodies, self._reflections, self._doubtful)
        stirring = self._stirring(moment) if scene.bodies else set()
        self._activity.take(moment, stirring=stirring)
        if self._bed is not None:
            self._bed.take(moment, stirring=stirring)
        walked = self._gait.take(moment)
        if walked is not None and len(self._walks) < WALKS_MAX:
            self._walks.append(walked)
        self._reflections, self._doubtful = {}, False

    def _stirring(self, moment: Moment) -> set[int]:
        if not self._still_seen:
            return {track for track, count in moment.reflections.items() if count >= STIR_REFLECTIONS}
        before, self._middles = (
            self._middles,
            {body.track: (body.place, body.height_m) for body in moment.bodies},
        )
        return {body.track for body in moment.bodies if _moved(before.get(body.track), body)}


def _moved(before: tuple[Place, float] | None, body: Body) -> bool:
    if before is None:
        return False
    place, height_m = before
    return place.distance_m(body.place) >= STIR_M or abs(height_m - body.height_m) >= STIR_M


def _gait(walked: Walked, at_ms: int) -> Sample:
    fields = {
        "speed_mps": walked.speed_mps,
        "length_m": walked.length_m,
        "duration_s": walked.duration_s,
        "quality": walked.quality,
    }
    return Sample("gait", max(0, at_ms), fields)
