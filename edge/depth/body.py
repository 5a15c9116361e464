"""One body as a depth camera follows it: steadied heights, whatever measured them. Pure."""

from collections import deque
from dataclasses import dataclass
from math import hypot
from statistics import median

from msgspec.structs import replace

from edge.fall.place import Place
from edge.fall.scene import Body

STEADY_S = 0.2
"""Heights are medians of this long: parts of a body come and go from frame to frame (a hidden leg is 0.2 m of centroid)."""
SPEED_S = 0.6
"""Speed along the floor is taken over this long; over less, the flicker of a silhouette's edge walks at 0.5 m/s."""
NEAR_FLOOR_M = 0.43
_SLACK_S = 1e-6  # frames come a hundredth of a microsecond early or late of their period


@dataclass(frozen=True, slots=True)
class Measured:
    """A body in one frame: centroid and top above the floor, where it is, how far it reaches along the floor."""

    at_s: float
    height_m: float
    top_m: float
    place: Place
    spread_m: float = 0.0


class Steadied:
    """Measurements of one body, oldest first -> what a scene says of it.

    A depth body has one height a frame, its centroid's: ``heights_m`` is that one number, empty while the body is only
    remembered.
    """

    def __init__(self, track: int) -> None:
        self._track = track
        self._recent: deque[Measured] = deque()
        self._first_s = 0.0
        self._body: Body | None = None
        self._standing_m: float | None = None

    @property
    def body(self) -> Body | None:
        """As last seen; None before the first measurement."""
        return self._body

    def update(self, seen: Measured) -> Body:
        """One frame further; ``at_s`` must not fall."""
        if self._body is None:
            self._first_s = seen.at_s
        recent = self._recent
        recent.append(seen)
        while recent[0].at_s < seen.at_s - SPEED_S - _SLACK_S:
            recent.popleft()
        steady = [m for m in recent if m.at_s > seen.at_s - STEADY_S - _SLACK_S]
        height_m = median(m.height_m for m in steady)
        self._body = Body(
            track=self._track,
            place=seen.place,
            height_m=height_m,
            top_m=median(m.top_m for m in steady),
            heights_m=(height_m,),
            low_behind=int(height_m <= NEAR_FLOOR_M),
            speed_mps=self._speed_mps(seen),
            spread_m=seen.spread_m,
            first_s=self._first_s,
            seen_s=seen.at_s,
            standing_m=self._standing(),
            measured_s=seen.at_s,
        )
        return self._body

    def glimpse(self, at_s: float, place: Place) -> None:
        """Something of it was seen, too little to tell a height."""
        if self._body is not None:
            self._body = replace(self._body, place=place, seen_s=at_s, heights_m=())

    def remembered(self) -> Body | None:
        """The body as last seen, marked as not seen now."""
        return None if self._body is None else replace(self._body, heights_m=(), speed_mps=0.0)

    def _standing(self) -> float | None:
        """The greatest middle height held for SPEED_S; nobody shrinks, so it only rises."""
        if self._recent[-1].at_s - self._recent[0].at_s >= SPEED_S - 0.1:
            held_m = min(m.height_m for m in self._recent)
            self._standing_m = max(held_m, self._standing_m or 0.0)
        return self._standing_m

    def _speed_mps(self, now: Measured) -> float:
        before = self._recent[0]
        elapsed_s = now.at_s - before.at_s
        if elapsed_s < SPEED_S / 3:
            return 0.0
        return hypot(now.place.x_m - before.place.x_m, now.place.y_m - before.place.y_m) / elapsed_s
