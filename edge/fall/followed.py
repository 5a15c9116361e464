"""One body as the watching remembers it: its own upright height, where it rested, what it may be doing. No I/O."""

from math import inf
from typing import TYPE_CHECKING

from edge.fall.descent import UPRIGHT_M, Descent
from edge.fall.drop import DropWatch, Low, Seen
from edge.fall.place import Place
from edge.fall.scene import Body
from edge.fall.settings import FallSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.fall.lying import Lie
    from edge.fall.zones import ZoneKind

OWN_S = 1.5
"""Over so long the own upright height is averaged: two strides, or six frames of a slow radar."""
PAUSE_S = 0.8
"""Not seen for longer: a pause in the watching."""
TALL_MIN = 3
"""Frames with an upright middle that make a track a person's for as long as it lasts: a ghost gives one or two."""


class Followed:
    """One track; it lives on for a while after the track has vanished, for the next one near by to take over."""

    __slots__ = (
        "bed_s", "descent", "drop", "gone", "kept", "kept_until_s", "lie", "own_m", "place", "rose", "seen_s", "silent_s",
        "tall", "track", "upright", "zone",
    )  # fmt: skip

    def __init__(self, track: int, place: Place, at_s: float) -> None:
        self.track = track
        self.place = place
        self.seen_s = at_s
        self.silent_s = 0.0
        """Since it was last upright, in pauses of the watching."""
        self.zone: ZoneKind | None = None
        self.bed_s = -inf
        """When it was last in a bed zone."""
        self.own_m = 0.0
        """Its middle height while upright; 0 while that was never seen."""
        self.upright: Seen | None = None
        """The last moment it was upright."""
        self.tall = 0
        self.drop = DropWatch()
        self.descent: Descent | None = None
        """Since it was last upright, for as long as a scorer looks at it."""
        self.lie: Lie | None = None
        self.rose: tuple[Low, float] | None = None
        """A drop that met a fall's bounds and ended with rising, and when: told once the body stands."""
        self.kept: Sequence[Seen] = ()
        self.kept_until_s = -inf
        self.gone = False

    @property
    def person(self) -> bool:
        """Whether it has ever been tall: what never was may be a pet, or somebody on the floor from the start."""
        return self.tall >= TALL_MIN

    def shift_m(self, fall: FallSettings) -> float:
        """How far the bounds near the floor rise for this body."""
        return max(0.0, min(fall.shift_max_m, self.own_m - fall.upright_m)) if self.own_m else 0.0

    def see(self, place: Place, at_s: float) -> None:
        """A frame that shows it, after ``stand`` if it was upright."""
        wait_s = at_s - self.seen_s
        if wait_s > PAUSE_S and (self.upright is None or self.upright.at_s < at_s):
            self.silent_s += wait_s
        self.seen_s, self.place, self.gone = at_s, place, False

    def descend(self, body: Body, at_s: float) -> None:
        """From here on it may be coming down, if it is upright just now."""
        if body.height_m >= UPRIGHT_M and body.measured_s == at_s:
            self.descent = Descent(at_s, body.place, body.height_m)

    def stand(self, body: Body, at_s: float) -> None:
        """A frame in which it was upright."""
        share = min(1.0, (at_s - self.seen_s) / OWN_S) if self.own_m else 1.0
        self.own_m += (body.height_m - self.own_m) * share
        self.upright = Seen(at_s, body.height_m, body.place)
        self.silent_s = 0.0
        self.tall += bool(body.heights_m)
        self.kept = ()
