"""From a device's event to alerts, visits and work for the escalation: all in the caller's transaction.

Is: the only writer of what devices say about alerts. Is not: deduplication of events; the caller hands
each event over once, in the transaction that stores it. A repeated or late event does no harm all the same.
"""

import hashlib
from itertools import count
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from contract.messages import (
    Event,
    Fall,
    FallPhase,
    Fault,
    FaultPhase,
    Repel,
    RepelPhase,
    Sighting,
    VisitPhase,
)
from gateway import visits
from gateway.alerts.history import append, happen
from gateway.alerts.lifecycle import State, What, begin
from gateway.alerts.policy import Policies
from gateway.database.tables import Alert, Device, Escalation, Visit

TRIES = 3

_FALL = {
    FallPhase.SUSPECTED: What.SUSPECTED,
    FallPhase.CANCELLED: What.CANCELLED,
    FallPhase.CONFIRMED: What.CONFIRMED,
    FallPhase.RECOVERED: What.RECOVERED,
}
_FAULT = {FaultPhase.RAISED: What.RAISED, FaultPhase.CLEARED: What.CLEARED}
_REPEL = {
    RepelPhase.FIRED: What.FIRED,
    RepelPhase.VETOED: What.VETOED,
    RepelPhase.OUTCOME: What.OUTCOME,
}


def take(session: Session, event: Event, received_ms: int, policies: Policies) -> None:
    """Let one event, received at ``received_ms``, take effect. The event's device has a row already.

    Another gateway may write the same alert, or draw the same number, in the same moment: tried again then.
    """
    for _ in range(TRIES - 1):
        try:
            with session.begin_nested():
                _take(session, event, received_ms, policies)
        except IntegrityError:
            continue
        return
    _take(session, event, received_ms, policies)


def _take(session: Session, event: Event, received_ms: int, policies: Policies) -> None:
    body = event.body
    if isinstance(body, Fall):
        _take_fall(session, event, body, received_ms, policies)
    elif isinstance(body, Sighting):
        _take_sighting(session, event, body, received_ms, policies)
    elif isinstance(body, Repel):
        _take_repel(session, event, body, received_ms)
    else:
        _take_fault(session, event, body, received_ms, policies)


def _take_fall(session: Session, event: Event, fall: Fall, received_ms: int, policies: Policies) -> None:
    what = _FALL[fall.phase]
    alert = _known(session, fall.incident)
    if alert is None:
        alert = _begin(session, event, fall.incident, "fall", what, received_ms)
        policy = policies.snapshot("fall")
        _plan(session, alert, policy, received_ms + _asking_ms(event, fall, policies))
    else:
        if alert.state == State.CANCELLED and _in_use(session, alert.number):
            alert.number = _free_number(session, alert.id)
        happen(session, alert, what, received_ms, role=_resident(what))
    if fall.phase in (FallPhase.SUSPECTED, FallPhase.CONFIRMED):
        alert.confidence = fall.confidence
        alert.evidence = msgspec.to_builtins(fall.evidence)
        alert.answer_by_ms = fall.answer_by_ms or alert.answer_by_ms
        alert.facts = {"kind": fall.kind, "severity": fall.severity.value}
    if alert.state == State.CANCELLED:
        alert.outcome = "cancelled"
    session.flush()


def _asking_ms(event: Event, fall: Fall, policies: Policies) -> int:
    """How long the device may still ask before its silence counts as a fall, in ms from the receipt."""
    # Only the difference of two times of the device is used: its clock may be years off.
    asking_ms = max(0, fall.answer_by_ms - event.stamp.at_ms) if fall.answer_by_ms is not None else 0
    return min(asking_ms, policies.asking_most_ms) + policies.device_silent_ms


def _take_sighting(
    session: Session, event: Event, sighting: Sighting, received_ms: int, policies: Policies
) -> None:
    visit = visits.seen(session, event, sighting, received_ms)
    alert = _known(session, visit.id)
    if alert is None:
        if not policies.tells(visit.species):
            return
        # A visit whose end was read first never opens an alert: nobody is told of what is over.
        what = _end(visit) if visit.ended_ms is not None else What.STARTED
        alert = _begin(session, event, visit.id, "sighting", what, received_ms)
        _plan(session, alert, policies.snapshot("sighting", visit.species), received_ms)
    else:
        _follow_species(session, alert, visit, received_ms, policies)
        happen(
            session, alert, _end(visit) if sighting.phase is VisitPhase.ENDED else What.STARTED, received_ms
        )
    if alert.state == State.CLOSED and alert.outcome is None:
        alert.outcome = visit.outcome or "ended"
    session.flush()


def _follow_species(
    session: Session, alert: Alert, visit: Visit, received_ms: int, policies: Policies
) -> None:
    """A visit that turns out to be a bear's is carried by the bear's policy from its first step."""
    standing = session.get_one(Escalation, alert.id, with_for_update=True)
    if visit.species == visits.BEAR and standing.policy["name"] != visits.BEAR:
        standing.policy = policies.snapshot("sighting", visits.BEAR)
        standing.step = 0
        if alert.state == State.OPEN:
            standing.due_ms = received_ms


def _end(visit: Visit) -> What:
    # A bear that left is still near somebody: the desk and the farmers must have answered.
    return What.DEPARTED if visit.species == visits.BEAR else What.ENDED


def _take_repel(session: Session, event: Event, repel: Repel, received_ms: int) -> None:
    visit = visits.repelled(session, event, repel, received_ms)
    alert = _known(session, visit.id)
    if alert is not None:
        happen(session, alert, _REPEL[repel.phase], received_ms, role="device")


def _take_fault(session: Session, event: Event, fault: Fault, received_ms: int, policies: Policies) -> None:
    what = _FAULT[fault.phase]
    alert = _known(session, fault.fault)
    if alert is None:
        alert = _begin(session, event, fault.fault, "fault", what, received_ms)
        _plan(session, alert, policies.snapshot("fault"), received_ms)
    else:
        happen(session, alert, what, received_ms, role="device")
    alert.facts = {"component": fault.component, "code": fault.code}
    if alert.state == State.CLOSED and alert.outcome is None:
        alert.outcome = "cleared"
    session.flush()


def _known(session: Session, alert_id: str) -> Alert | None:
    return session.get(Alert, alert_id, with_for_update=True)


def _resident(what: What) -> str:
    return "resident" if what in (What.CANCELLED, What.RECOVERED) else "device"


def _begin(session: Session, event: Event, alert_id: str, kind: str, what: What, received_ms: int) -> Alert:
    device = session.get_one(Device, event.stamp.device)
    places: dict[str, Any] = {"device_id": device.id, "home_id": device.home_id, "field_id": device.field_id}
    state = begin(what).state
    alert = Alert(id=alert_id, kind=kind, state=state, opened_ms=received_ms, evidence=[], facts={}, **places)
    alert.number = _free_number(session, alert_id)
    session.add(alert)
    session.flush()
    append(session, alert, what, received_ms, role=_resident(what))
    return alert


def _free_number(session: Session, alert_id: str) -> str:
    """Four digits people can say, drawn from the id so that they tell nothing; more when those are taken."""
    for attempt in count():
        digest = hashlib.sha256(f"{alert_id}/{attempt}".encode()).digest()
        first = 1_000 if attempt < 20 else 1_000_000
        number = str(first + int.from_bytes(digest[:8]) % (9 * first))
        if not _in_use(session, number):
            return number
    raise AssertionError("counting has no end")


def _in_use(session: Session, number: str) -> bool:
    query = select(Alert.id).where(
        Alert.number == number, Alert.state.not_in((State.CLOSED, State.CANCELLED))
    )
    return session.scalar(query.limit(1)) is not None


def _plan(session: Session, alert: Alert, policy: dict[str, Any], asked_until_ms: int) -> None:
    """Store the snapshot; an open alert is due now, an asking one when its device should have spoken again."""
    due_ms = {State.OPEN.value: alert.opened_ms, State.ASKING.value: asked_until_ms}.get(alert.state)
    session.add(Escalation(alert_id=alert.id, policy=policy, step=0, due_ms=due_ms))
    session.flush()
