"""The fast drop of a body to the floor, held: what makes a fall suspected. No I/O, no clock of its own."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot
from statistics import median

from edge.fall.place import Place
from edge.fall.scene import Body, Reflection
from edge.fall.settings import FallSettings

WAIT_S = 3.0
"""For enough reflections near the floor: somebody stunned stirs within it, and a sitting person fidgets again after it."""
SLACK_M = 0.1
"""A body on the floor is still on it this far above ``floor_m``: one wild elevation lifts the middle height so far."""
BESIDE_M = 0.45
"""Reflections so near to where it went down speak of the same body, whoever perception gives them to."""
ABOVE_M, ABOVE_SHARE = 0.2, 0.25
"""No more of a lying body than this share is seen so far above the floor's bound; of one that sits or kneels, half."""
BEFORE_S = 1.0
"""The middle of the heights over this long is what a body came down from: a single high moment is no standing."""
POINTS_KEPT = 400
"""Heights kept of one drop: a dense radar's 20 frames; more change no median worth the memory."""

TOPS = 15
"""Latest tops that must be low in the middle: half a second at 30 frames/s."""
QUICK_S = 0.5
"""The top's fastest descent is taken over this long: a fall's last half, and more than a flickering outline."""

Moment = tuple[float, float, float, float, float]
"""at_s, height_m, x_m, y_m, top_m: a tuple, because one is made for each body in each frame."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A body's height at one moment and place."""

    at_s: float
    height_m: float
    place: Place


@dataclass(slots=True)
class Low:
    """A drop being held: ``high`` is where it came from, ``first`` and ``last`` where and when it was near the floor.

    ``points`` counts the reflections near the floor, ``points_m`` holds the heights of all since ``first``;
    ``shift_m`` is how far the floor's bounds were raised for this body.
    """

    high: Seen
    first: Seen
    last: Seen
    shift_m: float
    points: int
    points_m: list[float]
    tops_m: list[float]
    quick_mps: float

    @property
    def drop_m(self) -> float:
        """How far the body came down."""
        return self.high.height_m - self.first.height_m

    @property
    def drop_s(self) -> float:
        """How long that took."""
        return self.first.at_s - self.high.at_s

    @property
    def seen_low_s(self) -> float:
        """For how long reflections near the floor were really seen, silence not counted."""
        return self.last.at_s - self.first.at_s

    def lies(self, fall: FallSettings) -> bool:
        """Whether enough was seen of the floor, and the body's middle was low enough meanwhile."""
        middle_m = median(self.points_m)
        if self.points < fall.points_min or middle_m > fall.lying_m + self.shift_m:
            return False
        above_m = fall.floor_m + self.shift_m + ABOVE_M
        if sum([z > above_m for z in self.points_m]) > ABOVE_SHARE * len(self.points_m):
            return False
        if fall.top_lying_m is not None and median(self.tops_m[-TOPS:]) > fall.top_lying_m + self.shift_m:
            return False
        return self.high.height_m - middle_m + self.quick_mps >= fall.quick_m


class DropWatch:
    """The recent heights of one body, oldest first, and the drop being held, if any."""

    __slots__ = ("low", "recent")

    def __init__(self) -> None:
        self.recent: deque[Moment] = deque()
        self.low: Low | None = None

    def see(
        self, body: Body, at_s: float, fall: FallSettings, shift_m: float, kept: Sequence[Seen] = ()
    ) -> Low | None:
        """A frame in which the body has a height; returns a drop that has just ended because the body rose.

        ``kept`` are heights from before a gap in the watching, good however old.
        """
        recent, height_m, place = self.recent, body.height_m, body.place
        oldest_s = at_s - fall.within_s
        while recent and recent[0][0] < oldest_s:
            recent.popleft()
        low, ended = self.low, None
        if low is not None:
            self._hold(low, body, at_s, fall)
            if fall.quick_m:
                low.quick_mps = max(low.quick_mps, self._quick_mps(at_s, body.top_m))
            if height_m > fall.floor_m + low.shift_m + SLACK_M:
                self.low, ended = None, low
        elif height_m <= fall.floor_m + shift_m:
            high = self._came_from(kept, height_m, place, fall)
            if high is not None:
                now = Seen(at_s, height_m, place)
                heights_m = list(body.heights_m) or [height_m]
                quick_mps = self._quickest_mps() if fall.quick_m else 0.0
                self.low = Low(high, now, now, shift_m, body.low_behind, heights_m, [body.top_m], quick_mps)
        recent.append((at_s, height_m, place.x_m, place.y_m, body.top_m))
        return ended

    def held(self, at_s: float, fall: FallSettings, wait_s: float = WAIT_S) -> Low | None:
        """The drop, once it has been held long enough; it is let go after ``wait_s``.

        Silence counts as held (a body that lies still gives no reflections), but only frames do: a sensor that has
        stopped proves nothing. ``points_min`` makes sure that the floor itself was seen.
        """
        low = self.low
        if low is None:
            return None
        since_s = at_s - low.first.at_s
        if since_s >= wait_s:
            self.low = None
        elif since_s >= fall.held_s and low.lies(fall):
            self.low = None
            self.recent.clear()
            return low
        return None

    def beside(self, reflections: Sequence[Reflection]) -> None:
        """What else was seen in the frame: higher reflections at the same spot are of somebody who sits or kneels."""
        low = self.low
        if low is not None and len(low.points_m) < POINTS_KEPT:
            x_m, y_m = low.last.place.x_m, low.last.place.y_m
            low.points_m += [z for x, y, z, _, _ in reflections if hypot(x - x_m, y - y_m) <= BESIDE_M]

    @staticmethod
    def _hold(low: Low, body: Body, at_s: float, fall: FallSettings) -> None:
        if not body.heights_m:
            return
        near_m = fall.floor_m + low.shift_m
        low.points += sum(z <= near_m for z in body.heights_m)
        if len(low.points_m) < POINTS_KEPT:
            low.points_m += body.heights_m
            low.tops_m.append(body.top_m)
        low.last = Seen(at_s, body.height_m, body.place)

    def _quick_mps(self, at_s: float, top_m: float) -> float:
        """How fast the top has come down in the last half second, m/s."""
        before = [m for m in self.recent if m[0] >= at_s - QUICK_S - 1e-6]
        return (before[0][4] - top_m) / QUICK_S if before else 0.0

    def _quickest_mps(self) -> float:
        """The fastest that the top came down in any half second of the recent heights, m/s."""
        return max((self._quick_mps(m[0], m[4]) for m in self.recent), default=0.0)

    def _came_from(
        self, kept: Sequence[Seen], height_m: float, place: Place, fall: FallSettings
    ) -> Seen | None:
        """The last of the highest moments, at least two of them: a single ghost is no standing body."""
        least_m = height_m + fall.drop_m
        high = [
            (round(high_m, 1), at_s, high_m, x_m, y_m)
            for at_s, high_m, x_m, y_m, _ in self.recent
            if high_m >= least_m and hypot(x_m - place.x_m, y_m - place.y_m) <= fall.moved_max_m
        ]
        high += [
            (round(seen.height_m, 1), seen.at_s, seen.height_m, seen.place.x_m, seen.place.y_m)
            for seen in kept
            if seen.height_m >= least_m and seen.place.distance_m(place) <= fall.moved_max_m
        ]
        if len(high) < 2:
            return None
        _, at_s, high_m, x_m, y_m = max(high)
        before_m = [moment[1] for moment in self.recent if at_s - BEFORE_S <= moment[0] <= at_s]
        if before_m and not kept and median(before_m) < least_m:
            return None
        return Seen(at_s, high_m, Place(x_m, y_m))
