"""What moves without ever leaving its place: fans and curtains, learnt over minutes. No I/O.

Is: places whose reflections go both ways and that no body came to, busy in most seconds of minutes (a fan) or for minutes
in all (a curtain in the draught). Is not: somebody who sits or lies beside it; they came from somewhere, are seen now and
then, and lie outside the narrow box of it. Who settles down in a place makes it a body's place again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from edge.fall.scene import Reflection
from edge.fall.tracks import AGEING, LOW_M, Track

TICK_S = 0.5
STAYS_M = 0.6
"""A fan's middle never moves farther than this, with the error of few reflections."""
STAYS_RAD = 0.2
CAME_M = 1.0
CAME_RAD = 0.3
"""What has come farther than this to its place is somebody; both also as angles, whose error grows with the distance."""
BUSY = 0.7
"""Share of the seconds in which a running fan is seen; somebody who fidgets is seen in fewer."""
BUSY_POINTS = 2
"""In half a second; a sleeper gives one now and then all night long."""
BOTH_WAYS = 0.2
"""Share of its reflections that come nearer, and that go away: what hangs or turns does both alike."""
DRAUGHT = 2.5
"""A curtain has moved for this many times a fan's learning time, over however long."""
HALF_S = 21600.0
"""What moved six hours ago counts half."""
SETTLES_S = 20.0
HALF_WIDTHS_M = (0.35, 0.8)
"""Of the box around a learnt place: at least a fan's own, at most what an azimuth's error makes of it at 5 m."""


FRINGE_M = 0.4
FRINGE_RAD = 0.4
"""Beside a fan, at its own distance, lie its reflections with a wrong angle: some in twenty, up to so far off."""
FRINGE_SHARE = 0.3
FRINGE_POINTS = 12


@dataclass(slots=True)
class _Place:
    """Where something moves; ``half_m`` is set once it has been learnt."""

    x: float
    y: float
    first_s: float
    seen_s: float
    busy_s: float = 0.0
    near: float = 0.0
    away: float = 0.0
    settled_s: float = 0.0
    half_m: float = 0.0
    lively: float = 0.0

    def beside(self, track: Track) -> bool:
        range_m = hypot(self.x, self.y)
        off_m = hypot(track.x - self.x, track.y - self.y)
        return abs(hypot(track.x, track.y) - range_m) < FRINGE_M and off_m < FRINGE_RAD * range_m

    def holds(self, x: float, y: float, half_m: float) -> bool:
        return abs(x - self.x) < half_m and abs(y - self.y) < half_m


class Clutter:
    """Learns from tracks that stay, and takes the reflections of what it has learnt, whatever their height."""

    def __init__(self, learn_s: float) -> None:
        self._learn_s = learn_s
        self._places: list[_Place] = []
        self._learnt: list[_Place] = []

    @property
    def learnt(self) -> bool:
        """Whether any fan is known; most rooms have none."""
        return bool(self._learnt)

    def takes(self, reflection: Reflection, at_s: float) -> bool:
        """Whether it is of a known fan."""
        for place in self._learnt:
            if place.holds(reflection[0], reflection[1], place.half_m):
                place.seen_s = at_s
                place.lively += 1.0
                return True
        return False

    def blurs(self, track: Track) -> bool:
        """Whether an unproven track may be of a known fan, with a wrong angle."""
        for place in self._learnt:
            few = track.points < FRINGE_POINTS or track.lively < FRINGE_SHARE * place.lively
            if few and place.beside(track):
                return True
        return False

    def learn(self, tracks: Sequence[Track], at_s: float) -> set[int]:
        """Called every TICK_S; the numbers of tracks that are clutter from now on."""
        fans: set[int] = set()
        for track in tracks:
            if at_s - track.seen_s > TICK_S:
                continue
            if track.far_m >= max(CAME_M, CAME_RAD * track.range_m):
                if track.proven:
                    self._came(track)
            elif (
                track.far_m < max(STAYS_M, STAYS_RAD * track.range_m)
                and track.height_m > LOW_M
                and self._is_fan(track, at_s)
            ):
                fans.add(track.number)
        self._forget(at_s)
        return fans

    def _is_fan(self, track: Track, at_s: float) -> bool:
        place = next((p for p in self._places if p.holds(track.x, track.y, STAYS_M)), None)
        if place is None:
            place = _Place(track.x, track.y, at_s, at_s)
            self._places.append(place)
        elif at_s - place.seen_s > 2 * self._learn_s:
            place.first_s = at_s  # busy_s stays: a curtain moves by fits and starts
        place.seen_s = at_s
        place.x += 0.02 * (track.x - place.x)
        place.y += 0.02 * (track.y - place.y)
        seen = [point[3] for when_s, points in track.recent if when_s > at_s - TICK_S for point in points]
        if len(seen) >= BUSY_POINTS:
            place.busy_s += TICK_S
        place.near += sum([doppler < 0.0 for doppler in seen])
        place.away += sum([doppler > 0.0 for doppler in seen])
        since_s = at_s - place.first_s
        fan = since_s >= self._learn_s and place.busy_s >= BUSY * since_s
        if not (fan or place.busy_s >= DRAUGHT * self._learn_s):
            return False
        if min(place.near, place.away) < BOTH_WAYS * (place.near + place.away):
            return False
        if not place.half_m:
            place.half_m = _half_m(track, place)
            self._learnt.append(place)
        return True

    def _came(self, track: Track) -> None:
        """Somebody passes, or settles down here."""
        for place in self._places:
            if not place.holds(track.x, track.y, place.half_m or HALF_WIDTHS_M[0]):
                continue
            place.settled_s += TICK_S
            if place.settled_s >= SETTLES_S:
                self._places = [other for other in self._places if other is not place]
                self._learnt = [other for other in self._learnt if other is not place]
                return

    def _forget(self, at_s: float) -> None:
        keep = 1.0 - TICK_S / HALF_S
        for place in self._places:
            place.lively *= AGEING
            if not place.half_m:
                place.busy_s *= keep
            place.settled_s *= 1.0 - TICK_S / (4 * SETTLES_S)
        if self._places and at_s - min(place.seen_s for place in self._places) > 4 * HALF_S:
            self._places = [place for place in self._places if at_s - place.seen_s < 4 * HALF_S]
            self._learnt = [place for place in self._learnt if at_s - place.seen_s < 4 * HALF_S]


def _half_m(track: Track, place: _Place) -> float:
    """Half the width of the box that holds nine tenths of its last reflections."""
    points = [point for _, points in track.recent for point in points]
    off = sorted([max(abs(point[0] - place.x), abs(point[1] - place.y)) for point in points])
    least_m, most_m = HALF_WIDTHS_M
    return min(most_m, max(least_m, off[9 * len(off) // 10] + 0.1))
