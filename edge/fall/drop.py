"""The fast drop of a body to the floor, held: what makes a fall suspected. Pure."""

from dataclasses import dataclass, replace
from statistics import median

from edge.fall.place import Place
from edge.fall.posture import Reading
from edge.fall.settings import FallSettings

WAIT_S = 3.0
"""For enough reflections near the floor: somebody stunned stirs within it, and a sitting person fidgets again after it."""
SLACK_M = 0.1
"""A body on the floor is still on it this far above ``floor_m``: one wild elevation lifts the middle height so far."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A body's height at one moment and place."""

    at_s: float
    height_m: float
    place: Place


@dataclass(frozen=True, slots=True)
class Low:
    """A drop being held: ``high`` is where it came from, ``first`` and ``last`` where and when it was near the floor.

    ``points`` counts the reflections near the floor, ``points_m`` holds the heights of all since ``first``.
    """

    high: Seen
    first: Seen
    last: Seen
    points: int
    points_m: tuple[float, ...]

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


@dataclass(frozen=True, slots=True)
class DropWatch:
    """The recent heights, oldest first, and the drop being held, if any."""

    recent: tuple[Seen, ...] = ()
    low: Low | None = None


def watch(
    before: DropWatch,
    reading: Reading,
    fall: FallSettings,
    *,
    kept: tuple[Seen, ...] = (),
    wait_s: float = WAIT_S,
) -> tuple[DropWatch, Low | None]:
    """One frame further; the second value is a drop that has now been held long enough.

    ``kept`` are heights from before a gap in the watching, good however old; a drop may then be held for ``wait_s``.
    Silence after the drop counts as held (a body that lies still gives no reflections), but only frames do: a radar
    that has stopped proves nothing. ``points_min`` makes sure that the floor itself was seen.
    """
    recent = tuple(seen for seen in before.recent if seen.at_s >= reading.at_s - fall.within_s)
    low = before.low
    if low is not None:
        near_floor = sum(z <= fall.floor_m for z in reading.points_m)
        low = replace(low, points=low.points + near_floor, points_m=(*low.points_m, *reading.points_m))
    if reading.height_m is not None and reading.place is not None:
        now = Seen(reading.at_s, reading.height_m, reading.place)
        low = _follow(low, (*kept, *recent), now, reading, fall)
        recent = (*recent, now)
    since_s = reading.at_s - low.first.at_s if low else 0.0
    if low is None or since_s >= wait_s:
        return DropWatch(recent), None
    lies = low.points >= fall.points_min and median(low.points_m) <= fall.lying_m
    return (DropWatch(), low) if lies and since_s >= fall.held_s else (DropWatch(recent, low), None)


def _follow(
    low: Low | None, recent: tuple[Seen, ...], now: Seen, reading: Reading, fall: FallSettings
) -> Low | None:
    if low is not None:
        still_low = replace(low, last=now) if reading.points_m else low
        return still_low if now.height_m <= fall.floor_m + SLACK_M else None
    if now.height_m > fall.floor_m:
        return None
    high = _came_from(recent, now, fall)
    return Low(high, now, now, reading.low_behind, reading.points_m or (now.height_m,)) if high else None


def _came_from(recent: tuple[Seen, ...], now: Seen, fall: FallSettings) -> Seen | None:
    """The last of the highest moments, at least two of them: a single ghost is no standing body."""
    high = [
        seen
        for seen in recent
        if seen.height_m - now.height_m >= fall.drop_m
        and seen.place.distance_m(now.place) <= fall.moved_max_m
    ]
    return max(high, key=lambda seen: (round(seen.height_m, 1), seen.at_s)) if len(high) >= 2 else None
