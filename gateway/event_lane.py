"""The event lane's core: a batch of messages becomes one transaction, then receipts. No network here.

Is: each event once, by the id its device gave it; a message that cannot be taken is set aside with its
reason and the others go on; a database that is away takes nothing and loses nothing.
Is not: an order across devices, or of one device after a resend. What reads events must not rely on one.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from contract.messages import Event, NotOfTheContractError, State, decode
from contract.topics import Lane, every_device, parse
from gateway.database import tables
from gateway.database.session import Database, is_outage
from gateway.dead_letters import set_aside
from gateway.mqtt import Arrival
from gateway.outcome import Outcome
from gateway.states import ensure_device, kind_of, take_state

log = logging.getLogger(__name__)

Intake = Callable[[Session, Event, int], None]
"""(session, event, received_ms): what a new event means for visits and alerts, in the event's own transaction."""

TRIES = 2
"""At once: what failed on a clash with another writer succeeds the second time."""
RETRY_FIRST_MS = 5_000
RETRY_LAST_MS = 3_600_000
RETRIED_AT_ONCE_MAX = 1000


class EventLane:
    """Takes events and states; owned by one thread."""

    TOPICS = (every_device(Lane.EVENT), every_device(Lane.STATE))

    def __init__(self, database: Database, intake: Intake, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._intake = intake
        self._now_ms = now_ms
        self._retry_after_ms = RETRY_FIRST_MS
        self._retry_due_ms = 0

    def take(self, batch: Sequence[Arrival]) -> Outcome:
        """Store a batch in one transaction; raises DatabaseUnavailableError, and keeps nothing, without it."""
        outcome = Outcome()
        read = [(arrival, _read(arrival)) for arrival in batch]
        with self._database.write() as session:
            known = _known(session, {said.id for _, said in read if isinstance(said, Event)})
            for arrival, said in read:
                match said:
                    case Event():
                        self._take_event(session, arrival, said, known, outcome)
                    case State():
                        self._take_state(session, arrival, said, outcome)
                    case Unreadable(reason):
                        self._set_aside(session, arrival, reason, outcome)
        if outcome.dead:
            self._retry_after_ms = RETRY_FIRST_MS
            self._retry_due_ms = self._now_ms() + RETRY_FIRST_MS
        return outcome

    def retry_set_aside(self) -> int:
        """Try again, when it is time, what could not be taken; returns how many events that was.

        At the start, then at growing intervals. Raises DatabaseUnavailableError.
        """
        if self._now_ms() < self._retry_due_ms:
            return 0
        table = tables.DeadLetter
        with self._database.read() as session:
            waiting = select(table.id, table.topic, table.payload).where(table.event_id.is_not(None))
            rows = session.execute(waiting.order_by(table.id).limit(RETRIED_AT_ONCE_MAX)).all()
        healed = 0
        for row_id, topic, payload in rows:
            with self._database.write() as session:
                if self._heals(session, Arrival(topic, payload)):
                    session.execute(delete(table).where(table.id == row_id))
                    healed += 1
        self._retry_due_ms = self._now_ms() + self._retry_after_ms
        self._retry_after_ms = min(2 * self._retry_after_ms, RETRY_LAST_MS)
        if healed:
            log.info("%d events that had been set aside are taken now", healed)
        return healed

    def _heals(self, session: Session, arrival: Arrival) -> bool:
        event = _read(arrival)
        if not isinstance(event, Event):
            return False
        if session.get(tables.Event, event.id) is not None:
            return True
        return self._attempt(session, lambda: self._store(session, event)) is None

    def _take_event(
        self, session: Session, arrival: Arrival, event: Event, known: set[str], outcome: Outcome
    ) -> None:
        if event.id in known:
            outcome.duplicates += 1
        else:
            failure = self._attempt(session, lambda: self._store(session, event))
            if failure is not None:
                self._set_aside(session, arrival, failure, outcome)
                return
            known.add(event.id)
            outcome.stored += 1
        outcome.receipts.add(event.stamp.device, event.id)

    def _take_state(self, session: Session, arrival: Arrival, state: State, outcome: Outcome) -> None:
        received_ms = self._now_ms()
        failure = self._attempt(
            session, lambda: take_state(session, state, retained=arrival.retained, received_ms=received_ms)
        )
        if failure is not None:
            self._set_aside(session, arrival, failure, outcome)
        else:
            outcome.states += 1

    def _store(self, session: Session, event: Event) -> None:
        received_ms = self._now_ms()
        ensure_device(session, event.stamp.device, kind_of(event.body))
        session.add(_row(event, received_ms))
        session.flush()
        self._intake(session, event, received_ms)

    def _attempt(self, session: Session, change: Callable[[], None]) -> str | None:
        """Carry a change out, or undo it alone and say why it failed."""
        reason = None
        for _ in range(TRIES):
            try:
                with session.begin_nested():
                    change()
            except Exception as error:
                # Whatever is wrong with one message must not hold the others up; a database that is away is
                # no message's fault.
                if is_outage(error):
                    raise
                log.exception("a message could not be taken")
                reason = f"intake: {type(error).__name__}: {str(error).partition(chr(10))[0]}"
            else:
                return None
        return reason

    def _set_aside(self, session: Session, arrival: Arrival, reason: str, outcome: Outcome) -> None:
        outcome.dead += 1
        message_id = set_aside(
            session, arrival.topic, arrival.payload, reason, self._now_ms(), whole=_is_events(arrival.topic)
        )
        if message_id is not None and _is_events(arrival.topic):
            outcome.receipts.add(parse(arrival.topic).device, message_id)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why an arrival is no message of this lane."""

    reason: str


def _read(arrival: Arrival) -> Event | State | Unreadable | None:
    """What an arrival says; None for a cleared retained state, which no device said."""
    try:
        device, lane = parse(arrival.topic)
        if lane is Lane.STATE and not arrival.payload:
            return None
        said = decode(arrival.payload, State) if lane is Lane.STATE else decode(arrival.payload, Event)
        if said.stamp.device != device:
            # A broker's ACL binds a device to its topic, so the topic is the one to believe.
            return Unreadable(f"stamp.device: {said.stamp.device} speaks on {arrival.topic}")
    except (NotOfTheContractError, ValueError) as error:
        return Unreadable(str(error))
    return said


def _is_events(topic: str) -> bool:
    try:
        return parse(topic).lane is Lane.EVENT
    except ValueError:
        return False


def _known(session: Session, ids: set[str]) -> set[str]:
    """Which of these events are stored already, asked for once a batch."""
    if not ids:
        return set()
    return set(session.scalars(select(tables.Event.id).where(tables.Event.id.in_(ids))))


def _row(event: Event, received_ms: int) -> tables.Event:
    body = msgspec.to_builtins(event.body)
    # Pictures are kept where they are shown, with the visit: 80 kB in base64 beside each event is too much.
    body.pop("picture", None)
    return tables.Event(
        id=event.id,
        device_id=event.stamp.device,
        boot=event.stamp.boot,
        seq=event.stamp.seq,
        at_ms=event.stamp.at_ms,
        clock=event.stamp.clock.value,
        received_ms=received_ms,
        type=body["type"],
        body=body,
    )
