"""Places of a room where lying or vanishing means something else: bed, sofa, bath, door. Pure."""

from collections.abc import Sequence
from enum import StrEnum
from math import hypot, inf
from typing import Annotated, Self

from pydantic import Field, model_validator

from contract.configuration import Settings
from edge.fall.place import Place

Corner = tuple[float, float]


class ZoneKind(StrEnum):
    """What a zone is for."""

    BED = "bed"
    """A bed or a futon: lying is rest, and who lands on the floor beside it has slid out."""
    SOFA = "sofa"
    """Lying is rest."""
    BATH = "bath"
    """A tub: lying is normal, staying too long is not."""
    DOOR = "door"
    """Who vanishes here has left."""


RESTING = frozenset({ZoneKind.BED, ZoneKind.SOFA, ZoneKind.BATH})
"""Somebody low in one of these is not on the floor."""
SOFT = frozenset({ZoneKind.BED, ZoneKind.SOFA})
"""Who drops onto one of these has gone to rest; a tub is hard."""


class ZoneSettings(Settings):
    """One ``[[zones]]`` table: a box, or a polygon of at least three corners; room frame (x right, y ahead), m."""

    kind: ZoneKind
    x_m: tuple[float, float] | None = None
    """From the left to the right edge, seen from the sensor; 0 is below it."""
    y_m: tuple[float, float] | None = None
    """From the near to the far edge, along the floor."""
    corners_m: Annotated[list[Corner], Field(max_length=20)] | None = None
    """Instead of ``x_m`` and ``y_m``, for what is not straight: corners in turn."""

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        box = self.x_m is not None and self.y_m is not None
        if box == (self.corners_m is not None) or (self.x_m is None) != (self.y_m is None):
            raise ValueError("give a zone either x_m and y_m, or corners_m")
        if self.corners_m is not None and len(self.corners_m) < 3:
            raise ValueError("corners_m needs at least three corners")
        if any(edge is not None and edge[0] >= edge[1] for edge in (self.x_m, self.y_m)):
            raise ValueError("x_m and y_m go from the smaller to the larger: swap the two")
        return self

    def polygon(self) -> tuple[Corner, ...]:
        """The corners in turn, a box's too."""
        if self.corners_m is not None:
            return tuple(self.corners_m)
        assert self.x_m is not None  # noqa: S101 - the validator's promise, told to the type checker
        assert self.y_m is not None  # noqa: S101
        (x0, x1), (y0, y1) = self.x_m, self.y_m
        return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


class Zone:
    """One zone, ready to be asked many times a second."""

    __slots__ = ("_box", "_corners", "_straight", "kind")

    def __init__(self, settings: ZoneSettings) -> None:
        self.kind = settings.kind
        self._corners = settings.polygon()
        self._straight = settings.corners_m is None
        xs, ys = zip(*self._corners, strict=True)
        self._box = (min(xs), max(xs), min(ys), max(ys))

    def holds(self, x_m: float, y_m: float) -> bool:
        """Whether the spot lies inside."""
        x0, x1, y0, y1 = self._box
        if not (x0 <= x_m <= x1 and y0 <= y_m <= y1):
            return False
        return self._straight or self._inside(x_m, y_m)

    def distance_m(self, x_m: float, y_m: float) -> float:
        """From the spot to the zone's edge; 0 inside."""
        if self.holds(x_m, y_m):
            return 0.0
        edges = zip(self._corners, (*self._corners[1:], self._corners[0]), strict=True)
        return min(_to_edge(x_m, y_m, a, b) for a, b in edges)

    def _inside(self, x_m: float, y_m: float) -> bool:
        """A ray to the right crosses the outline an odd number of times."""
        odd = False
        for (ax, ay), (bx, by) in zip(self._corners, (*self._corners[1:], self._corners[0]), strict=True):
            if (ay > y_m) != (by > y_m) and x_m < ax + (y_m - ay) / (by - ay) * (bx - ax):
                odd = not odd
        return odd


class Zones:
    """All zones of a room; where two overlap, the first named counts."""

    def __init__(self, zones: Sequence[ZoneSettings] = ()) -> None:
        self._zones = tuple(Zone(zone) for zone in zones)

    def kind_at(self, place: Place) -> ZoneKind | None:
        """What the place is, or None for plain floor."""
        for zone in self._zones:
            if zone.holds(place.x_m, place.y_m):
                return zone.kind
        return None

    def distance_m(self, kind: ZoneKind, place: Place) -> float:
        """To the nearest zone of a kind; inf where there is none."""
        return min(
            (zone.distance_m(place.x_m, place.y_m) for zone in self._zones if zone.kind is kind), default=inf
        )

    def has(self, kind: ZoneKind) -> bool:
        """Whether the room has such a zone."""
        return any(zone.kind is kind for zone in self._zones)


def _to_edge(x: float, y: float, a: Corner, b: Corner) -> float:
    (ax, ay), (bx, by) = a, b
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    along = max(0.0, min(1.0, ((x - ax) * dx + (y - ay) * dy) / length2)) if length2 else 0.0
    return hypot(x - ax - along * dx, y - ay - along * dy)
