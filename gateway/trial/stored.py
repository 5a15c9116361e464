"""What the gateway has stored of one field in one stretch of time, as plain records. Reads, and changes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from contract.messages import Clock, MuteRepeller, NotOfTheContractError, RepelPhase, decode
from contract.messages import Command as CommandMessage
from gateway.alerts.lifecycle import ANSWERS
from gateway.database import tables
from gateway.series.store import Series

WINDOW_MS = 600_000
"""A device sends its numbers every ten seconds; a window without any was not watched."""
LOOK_BACK_MS = 400 * 86_400_000
"""A trial takes a season or two; without a first day nothing older is looked for."""
REMOTE = "remote"
"""The code of a shot that a person fired: noise as any other, but no choice of the device's and no outcome."""
CONTROL = "control"
"""The code of an attempt in which nothing is switched on."""


class UnknownFieldError(LookupError):
    """No field of this name, or nothing stored of it."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of animals. Times are Unix ms."""

    id: str
    species: str
    count: int
    started_ms: int
    ended_ms: int | None
    heading_deg: float | None
    confidence: float
    picture: bytes | None


@dataclass(slots=True)
class Attempt:
    """One time that something was done, or, as a control, left undone; ``outcome`` is None where nobody could see it."""

    id: str
    visit: str
    stimulus: str
    at_ms: int
    outcome: str | None = None
    gone_after_s: float | None = None

    @property
    def control(self) -> bool:
        return self.stimulus == CONTROL


@dataclass(frozen=True, slots=True)
class Veto:
    """Once a visit and reason: why the repeller kept still."""

    visit: str
    reason: str
    at_ms: int


@dataclass(slots=True)
class Fault:
    """From when to when something did not work; ``to_ms`` None: still."""

    code: str
    component: str
    from_ms: int
    to_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A sighting's alert: when it was opened, who answered first and what; ``at_ms`` None: nobody."""

    opened_ms: int
    at_ms: int | None
    what: str | None


@dataclass(slots=True)
class Stored:
    """All of it, between ``since_ms`` and ``until_ms``. ``watched``: starts of windows with pictures looked at."""

    field_id: str
    area: str
    devices: tuple[str, ...]
    since_ms: int
    until_ms: int
    visits: list[Visit] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    vetoes: list[Veto] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    mutes: int = 0
    watched: frozenset[int] = frozenset()


def read(
    session: Session, series: Series, field_id: str, since_ms: int | None, until_ms: int | None, now_ms: int
) -> Stored:
    """Of the field ``field_id``; without ``since_ms`` from the first thing known of it on, without ``until_ms`` to the last.

    Raises UnknownFieldError with the mend.
    """
    row = session.get(tables.Field, field_id)
    if row is None:
        known = ", ".join(session.scalars(select(tables.Field.id).order_by(tables.Field.id))) or "none"
        raise UnknownFieldError(f"no field {field_id!r} in the registry; there are: {known}")
    devices = tuple(
        session.scalars(
            select(tables.Device.id).where(tables.Device.field_id == field_id).order_by(tables.Device.id)
        )
    )
    events = _events(session, devices, since_ms, until_ms)
    watched = _watched(series, devices, since_ms or max(0, now_ms - LOOK_BACK_MS), until_ms or now_ms)
    times = [_when(event) for event in events] + sorted(watched)
    if not times:
        raise UnknownFieldError(
            f"nothing is stored of field {field_id!r} in this time: was its device ever on?"
        )
    last = max(max(times) + 1, max(watched, default=0) + WINDOW_MS)
    stored = Stored(
        field_id,
        row.area,
        devices,
        min(times) if since_ms is None else since_ms,
        min(now_ms + 1, last if until_ms is None else until_ms),
        watched=watched,
    )
    _take(stored, events)
    stored.visits = _visits(session, stored)
    stored.answers = _answers(session, stored)
    stored.mutes = _mutes(session, stored)
    return stored


def _events(
    session: Session, devices: Sequence[str], since_ms: int | None, until_ms: int | None
) -> list[tables.Event]:
    wanted = select(tables.Event).where(tables.Event.device_id.in_(devices), tables.Event.type != "fall")
    found = [
        event
        for event in session.scalars(wanted)
        if (since_ms is None or _when(event) >= since_ms) and (until_ms is None or _when(event) < until_ms)
    ]
    return sorted(found, key=lambda event: (_when(event), event.seq))


def _when(event: tables.Event) -> int:
    """As for a visit: the device's time if it can be believed, else that of the receipt."""
    believable = event.clock == Clock.SYNCED.value and event.at_ms <= event.received_ms
    return event.at_ms if believable else event.received_ms


def _take(stored: Stored, events: Iterable[tables.Event]) -> None:
    attempts: dict[str, Attempt] = {}
    faults: dict[str, Fault] = {}
    for event in events:
        body = event.body
        if event.type == "repel":
            _take_repel(stored, attempts, body, _when(event))
        elif event.type == "fault":
            fault = faults.setdefault(body["fault"], Fault(body["code"], body["component"], _when(event)))
            if body["phase"] == "cleared":
                fault.to_ms = _when(event)
            else:
                fault.from_ms = min(fault.from_ms, _when(event))
    stored.attempts = sorted(attempts.values(), key=lambda one: one.at_ms)
    stored.faults = sorted(faults.values(), key=lambda one: one.from_ms)


def _take_repel(stored: Stored, attempts: dict[str, Attempt], body: dict[str, Any], at_ms: int) -> None:
    if body["phase"] == RepelPhase.VETOED.value:
        stored.vetoes.append(Veto(body["visit"], body.get("reason") or "", at_ms))
        return
    action = body["action"]
    one = attempts.setdefault(action, Attempt(action, body["visit"], body["stimulus"], at_ms))
    if body["phase"] == RepelPhase.OUTCOME.value:
        one.outcome, one.gone_after_s = body.get("outcome"), body.get("gone_after_s")
    else:
        one.at_ms = at_ms


def _visits(session: Session, stored: Stored) -> list[Visit]:
    wanted = (
        select(tables.Visit)
        .where(
            tables.Visit.field_id == stored.field_id,
            tables.Visit.started_ms >= stored.since_ms,
            tables.Visit.started_ms < stored.until_ms,
        )
        .order_by(tables.Visit.started_ms)
    )
    return [
        Visit(
            row.id, row.species, row.count_at_least, row.started_ms, row.ended_ms, row.heading_deg,
            row.confidence, row.picture,
        )
        for row in session.scalars(wanted)
    ]  # fmt: skip


def _answers(session: Session, stored: Stored) -> list[Answer]:
    wanted = select(tables.Alert).where(
        tables.Alert.field_id == stored.field_id,
        tables.Alert.kind == "sighting",
        tables.Alert.opened_ms >= stored.since_ms,
        tables.Alert.opened_ms < stored.until_ms,
    )
    found = []
    for alert in session.scalars(wanted.order_by(tables.Alert.opened_ms)):
        said = select(tables.Transition).where(
            tables.Transition.alert_id == alert.id, tables.Transition.what.in_(sorted(ANSWERS))
        )
        first = session.scalars(said.order_by(tables.Transition.at_ms, tables.Transition.id).limit(1)).first()
        told = (None, None) if first is None else (first.at_ms, first.what)
        found.append(Answer(alert.opened_ms, *told))
    return found


def _mutes(session: Session, stored: Stored) -> int:
    """How often somebody asked for quiet."""
    count = 0
    for payload in session.scalars(
        select(tables.Command.payload).where(tables.Command.device_id.in_(stored.devices))
    ):
        try:
            said = decode(payload, CommandMessage)
        except NotOfTheContractError:
            continue
        inside = stored.since_ms <= said.issued_ms < stored.until_ms
        count += inside and isinstance(said.body, MuteRepeller)
    return count


def _watched(series: Series, devices: Sequence[str], since_ms: int, until_ms: int) -> frozenset[int]:
    starts: set[int] = set()
    for device in devices:
        means = series.query(device, "eye", "fps", since_ms, until_ms, WINDOW_MS)
        starts.update(at_ms for at_ms, fps in means if fps > 0)
    return frozenset(starts)
