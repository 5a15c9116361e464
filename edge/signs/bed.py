"""Time in bed and restlessness there. Pure; needs a bed zone.

Restlessness is the share of half seconds in bed in which the body stirred. A moving-target radar gives reflections
only then; the number compares a home's nights with each other, not one home with another.
"""

from dataclasses import dataclass

from edge.fall.zones import ZoneKind, Zones
from edge.signs.moment import Moment


@dataclass(slots=True)
class Bed:
    """Since the last samples."""

    zones: Zones
    told_s: float = 0.0
    in_bed_s: float = 0.0
    sure_s: float = 0.0
    stirred_s: float = 0.0

    def take(self, moment: Moment, *, stirring: set[int]) -> None:
        """``stirring``: the tracks that moved in this moment."""
        self.told_s += moment.lasted_s
        there = [body for body in moment.people if self.zones.kind_at(body.place) is ZoneKind.BED]
        if not there:
            return
        self.in_bed_s += moment.lasted_s
        if not moment.doubtful:
            self.sure_s += moment.lasted_s
        if any(body.track in stirring for body in there):
            self.stirred_s += moment.lasted_s

    def fields(self) -> dict[str, float]:
        """Fields ``in_bed`` (share of the time), ``restless`` (share of the time in bed, if any), ``quality``."""
        fields = {"in_bed": round(self.in_bed_s / self.told_s, 2), "quality": 1.0}
        if self.in_bed_s:
            fields["restless"] = round(self.stirred_s / self.in_bed_s, 3)
            fields["quality"] = round(self.sure_s / self.in_bed_s, 2)
        return fields
