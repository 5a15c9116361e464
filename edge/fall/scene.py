"""What is seen of the people in a room at one moment, whatever sensor saw it; the seam between seeing and deciding.

Structs, because one or more are made in every frame, and a frozen dataclass takes five times as long to make.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, TypeVar

import msgspec

from edge.fall.place import Place
from edge.sensors.readings import PointCloud

Reflection = tuple[float, float, float, float, float]
"""x, y, z in m (room frame), doppler in m/s, distance from the sensor in m: one reflection of a small cloud."""
Reflections = Mapping[int, Sequence[Reflection]]
"""One frame's reflections by the number of the track that has them."""
NOBODY, CLUTTER = 0, -1
"""... those that none has, and those taken for a fan's or a curtain's."""
NONE_SEEN: Reflections = MappingProxyType({})


class Doubt(StrEnum):
    """Why a scene says less than it seems to."""

    POINTS_WITHOUT_BODY = "points_without_body"
    """The sensor sees something for a long time that never becomes a body: fan, curtain, or a mount that is wrong."""
    NO_DATA = "no_data"
    """Nothing is heard of a body that did not leave: that is not stillness."""
    FROZEN = "frozen"
    """The sensor repeats itself to the last bit: its numbers are old."""


class Body(msgspec.Struct, frozen=True):
    """One person, or animal, as far as it is followed; room frame (z above the floor), m, m/s, s.

    ``heights_m`` are the heights of what was seen of it in this very frame (empty: only remembered); ``height_m``
    and ``top_m`` the middle and the 0.9 quantile of its last reflections, of which ``low_behind`` are near the
    floor; ``spread_m`` how far these lie apart along the floor. They are of ``measured_s``: later reflections, if any,
    were too few to tell a height. ``standing_m`` is the greatest middle height this body itself was lately held to
    have, None while unknown: a mount measured wrongly moves both alike.
    """

    track: int
    place: Place
    height_m: float
    top_m: float
    heights_m: tuple[float, ...]
    low_behind: int
    speed_mps: float
    spread_m: float
    first_s: float
    seen_s: float
    standing_m: float | None = None
    measured_s: float = float("-inf")


class Scene(msgspec.Struct, frozen=True):
    """One frame. ``loose`` counts reflections of no body; ``fallen`` is the sensor's own verdict, if it gives one.

    ``seen`` is empty where a sensor gives no reflections; a track in it that is none of ``bodies`` may be more of one
    than perception yet believes.
    """

    at_s: float
    bodies: tuple[Body, ...] = ()
    loose: int = 0
    doubts: frozenset[Doubt] = frozenset()
    fallen: bool | None = None
    seen: Reflections = NONE_SEEN


ReadingT_contra = TypeVar("ReadingT_contra", bound=object, contravariant=True)


class Perception(Protocol[ReadingT_contra]):
    """Readings of one sensor kind -> scenes; keeps what it must remember, does no I/O."""

    def update(self, reading: ReadingT_contra) -> Scene:
        """One frame further; ``at_s`` of readings must not fall."""
        ...


PointPerception = Perception[PointCloud]
