"""Visits of animals: one row, kept up to date from what a field's device says about it.

Messages may come late, twice and out of order: counts only rise, the newest direction and picture stand,
and an end stays an end.
"""

from typing import Any

import msgspec
from sqlalchemy.orm import Session

from contract.messages import Clock, Event, Repel, RepelPhase, Sighting, VisitPhase
from gateway.database.tables import Device, Visit

BEAR = "bear"
UNKNOWN = "unknown"
"""Species and direction of a visit of which only the repeller has spoken so far."""


def seen(session: Session, event: Event, sighting: Sighting, received_ms: int) -> Visit:
    """Take a sighting into its visit's row."""
    at_ms = happened_ms(event, received_ms)
    row = _row(session, event, sighting.visit, at_ms)
    newest = at_ms >= row.updated_ms or row.species == UNKNOWN or sighting.species == BEAR
    if newest:
        # A bear stays a bear: whatever the camera makes of it later, people must be warned.
        row.species = BEAR if row.species == BEAR else sighting.species
        row.direction = sighting.direction
        row.heading_deg, row.confidence = sighting.heading_deg, sighting.confidence
    if sighting.picture is not None and (newest or row.picture is None):
        row.picture = sighting.picture
    row.count_at_least = max(row.count_at_least, sighting.count_at_least)
    row.started_ms, row.updated_ms = min(row.started_ms, at_ms), max(row.updated_ms, at_ms)
    if sighting.phase is VisitPhase.ENDED:
        row.ended_ms = at_ms
    session.flush()
    return row


def repelled(session: Session, event: Event, repel: Repel, received_ms: int) -> Visit:
    """Take what the repeller did into its visit's row."""
    row = _row(session, event, repel.visit, happened_ms(event, received_ms))
    if repel.phase is RepelPhase.FIRED:
        row.stimulus, row.veto = repel.stimulus, None
    elif repel.phase is RepelPhase.VETOED:
        row.veto = repel.reason
    else:
        row.outcome, row.gone_after_s = repel.outcome, repel.gone_after_s
    if repel.why:
        row.why = msgspec.to_builtins(repel.why)
    row.pins = _merged(row.pins, msgspec.to_builtins(repel.pins))
    session.flush()
    return row


def happened_ms(event: Event, received_ms: int) -> int:
    """When it happened: the device's time if its clock is synchronised and not ahead, else the gateway's."""
    trusted = event.stamp.clock is Clock.SYNCED and event.stamp.at_ms <= received_ms
    return event.stamp.at_ms if trusted else received_ms


def _row(session: Session, event: Event, visit_id: str, at_ms: int) -> Visit:
    row = session.get(Visit, visit_id, with_for_update=True)
    if row is not None:
        return row
    device = session.get_one(Device, event.stamp.device)
    row = Visit(
        id=visit_id,
        device_id=device.id,
        field_id=device.field_id,
        species=UNKNOWN,
        count_at_least=0,
        direction=UNKNOWN,
        confidence=0.0,
        started_ms=at_ms,
        updated_ms=at_ms,
        pins=[],
    )
    session.add(row)
    session.flush()
    return row


def _merged(known: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    fresh = [change for change in new if change not in known]
    return sorted([*known, *fresh], key=lambda change: change["at_ms"])
