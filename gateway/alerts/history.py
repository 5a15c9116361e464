"""The one place where an alert's row changes: an event goes in, state and history follow, in one transaction."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.alerts.lifecycle import ONCE, OUTCOMES, State, What, after
from gateway.database.tables import Alert, Attempt, Escalation, Transition

ANSWERED_PURPOSE = "answered"
"""Messages that say who is on the way; every other purpose is the alert's kind."""


def happen(
    session: Session,
    alert: Alert,
    what: What,
    at_ms: int,
    *,
    role: str | None = None,
    person_id: str | None = None,
    step: int | None = None,
) -> bool:
    """Let ``what`` happen to ``alert`` at ``at_ms``; whether its state changed.

    An alert that opens is due at once at the step where it stands; one that is no longer open is due no
    more, and messages that were not yet sent for it never are.
    """
    before = State(alert.state)
    change = after(before, what)
    if change.transition is None:
        return False
    alert.state = change.state
    if what not in ONCE or not _happened(session, alert.id, what):
        append(session, alert, what, at_ms, role=role, person_id=person_id, step=step)
    if change.state == before:
        return False
    if change.state is State.OPEN:
        alert.outcome = None
        _carry_on(session, alert.id, at_ms)
    else:
        _stop(session, alert.id)
    if change.state is State.CLOSED and what in OUTCOMES:
        alert.outcome = what
    session.flush()
    return True


def append(
    session: Session,
    alert: Alert,
    what: What,
    at_ms: int,
    *,
    role: str | None = None,
    person_id: str | None = None,
    step: int | None = None,
) -> None:
    """Write one line of history and change nothing else."""
    session.add(
        Transition(
            alert_id=alert.id,
            at_ms=at_ms,
            what=what,
            state=alert.state,
            role=role,
            person_id=person_id,
            step=step,
        )
    )
    session.flush()


def _happened(session: Session, alert_id: str, what: What) -> bool:
    line = select(Transition.id).where(Transition.alert_id == alert_id, Transition.what == what).limit(1)
    return session.scalar(line) is not None


def _carry_on(session: Session, alert_id: str, at_ms: int) -> None:
    session.execute(update(Escalation).where(Escalation.alert_id == alert_id).values(due_ms=at_ms))


def _stop(session: Session, alert_id: str) -> None:
    session.execute(update(Escalation).where(Escalation.alert_id == alert_id).values(due_ms=None))
    waiting = (Attempt.alert_id == alert_id, Attempt.purpose != ANSWERED_PURPOSE, Attempt.state == "pending")
    session.execute(update(Attempt).where(*waiting).values(state="stopped", next_try_ms=None))
