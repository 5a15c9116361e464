"""The field's camera as the repeller knows it: how many it sees, and not where; it misses some, and sometimes all.

The pictures themselves are simulators.field.drawing's; a season has too many of them to draw.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from contract.ids import Ulid
from edge.repel.safety import TARGET_SPECIES
from edge.repel.scene import Scene
from simulators.field.season_troop import DEEP_M, WIDE_M, SeasonTroop

CAMERA_M = np.array((WIDE_M / 2, DEEP_M + 6.0))
HALF_ANGLE_RAD = 0.6
"""A lens of 70 degrees: the two near corners are out of the picture."""
NEAR = 0.9
FAR = 0.5
FAR_M = 36.0
"""Of the animals in view a look finds so many near the camera and at the forest's edge: small, and behind leaves."""
PERSON = 0.95


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found."""

    count: int
    person: bool


class SeasonEye:
    """One camera; ``works`` is set to False while it cannot be trusted."""

    def __init__(self, rng: Generator) -> None:
        self._rng = rng
        self._before = 0
        self.works = True

    def look(self, troop: SeasonTroop, *, person: bool) -> Look:
        """Count the animals in view; only what two looks in a row have found is confirmed."""
        count = self._count(troop) if troop.in_field.any() else 0
        before, self._before = self._before, count
        seen = person and bool(self._rng.random() < PERSON)
        return Look(count if before else 0, seen)

    def _count(self, troop: SeasonTroop) -> int:
        way_m = troop.at_m - CAMERA_M
        far_m = np.hypot(way_m[:, 0], way_m[:, 1])
        chance = NEAR - (NEAR - FAR) * np.minimum(1.0, far_m / FAR_M)
        in_view = troop.in_field & (np.abs(np.arctan2(way_m[:, 0], -way_m[:, 1])) < HALF_ANGLE_RAD)
        return int(np.count_nonzero(in_view & (self._rng.random(troop.size) < chance)))

    def scene(self, look: Look, visit: Ulid | None, at_s: float) -> Scene:
        """As the eye tells it to the repeller."""
        return Scene(
            at_s=at_s,
            visit=visit,
            species=TARGET_SPECIES if visit is not None else None,
            count=look.count if self.works else 0,
            confirmed=look.count > 0 and self.works,
            person_in_view=look.person and self.works,
            eye_ok=self.works,
        )
