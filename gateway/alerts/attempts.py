"""Messages to people as rows: planned with their retry key before anything is sent, never twice for one step."""

from collections.abc import Callable
from typing import Protocol
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import registry
from gateway.alerts.records import TakenRecord
from gateway.database.tables import Alert, Attempt, Field, Person, Visit

NewRetryKey = Callable[[], str]
"""A fresh UUID as text: what LINE asks a retry key to be."""

PENDING, SENDING, ACCEPTED, REFUSED, GIVEN_UP, STOPPED = (
    "pending",
    "sending",
    "accepted",
    "refused",
    "given_up",
    "stopped",
)
ALIVE = (PENDING, SENDING, ACCEPTED)
"""States in which a person may yet read the message."""


class PeopleFor(Protocol):
    """Who of a role answers for a home or field; ``gateway.registry.people_for`` is the real one."""

    def __call__(
        self, session: Session, *, role: str, home_id: str | None = None, field_id: str | None = None
    ) -> list[Person]:
        """People in the order they are asked."""
        ...


def new_retry_key() -> str:
    """A random UUID."""
    return str(uuid4())


def plan(
    session: Session, alert: Alert, purpose: str, step: int, person_id: str, at_ms: int, key: NewRetryKey
) -> bool:
    """Store a message by the person's first service not used for this step; False if none is left."""
    used = set(
        session.scalars(
            select(Attempt.service).where(
                Attempt.alert_id == alert.id,
                Attempt.purpose == purpose,
                Attempt.step == step,
                Attempt.person_id == person_id,
            )
        )
    )
    for contact in registry.contacts(session, person_id):
        if contact.service not in used:
            session.add(
                Attempt(
                    alert_id=alert.id,
                    purpose=purpose,
                    step=step,
                    person_id=person_id,
                    service=contact.service,
                    retry_key=key(),
                    state=PENDING,
                    tries=0,
                    next_try_ms=at_ms,
                )
            )
            session.flush()
            return True
    return False


def someone_may_read(session: Session, alert: Alert, first_step: int) -> bool:
    """Whether a message of ``first_step`` or later is still on its way or has been accepted."""
    query = select(Attempt.id).where(
        Attempt.alert_id == alert.id,
        Attempt.purpose == alert.kind,
        Attempt.step >= first_step,
        Attempt.state.in_(ALIVE),
    )
    return session.scalar(query.limit(1)) is not None


def told(session: Session, alert: Alert) -> list[str]:
    """Ids of people to whom a message about the alert was tried at least once, in the order they were told."""
    query = select(Attempt.person_id).where(
        Attempt.alert_id == alert.id, Attempt.purpose == alert.kind, Attempt.tries > 0
    )
    return list(dict.fromkeys(session.scalars(query.order_by(Attempt.id))))


def facts(session: Session, alert: Alert) -> dict[str, str]:
    """Public words for the text of an alert's message; nothing about a person or a home.

    sighting: species, count, direction, area. fault: device, component, code. fall: none.
    """
    if alert.kind == "sighting":
        return _sighting_facts(session, alert)
    if alert.kind == "fault":
        return {"device": alert.device_id, **{key: str(value) for key, value in alert.facts.items()}}
    return {}


def answered_facts(alert: Alert, first: TakenRecord) -> dict[str, str]:
    """Public words for the message that somebody has answered: the alert's kind, the role, the answer."""
    return {"kind": alert.kind, "role": first.role, "answer": first.answer}


def _sighting_facts(session: Session, alert: Alert) -> dict[str, str]:
    visit = session.get(Visit, alert.id)
    if visit is None:
        return {}
    field = session.get(Field, visit.field_id) if visit.field_id is not None else None
    known = {"species": visit.species, "count": str(visit.count_at_least), "direction": visit.direction}
    return known if field is None else {**known, "area": field.area}
