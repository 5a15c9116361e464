"""A spot on the floor."""

from math import hypot

import msgspec


class Place(msgspec.Struct, frozen=True):
    """Room frame, m."""

    x_m: float
    y_m: float

    def distance_m(self, other: "Place") -> float:
        """Distance along the floor."""
        return hypot(self.x_m - other.x_m, self.y_m - other.y_m)
