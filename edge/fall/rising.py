"""Whether the one who fell has stood up, told apart from somebody else who walks about. Pure.

First honest version, from places alone. Upright reflections within ``near_m`` of the fall, for ``upright_s``, are the
resident rising, unless upright reflections were seen away from the place before: then somebody else is in the room
(*company*), and an upright body is no proof. While company is about, an upright body at the place must stay for
COMPANY_S without a reflection near the floor. What it cannot tell: a helper who stands still beside somebody who
lies motionless for that long; so a question, and an alert, end that way only for want of better.
A resident whose rising was not seen until they had walked away is taken for company: the alert stays.
"""

import msgspec
from msgspec.structs import replace

from edge.fall.place import Place
from edge.fall.scene import Body
from edge.fall.settings import FallSettings

COMPANY_S = 10.0
"""A helper kneels down to somebody on the floor well within this."""
GAP_S = 3.0
"""Upright reflections further apart than this do not belong to one standing."""
UPRIGHT_MIN = 3
"""Frames with an upright body that make it more than a ghost, at the place or away from it."""


class Rising(msgspec.Struct, frozen=True):
    """What has been seen since the fall: the upright body followed from the place, and upright ones elsewhere.

    ``upright`` and ``bent`` count its frames between ``since_s`` and ``last_s``.
    """

    since_s: float = 0.0
    last_s: float = 0.0
    place: Place | None = None
    upright: int = 0
    bent: int = 0
    away: int = 0

    @property
    def company(self) -> bool:
        """Whether somebody else is in the room."""
        return self.away >= UPRIGHT_MIN


def follow(
    before: Rising, body: Body, at_s: float, fallen: Place, fall: FallSettings, upright_m: float | None = None
) -> Rising:
    """One body of a frame further; ``upright_m`` is what counts as standing for the one who fell."""
    standing_m = fall.standing_m if upright_m is None else upright_m
    goes_on = before.place is not None and at_s - before.last_s <= GAP_S
    if not _is_the_body(before.place if goes_on else None, fallen, body.place, fall):
        upright_elsewhere = body.height_m >= standing_m and not goes_on
        return replace(before, away=before.away + 1) if upright_elsewhere else before
    if body.height_m >= standing_m:
        rose = before if goes_on else Rising(since_s=at_s, away=before.away)
        return replace(rose, last_s=at_s, place=body.place, upright=rose.upright + 1)
    bent = before.bent + 1
    if body.height_m <= fall.floor_m + standing_m - fall.standing_m or bent > before.upright:
        return Rising(away=before.away)
    return replace(before, bent=bent)


def _is_the_body(last: Place | None, fallen: Place, now: Place, fall: FallSettings) -> bool:
    """At the place of the fall, or where the riser was last seen upright: people walk away once they are up."""
    if fallen.distance_m(now) <= fall.near_m:
        return True
    return last is not None and last.distance_m(now) <= fall.near_m


def stands(rising: Rising, fall: FallSettings) -> bool:
    """Whether the one who fell has been upright for long enough, and mostly so."""
    if rising.upright < UPRIGHT_MIN or rising.upright < 2 * rising.bent:
        return False
    needed_s = COMPANY_S if rising.company else fall.upright_s
    return rising.last_s - rising.since_s >= needed_s
