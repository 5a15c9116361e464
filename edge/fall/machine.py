"""A fall, from suspicion to its end: (state, reading, now) -> (state, actions). Pure.

idle -> suspected (a fast drop to the floor is being held) -> asking (aloud, until ``answer_by``) -> cancelled, or
confirmed -> recovered. One incident id runs through all phases. Time runs on without readings: a radar that dies while the
device asks does not keep people from being told.

While an incident stands, a second person's fall is not watched for.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from contract.ids import NewUlid, Ulid
from contract.messages import Evidence, Fall, FallPhase
from edge.fall.drop import WAIT_S, DropWatch, Low, Seen, watch
from edge.fall.posture import Reading
from edge.fall.rising import Rising, follow, stands
from edge.fall.settings import AskSettings, FallSettings

LINGER_S = 10.0
"""How long an ended incident is still shown before the device is idle again."""
GAP_S = 30.0
"""A body last seen upright longer before a restart than this may have lain down in peace."""
AFTER_GAP_S = 60.0
"""Somebody who lies still gives some reflections a second: time to see that they are near the floor."""


class Phase(StrEnum):
    """Where an incident stands; ``idle`` and ``suspected`` have no incident id yet."""

    IDLE = "idle"
    SUSPECTED = "suspected"
    ASKING = "asking"
    CANCELLED = "cancelled"
    CONFIRMED = "confirmed"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Now:
    """The device's two clocks at the moment of a step."""

    s: float
    unix_ms: int


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a code of the spoken catalogue."""

    code: str


@dataclass(frozen=True, slots=True)
class Tell:
    """Send a phase of the incident to the city."""

    fall: Fall


Action = Say | Tell


@dataclass(frozen=True, slots=True)
class Incident:
    """What is known of one fall."""

    id: Ulid
    low: Low
    answer_by_s: float
    answer_by_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class FallState:
    """The machine's whole memory."""

    phase: Phase = Phase.IDLE
    since_s: float = 0.0
    drop: DropWatch = field(default_factory=DropWatch)
    incident: Incident | None = None
    rising: Rising = field(default_factory=Rising)
    asked_s: float = 0.0
    before_gap: tuple[Seen, ...] = ()
    gap_counts_until_s: float = 0.0


Step = tuple[FallState, list[Action]]


class FallMachine:
    """The rules; it keeps no state of its own."""

    def __init__(self, fall: FallSettings, ask: AskSettings, new_ulid: NewUlid) -> None:
        self._fall = fall
        self._ask = ask
        self._new_ulid = new_ulid

    def resume(self, phase: Phase, incident: Incident, now: Now) -> Step:
        """After a restart: go on with an incident where it stood, by the wall clock; ask again at once.

        Its phase is told again: the kill may have come before it was told, and the city writes each phase down once.
        A clock that was set meanwhile cannot make the wait longer than it was.
        """
        left_s = min(self._ask.seconds, max(0.0, (incident.answer_by_ms - now.unix_ms) / 1000))
        going_on = replace(incident, answer_by_s=now.s + left_s)
        state = FallState(phase, now.s, incident=going_on, asked_s=now.s - self._ask.again_s)
        told = FallPhase.SUSPECTED if phase is Phase.ASKING else FallPhase.CONFIRMED
        return state, [self._tell(going_on, told)]

    def after_gap(self, upright: Seen, now: Now) -> FallState:
        """After a restart without an incident: who was upright just before and lies there now has fallen in between."""
        if not 0.0 <= now.s - upright.at_s <= GAP_S:
            return FallState(since_s=now.s)
        # Two, because a drop needs two moments of a standing body.
        return FallState(since_s=now.s, before_gap=(upright, upright), gap_counts_until_s=now.s + AFTER_GAP_S)

    def step(self, state: FallState, reading: Reading | None, now: Now) -> Step:
        """One radar frame, or None when only time has passed; ``now`` must not fall."""
        incident = state.incident
        if incident is None:
            return self._watching(state, reading, now) if reading else (state, [])
        if reading is not None:
            rising = follow(state.rising, reading, incident.low.last.place, self._fall)
            state = replace(state, rising=rising)
        if state.phase is Phase.ASKING:
            return self._asking(state, incident, now)
        if state.phase is Phase.CONFIRMED:
            return self._confirmed(state, incident, now)
        return self._ended(state, now)

    def button(self, state: FallState, now: Now) -> Step:
        """The resident pressed the button: the question is answered."""
        if state.phase is not Phase.ASKING or state.incident is None:
            return state, []
        return self._cancel(state, state.incident, now, "button")

    def closed(self, state: FallState, incident: Ulid, now: Now) -> FallState:
        """People have ended the incident: watch anew, with nothing more to tell."""
        if state.incident is None or state.incident.id != incident or state.phase is not Phase.CONFIRMED:
            return state
        return FallState(since_s=now.s)

    def _watching(self, state: FallState, reading: Reading, now: Now) -> Step:
        risen = reading.height_m is not None and reading.height_m >= self._fall.standing_m
        kept = () if risen or now.s >= state.gap_counts_until_s else state.before_gap
        wait_s = AFTER_GAP_S if kept else WAIT_S
        drop, held = watch(state.drop, reading, self._fall, kept=kept, wait_s=wait_s)
        if held is None:
            phase = Phase.SUSPECTED if drop.low else Phase.IDLE
            since_s = state.since_s if phase is state.phase else now.s
            until_s = state.gap_counts_until_s if kept else 0.0
            return FallState(phase, since_s, drop, before_gap=kept, gap_counts_until_s=until_s), []
        incident = Incident(
            id=self._new_ulid(now.unix_ms),
            low=held,
            answer_by_s=now.s + self._ask.seconds,
            answer_by_ms=now.unix_ms + round(self._ask.seconds * 1000),
            confidence=confidence(held, self._fall),
        )
        asking = FallState(Phase.ASKING, now.s, incident=incident, asked_s=now.s)
        return asking, [self._tell(incident, FallPhase.SUSPECTED), Say("ask_ok")]

    def _asking(self, state: FallState, incident: Incident, now: Now) -> Step:
        if stands(state.rising, self._fall):
            return self._cancel(state, incident, now, "stood_up")
        if now.s >= incident.answer_by_s:
            # No answer halves what doubt there was: most who are well do answer.
            sure = replace(incident, confidence=round((1.0 + incident.confidence) / 2, 2))
            confirmed = replace(state, phase=Phase.CONFIRMED, since_s=now.s, incident=sure)
            return confirmed, [self._tell(sure, FallPhase.CONFIRMED), Say("help_called")]
        if now.s - state.asked_s >= self._ask.again_s:
            return replace(state, asked_s=now.s), [Say("ask_ok")]
        return state, []

    def _confirmed(self, state: FallState, incident: Incident, now: Now) -> Step:
        if stands(state.rising, self._fall):
            recovered = replace(state, phase=Phase.RECOVERED, since_s=now.s)
            return recovered, [self._tell(incident, FallPhase.RECOVERED), Say("glad")]
        if now.s - state.since_s >= self._fall.forget_s:
            return FallState(since_s=now.s), []
        return state, []

    @staticmethod
    def _ended(state: FallState, now: Now) -> Step:
        return (FallState(since_s=now.s), []) if now.s - state.since_s >= LINGER_S else (state, [])

    def _cancel(self, state: FallState, incident: Incident, now: Now, by: str) -> Step:
        cancelled = replace(state, phase=Phase.CANCELLED, since_s=now.s)
        return cancelled, [self._tell(incident, FallPhase.CANCELLED, by), Say("glad")]

    @staticmethod
    def _tell(incident: Incident, phase: FallPhase, cancelled_by: str | None = None) -> Tell:
        asking = phase is FallPhase.SUSPECTED
        return Tell(
            Fall(
                incident=incident.id,
                phase=phase,
                confidence=incident.confidence,
                evidence=evidence(incident.low),
                answer_by_ms=incident.answer_by_ms if asking else None,
                cancelled_by=cancelled_by,
            )
        )


def evidence(low: Low) -> list[Evidence]:
    """The reasons as codes with numbers; ``still_s`` is how long the floor was really seen, without the silence."""
    return [
        Evidence("drop_m", round(low.drop_m, 2), "m"),
        Evidence("drop_s", round(low.drop_s, 2), "s"),
        Evidence("height_m", round(low.last.height_m, 2), "m"),
        Evidence("still_s", round(low.seen_low_s, 1), "s"),
        Evidence("points", float(low.points), "1"),
    ]


def confidence(low: Low, fall: FallSettings) -> float:
    """A ranking between 0.4 and 0.9, not a measured probability: how far past its thresholds the drop was.

    A bare pass gets 0.4, because at a real home sitting down hard and pets pass barely; twice the drop, three times
    the points, and being seen on the floor all the time add up to 0.5.
    """
    deep = min(1.0, (low.drop_m - fall.drop_m) / fall.drop_m)
    many = min(1.0, (low.points - fall.points_min) / (2 * fall.points_min))
    seen = min(1.0, low.seen_low_s / fall.held_s)
    return round(0.4 + 0.2 * max(0.0, deep) + 0.15 * max(0.0, many) + 0.15 * seen, 2)
