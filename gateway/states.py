"""What devices say of their own health, and the row every device must have."""

import msgspec
from sqlalchemy.orm import Session

from contract.messages import Clock, EventBody, Fall, Repel, Sighting, State
from gateway.database.tables import Device

UNKNOWN_KIND = "unknown"
_KIND_LENGTH = 16


def ensure_device(session: Session, device_id: str, kind: str) -> Device:
    """The device's row; one nobody registered gets one too, so that nothing it says is lost."""
    row = session.get(Device, device_id)
    if row is None:
        row = Device(id=device_id, kind=kind[:_KIND_LENGTH], online=False)
        session.add(row)
        session.flush()
    elif row.kind == UNKNOWN_KIND:
        row.kind = kind[:_KIND_LENGTH]
    return row


def kind_of(body: EventBody) -> str:
    """What an unregistered device must be, from the first thing it says."""
    match body:
        case Fall():
            return "home"
        case Sighting() | Repel():
            return "field"
        case _:
            return UNKNOWN_KIND


def take_state(session: Session, state: State, *, retained: bool, received_ms: int) -> None:
    """Remember the last state in order of arrival: a last will carries the stamp of its connection's start.

    A retained state is news of an unknown age: it is dated by the device, and changes no date if it is the
    one already known.
    """
    row = ensure_device(session, state.stamp.device, state.kind)
    told = msgspec.to_builtins(state)
    if retained and row.state == told:
        return
    row.online, row.state = state.online, told
    believable = state.stamp.clock is Clock.SYNCED and state.stamp.at_ms <= received_ms
    row.state_at_ms = state.stamp.at_ms if retained and believable else received_ms
