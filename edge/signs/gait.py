"""How fast somebody walks, when a straight walk long enough was seen. Pure.

Gait speed is a sign doctors use, measured over 4 m and more; a room gives 2 to 5 m, so a single walk says little and
the mean of many much. Nothing is said of turns, errands and walks with somebody else in the room.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from edge.fall.place import Place
from edge.fall.scene import Body
from edge.signs.moment import Moment

LENGTH_MIN_M = 2.0
LENGTH_FULL_M = 4.0
"""From here on length costs no quality: the usual test's way."""
BOW_MAX_M = 0.5
"""How far from the straight line between its ends: a radar's places stray by 0.3 m, a way round a table by more."""
SLOW_MPS = 0.2
FAST_MPS = 2.0
"""Nobody walks faster at home; two bodies under one number do."""
UPRIGHT_TOP_M = 0.9
KNOTS_MAX = 60
ENDS_M = 0.4
"""Starting and stopping take about a step."""


@dataclass(frozen=True, slots=True)
class Walked:
    """One straight walk; ``quality`` 0 to 1."""

    ended_s: float
    speed_mps: float
    length_m: float
    duration_s: float
    quality: float


Knot = tuple[float, Place, bool]
"""When, where, and whether there were reflections or it was only remembered."""


class GaitWatch:
    """Follows the one upright body in the room from half second to half second."""

    def __init__(self) -> None:
        self._track: int | None = None
        self._knots: deque[Knot] = deque(maxlen=KNOTS_MAX)

    def take(self, moment: Moment) -> Walked | None:
        """The walk that has just ended, if it says anything."""
        people = moment.people
        body = people[0] if len(people) == 1 else None
        if body is None or body.track != self._track or not _walks(moment.at_s, body, self._knots):
            walked = _walk(self._knots)
            self._knots.clear()
            self._track = None
        else:
            walked = None
        if body is not None and body.top_m >= UPRIGHT_TOP_M:
            self._track = body.track
            self._knots.append((moment.at_s, body.place, body.track in moment.reflections))
        return walked


def _walks(at_s: float, body: Body, knots: Sequence[Knot]) -> bool:
    """Whether it has gone on from a second ago, and in the same direction as before."""
    if len(knots) < 2:
        return True
    then_s, then, _ = knots[-2]
    went = (body.place.x_m - then.x_m, body.place.y_m - then.y_m)
    if hypot(*went) < SLOW_MPS * (at_s - then_s):
        return False
    start = knots[0][1]
    so_far = (then.x_m - start.x_m, then.y_m - start.y_m)
    return hypot(*so_far) < ENDS_M or went[0] * so_far[0] + went[1] * so_far[1] > 0.0


def _walk(knots: Sequence[Knot]) -> Walked | None:
    """The middle of the way, without its first and last step."""
    places = list(knots)
    while len(places) > 2 and places[0][1].distance_m(places[1][1]) < ENDS_M / 2:
        places.pop(0)
    while len(places) > 2 and places[-1][1].distance_m(places[-2][1]) < ENDS_M / 2:
        places.pop()
    if len(places) < 4:
        return None
    (begun_s, start, _), (ended_s, end, _) = places[0], places[-1]
    length_m, duration_s = start.distance_m(end), ended_s - begun_s
    if length_m < LENGTH_MIN_M:
        return None
    bow_m = max(_aside_m(start, end, place) for _, place, _ in places)
    if bow_m > BOW_MAX_M:
        return None
    speed = length_m / duration_s
    if not SLOW_MPS <= speed <= FAST_MPS:
        return None
    seen = sum(knot[2] for knot in places) / len(places)
    quality = min(1.0, length_m / LENGTH_FULL_M) * seen * (1.0 - bow_m)
    return Walked(ended_s, round(speed, 2), round(length_m, 2), round(duration_s, 1), round(quality, 2))


def _aside_m(start: Place, end: Place, place: Place) -> float:
    """How far a place lies from the line between two others."""
    along = (end.x_m - start.x_m, end.y_m - start.y_m)
    off = (place.x_m - start.x_m, place.y_m - start.y_m)
    return abs(along[0] * off[1] - along[1] * off[0]) / hypot(*along)
