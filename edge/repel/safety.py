"""Whether the repeller may fire now, what, and for how long. Pure: ``(settings, state, scene, now) -> answer``.

Is: the only way to a shot. ``grant`` answers with what may go on, and with a state in which it is already counted;
every rule is a veto, and none can be bought off by another. A person far away who fires passes the same rules.
Is not: the limit of how long an output really stays on; that lies below, in edge.repel.pins and its watchdog.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from edge.repel.output_settings import OutputSettings
from edge.repel.scene import Scene
from edge.repel.settings import RepelSettings
from edge.repel.sun import daylight

TARGET_SPECIES = "monkey"
"""Bears above all must never be driven by noise: a startled bear may turn on whoever is near."""
BEAR = "bear"
DAYS_KEPT = 40
"""Days of which the shots are known; only a clock that jumps about meets an old one again."""
REMOTE_FIRE_S = 30.0
"""What a person far away saw half a minute ago is no longer what is there."""


class Reason(StrEnum):
    """Why not, as the wire says it."""

    STOPPED = "emergency_stop"
    EYE = "eye_not_ok"
    PERSON = "person_in_view"
    SPECIES = "species"
    MUTED = "muted"
    DISARMED = "disarmed"
    HOURS = "hours"
    DWELLING = "dwelling"
    DOSE = "dose"
    GAP = "gap"
    EXPIRED = "expired"
    NOT_GENUINE = "not_genuine"


@dataclass(frozen=True, slots=True)
class Moment:
    """Now: monotonic seconds, Unix ms, and local time with its zone, None while the clock cannot be trusted."""

    at_s: float
    unix_ms: int
    local: datetime | None


@dataclass(frozen=True, slots=True)
class RemoteOffer:
    """The first step of a remote shot, accepted: who signs this ``challenge`` in time may have it, once."""

    challenge: str
    output: str
    on_s: float
    until_s: float


@dataclass(frozen=True, slots=True)
class SafetyState:
    """What the kernel remembers. Times in ``_s`` are of this boot, times in ``_ms`` outlive it."""

    person_s: float | None = None
    """A person was last seen in the picture."""
    blind_s: float | None = None
    """The eye could last not be trusted: a person may have been there."""
    bear_s: float | None = None
    """A bear was last seen in the picture."""
    attempt_s: float | None = None
    attempt_ms: int | None = None
    shots: tuple[tuple[date, int], ...] = ()
    """(local day, shots in it), oldest first; several, because a clock may be set back over midnight."""
    muted_until_ms: int = 0
    stopped: bool = False
    offer: RemoteOffer | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """``fire``, or a reason; neither when there is nothing confirmed to drive off."""

    fire: bool
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Shot:
    """One output that may go on, for at most ``on_s``."""

    output: str
    on_s: float


@dataclass(frozen=True, slots=True)
class Grant:
    """What may be switched on; nothing, and why, where the verdict is against it. ``state`` has counted it."""

    state: SafetyState
    verdict: Verdict
    shots: tuple[Shot, ...] = ()


def booted(settings: RepelSettings, kept: SafetyState, now: Moment) -> SafetyState:
    """The state at a start: nobody was watching until now, so a person may have been there.

    The gap after an earlier boot's attempt counts anew, unless a trusted clock says that it is over.
    """
    since_ms = None if kept.attempt_ms is None else now.unix_ms - kept.attempt_ms
    over = since_ms is None or (now.local is not None and since_ms >= settings.gap_s * 1000)
    attempt_s = None if over else now.at_s
    return replace(kept, person_s=None, bear_s=None, blind_s=now.at_s, attempt_s=attempt_s, offer=None)


def seen(state: SafetyState, scene: Scene) -> SafetyState:
    """The state after a look: remembers people and blindness. Call it for every scene, before ``judge``."""
    if not scene.eye_ok:
        return replace(state, blind_s=scene.at_s)
    if scene.bear_in_view or scene.species == BEAR:
        state = replace(state, bear_s=scene.at_s)
    return replace(state, person_s=scene.at_s) if scene.person_in_view else state


def muted(state: SafetyState, until_ms: int) -> SafetyState:
    """A mute only ever makes it longer quiet."""
    return replace(state, muted_until_ms=max(state.muted_until_ms, until_ms))


def stop(state: SafetyState, now: Moment, *, pressed: bool) -> SafetyState:
    """The emergency stop as it is. Who pulls it out again is near: the gap counts from then, as after a shot."""
    if state.stopped and not pressed:
        state = replace(state, attempt_s=now.at_s, attempt_ms=now.unix_ms, blind_s=now.at_s)
    return replace(state, stopped=pressed, offer=None if pressed else state.offer)


def judge(settings: RepelSettings, state: SafetyState, scene: Scene, now: Moment) -> Verdict:
    """Whether to fire at this scene. The first rule that forbids gives the reason."""
    if not scene.confirmed or scene.visit is None or scene.count < 1:
        return Verdict(fire=False)
    return _held_to_the_rules(settings, state, scene, now)


def grant(
    settings: RepelSettings,
    state: SafetyState,
    scene: Scene,
    now: Moment,
    outputs: Sequence[str],
    on_s: float,
) -> Grant:
    """Judge once more, then count the shot and cap it.

    ``outputs`` may be empty: the control arm, which takes the gap and no dose. A name that is unknown or forbidden
    here is left out; if nothing is left of what was asked for, the verdict says so.
    """
    return _granted(settings, state, judge(settings, state, scene, now), now, outputs, on_s)


def offered(
    state: SafetyState, now: Moment, wanted: Shot, challenge: str, *, genuine: bool
) -> tuple[SafetyState, Verdict]:
    """The first step of a remote shot. ``genuine``: its signature is right. Nothing is switched on by it."""
    if not genuine:
        return state, Verdict(fire=False, reason=Reason.NOT_GENUINE)
    offer = RemoteOffer(challenge, wanted.output, wanted.on_s, now.at_s + REMOTE_FIRE_S)
    return replace(state, offer=offer), Verdict(fire=False)


def redeemed(
    settings: RepelSettings, state: SafetyState, scene: Scene, now: Moment, challenge: str, *, genuine: bool
) -> Grant:
    """The second step. Every rule holds but one: a person has looked, so no animal need be confirmed.

    The offer is used up, whatever the answer. An animal in view that is not the target still forbids.
    """
    offer = state.offer
    if not genuine or offer is None or challenge != offer.challenge:
        return Grant(state, Verdict(fire=False, reason=Reason.NOT_GENUINE))
    state = replace(state, offer=None)
    if now.at_s >= offer.until_s:
        return Grant(state, Verdict(fire=False, reason=Reason.EXPIRED))
    verdict = _held_to_the_rules(settings, state, scene, now, empty_is_target=True)
    return _granted(settings, state, verdict, now, [offer.output], offer.on_s)


def tested(settings: RepelSettings, state: SafetyState, now: Moment, output: str, on_s: float) -> Grant:
    """A technician's test of one output, on the spot, after a countdown that anybody there may veto.

    No eye looks and a person is near by intent, so the rules of what is in view, of arming and of the gap do not hold;
    those that protect the neighbours do, and the shot counts.
    """
    rules = ((Reason.STOPPED, state.stopped), *_for_the_neighbours(settings, state, now))
    return _granted(settings, state, _first(rules), now, [output], on_s)


def allowed(settings: RepelSettings) -> list[OutputSettings]:
    """The outputs that may be used at this site."""
    return [output for output in settings.outputs if settings.far_enough(output)]


def _held_to_the_rules(
    settings: RepelSettings, state: SafetyState, scene: Scene, now: Moment, *, empty_is_target: bool = False
) -> Verdict:
    other = scene.species != TARGET_SPECIES and not (empty_is_target and scene.species is None)
    bear = scene.bear_in_view or _within(state.bear_s, settings.person_clear_s, now.at_s)
    rules = (
        (Reason.STOPPED, state.stopped),
        (Reason.DISARMED, not settings.armed),
        (Reason.EYE, not scene.eye_ok or _within(state.blind_s, settings.person_clear_s, now.at_s)),
        (Reason.PERSON, scene.person_in_view or _within(state.person_s, settings.person_clear_s, now.at_s)),
        (Reason.SPECIES, other or bear),
        *_for_the_neighbours(settings, state, now),
        (Reason.GAP, _within(state.attempt_s, settings.gap_s, now.at_s)),
    )
    return _first(rules)


def _for_the_neighbours(
    settings: RepelSettings, state: SafetyState, now: Moment
) -> tuple[tuple[Reason, bool], ...]:
    return (
        (Reason.MUTED, now.unix_ms < state.muted_until_ms),
        (Reason.HOURS, now.local is None or not _in_hours(settings, now.local)),
        (Reason.DWELLING, not allowed(settings)),
        (Reason.DOSE, now.local is None or _shots_of(state, now.local.date()) >= settings.daily_dose),
    )


def _first(rules: Sequence[tuple[Reason, bool]]) -> Verdict:
    reason = next((reason for reason, forbids in rules if forbids), None)
    return Verdict(fire=reason is None, reason=reason)


def _granted(
    settings: RepelSettings,
    state: SafetyState,
    verdict: Verdict,
    now: Moment,
    outputs: Sequence[str],
    on_s: float,
) -> Grant:
    if not verdict.fire:
        return Grant(state, verdict)
    shots = tuple(
        Shot(output.name, min(on_s, output.max_on_s))
        for output in allowed(settings)
        if output.name in outputs
    )
    if outputs and not shots:
        return Grant(state, Verdict(fire=False, reason=Reason.DWELLING))
    if not on_s > 0:  # also NaN
        return Grant(state, Verdict(fire=False))
    state = replace(state, attempt_s=now.at_s, attempt_ms=now.unix_ms)
    if shots and now.local is not None:
        state = replace(state, shots=_one_more(state, now.local.date()))
    return Grant(state, verdict, shots)


def _in_hours(settings: RepelSettings, local: datetime) -> bool:
    if not settings.hours.hold(local.time()):
        return False
    if not settings.daylight_only:
        return True
    if settings.place is None:
        return False
    sun = daylight(local.date(), settings.place.latitude_deg, settings.place.longitude_deg)
    return sun is not None and sun[0] <= local < sun[1]


def _within(past_s: float | None, span_s: float, now_s: float) -> bool:
    return past_s is not None and now_s - past_s < span_s


def _shots_of(state: SafetyState, day: date) -> int:
    return next((shots for of, shots in state.shots if of == day), 0)


def _one_more(state: SafetyState, day: date) -> tuple[tuple[date, int], ...]:
    counted = {**dict(state.shots), day: _shots_of(state, day) + 1}
    return tuple(sorted(counted.items())[-DAYS_KEPT:])
