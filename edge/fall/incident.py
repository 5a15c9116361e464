"""One fall from the question to its end: (incident, what is seen, now) -> (incident, actions). Pure.

asking (aloud, until ``answer_by``) -> cancelled, or confirmed -> recovered. One incident id runs through all phases.
Who has not answered but is seen to sit there and work is not called for yet: that question ends as sitting, and is put
again, as an incident of its own, as soon as they are not seen so any more, and in any case AGAIN_S after the first. Then
only an answer or standing up keeps people from being told.
Time runs on without readings: a sensor that dies while the device asks does not keep people from being told.

What is made anew in every frame is a Struct: a frozen dataclass takes five times as long to make.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from contract.ids import Ulid
from contract.messages import Evidence, Fall, FallPhase, Severity
from edge.fall.place import Place
from edge.fall.rising import Rising, follow, stands
from edge.fall.scene import Body
from edge.fall.settings import AskSettings, FallSettings
from edge.fall.suspicion import FallKind, Suspicion, severity

LINGER_S = 10.0
"""How long an ended incident is still shown before it is forgotten."""
AGAIN_S = 300.0
"""From the first question to the one that no sitting excuses: few sit on the floor for longer, and nobody waits longer."""
LOOKED_S = 10.0
"""Between two looks at whether somebody still sits there."""
STIRRED_MIN_S = 3
"""Seconds with reflections at the place since the question; fewer are called still."""


class Phase(StrEnum):
    """Where a home stands; ``idle`` and ``suspected`` have no incident yet."""

    IDLE = "idle"
    SUSPECTED = "suspected"
    ASKING = "asking"
    CANCELLED = "cancelled"
    CONFIRMED = "confirmed"
    RECOVERED = "recovered"
    SITTING = "sitting"
    """Not answered, and seen to sit there: the city holds it for cancelled, the device asks again."""


class At(StrEnum):
    """What a minute of reflections shows of a place."""

    SITS = "sits"
    """Somebody who sits or kneels there and is busy."""
    DOWN = "down"
    """Anything else, and whatever nobody can tell."""
    NOBODY = "nobody"


Look = Callable[[Place, float, bool], At]
"""What is seen of a place since then; True where somebody sat before: it takes more to say that they do no longer."""


class Now(msgspec.Struct, frozen=True):
    """The device's two clocks at the moment of a step, and whether it is night where it stands."""

    s: float
    unix_ms: int
    night: bool = False


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a code of the spoken catalogue."""

    code: str


@dataclass(frozen=True, slots=True)
class Tell:
    """Send a phase of an incident to the city."""

    fall: Fall


@dataclass(frozen=True, slots=True)
class Note:
    """Telemetry: worth counting, no reason to call anybody."""

    measurement: str
    fields: dict[str, float] = field(hash=False)


Action = Say | Tell | Note


class Incident(msgspec.Struct, frozen=True):
    """What is known of one fall; all that a restarted device needs."""

    id: Ulid
    phase: Phase
    kind: FallKind
    place: Place
    upright_m: float
    answer_by_s: float
    answer_by_ms: int
    confidence: float
    evidence: tuple[Evidence, ...]
    severity: Severity
    signs: int = 0


class Open(msgspec.Struct, frozen=True):
    """An incident in hand and what has been seen since."""

    incident: Incident
    since_s: float
    asked_s: float
    first_s: float
    """When somebody there was first asked: earlier than this incident, if it is a question put again."""
    looked_s: float = 0.0
    rising: Rising = Rising()
    stirred_s: int = 0
    stirred_at_s: int = -1

    @property
    def phase(self) -> Phase:
        """Of the incident."""
        return self.incident.phase


Begun = tuple[Open, list[Action]]
Step = tuple[Open | None, list[Action]]


def begin(id_: Ulid, why: Suspicion, ask: AskSettings, now: Now, before: Open | None = None) -> Begun:
    """Ask aloud, and tell the city that it was asked; ``before`` is who sat there and had not answered."""
    incident = Incident(
        id=id_,
        phase=Phase.ASKING,
        kind=why.kind,
        place=why.place,
        upright_m=why.upright_m,
        answer_by_s=now.s + ask.seconds,
        answer_by_ms=now.unix_ms + round(ask.seconds * 1000),
        confidence=why.confidence,
        evidence=why.evidence,
        severity=severity(why.signs, confirmed=False, still=False),
        signs=why.signs,
    )
    first_s = now.s if before is None else before.first_s
    return Open(incident, now.s, now.s, first_s), [told(incident, FallPhase.SUSPECTED), Say("ask_ok")]


def again(id_: Ulid, before: Open, ask: AskSettings, now: Now) -> Begun:
    """Put the question anew to somebody who sat there and had not answered."""
    incident = replace(
        before.incident,
        id=id_,
        phase=Phase.ASKING,
        answer_by_s=now.s + ask.seconds,
        answer_by_ms=now.unix_ms + round(ask.seconds * 1000),
        evidence=(*before.incident.evidence, Evidence("asked_before_s", round(now.s - before.first_s), "s")),
    )
    asking = Open(incident, now.s, now.s, before.first_s)
    return asking, [told(incident, FallPhase.SUSPECTED), Say("ask_ok")]


def resume(incident: Incident, ask: AskSettings, now: Now) -> Begun:
    """After a restart: go on with an incident where it stood, by the wall clock; ask again at once.

    Its phase is told again: the kill may have come before it was told, and the city writes each phase down once.
    A clock that was set meanwhile cannot make the wait longer than it was. Whoever sat there is asked again at once.
    """
    if incident.phase is Phase.SITTING:
        return Open(incident, now.s, now.s, now.s - AGAIN_S), []
    left_s = min(ask.seconds, max(0.0, (incident.answer_by_ms - now.unix_ms) / 1000))
    going_on = replace(incident, answer_by_s=now.s + left_s)
    phase = FallPhase.SUSPECTED if incident.phase is Phase.ASKING else FallPhase.CONFIRMED
    return Open(going_on, now.s, now.s - ask.again_s, now.s), [told(going_on, phase)]


def see(open_: Open, bodies: Iterable[Body], at_s: float, fall: FallSettings) -> Open:
    """A frame: ``bodies`` are those that were seen in it."""
    rising, stirred = open_.rising, False
    place, upright_m = open_.incident.place, open_.incident.upright_m
    for body in bodies:
        rising = follow(rising, body, at_s, place, fall, upright_m)
        stirred |= body.height_m < upright_m and body.place.distance_m(place) <= fall.near_m
    if stirred and int(at_s) != open_.stirred_at_s:
        return replace(open_, rising=rising, stirred_s=open_.stirred_s + 1, stirred_at_s=int(at_s))
    return open_ if rising is open_.rising else replace(open_, rising=rising)


def carry_on(open_: Open, fall: FallSettings, ask: AskSettings, now: Now, look: Look) -> Step:
    """What time and what was seen make of it; None once it is over and forgotten."""
    phase = open_.phase
    if phase is Phase.ASKING:
        return _asking(open_, fall, ask, now, look)
    if phase is Phase.SITTING:
        return (None, []) if stands(open_.rising, fall) else (open_, [])
    if phase is Phase.CONFIRMED:
        return _confirmed(open_, fall, now)
    return (None, []) if now.s - open_.since_s >= LINGER_S else (open_, [])


def sat(open_: Open, now: Now, look: Look) -> tuple[Open | None, bool]:
    """Of somebody who sat there, None once they have gone; and whether the question is to be put again now.

    Who lies still gives a reflection now and then; a place of which there were none for a minute, five minutes after
    somebody sat there, has been left.
    """
    waited = now.s - open_.first_s >= AGAIN_S
    if not waited and now.s - open_.looked_s < LOOKED_S:
        return open_, False
    at = look(open_.incident.place, open_.since_s, True)
    if waited:
        return (None, False) if at is At.NOBODY else (open_, True)
    return replace(open_, looked_s=now.s), at is At.DOWN


def loud(open_: Open) -> Open:
    """Somebody was heard while the question stood."""
    incident = open_.incident
    if open_.phase is not Phase.ASKING or any(reason.code == "voice" for reason in incident.evidence):
        return open_
    heard = (*incident.evidence, Evidence("voice", 1.0, "flag"))
    return replace(open_, incident=replace(incident, evidence=heard))


def cancel(open_: Open, by: str, now: Now) -> Step:
    """The question is answered; an incident in another phase stays as it is."""
    if open_.phase is not Phase.ASKING:
        return open_, []
    ended = _into(open_, Phase.CANCELLED, now)
    grave = Severity.LOW if by == "stood_up" else ended.incident.severity
    incident = replace(ended.incident, severity=grave)
    return replace(ended, incident=incident), [told(incident, FallPhase.CANCELLED, by), Say("glad")]


def told(incident: Incident, phase: FallPhase, cancelled_by: str | None = None) -> Tell:
    """The message of one phase."""
    return Tell(
        Fall(
            incident=incident.id,
            phase=phase,
            confidence=incident.confidence,
            evidence=list(incident.evidence),
            answer_by_ms=incident.answer_by_ms if phase is FallPhase.SUSPECTED else None,
            cancelled_by=cancelled_by,
            kind=incident.kind.value,
            severity=incident.severity,
        )
    )


def _into(open_: Open, phase: Phase, now: Now) -> Open:
    return replace(open_, incident=replace(open_.incident, phase=phase), since_s=now.s)


def _asking(open_: Open, fall: FallSettings, ask: AskSettings, now: Now, look: Look) -> Step:
    if stands(open_.rising, fall):
        return cancel(open_, "stood_up", now)
    if now.s >= open_.incident.answer_by_s:
        excused = now.s - open_.first_s < AGAIN_S and not open_.rising.company
        if excused and look(open_.incident.place, open_.since_s, False) is At.SITS:
            sitting = replace(open_, incident=replace(open_.incident, phase=Phase.SITTING), looked_s=now.s)
            return sitting, [told(sitting.incident, FallPhase.CANCELLED, "sits_up")]
        sure = _unanswered(open_)
        confirmed = replace(open_, incident=sure, since_s=now.s)
        return confirmed, [told(sure, FallPhase.CONFIRMED), Say("help_called")]
    if now.s - open_.asked_s >= ask.again_s:
        return replace(open_, asked_s=now.s), [Say("ask_ok")]
    return open_, []


def _unanswered(open_: Open) -> Incident:
    """The incident, surer: no answer halves what doubt there was, because most who are well do answer."""
    before = open_.incident
    evidence = [reason for reason in before.evidence if reason.code != "stirred_s"]
    evidence.append(Evidence("stirred_s", float(open_.stirred_s), "s"))
    if open_.rising.company and all(reason.code != "others" for reason in evidence):
        evidence.append(Evidence("others", 1.0, "person"))
    return replace(
        before,
        phase=Phase.CONFIRMED,
        confidence=round((1.0 + before.confidence) / 2, 2),
        evidence=tuple(evidence),
        severity=severity(before.signs, confirmed=True, still=open_.stirred_s < STIRRED_MIN_S),
    )


def _confirmed(open_: Open, fall: FallSettings, now: Now) -> Step:
    if stands(open_.rising, fall):
        recovered = _into(open_, Phase.RECOVERED, now)
        return recovered, [told(recovered.incident, FallPhase.RECOVERED), Say("glad")]
    return (None, []) if now.s - open_.since_s >= fall.forget_s else (open_, [])
