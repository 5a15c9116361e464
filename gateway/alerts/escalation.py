"""Carries a policy out: tells the step's people, waits for a person's answer, goes on to the next step.

Is: durable (every decision is a row before it is carried out, so a killed process goes on where it stood),
safe to run in several processes, and never silent while a step is left: a step nobody of which can be
reached is passed over at once. Is not: proof that anybody read a message. A service that accepts one
never stops the clock; only an answer does (``answers.py``).

The steps are here; the messages they plan are sent by ``despatch.py``.
"""

import logging
import math
import threading
import time
from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway import registry
from gateway.alerts.attempts import (
    NewRetryKey,
    PeopleFor,
    new_retry_key,
    plan,
    someone_may_read,
)
from gateway.alerts.despatch import Despatch, next_due_ms
from gateway.alerts.history import append, happen
from gateway.alerts.lifecycle import State, What
from gateway.alerts.notifier import Notifier
from gateway.alerts.policy import Policy
from gateway.database import tables
from gateway.database.session import Database, DatabaseUnavailableError
from gateway.database.tables import Alert, Transition

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
        self._now_ms = now_ms
        self._people_for = people_for
        self._retry_key = retry_key
        self._despatch = Despatch(
            database,
            notifier,
            now_ms,
            retry_key=retry_key,
            senders=senders,
            sender_dead_after_s=sender_dead_after_s,
        )
        self._at_work: str | None = None
        self._set_aside: dict[str, int] = {}
        self.failed_turns = 0
        self.turned_s = time.monotonic()
        """When it last came round (``time.monotonic``): old means stuck."""

    def run(self, stop: threading.Event) -> None:
        """Turn until ``stop`` is set; a turn that fails is logged and counted, and the next one follows."""
        while not stop.is_set():
            self.turned_s = time.monotonic()
            try:
                wait_s = self.turn()
            except Exception as error:
                self.failed_turns += 1
                culprit = self._at_work or self._despatch.at_work
                if culprit is not None and not isinstance(error, DatabaseUnavailableError):
                    self._set_aside[culprit] = self._now_ms() + int(SET_ASIDE_S * 1000)
                self._at_work = self._despatch.at_work = None
                log.exception("escalation turn failed (%d so far); going on", self.failed_turns)
                wait_s = POLL_S
            stop.wait(min(wait_s, POLL_S))

    def turn(self) -> float:
        """Do what is due now; seconds until the next thing is due, infinity if nothing is."""
        wait_s = self._until_next_s()
        if wait_s > 0:
            return wait_s  # one query: what a waiting escalation costs, four times a second
        for alert_id in self._due_alerts():
            self._at_work = alert_id
            self._advance(alert_id)
        self._at_work = None
        self._despatch.send_due(self._aside(self._now_ms()))
        return self._until_next_s()

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

    def _aside(self, now_ms: int) -> list[str]:
        self._set_aside = {one: until_ms for one, until_ms in self._set_aside.items() if until_ms > now_ms}
        return list(self._set_aside)

    def _until_next_s(self) -> float:
        now_ms = self._now_ms()
        aside = self._aside(now_ms)
        steps = select(func.min(tables.Escalation.due_ms)).where(tables.Escalation.alert_id.not_in(aside))
        with self._database.read() as session:
            both = session.execute(select(steps.scalar_subquery(), next_due_ms(aside))).one()
        due = [at_ms for at_ms in both if at_ms is not None]
        return max(0.0, (min(due) - now_ms) / 1000) if due else math.inf
