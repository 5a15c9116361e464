"""A spot on the floor."""

from dataclasses import dataclass
from math import hypot


@dataclass(frozen=True, slots=True)
class Place:
    """Room frame, m."""

    x_m: float
    y_m: float

    def distance_m(self, other: "Place") -> float:
        """Distance along the floor."""
        return hypot(self.x_m - other.x_m, self.y_m - other.y_m)
