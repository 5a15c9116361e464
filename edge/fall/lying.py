"""Lying on the floor without a fast fall: slid down, out of bed, or nobody knows how. No I/O, no clock of its own."""

from dataclasses import dataclass
from enum import StrEnum

from edge.fall.drop import SLACK_M, Seen
from edge.fall.place import Place
from edge.fall.scene import Body
from edge.fall.settings import FallSettings


class Came(StrEnum):
    """How somebody came to lie there, as far as it was seen."""

    DOWN = "down"
    """Upright shortly before, outside every zone."""
    OUT_OF_BED = "out_of_bed"
    UNSEEN = "unseen"


UP_S = 1.5
"""Higher than the floor for so long ends a lie: an elbow or a knee is higher for a moment."""
LOW_SHARE = 0.7
"""Of the frames that show the body, so many must show it lying: a person who sits on the floor is low now and then."""
SEEN_SHARE = 0.05
"""Of the seconds of a long lie, in so many it must have been seen; what was seen once and never again is a ghost."""
SEEN_MIN_S = 3
"""Different seconds in which a lie was seen, whatever its length."""
AGO_S = 60.0
"""Who was not seen there for so long may have gone; who lies there stirs, and is asked about then."""
MOVED_M = 1.0
"""What was never tall and goes further than this is a pet or a vacuum cleaner, and its lie begins anew."""
CRAWLED_M = 3.0
"""A person may crawl so far and still lie on the floor; further, it is two bodies taken for one."""


@dataclass(slots=True)
class Lie:
    """A body on the floor since ``since_s``; ``place`` is where it lay down."""

    since_s: float
    place: Place
    came: Came
    upright: Seen | None
    seen_s: float
    height_m: float
    frames: int = 0
    low_frames: int = 0
    seconds: int = 0
    spread_m: float = 0.0
    moved_m: float = 0.0
    up_since_s: float | None = None
    told_s: float | None = None
    judged_s: float = float("-inf")

    def see(self, body: Body, at_s: float, fall: FallSettings, shift_m: float, *, person: bool) -> bool:
        """A frame that shows the body; False ends the lie."""
        height_m = body.height_m
        low = lies_low(body, fall, shift_m)
        self.frames += 1
        if low:
            self._seen_low(body, at_s)
        if height_m <= fall.floor_m + shift_m + SLACK_M:
            self.up_since_s = None
        elif self.up_since_s is None:
            self.up_since_s = at_s
        elif at_s - self.up_since_s >= UP_S:
            return False
        return self.moved_m <= (CRAWLED_M if person else MOVED_M)

    def _seen_low(self, body: Body, at_s: float) -> None:
        self.low_frames += 1
        if int(at_s) != int(self.seen_s) or self.seconds == 0:
            self.seconds += 1
        self.seen_s = at_s
        self.height_m += 0.1 * (body.height_m - self.height_m)
        wider_m = body.spread_m - self.spread_m
        self.spread_m += (
            0.3 if wider_m > 0.0 else 0.02
        ) * wider_m  # mostly a part of a body is seen, seldom all
        self.moved_m = max(self.moved_m, self.place.distance_m(body.place))

    def lasts(self, at_s: float, fall: FallSettings) -> bool:
        """Whether it has lasted for as long as it takes to ask about it, and was really seen."""
        if self.told_s is not None and at_s - self.told_s < 10 * fall.long_lie_s:
            return False
        lain_s = at_s - self.since_s
        if lain_s < (fall.long_lie_s if self.came is Came.UNSEEN else fall.slow_held_s):
            return False
        if at_s - self.seen_s > AGO_S:
            return False
        seen = self.seconds >= max(SEEN_MIN_S, SEEN_SHARE * lain_s)
        return seen and self.low_frames >= LOW_SHARE * self.frames and self.low_frames >= fall.points_min / 2


def lies_low(body: Body, fall: FallSettings, shift_m: float) -> bool:
    """Whether a body is as low as one that lies; before a depth camera its top too: who kneels on a cushion sits low."""
    if body.height_m > fall.lying_m + shift_m:
        return False
    return fall.top_lying_m is None or body.top_m <= fall.top_lying_m + shift_m
