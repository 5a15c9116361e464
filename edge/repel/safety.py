"""Whether the repeller may fire now. Pure: ``(settings, state, scene, now) -> verdict``.

Is: the only way to a shot; every rule is a veto, and none can be bought off by another.
Is not: the limit of how long an output stays on; that lies below, in the process that owns the pins.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from edge.repel.scene import Scene
from edge.repel.settings import RepelSettings

TARGET_SPECIES = "monkey"
"""Bears above all must never be driven by noise: a startled bear may turn on whoever is near."""


class Reason(StrEnum):
    """Why not, as the wire says it."""

    EYE = "eye_not_ok"
    PERSON = "person_in_view"
    SPECIES = "species"
    MUTED = "muted"
    DISARMED = "disarmed"
    HOURS = "hours"
    DOSE = "dose"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Moment:
    """Now: monotonic seconds, Unix ms, and local time, which is None while the clock cannot be trusted."""

    at_s: float
    unix_ms: int
    local: datetime | None


@dataclass(frozen=True, slots=True)
class SafetyState:
    """What the kernel remembers. Times in ``_s`` are of this boot, times in ``_ms`` outlive it."""

    person_s: float | None = None
    """A person was last seen in the picture."""
    blind_s: float | None = None
    """The eye could last not be trusted: a person may have been there."""
    attempt_s: float | None = None
    attempt_ms: int | None = None
    day: date | None = None
    shots: int = 0
    muted_until_ms: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """``fire``, or a reason; neither when there is nothing confirmed to drive off."""

    fire: bool
    reason: Reason | None = None


def seen(state: SafetyState, scene: Scene) -> SafetyState:
    """The state after a look: remembers people and blindness. Call it for every scene, before ``judge``."""
    if not scene.eye_ok:
        return replace(state, blind_s=scene.at_s)
    if scene.person_in_view:
        return replace(state, person_s=scene.at_s)
    return state


def muted(state: SafetyState, until_ms: int) -> SafetyState:
    """A mute only ever makes it longer quiet."""
    return replace(state, muted_until_ms=max(state.muted_until_ms, until_ms))


def judge(settings: RepelSettings, state: SafetyState, scene: Scene, now: Moment) -> Verdict:
    """Whether to fire at this scene. The first rule that forbids gives the reason."""
    if not scene.confirmed or scene.visit is None or scene.count < 1:
        return Verdict(fire=False)
    for reason, forbids in (
        (Reason.EYE, not scene.eye_ok or _within(state.blind_s, settings.person_clear_s, now.at_s)),
        (Reason.PERSON, scene.person_in_view or _within(state.person_s, settings.person_clear_s, now.at_s)),
        (Reason.SPECIES, scene.species != TARGET_SPECIES),
        (Reason.MUTED, now.unix_ms < state.muted_until_ms),
        (Reason.DISARMED, not settings.armed),
        (Reason.HOURS, now.local is None or not settings.hours.hold(now.local.time())),
        (Reason.DOSE, _shots_today(state, now) >= settings.daily_dose),
        (Reason.GAP, _in_gap(state, settings.gap_s, now)),
    ):
        if forbids:
            return Verdict(fire=False, reason=reason)
    return Verdict(fire=True)


def attempted(state: SafetyState, now: Moment, *, shot: bool) -> SafetyState:
    """The state after an attempt; ``shot`` is false for the control arm, which takes the gap but no dose."""
    state = replace(state, attempt_s=now.at_s, attempt_ms=now.unix_ms)
    if not shot or now.local is None:
        return state
    return replace(state, day=_day(state, now.local), shots=_shots_today(state, now) + 1)


def _within(past_s: float | None, span_s: float, now_s: float) -> bool:
    return past_s is not None and now_s - past_s < span_s


def _in_gap(state: SafetyState, gap_s: float, now: Moment) -> bool:
    if _within(state.attempt_s, gap_s, now.at_s):
        return True
    # Of an earlier boot. A wall clock set back since then says nothing, and must not silence for days.
    return state.attempt_ms is not None and 0 <= now.unix_ms - state.attempt_ms < gap_s * 1000


def _day(state: SafetyState, local: datetime) -> date:
    """A clock that is set back over midnight does not open a second dose of the same day."""
    return local.date() if state.day is None else max(state.day, local.date())


def _shots_today(state: SafetyState, now: Moment) -> int:
    if now.local is None or state.day is None:
        return state.shots
    return state.shots if _day(state, now.local) == state.day else 0
