"""What pages and verbs read about alerts and visits: frozen records, no rows, no contacts.

Each function takes an open session. Times are Unix ms of the gateway; ids of people are opaque. Whoever
shows a record decides, by the reader's role, which name of the registry may stand beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, false, select
from sqlalchemy.orm import Session

from gateway.alerts.lifecycle import TAKING, State
from gateway.alerts.policy import Policy
from gateway.alerts.responsibility import alerts_concerning
from gateway.database.tables import Alert, Attempt, Escalation, Person, Transition, Visit

NOT_OVER = (State.ASKING, State.OPEN, State.ACKNOWLEDGED)


class UnknownAlertError(LookupError):
    """No alert has this id or number."""


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """A reason for the alert: a code of the wire with a number and its unit."""

    code: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class TakenRecord:
    """Who took the alert on: the first answer that counted."""

    answer: str
    role: str
    person_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """An alert as it stands. ``kind``: fall, sighting, fault. ``facts``: see ``Alert.facts``.

    ``next_role`` is told at ``next_ms`` unless somebody answers before; None, None when nobody is left.
    A sighting's animals are in the visit with the same id.
    """

    id: str
    number: str
    kind: str
    state: str
    device_id: str
    home_id: str | None
    field_id: str | None
    opened_ms: int
    answer_by_ms: int | None
    confidence: float | None
    evidence: tuple[EvidenceRecord, ...]
    outcome: str | None
    facts: dict[str, str]
    taken: TakenRecord | None
    next_role: str | None
    next_ms: int | None


@dataclass(frozen=True, slots=True)
class TransitionRecord:
    """One line of an alert's history; ``what`` is a value of lifecycle.What, ``state`` the one after it."""

    at_ms: int
    what: str
    state: str
    role: str | None
    person_id: str | None
    step: int | None


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One message to one person by one service. ``sent_ms``: when the service accepted it."""

    purpose: str
    step: int
    person_id: str
    role: str
    service: str
    state: str
    tries: int
    sent_ms: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class AlertHistory:
    """An alert with all that happened to it, oldest first."""

    alert: AlertRecord
    transitions: tuple[TransitionRecord, ...]
    attempts: tuple[AttemptRecord, ...]


@dataclass(frozen=True, slots=True)
class PinRecord:
    """One output of the repeller switched."""

    output: str
    on: bool
    at_ms: int


@dataclass(frozen=True, slots=True)
class VisitRecord:
    """A visit of animals. ``picture`` is JPEG. ``stimulus``, ``veto``, ``outcome``: codes of the wire."""

    id: str
    device_id: str
    field_id: str | None
    species: str
    count_at_least: int
    direction: str
    heading_deg: float | None
    confidence: float
    started_ms: int
    updated_ms: int
    ended_ms: int | None
    picture: bytes | None = field(repr=False)
    stimulus: str | None
    veto: str | None
    outcome: str | None
    gone_after_s: float | None
    pins: tuple[PinRecord, ...]
    why: tuple[EvidenceRecord, ...] = ()
    """Why the repeller did what it did last."""


def alert(session: Session, alert_id: str) -> AlertHistory:
    """One alert with its history; raises UnknownAlertError."""
    row = session.get(Alert, alert_id)
    if row is None:
        raise UnknownAlertError(f"no alert has the id {alert_id}")
    transitions = session.scalars(
        select(Transition).where(Transition.alert_id == alert_id).order_by(Transition.id)
    ).all()
    attempts = session.execute(
        select(Attempt, Person.role)
        .join(Person, Person.id == Attempt.person_id)
        .where(Attempt.alert_id == alert_id)
        .order_by(Attempt.id)
    ).all()
    return AlertHistory(
        _records(session, [row])[0],
        tuple(_transition(line) for line in transitions),
        tuple(_attempt(attempt, role) for attempt, role in attempts),
    )


def by_number(session: Session, number: str) -> AlertRecord:
    """The alert people mean by ``number``: the one not over, else the latest; raises UnknownAlertError."""
    rows = session.scalars(
        select(Alert)
        .where(Alert.number == number)
        .order_by(Alert.state.in_(NOT_OVER).desc(), Alert.opened_ms.desc())
    ).all()
    if not rows:
        raise UnknownAlertError(f"no alert has the number {number}")
    return _records(session, rows[:1])[0]


def open_alerts(session: Session) -> list[AlertRecord]:
    """Every alert that is not closed or cancelled, newest first."""
    return _select(session, Alert.state.in_(NOT_OVER), limit=1000)


def recent_alerts(session: Session, limit: int = 100) -> list[AlertRecord]:
    """The latest alerts in any state, newest first."""
    return _select(session, None, limit)


def alerts_for(session: Session, person_id: str, limit: int = 100) -> list[AlertRecord]:
    """Alerts this person may read and answer, newest first; none for an unknown person."""
    person = session.get(Person, person_id)
    if person is None:
        return []
    return _records(session, list(islice(alerts_concerning(session, person), limit)))


def alerts_of_home(session: Session, home_id: str, limit: int = 100) -> list[AlertRecord]:
    """Alerts of one home, newest first."""
    return _select(session, Alert.home_id == home_id, limit)


def alerts_of_field(session: Session, field_id: str, limit: int = 100) -> list[AlertRecord]:
    """Alerts of one field, newest first."""
    return _select(session, Alert.field_id == field_id, limit)


def visits_for_field(session: Session, field_id: str, limit: int = 50) -> list[VisitRecord]:
    """Visits to one field, latest first; pictures included (up to 200 kB each)."""
    rows = session.scalars(
        select(Visit).where(Visit.field_id == field_id).order_by(Visit.started_ms.desc()).limit(limit)
    )
    return [_visit(row) for row in rows]


def visit(session: Session, visit_id: str) -> VisitRecord | None:
    """One visit, or None."""
    row = session.get(Visit, visit_id)
    return None if row is None else _visit(row)


def taken(session: Session, alert_id: str) -> TakenRecord | None:
    """Who has taken the alert on, or None."""
    lines = select(Transition).where(Transition.alert_id == alert_id).order_by(Transition.id)
    return _taken(session.scalars(lines).all())


def _taken(transitions: Sequence[Transition]) -> TakenRecord | None:
    """The answer that counts in an alert's history (oldest first); None if it was taken back or none came."""
    found: TakenRecord | None = None
    for line in transitions:
        if found is None and line.what in TAKING and line.person_id is not None and line.role is not None:
            found = TakenRecord(line.what, line.role, line.person_id, line.at_ms)
        elif line.state == State.OPEN:
            found = None
    return found


def _select(session: Session, condition: ColumnElement[bool] | None, limit: int) -> list[AlertRecord]:
    query = select(Alert).order_by(Alert.opened_ms.desc(), Alert.id.desc()).limit(limit)
    return _records(session, session.scalars(query if condition is None else query.where(condition)).all())


def _records(session: Session, rows: Sequence[Alert]) -> list[AlertRecord]:
    ids = [row.id for row in rows]
    found = Transition.alert_id.in_(ids) if ids else false()
    history: dict[str, list[Transition]] = {}
    for line in session.scalars(select(Transition).where(found).order_by(Transition.id)):
        history.setdefault(line.alert_id, []).append(line)
    standing = {
        row.alert_id: row
        for row in session.scalars(select(Escalation).where(Escalation.alert_id.in_(ids) if ids else false()))
    }
    return [_alert(row, _taken(history.get(row.id, [])), standing.get(row.id)) for row in rows]


def _alert(row: Alert, taken: TakenRecord | None, standing: Escalation | None) -> AlertRecord:
    next_role, next_ms = _next(standing)
    return AlertRecord(
        id=row.id,
        number=row.number,
        kind=row.kind,
        state=row.state,
        device_id=row.device_id,
        home_id=row.home_id,
        field_id=row.field_id,
        opened_ms=row.opened_ms,
        answer_by_ms=row.answer_by_ms,
        confidence=row.confidence,
        evidence=tuple(EvidenceRecord(e["code"], e["value"], e["unit"]) for e in row.evidence),
        outcome=row.outcome,
        facts={key: str(value) for key, value in row.facts.items()},
        taken=taken,
        next_role=next_role,
        next_ms=next_ms,
    )


def _next(standing: Escalation | None) -> tuple[str | None, int | None]:
    if standing is None or standing.due_ms is None:
        return None, None
    policy = Policy.from_snapshot(standing.policy)
    if standing.step > policy.last_step:
        return (policy.then[0], standing.due_ms) if policy.then else (None, None)
    return policy.step(standing.step).role, standing.due_ms


def _transition(row: Transition) -> TransitionRecord:
    return TransitionRecord(row.at_ms, row.what, row.state, row.role, row.person_id, row.step)


def _attempt(row: Attempt, role: str) -> AttemptRecord:
    return AttemptRecord(
        row.purpose, row.step, row.person_id, role, row.service, row.state, row.tries, row.sent_ms, row.error
    )


def _visit(row: Visit) -> VisitRecord:
    pins: list[dict[str, Any]] = row.pins
    return VisitRecord(
        id=row.id,
        device_id=row.device_id,
        field_id=row.field_id,
        species=row.species,
        count_at_least=row.count_at_least,
        direction=row.direction,
        heading_deg=row.heading_deg,
        confidence=row.confidence,
        started_ms=row.started_ms,
        updated_ms=row.updated_ms,
        ended_ms=row.ended_ms,
        picture=row.picture,
        stimulus=row.stimulus,
        veto=row.veto,
        outcome=row.outcome,
        gone_after_s=row.gone_after_s,
        pins=tuple(PinRecord(pin["output"], pin["on"], pin["at_ms"]) for pin in pins),
        why=tuple(EvidenceRecord(one["code"], one["value"], one["unit"]) for one in row.why or ()),
    )
