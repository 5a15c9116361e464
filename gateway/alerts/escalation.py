"""Carries a policy out: tells the step's people, waits for a person's answer, goes on to the next step.

Is: durable (every decision is a row before it is carried out, so a killed process goes on where it stood),
safe to run in several processes, and never silent while a step is left: a step nobody of which can be
reached is passed over at once. Is not: proof that anybody read a message. A service that accepts one
never stops the clock; only an answer does (``answers.py``).

A message is sent outside any transaction and always under the retry key stored before its first try. A
service without retry keys (mail, webhook) may show a message twice if the process dies while sending it.
"""

import logging
import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway import registry
from gateway.alerts.attempts import (
    ACCEPTED,
    GIVEN_UP,
    PENDING,
    REFUSED,
    SENDING,
    STOPPED,
    NewRetryKey,
    PeopleFor,
    answered_facts,
    facts,
    new_retry_key,
    plan,
    someone_may_read,
)
from gateway.alerts.history import ANSWERED_PURPOSE, append, happen
from gateway.alerts.lifecycle import State, What
from gateway.alerts.notifier import Delivery, Notice, Notifier, Result
from gateway.alerts.policy import Policy
from gateway.alerts.records import taken
from gateway.database import tables
from gateway.database.session import Database, DatabaseUnavailableError
from gateway.database.tables import Alert, Attempt, Person, Transition

log = logging.getLogger(__name__)

POLL_S = 0.25
"""New alerts and answers come from other processes through the database: looked for this often."""
SENDER_DEAD_AFTER_S = 10.0
"""Must be longer than a notifier's own time limit; a message whose sender died is taken up after it."""
SENDERS = 4
"""Messages on their way at once: a service that hangs holds up the others by one time limit at most."""
SET_ASIDE_S = 10.0
"""An alert that made a turn fail steps back for so long, so that it stops no other."""
DUE_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class _Sending:
    attempt_id: int
    alert_id: str
    tries: int
    """Which try this is: a result that comes after another process has begun its own try is not recorded."""
    notice: Notice | None
    """None: there is no way to send it."""


class Escalation:
    """The engine. ``turn`` does what is due; ``run`` does so until it is told to stop.

    ``notifier.send`` is called from up to ``senders`` threads at once.
    """

    def __init__(
        self,
        database: Database,
        notifier: Notifier,
        now_ms: Callable[[], int],
        *,
        people_for: PeopleFor = registry.people_for,
        retry_key: NewRetryKey = new_retry_key,
        senders: int = SENDERS,
        sender_dead_after_s: float = SENDER_DEAD_AFTER_S,
    ) -> None:
        self._database = database
        self._notifier = notifier
        self._now_ms = now_ms
        self._people_for = people_for
        self._retry_key = retry_key
        self._senders = senders
        self._lease_ms = int(sender_dead_after_s * 1000)
        self._at_work: str | None = None
        self._set_aside: dict[str, int] = {}
        self.failed_turns = 0

    def run(self, stop: threading.Event) -> None:
        """Turn until ``stop`` is set; a turn that fails is logged and counted, and the next one follows."""
        while not stop.is_set():
            try:
                wait_s = self.turn()
            except Exception as error:
                self.failed_turns += 1
                if self._at_work is not None and not isinstance(error, DatabaseUnavailableError):
                    self._set_aside[self._at_work] = self._now_ms() + int(SET_ASIDE_S * 1000)
                log.exception("escalation turn failed (%d so far); going on", self.failed_turns)
                wait_s = POLL_S
            stop.wait(min(wait_s, POLL_S))

    def turn(self) -> float:
        """Do what is due now; seconds until the next thing is due, infinity if nothing is."""
        for alert_id in self._due_alerts():
            self._at_work = alert_id
            self._advance(alert_id)
        self._at_work = None
        self._send_due()
        return self._until_next_s()

    # --- steps ------------------------------------------------------------------------------------

    def _due_alerts(self) -> list[str]:
        now_ms = self._now_ms()
        due = (tables.Escalation.due_ms <= now_ms, tables.Escalation.alert_id.not_in(self._aside(now_ms)))
        query = select(tables.Escalation.alert_id).where(*due).order_by(tables.Escalation.due_ms)
        with self._database.read() as session:
            return list(session.scalars(query.limit(DUE_AT_ONCE)))

    def _advance(self, alert_id: str) -> None:
        """Carry out the step that is due, in one transaction: rows only, nothing is sent here."""
        now_ms = self._now_ms()
        with self._database.write() as session:
            # The alert first, then its escalation: the order in which an answer locks them.
            alert = session.get(Alert, alert_id, with_for_update=True)
            standing = session.get(tables.Escalation, alert_id, with_for_update=True)
            if alert is None or standing is None or standing.due_ms is None or standing.due_ms > now_ms:
                return
            if alert.state == State.ASKING:
                happen(session, alert, What.DEVICE_SILENT, now_ms, role="device")
            if alert.state != State.OPEN:
                standing.due_ms = None
                return
            policy = Policy.from_snapshot(standing.policy)
            self._note_unanswered(session, alert, policy, standing.step, now_ms)
            self._tell_next(session, alert, standing, policy, now_ms)

    def _note_unanswered(
        self, session: Session, alert: Alert, policy: Policy, step: int, now_ms: int
    ) -> None:
        if not 0 < step <= policy.last_step + 1:
            return
        first = policy.group_start(step - 1)
        declined = select(Transition.id).where(
            Transition.alert_id == alert.id,
            Transition.step >= first,
            Transition.what == What.CANNOT,
        )
        more = step <= policy.last_step or policy.then
        if more and session.scalar(declined.limit(1)) is None and someone_may_read(session, alert, first):
            role = policy.step(step - 1).role
            append(session, alert, What.UNANSWERED, now_ms, role=role, step=step - 1)

    def _tell_next(
        self, session: Session, alert: Alert, standing: tables.Escalation, policy: Policy, now_ms: int
    ) -> None:
        anybody = False
        while standing.step <= policy.last_step:
            number, step = standing.step, policy.step(standing.step)
            standing.step = number + 1
            anybody |= self._tell_role(
                session, alert, step.role, number, now_ms, note=number < len(policy.steps)
            )
            if anybody and step.wait_s > 0:
                standing.due_ms = now_ms + int(step.wait_s * 1000)
                return
        happen(session, alert, What.EXHAUSTED, now_ms)
        number, standing.step, standing.due_ms = standing.step, standing.step + 1, None
        for role in policy.then:
            self._tell_role(session, alert, role, number, now_ms, note=True)

    def _tell_role(
        self, session: Session, alert: Alert, role: str, step: int, now_ms: int, *, note: bool
    ) -> bool:
        """Plan a message to everybody of a role who has not declined; whether there is anybody."""
        people = self._people_for(session, role=role, home_id=alert.home_id, field_id=alert.field_id)
        declined = set(
            session.scalars(
                select(Transition.person_id).where(
                    Transition.alert_id == alert.id, Transition.what == What.CANNOT
                )
            )
        )
        asked = [person for person in people if person.id not in declined]
        planned = [
            plan(session, alert, alert.kind, step, person.id, now_ms, self._retry_key) for person in asked
        ]
        if note and not any(planned) and (asked or not people):
            append(session, alert, What.NOBODY_REACHABLE, now_ms, role=role, step=step)
        return any(planned)

    # --- messages ---------------------------------------------------------------------------------

    def _send_due(self) -> None:
        claimed = self._claim()
        if len(claimed) == 1 or self._senders == 1:
            for sending in claimed:
                self._send(sending)
        elif claimed:
            with ThreadPoolExecutor(self._senders, thread_name_prefix="notifier") as pool:
                list(pool.map(self._send, claimed))

    def _claim(self) -> Sequence[_Sending]:
        """Take due messages, so that for the time of one try no other process does."""
        now_ms = self._now_ms()
        due = (
            Attempt.state.in_((PENDING, SENDING)),
            Attempt.next_try_ms <= now_ms,
            Attempt.alert_id.not_in(self._aside(now_ms)),
        )
        with self._database.read() as session:
            if session.scalar(select(Attempt.id).where(*due).limit(1)) is None:
                return ()
        query = select(Attempt).where(*due).order_by(Attempt.next_try_ms).limit(self._senders)
        with self._database.write() as session:
            rows = session.scalars(query.with_for_update(skip_locked=True)).all()
            claimed = [self._claim_one(session, row, now_ms) for row in rows]
        self._at_work = None
        return [sending for sending in claimed if sending is not None]

    def _claim_one(self, session: Session, row: Attempt, now_ms: int) -> _Sending | None:
        """Only the message's own row changes here: the alert is locked first, or not at all."""
        self._at_work = row.alert_id
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

    def _aside(self, now_ms: int) -> list[str]:
        self._set_aside = {one: until_ms for one, until_ms in self._set_aside.items() if until_ms > now_ms}
        return list(self._set_aside)

    def _until_next_s(self) -> float:
        now_ms = self._now_ms()
        aside = self._aside(now_ms)
        steps = select(func.min(tables.Escalation.due_ms)).where(tables.Escalation.alert_id.not_in(aside))
        messages = select(func.min(Attempt.next_try_ms)).where(
            Attempt.state.in_((PENDING, SENDING)), Attempt.alert_id.not_in(aside)
        )
        with self._database.read() as session:
            due = [at_ms for at_ms in (session.scalar(steps), session.scalar(messages)) if at_ms is not None]
        return max(0.0, (min(due) - now_ms) / 1000) if due else math.inf


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
