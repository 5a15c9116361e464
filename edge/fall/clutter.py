"""What moves without ever leaving its place: fans and curtains, learnt over minutes. Pure.

Is: a place whose reflections go both ways, in most seconds of minutes, and that no body ever walked to. Is not: a person
who sits or lies still beside it; those are seen now and then, came from somewhere, or lie near the floor.
"""

from dataclasses import dataclass

from edge.fall.room import Reflection
from edge.fall.tracks import LOW_M, Track

STAYS_M = 0.6
"""A fan's middle never moves farther than this, with the error of few reflections."""
BUSY = 0.7
"""Share of half seconds in which a running fan is seen; somebody who fidgets is seen in fewer."""
RADIUS_M = 0.45
TALL_M = 0.45
FORGOTTEN_S = 86400.0


@dataclass(slots=True)
class _Still:
    """A place that is moved at."""

    x: float
    y: float
    z: float
    seen_s: float


class Clutter:
    """Learns from tracks that stay, and takes reflections of what it has learnt."""

    def __init__(self, learn_s: float) -> None:
        self._learn_s = learn_s
        self._busy: dict[int, tuple[float, float]] = {}
        self._places: list[_Still] = []

    def takes(self, reflection: Reflection, at_s: float) -> bool:
        """Whether it is of a known fan."""
        for still in self._places:
            if (
                abs(reflection[0] - still.x) < RADIUS_M
                and abs(reflection[1] - still.y) < RADIUS_M
                and abs(reflection[2] - still.z) < TALL_M
            ):
                still.seen_s = at_s
                return True
        return False

    def learn(self, tracks: list[Track], at_s: float) -> set[int]:
        """Called twice a second; the numbers of tracks that are clutter from now on."""
        self._places = [still for still in self._places if at_s - still.seen_s < FORGOTTEN_S]
        fans: set[int] = set()
        for track in tracks:
            first_s, busy_s = self._busy.get(track.number, (at_s, 0.0))
            busy_s += at_s - track.seen_s <= 0.5
            self._busy[track.number] = (first_s, busy_s)
            since_s = at_s - first_s
            if (
                since_s >= self._learn_s
                and track.far_m < STAYS_M
                and track.height_m > LOW_M
                and busy_s >= BUSY * since_s * 2
            ):
                fans.add(track.number)
                self._places.append(_Still(track.x, track.y, track.height_m, at_s))
        numbers = {track.number for track in tracks}
        self._busy = {number: kept for number, kept in self._busy.items() if number in numbers}
        return fans
