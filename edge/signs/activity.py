"""Presence and activity of a minute. Pure; quality says how far a number may be believed, 0 to 1."""

from dataclasses import dataclass, field

from edge.fall.place import Place
from edge.signs.moment import Moment

STEP_M = 0.25
"""A body's place wanders by less than this while it sits: only more counts as way."""
STRIDE_MAX_M = 1.5
"""Farther in half a second is another body under the same number."""


@dataclass(slots=True)
class Minute:
    """Sums since the last samples, s."""

    told_s: float = 0.0
    doubtful_s: float = 0.0
    occupied_s: float = 0.0
    people_s: float = 0.0
    stirred_s: float = 0.0
    moved_m: float = 0.0

    def quality(self, minute_s: float) -> float:
        """The share of the time in which the sensor spoke and was not in doubt of itself."""
        return round(max(0.0, min(1.0, (self.told_s - self.doubtful_s) / minute_s)), 2)


@dataclass(slots=True)
class Activity:
    """Who is there, how far they went, and how much of the time somebody stirred."""

    minute: Minute = field(default_factory=Minute)
    _anchors: dict[int, Place] = field(default_factory=dict)

    def begin(self) -> None:
        """A new minute; who is where is not forgotten."""
        self.minute = Minute()

    def take(self, moment: Moment, *, stirring: set[int]) -> None:
        """``stirring``: the tracks that moved in this half second."""
        minute, people = self.minute, moment.people
        minute.told_s += moment.lasted_s
        if moment.doubtful:
            minute.doubtful_s += moment.lasted_s
        if not people:
            self._anchors.clear()
            return
        minute.occupied_s += moment.lasted_s
        minute.people_s += moment.lasted_s * len(people)
        if any(body.track in stirring for body in people):
            minute.stirred_s += moment.lasted_s
        anchors: dict[int, Place] = {}
        for body in people:
            before = self._anchors.get(body.track, body.place)
            went_m = before.distance_m(body.place)
            if went_m >= STEP_M:
                before = body.place
                minute.moved_m += went_m if went_m <= STRIDE_MAX_M else 0.0
            anchors[body.track] = before
        self._anchors = anchors

    def occupancy(self, minute_s: float) -> dict[str, float]:
        """Fields ``occupied`` (share of the time), ``people`` (their mean while occupied), ``quality``."""
        minute = self.minute
        fields = {
            "occupied": round(minute.occupied_s / minute.told_s, 2),
            "quality": minute.quality(minute_s),
        }
        if minute.occupied_s:
            fields["people"] = round(minute.people_s / minute.occupied_s, 2)
        return fields

    def activity(self, minute_s: float) -> dict[str, float]:
        """Fields ``moved_m`` (in a minute, all together), ``index`` (0 to 100: time somebody stirred), ``quality``."""
        minute = self.minute
        return {
            "moved_m": round(minute.moved_m * 60.0 / minute_s, 1),
            "index": round(100.0 * minute.stirred_s / minute.told_s),
            "quality": minute.quality(minute_s),
        }
