"""Sends the messages that are due and writes down what became of each.

A message is sent outside any transaction and always under the retry key stored before its first try. Its
row is claimed for ``sender_dead_after_s``: when the sender dies, another takes it up under the same key. A
service without retry keys (mail, webhook) may then show it twice; no service shows it never.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from gateway.alerts.attempts import (
    ACCEPTED,
    GIVEN_UP,
    PENDING,
    REFUSED,
    SENDING,
    STOPPED,
    NewRetryKey,
    answered_facts,
    facts,
    plan,
    someone_may_read,
)
from gateway.alerts.history import ANSWERED_PURPOSE, append
from gateway.alerts.lifecycle import State, What
from gateway.alerts.notifier import Delivery, Notice, Notifier, Result
from gateway.alerts.policy import Policy
from gateway.alerts.records import taken
from gateway.database import tables
from gateway.database.session import Database
from gateway.database.tables import Alert, Attempt, Person

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Sending:
    attempt_id: int
    alert_id: str
    tries: int
    """Which try this is: a result that comes after another process has begun its own try is not recorded."""
    notice: Notice | None
    """None: there is no way to send it."""


class Despatch:
    """The sending half of the escalation; ``notifier.send`` is called from up to ``senders`` threads at once."""

    def __init__(
        self,
        database: Database,
        notifier: Notifier,
        now_ms: Callable[[], int],
        *,
        retry_key: NewRetryKey,
        senders: int,
        sender_dead_after_s: float,
    ) -> None:
        self._database = database
        self._notifier = notifier
        self._now_ms = now_ms
        self._retry_key = retry_key
        self._senders = senders
        self._lease_ms = int(sender_dead_after_s * 1000)
        self.at_work: str | None = None
        """The alert whose message is being claimed, for whoever must name it after an exception."""

    def send_due(self, aside: Collection[str]) -> None:
        """One try for up to ``senders`` messages that are due, of alerts that are not set aside."""
        claimed = self._claim(aside)
        if len(claimed) == 1 or self._senders == 1:
            for sending in claimed:
                self._send(sending)
        elif claimed:
            with ThreadPoolExecutor(self._senders, thread_name_prefix="notifier") as pool:
                list(pool.map(self._send, claimed))

    def _claim(self, aside: Collection[str]) -> Sequence[_Sending]:
        """Take due messages, so that for the time of one try no other process does."""
        now_ms = self._now_ms()
        due = (
            Attempt.state.in_((PENDING, SENDING)),
            Attempt.next_try_ms <= now_ms,
            Attempt.alert_id.not_in(aside),
        )
        with self._database.read() as session:
            # The one writer's lock of SQLite is not taken to find nothing.
            if session.scalar(select(Attempt.id).where(*due).limit(1)) is None:
                return ()
        query = select(Attempt).where(*due).order_by(Attempt.next_try_ms).limit(self._senders)
        with self._database.write() as session:
            rows = session.scalars(query.with_for_update(skip_locked=True)).all()
            claimed = [self._claim_one(session, row, now_ms) for row in rows]
        self.at_work = None
        return [sending for sending in claimed if sending is not None]

    def _claim_one(self, session: Session, row: Attempt, now_ms: int) -> _Sending | None:
        """Only the message's own row changes here: the alert is locked first, or not at all."""
        self.at_work = row.alert_id
        alert = session.get_one(Alert, row.alert_id)
        policy = Policy.from_snapshot(session.get_one(tables.Escalation, alert.id).policy)
        words = _facts(session, alert, row, policy)
        if words is None:
            row.state, row.next_try_ms = STOPPED, None
            return None
        contact = session.get(tables.Contact, (row.person_id, row.service))
        spent = row.tries >= policy.retry.tries
        row.state, row.tries, row.next_try_ms = SENDING, row.tries + 1, now_ms + self._lease_ms
        if contact is None or spent:
            return _Sending(row.id, alert.id, row.tries, None)
        person = session.get_one(Person, row.person_id)
        notice = Notice(
            purpose=row.purpose,
            alert_id=alert.id,
            number=alert.number,
            step=row.step,
            person_id=person.id,
            locale=person.locale,
            service=row.service,
            address=contact.address,
            retry_key=row.retry_key,
            facts=words,
        )
        return _Sending(row.id, alert.id, row.tries, notice)

    def _send(self, sending: _Sending) -> None:
        if sending.notice is None:
            delivery = Delivery(Result.REFUSED, "no such contact any more, or too many tries")
        else:
            delivery = self._notifier.send(sending.notice)
        now_ms = self._now_ms()
        with self._database.write() as session:
            alert = session.get_one(Alert, sending.alert_id, with_for_update=True)
            row = session.get_one(Attempt, sending.attempt_id, with_for_update=True)
            if delivery.result is Result.ACCEPTED and row.state != ACCEPTED:
                self._accepted(session, alert, row, now_ms)
            elif row.state != SENDING or row.tries != sending.tries:
                return  # another process took it over and records what became of it
            elif delivery.result is Result.REFUSED:
                self._lost(session, alert, row, REFUSED, delivery.reason, now_ms)
            else:
                self._try_later(session, alert, row, delivery.reason, now_ms)

    def _accepted(self, session: Session, alert: Alert, row: Attempt, now_ms: int) -> None:
        row.state, row.sent_ms, row.next_try_ms, row.error = ACCEPTED, now_ms, None, None
        person = session.get_one(Person, row.person_id)
        what = What.INFORMED if row.purpose == ANSWERED_PURPOSE else What.TOLD
        append(session, alert, what, now_ms, role=person.role, person_id=person.id, step=row.step)

    def _try_later(self, session: Session, alert: Alert, row: Attempt, reason: str, now_ms: int) -> None:
        retry = Policy.from_snapshot(session.get_one(tables.Escalation, alert.id).policy).retry
        if row.tries >= retry.tries:
            self._lost(session, alert, row, GIVEN_UP, reason, now_ms)
            return
        row.state, row.error, row.next_try_ms = PENDING, reason, now_ms + retry.pause_ms(row.tries)
        if row.tries == retry.tries_alone and _wanted(alert, row):
            plan(session, alert, row.purpose, row.step, row.person_id, now_ms, self._retry_key)

    def _lost(
        self, session: Session, alert: Alert, row: Attempt, state: str, reason: str, now_ms: int
    ) -> None:
        """A service will not carry this message: the person's next service, else the next step at once."""
        row.state, row.error, row.next_try_ms = state, reason, None
        log.warning("alert %s: %s %s: %s", alert.number, row.service, state, reason)
        if not _wanted(alert, row):
            return
        if plan(session, alert, row.purpose, row.step, row.person_id, now_ms, self._retry_key):
            return
        if row.purpose != ANSWERED_PURPOSE:
            self._pass_over(session, alert, row, now_ms)

    def _pass_over(self, session: Session, alert: Alert, row: Attempt, now_ms: int) -> None:
        """Go on at once if nobody of the step that is waited for can be reached any more."""
        standing = session.get_one(tables.Escalation, alert.id, with_for_update=True)
        first = Policy.from_snapshot(standing.policy).group_start(standing.step - 1)
        if row.step < first or someone_may_read(session, alert, first):
            return
        role = session.get_one(Person, row.person_id).role
        append(session, alert, What.NOBODY_REACHABLE, now_ms, role=role, step=row.step)
        if standing.due_ms is not None:
            standing.due_ms = now_ms


def next_due_ms(aside: Collection[str]) -> ScalarSelect[int | None]:
    """When the next message is due, as part of a query; NULL if none is."""
    waiting = (Attempt.state.in_((PENDING, SENDING)), Attempt.alert_id.not_in(aside))
    return select(func.min(Attempt.next_try_ms)).where(*waiting).scalar_subquery()


def _wanted(alert: Alert, row: Attempt) -> bool:
    """Whether the message still has a reader to serve: an alert somebody answered needs no more of its own."""
    return row.purpose == ANSWERED_PURPOSE or alert.state == State.OPEN


def _facts(session: Session, alert: Alert, row: Attempt, policy: Policy) -> dict[str, str] | None:
    """Public words for the message, or None if it is no longer true.

    ``reason`` is there where it is not the first message: reminder, or nobody_answered after the last step.
    """
    if not _wanted(alert, row):
        return None
    if row.purpose == ANSWERED_PURPOSE:
        first = taken(session, alert.id)
        return None if first is None else answered_facts(alert, first)
    words = facts(session, alert)
    if row.step > policy.last_step:
        return {**words, "reason": "nobody_answered"}
    return words if row.step < len(policy.steps) else {**words, "reason": "reminder"}
