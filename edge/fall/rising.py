"""Whether the one who fell has stood up, told apart from somebody else who walks about. Pure.

First honest version, from places alone. Upright reflections within ``near_m`` of the fall, for ``upright_s``, are the
resident rising, unless upright reflections were seen away from the place before: then somebody else is in the room
(*company*), and an upright body is no proof. While company is about, an upright body at the place must stay for
COMPANY_S without a reflection near the floor. What it cannot tell: a helper who stands still beside somebody who
lies motionless for that long; so a question, and an alert, end that way only for want of better.
A resident whose rising was not seen until they had walked away is taken for company: the alert stays.
"""

from dataclasses import dataclass, replace

from edge.fall.posture import Place, Reading
from edge.fall.settings import FallSettings

COMPANY_S = 10.0
"""A helper kneels down to somebody on the floor well within this."""
GAP_S = 3.0
"""Upright reflections further apart than this do not belong to one standing."""
AWAY_READINGS = 3
"""Frames with an upright body away from the place that make it company rather than a ghost."""


@dataclass(frozen=True, slots=True)
class Rising:
    """What has been seen since the fall; ``since_s`` and ``last_s`` bound the upright moments at the place."""

    since_s: float | None = None
    last_s: float = 0.0
    readings: int = 0
    away: int = 0

    @property
    def company(self) -> bool:
        """Whether somebody else is in the room."""
        return self.away >= AWAY_READINGS


def follow(before: Rising, reading: Reading, fallen: Place, fall: FallSettings) -> Rising:
    """One frame further; a frame that shows no body changes nothing."""
    if reading.height_m is None or reading.place is None:
        return before
    near = reading.place.distance_m(fallen) <= fall.near_m
    if reading.height_m < fall.standing_m:
        return replace(before, since_s=None, readings=0) if near else before
    if not near:
        rising_already = before.since_s is not None
        return before if rising_already else replace(before, away=before.away + 1)
    if before.since_s is None or reading.at_s - before.last_s > GAP_S:
        return replace(before, since_s=reading.at_s, last_s=reading.at_s, readings=1)
    return replace(before, last_s=reading.at_s, readings=before.readings + 1)


def stands(rising: Rising, fall: FallSettings) -> bool:
    """Whether the one who fell has been upright for long enough, in at least three frames."""
    if rising.since_s is None or rising.readings < 3:
        return False
    needed_s = COMPANY_S if rising.company else fall.upright_s
    return rising.last_s - rising.since_s >= needed_s
