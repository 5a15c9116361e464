"""Point clouds of one radar -> the people in its room: own clusters, own tracks, memory of who lies still.

Is: a body from three reflections in 0.8 s on, followed by its own place; kept where it was when it falls silent, the
longer the lower it was last seen; a mirror image is shown only once it has proved to be somebody. Is not: a count of
people in a crowd; two within half a metre are one body until they part.
"""

from math import hypot, inf

from edge.fall import ghosts
from edge.fall.clutter import Clutter
from edge.fall.memory import BRIEF_S, UPRIGHT_M, fallen, fell_m, kept_s, latest, merged
from edge.fall.people_settings import PeopleSettings
from edge.fall.place import Place
from edge.fall.repeats import Repeats
from edge.fall.room import RoomView
from edge.fall.scene import CLUTTER, NOBODY, NONE_SEEN, Body, Doubt, Reflection, Reflections, Scene
from edge.fall.settings import MountSettings
from edge.fall.stillness import Stillness
from edge.fall.tracks import FRESH_S, LOW_M, POINTS_MIN, Track
from edge.sensors.readings import PointCloud

NEAR_M = 0.6
"""Loose reflections this near to each other begin a body together."""
TARGET_POINTS_MIN = 2
"""... and so many suffice where the chip sees somebody as well."""
REACH_MPS = 1.5
REACH_MAX_M = 4.0
"""Who was upright and appears anew within what walking allows is the same one."""
CRAWL_M = 1.2
"""Who lay is found again within this; farther off it is somebody else."""
ROUNDING_M = 1e-6
TIDY_S = 0.5
SILENT_S = 10.0
LOOSE_S = 60.0
LOOSE_MIN = 30
"""Reflections of no body, or of no place in the room, in LOOSE_S without any body: more than a stray in two seconds."""


class People:
    """PointPerception: one frame after the other, ``at_s`` not falling."""

    def __init__(self, mount: MountSettings, settings: PeopleSettings) -> None:
        self._view = RoomView(mount, settings)
        self._gate_m = settings.own_m
        self._stillness = Stillness() if settings.dense else None
        self._repeats = Repeats()
        self._clutter = Clutter(settings.clutter_s)
        self._tracks: list[Track] = []
        self._pool: list[tuple[float, Reflection]] = []
        self._next = 1
        self._tidy_s = float("-inf")
        self._bodies: tuple[Body, ...] = ()
        self._doubts: frozenset[Doubt] = frozenset()
        self._changed = False
        self._has_points = False
        self._flat = False
        self._bodiless_since_s = float("inf")
        self._loose = 0.0
        self._seen: Reflections = NONE_SEEN

    def update(self, cloud: PointCloud) -> Scene:
        """The scene after this frame; see Perception."""
        at_s = cloud.at_s
        loose = 0
        self._seen = NONE_SEEN
        if len(cloud.points) or cloud.targets:
            loose = self._see(cloud, at_s)
            self._changed = True
        elif self._changed:
            self._changed = False
            self._repeats.nothing()
            for track in self._tracks:
                track.silent(at_s)
            self._tell(at_s)
        if at_s - self._tidy_s >= TIDY_S:
            self._tidy(at_s)
        return Scene(at_s, self._bodies, loose, self._doubts, cloud.fallen, self._seen)

    def remember(self, place: Place, height_m: float, at_s: float) -> None:
        """Somebody seen there before a restart: who lies still gives too few reflections to be found anew by them."""
        seen = (place.x_m, place.y_m, height_m, 0.0, hypot(place.x_m, place.y_m))
        self._tracks.append(Track(self._next, [(at_s, [seen])]))
        self._next += 1

    def _see(self, cloud: PointCloud, at_s: float) -> int:
        found, loose = self._shared(self._reflections(cloud, at_s), at_s)
        self._loose += self._view.outside + len(loose)
        for track in self._tracks:
            points = found.get(track.number)
            if points:
                track.see(at_s, points)
                if not track.proven and not self._clutter.blurs(track):
                    ghosts.count_alone(track, self._tracks, at_s)
            elif track.heights_m or track.speed_mps:  # most tracks have long been silent
                track.silent(at_s)
        self._seen = found
        if loose:
            found[NOBODY] = loose
            self._gather(loose, cloud, at_s)
        self._tell(at_s)
        return len(loose)

    def _shared(
        self, reflections: list[Reflection], at_s: float
    ) -> tuple[dict[int, list[Reflection]], list[Reflection]]:
        """Each to the nearest track within its gate; of two within, to the one whose height fits better."""
        found: dict[int, list[Reflection]] = {}
        loose: list[Reflection] = []
        gate_m = self._gate_m
        fans = self._clutter.learnt
        ahead = []
        for track in self._tracks:
            ahead_x, ahead_y = track.ahead(at_s) if track.speed_mps else (track.x, track.y)
            sides = ahead_x - gate_m - ROUNDING_M, ahead_x + gate_m + ROUNDING_M
            ahead.append((*sides, ahead_x, ahead_y, track.height_m, track.number))
        for reflection in reflections:
            if fans and self._clutter.takes(reflection, at_s):
                found.setdefault(CLUTTER, []).append(reflection)
                continue
            x, y, z, _, _ = reflection
            owner, least = 0, inf
            for left, right, ahead_x, ahead_y, height_m, number in ahead:
                if not left <= x <= right:
                    continue  # as nearly all pairs of a crowded scene, at a fifth of the price of a distance
                far_m = hypot(x - ahead_x, y - ahead_y)
                if far_m <= gate_m:
                    odd_m = abs(z - height_m) - 0.5
                    cost = far_m + 0.5 * odd_m if odd_m > 0.0 else far_m
                    if cost < least:
                        owner, least = number, cost
            if not owner:
                loose.append(reflection)
            elif owner in found:
                found[owner].append(reflection)
            else:
                found[owner] = [reflection]
        return found, loose

    def _reflections(self, cloud: PointCloud, at_s: float) -> list[Reflection]:
        """What this frame adds to the last one: a sensor that repeats itself says nothing new."""
        if not len(cloud.points):
            # A chip that gives points holds its targets long after the last of them: they are where nobody is.
            if self._has_points:
                return []
            self._flat = all(target.position_m[2] == 0.0 for target in cloud.targets)
            places = self._repeats.new_targets(cloud.targets, at_s)
            return self._view.reflections([[*place, 0.0, 0.0] for place in places])
        self._has_points, self._flat = True, False
        if not self._repeats.is_new(cloud.points, at_s):
            return []
        rows = cloud.points.tolist()
        if self._stillness is None:
            return self._view.reflections(rows)
        new = self._repeats.new_rows(rows)
        moving = [row for row in new if row[3] != 0.0]
        still = [row for row in new if row[3] == 0.0]
        return self._view.reflections(moving + self._stillness.living(still, len(moving), at_s))

    def _gather(self, loose: list[Reflection], cloud: PointCloud, at_s: float) -> None:
        """Reflections of no body, until some of two frames lie together."""
        since_s = at_s - FRESH_S
        self._pool = [entry for entry in self._pool if entry[0] > since_s]
        self._pool += [(at_s, reflection) for reflection in loose]
        if len(self._pool) < TARGET_POINTS_MIN:
            return
        targets = self._view.reflections([[*target.position_m, 0.0, 0.0] for target in cloud.targets])
        for one in loose:
            near = [entry for entry in self._pool if _near(entry[1], one)]
            needed = TARGET_POINTS_MIN if any(_near(target, one) for target in targets) else POINTS_MIN
            if len(near) >= needed and near[0][0] < at_s:
                self._begin(near, at_s)
                return

    def _begin(self, near: list[tuple[float, Reflection]], at_s: float) -> None:
        """A new body from these, or one found again that had fallen silent."""
        self._pool = [entry for entry in self._pool if entry not in near]
        frames: dict[float, list[Reflection]] = {}
        for when_s, reflection in near:
            frames.setdefault(when_s, []).append(reflection)
        new = Track(self._next, list(frames.items()))
        lost = self._lost(new)
        if lost is not None:
            for when_s, points in frames.items():
                lost.see(when_s, points)
            return
        still = self._stillness is not None and all(entry[1][3] == 0.0 for entry in near)
        if still and ghosts.behind(new, self._tracks):
            return
        self._next += 1
        new.flat = self._flat
        new.shown = ghosts.alone(new, self._tracks, at_s) and not self._clutter.blurs(new)
        self._tracks.append(new)

    def _lost(self, new: Track) -> Track | None:
        """Who fell silent within reach of where somebody appears."""
        best: Track | None = None
        least = float("inf")
        for track in self._tracks:
            wait_s = new.first_s - track.seen_s
            if wait_s <= 0.0:
                continue
            far_m = new.place.distance_m(track.place)
            reach_m = self._reach_m(track, wait_s) if wait_s > FRESH_S else fell_m(track, new)
            if far_m < reach_m and far_m < least:
                best, least = track, far_m
        return best

    def _reach_m(self, track: Track, wait_s: float) -> float:
        if track.height_m <= LOW_M or not track.shown:
            return CRAWL_M
        walked_m = self._gate_m + REACH_MPS * (wait_s - FRESH_S)
        return min(REACH_MAX_M if track.height_m >= UPRIGHT_M else 2 * CRAWL_M, walked_m)

    def _tell(self, at_s: float) -> None:
        self._bodies = tuple(
            [
                track.body()
                for track in self._tracks
                if track.shown and (track.settled or at_s - track.seen_s <= BRIEF_S)
            ]
        )

    def _tidy(self, at_s: float) -> None:
        self._loose *= max(0.0, 1.0 - (at_s - self._tidy_s) / LOOSE_S)
        self._bodiless_since_s = min(self._bodiless_since_s, at_s)
        self._tidy_s = at_s
        for track in self._tracks:
            track.age(at_s)
            if track.seen_s < at_s:
                track.silent(at_s)
        self._tracks = merged([track for track in self._tracks if at_s - track.seen_s <= kept_s(track)])
        if len(self._tracks) > 1:
            self._tracks = latest(fallen(self._tracks, at_s))
        ghosts.judge(
            [track for track in self._tracks if track.proven or not self._clutter.blurs(track)], at_s
        )
        fans = self._clutter.learn(self._tracks, at_s)
        if fans:
            self._tracks = [track for track in self._tracks if track.number not in fans]
        self._tell(at_s)
        self._doubts = self._doubt(at_s)

    def _doubt(self, at_s: float) -> frozenset[Doubt]:
        doubts = set()
        if self._bodies:
            self._loose, self._bodiless_since_s = 0.0, at_s
            if all(at_s - body.seen_s > SILENT_S for body in self._bodies):
                doubts.add(Doubt.NO_DATA)
        elif at_s - self._bodiless_since_s > LOOSE_S and self._loose >= LOOSE_MIN:
            doubts.add(Doubt.POINTS_WITHOUT_BODY)
        if self._repeats.frozen(at_s):
            doubts.add(Doubt.FROZEN)
        return frozenset(doubts)


def _near(one: Reflection, other: Reflection) -> bool:
    return abs(one[0] - other[0]) < NEAR_M and abs(one[1] - other[1]) < NEAR_M
