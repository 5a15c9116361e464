"""Breathing, where the sensor's own firmware tells it. Pure."""

from collections import deque
from statistics import median

from edge.sensors.readings import Vitals

BREATHS = (6.0, 40.0)
HEARTBEATS = (35.0, 180.0)
"""A minute; outside, a firmware has counted something else."""
KEPT = 600
ENOUGH = 20
"""Values in a minute that make its median firm; modules give one every second or two."""
STEADY_PER_MIN = 4.0
"""Values that scatter more, between their quartiles, are of somebody who moves."""


class Respiration:
    """Collects a minute's values."""

    def __init__(self) -> None:
        self._breaths: deque[float] = deque(maxlen=KEPT)
        self._beats: deque[float] = deque(maxlen=KEPT)

    def take(self, vitals: Vitals) -> None:
        """What the sensor says now; what cannot be is left out."""
        breaths, beats = vitals.breaths_per_min, vitals.heartbeats_per_min
        if breaths is not None and BREATHS[0] <= breaths <= BREATHS[1]:
            self._breaths.append(breaths)
        if beats is not None and HEARTBEATS[0] <= beats <= HEARTBEATS[1]:
            self._beats.append(beats)

    def fields(self) -> dict[str, float] | None:
        """Fields ``breaths_per_min``, ``heartbeats_per_min``, ``quality``; None where nothing was told. Begins anew."""
        breaths, beats = sorted(self._breaths), list(self._beats)
        self._breaths.clear()
        self._beats.clear()
        if not breaths:
            return None
        quarter = len(breaths) // 4
        scatter = breaths[-1 - quarter] - breaths[quarter]
        steady = 1.0 if scatter <= STEADY_PER_MIN else STEADY_PER_MIN / scatter
        fields = {
            "breaths_per_min": round(median(breaths), 1),
            "quality": round(min(1.0, len(breaths) / ENOUGH) * steady, 2),
        }
        if beats:
            fields["heartbeats_per_min"] = round(median(beats), 1)
        return fields
