"""Point clouds of one radar -> the people in its room: own clusters, own tracks, memory of who lies still.

Is: a body from three reflections in 0.8 s on, followed by its own place; kept where it was when it falls silent, the
longer the lower it was last seen; a mirror image is shown only once it has proved to be somebody. Is not: a count of
people in a crowd; two within half a metre are one body until they part.
"""

from math import hypot

from edge.fall.clutter import Clutter
from edge.fall.ghosts import Ghosts
from edge.fall.people_settings import PeopleSettings
from edge.fall.room import Reflection, RoomView
from edge.fall.scene import Body, Doubt, Scene
from edge.fall.settings import MountSettings
from edge.fall.tracks import FRESH_S, LOW_M, POINTS_MIN, Track
from edge.sensors.readings import PointCloud, Target

NEAR_M = 0.6
"""Loose reflections this near to each other begin a body together."""
REACH_MAX_M = 2.0
"""Who rises unseen is found again within this; farther off it is somebody else."""
TIDY_S = 0.5
UPRIGHT_M = 0.8
LEFT_S = 10.0
"""An upright body that walked and is silent for so long has left the view."""
STOOD_S = 60.0
SAT_S = 1800.0
LAY_S = 43200.0
"""A body near the floor cannot leave without being seen to rise; half a day covers a long lie and a night on a futon."""
BRIEF_POINTS = 8
BRIEF_S = 4.0
"""A track of fewer reflections than BRIEF_POINTS is not remembered for longer than this."""
FROZEN_S = 1.5
SILENT_S = 10.0
LOOSE_S = 60.0
LOOSE_MIN = 30
"""Reflections of no body, in LOOSE_S without any body, that are more than a stray a second or two."""


class People:
    """PointPerception: one frame after the other, ``at_s`` not falling; an empty frame costs 2 us."""

    def __init__(self, mount: MountSettings, settings: PeopleSettings) -> None:
        self._view = RoomView(mount, settings)
        self._gate_m = settings.gate_m
        self._dense = settings.dense
        self._tracks: list[Track] = []
        self._pool: list[tuple[float, Reflection]] = []
        self._clutter = Clutter(settings.clutter_s)
        self._ghosts = Ghosts()
        self._next = 1
        self._tidy_s = float("-inf")
        self._bodies: tuple[Body, ...] = ()
        self._doubts: frozenset[Doubt] = frozenset()
        self._changed = False
        self._last = b""
        self._last_rows: set[tuple[float, ...]] = set()
        self._same_since_s = 0.0
        self._frozen = False
        self._bodiless_since_s = float("inf")
        self._loose = 0.0

    def update(self, cloud: PointCloud) -> Scene:
        """The scene after this frame; see Perception."""
        at_s = cloud.at_s
        loose = 0
        if len(cloud.points) or cloud.targets:
            loose = self._see(cloud, at_s)
            self._changed = True
        elif self._changed:
            self._changed = False
            for track in self._tracks:
                track.silent(at_s)
            self._tell()
        if at_s - self._tidy_s >= TIDY_S:
            self._tidy(at_s)
        return Scene(at_s, self._bodies, loose, self._doubts, cloud.fallen)

    def _see(self, cloud: PointCloud, at_s: float) -> int:
        reflections = self._fresh(cloud, at_s)
        found: dict[int, list[Reflection]] = {}
        loose: list[Reflection] = []
        for reflection in reflections:
            if self._clutter.takes(reflection, at_s):
                continue
            track = self._owner(reflection, at_s)
            if track is None:
                loose.append(reflection)
            elif track.number in found:
                found[track.number].append(reflection)
            else:
                found[track.number] = [reflection]
        for track in self._tracks:
            points = found.get(track.number)
            if points:
                track.see(at_s, points)
            else:
                track.silent(at_s)
        if loose:
            self._gather(loose, at_s)
        self._tell()
        return len(loose)

    def _fresh(self, cloud: PointCloud, at_s: float) -> list[Reflection]:
        """What this frame adds to the last one: a sensor that repeats itself says nothing new."""
        if not len(cloud.points):
            return [_reflection(target) for target in cloud.targets] if self._moved(cloud, at_s) else []
        if not self._moved(cloud, at_s):
            return []
        rows = cloud.points.tolist()
        if self._dense:
            now = {tuple(row) for row in rows}
            rows = [list(row) for row in now if row[3] != 0.0 and row not in self._last_rows]
            self._last_rows = now
        return self._view.reflections(rows)

    def _moved(self, cloud: PointCloud, at_s: float) -> bool:
        seen = cloud.points.tobytes() if len(cloud.points) else repr(cloud.targets).encode()
        if seen == self._last:
            self._frozen = at_s - self._same_since_s >= FROZEN_S
            return False
        self._last, self._same_since_s, self._frozen = seen, at_s, False
        return True

    def _owner(self, reflection: Reflection, at_s: float) -> Track | None:
        """The nearest track within its gate; of two within, the one whose height fits better."""
        x, y, z, _ = reflection
        best: Track | None = None
        least = float("inf")
        for track in self._tracks:
            ahead_x, ahead_y = track.ahead(at_s)
            far_m = hypot(x - ahead_x, y - ahead_y)
            if far_m > self._gate_m:
                continue
            odd_m = abs(z - track.height_m) - 0.5
            cost = far_m + (0.5 * odd_m if odd_m > 0.0 else 0.0)
            if cost < least:
                best, least = track, cost
        return best

    def _gather(self, loose: list[Reflection], at_s: float) -> None:
        """Reflections of no body, until three of two frames lie together."""
        since_s = at_s - FRESH_S
        self._pool = [entry for entry in self._pool if entry[0] > since_s]
        self._pool += [(at_s, reflection) for reflection in loose]
        self._loose += len(loose)
        if len(self._pool) < POINTS_MIN:
            return
        for x, y, _, _ in loose:
            near = [
                entry
                for entry in self._pool
                if abs(entry[1][0] - x) < NEAR_M and abs(entry[1][1] - y) < NEAR_M
            ]
            if len(near) >= POINTS_MIN and near[0][0] < at_s:
                self._begin(near)
                return

    def _begin(self, near: list[tuple[float, Reflection]]) -> None:
        """A new body from these, or one found again that had fallen silent."""
        self._pool = [entry for entry in self._pool if entry not in near]
        frames: dict[float, list[Reflection]] = {}
        for at_s, reflection in near:
            frames.setdefault(at_s, []).append(reflection)
        track = Track(self._next, list(frames.items()))
        again = self._lost(track)
        if again is not None:
            for at_s, points in frames.items():
                again.see(at_s, points)
            return
        self._next += 1
        self._ghosts.judge(track, self._tracks)
        self._tracks.append(track)

    def _lost(self, new: Track) -> Track | None:
        """Who fell silent within reach of where somebody appears."""
        best: Track | None = None
        least = REACH_MAX_M
        for track in self._tracks:
            wait_s = new.first_s - track.seen_s
            if wait_s <= FRESH_S:
                continue
            reach_m = min(REACH_MAX_M, self._gate_m + 0.3 + wait_s) if track.height_m > LOW_M else 1.2
            far_m = new.place.distance_m(track.place)
            if far_m < reach_m and far_m < least:
                best, least = track, far_m
        return best

    def _tell(self) -> None:
        self._bodies = tuple([track.body() for track in self._tracks if not track.bodiless])

    def _tidy(self, at_s: float) -> None:
        self._loose *= max(0.0, 1.0 - (at_s - self._tidy_s) / LOOSE_S)
        self._bodiless_since_s = min(self._bodiless_since_s, at_s)
        self._tidy_s = at_s
        kept = [track for track in self._tracks if at_s - track.seen_s <= _kept_s(track)]
        kept = _merged(kept)
        fans = self._clutter.learn(kept, at_s)
        self._ghosts.update(kept)
        self._tracks = [track for track in kept if track.number not in fans]
        for track in self._tracks:
            if track.seen_s < at_s:
                track.silent(at_s)
        self._tell()
        self._doubts = self._doubt(at_s)

    def _doubt(self, at_s: float) -> frozenset[Doubt]:
        doubts = set()
        if self._bodies:
            self._loose, self._bodiless_since_s = 0.0, at_s
        elif at_s - self._bodiless_since_s > LOOSE_S and self._loose >= LOOSE_MIN:
            doubts.add(Doubt.POINTS_WITHOUT_BODY)
        if self._bodies and all(at_s - body.seen_s > SILENT_S for body in self._bodies):
            doubts.add(Doubt.NO_DATA)
        if self._frozen:
            doubts.add(Doubt.FROZEN)
        return frozenset(doubts)


def _reflection(target: Target) -> Reflection:
    return (*target.position_m, 0.0)


def _kept_s(track: Track) -> float:
    """For how long a silent track is remembered."""
    if track.points < BRIEF_POINTS or track.bodiless:
        return BRIEF_S
    if track.height_m <= LOW_M:
        return LAY_S
    if track.height_m < UPRIGHT_M:
        return SAT_S
    return LEFT_S if track.far_m > 1.0 else STOOD_S


def _merged(tracks: list[Track]) -> list[Track]:
    """Two that lie within each other are one body; the older one goes on."""
    kept: list[Track] = []
    for track in tracks:
        twin = next((other for other in kept if hypot(other.x - track.x, other.y - track.y) < 0.4), None)
        if twin is None:
            kept.append(track)
        elif track.seen_s > twin.seen_s:
            twin.x, twin.y, twin.place = track.x, track.y, track.place
    return kept
