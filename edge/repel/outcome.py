"""What came of an attempt: did they leave, and stay away? Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum

AWAY_S = 5.0
"""A tracker loses animals behind leaves for a second or two; this long without any is an absence."""
BLIND_MAX_S = 30.0
"""Blind for longer, nobody knows what they did: no outcome is better than a guessed one."""


class Outcome(StrEnum):
    """As the wire says it."""

    LEFT = "left"
    STAYED = "stayed"


@dataclass(frozen=True, slots=True)
class Watch:
    """One attempt being watched. All times are monotonic seconds."""

    began_s: float
    present_s: float
    """When they were last in view."""
    looked_s: float
    """When the eye could last be trusted."""
    missing_s: float | None = None
    """Since when every look has been without them; None while they are in view."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The end of a watch; ``outcome`` is None where the eye was blind. ``gone_after_s`` only if they left."""

    outcome: Outcome | None
    gone_after_s: float | None = None


def begin(at_s: float) -> Watch:
    """They are in view, and something was (or, in the control arm, was not) done."""
    return Watch(at_s, at_s, at_s)


def look(
    watch: Watch, at_s: float, gone_within_s: float, not_back_within_s: float, *, present: bool, eye_ok: bool
) -> Watch | Finding:
    """One scene later: still watching, or the finding."""
    if at_s - watch.looked_s > BLIND_MAX_S:
        return Finding(None)
    if not eye_ok:
        return watch
    watch = replace(watch, looked_s=at_s)
    if not present:
        watch = replace(watch, missing_s=at_s if watch.missing_s is None else watch.missing_s)
        if at_s - watch.present_s < not_back_within_s:
            return watch
        return Finding(Outcome.LEFT, round(watch.present_s - watch.began_s, 1))
    # In view again: it is a return if they had been away, and too long if it is past the time to go.
    came_back = watch.missing_s is not None and at_s - watch.missing_s > AWAY_S
    if came_back or at_s - watch.began_s > gone_within_s:
        return Finding(Outcome.STAYED)
    return replace(watch, present_s=at_s, missing_s=None)
