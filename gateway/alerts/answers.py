"""A person's answer to an alert: the first one counts, in one transaction; everybody else learns who it was."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contract.ids import NewUlid, new_ulid
from contract.messages import Answered, Command, encode
from gateway.alerts.attempts import NewRetryKey, new_retry_key, plan, told
from gateway.alerts.history import ANSWERED_PURPOSE, append, happen
from gateway.alerts.lifecycle import ANSWERS, OUTCOMES, State, What
from gateway.alerts.policy import Policy
from gateway.alerts.records import TakenRecord, UnknownAlertError, taken
from gateway.alerts.responsibility import concerns
from gateway.database import tables
from gateway.database.tables import Alert, Attempt, Person, Transition

COMMAND_LIVES_MS = 600_000
"""Ten minutes later "help is on the way" may no longer be true: the device then keeps quiet."""


class AnswerError(Exception):
    """An answer that was not taken."""


class NotResponsibleError(AnswerError, PermissionError):
    """The alert is not this person's to answer."""


class UnknownAnswerError(AnswerError, ValueError):
    """Not one of the answers there are."""


@dataclass(frozen=True, slots=True)
class AnswerResult:
    """What became of an answer.

    ``accepted``: it took effect. If not, ``first_role`` is who has answered already (None: the alert
    ended by itself), and ``by_self`` says that this was the same person.
    """

    accepted: bool
    state: str
    first_role: str | None
    by_self: bool


def answer(
    session: Session,
    alert_id: str,
    person_id: str,
    answer: str,
    now_ms: int,
    *,
    new_id: NewUlid = new_ulid,
    retry_key: NewRetryKey = new_retry_key,
) -> AnswerResult:
    """Take a person's answer (going, cannot, all_is_well, helped, called_119) in the caller's transaction.

    ``session`` comes from ``Database.write()``. Raises UnknownAnswerError, UnknownAlertError, NotResponsibleError.
    """
    what = _what(answer)
    alert = session.get(Alert, alert_id, with_for_update=True)
    if alert is None:
        raise UnknownAlertError(f"no alert has the id {alert_id}")
    person = session.get(Person, person_id)
    if person is None or not concerns(session, alert, person):
        raise NotResponsibleError(f"{person_id} does not answer for the place of alert {alert.number}")
    first = taken(session, alert_id)
    if what is What.CANNOT:
        return _decline(session, alert, person, first, now_ms)
    if first is None and alert.state in (State.ASKING, State.OPEN):
        happen(session, alert, what, now_ms, role=person.role, person_id=person.id)
        _tell_others(session, alert, person, now_ms, retry_key)
    elif _by(first, person) and alert.state == State.ACKNOWLEDGED and what in OUTCOMES:
        happen(session, alert, what, now_ms, role=person.role, person_id=person.id)
    else:
        return _too_late(session, alert, person, what, first, now_ms)
    if alert.kind == "fall":
        _tell_device(session, alert, Answered(alert.id, what, person.role), now_ms, new_id)
    return AnswerResult(accepted=True, state=alert.state, first_role=person.role, by_self=True)


def _what(answer: str) -> What:
    if answer not in ANSWERS:
        raise UnknownAnswerError(f"{answer!r} is no answer: use one of {', '.join(sorted(ANSWERS))}")
    return What(answer)


def _by(first: TakenRecord | None, person: Person) -> bool:
    return first is not None and first.person_id == person.id


def _too_late(
    session: Session, alert: Alert, person: Person, what: What, first: TakenRecord | None, now_ms: int
) -> AnswerResult:
    """Somebody was first. What another person says is still written down: "I called 119" must not be lost."""
    if first is not None and not _by(first, person) and not _said(session, alert, person, what):
        append(session, alert, what, now_ms, role=person.role, person_id=person.id)
    role = None if first is None else first.role
    return AnswerResult(accepted=False, state=alert.state, first_role=role, by_self=_by(first, person))


def _decline(
    session: Session, alert: Alert, person: Person, first: TakenRecord | None, now_ms: int
) -> AnswerResult:
    """``cannot``: the next step is told at once; from the one who was on the way it opens the alert again."""
    if first is not None and not (_by(first, person) and alert.state == State.ACKNOWLEDGED):
        return _too_late(session, alert, person, What.CANNOT, first, now_ms)
    if alert.state in (State.CLOSED, State.CANCELLED):
        return AnswerResult(accepted=False, state=alert.state, first_role=None, by_self=False)
    if first is None and _said(session, alert, person, What.CANNOT):
        return AnswerResult(accepted=False, state=alert.state, first_role=None, by_self=True)
    step = _last_told_step(session, alert, person)
    happen(session, alert, What.CANNOT, now_ms, role=person.role, person_id=person.id, step=step)
    standing = session.get_one(tables.Escalation, alert.id, with_for_update=True)
    asked_now = step is not None and step >= Policy.from_snapshot(standing.policy).group_start(
        standing.step - 1
    )
    if alert.state == State.OPEN and standing.due_ms is not None and asked_now:
        standing.due_ms = now_ms
    return AnswerResult(accepted=True, state=alert.state, first_role=None, by_self=True)


def _said(session: Session, alert: Alert, person: Person, what: What) -> bool:
    query = select(Transition.id).where(
        Transition.alert_id == alert.id, Transition.person_id == person.id, Transition.what == what
    )
    return session.scalar(query.limit(1)) is not None


def _last_told_step(session: Session, alert: Alert, person: Person) -> int | None:
    return session.scalar(
        select(func.max(Attempt.step)).where(
            Attempt.alert_id == alert.id, Attempt.person_id == person.id, Attempt.purpose == alert.kind
        )
    )


def _tell_others(session: Session, alert: Alert, person: Person, now_ms: int, retry_key: NewRetryKey) -> None:
    # The step keeps the rows apart from those of an earlier answer that was taken back.
    step = session.get_one(tables.Escalation, alert.id).step
    for other in told(session, alert):
        if other != person.id:
            plan(session, alert, ANSWERED_PURPOSE, step, other, now_ms, retry_key)


def _tell_device(session: Session, alert: Alert, body: Answered, now_ms: int, new_id: NewUlid) -> None:
    command = Command(id=new_id(now_ms), issued_ms=now_ms, expires_ms=now_ms + COMMAND_LIVES_MS, body=body)
    session.add(
        tables.Command(
            id=command.id,
            device_id=alert.device_id,
            payload=encode(command),
            expires_ms=command.expires_ms,
            sent_ms=None,
        )
    )
    session.flush()
