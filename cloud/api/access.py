"""Who may see what: every page asks here, and nothing is shown by default.

A family sees its own home at any time. A minsei-iin sees the homes of the own district, and the live picture of
one only while there is an alert in it; so does the city desk, for all homes. A farmer sees the own fields. A
technician sees devices and faults, under opaque ids, and no resident's name.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from gateway.alerts import records
from gateway.alerts.records import AlertRecord
from gateway.alerts.responsibility import concerns
from gateway.database import tables
from gateway.registry import Role, people_for, person

Allowed = Callable[[], bool]
"""Asked again while a stream is open."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who has signed in or opened a link."""

    person_id: str
    role: str
    locale: str
    district: str | None


def viewer(session: Session, person_id: str) -> Viewer | None:
    """The person behind an id, or None once the registry no longer knows them."""
    found = person(session, person_id)
    return None if found is None else Viewer(found.id, found.role, found.locale, found.district)


def answers_for(
    session: Session, who: Viewer, *, home_id: str | None = None, field_id: str | None = None
) -> bool:
    """Whether this person is among those who answer for a home or a field now."""
    if home_id is None and field_id is None:
        return who.role in (Role.TECHNICIAN, Role.DESK)
    found = people_for(session, role=who.role, home_id=home_id, field_id=field_id)
    return any(one.id == who.person_id for one in found)


def may_see_alert(session: Session, who: Viewer, alert_id: str) -> bool:
    """Whoever answers for the place or was told of this very alert; the desk sees all."""
    row, found = session.get(tables.Alert, alert_id), person(session, who.person_id)
    if row is None or found is None:
        return False
    return who.role == Role.DESK or concerns(session, row, found)


def may_see_resident(session: Session, who: Viewer, home_id: str | None) -> bool:
    """Whether the resident's name and address may stand on this person's page."""
    if home_id is None or who.role not in (Role.FAMILY, Role.MINSEI_IIN, Role.DESK):
        return False
    return who.role == Role.DESK or answers_for(session, who, home_id=home_id)


def may_see_home(session: Session, who: Viewer, home_id: str) -> bool:
    """Whether the page of a home opens for this person."""
    return may_see_resident(session, who, home_id)


def may_watch_home(session: Session, who: Viewer, home_id: str) -> bool:
    """Whether the live picture of a home is shown: to those outside the family only during an alert."""
    if not may_see_home(session, who, home_id):
        return False
    return who.role == Role.FAMILY or _has_alert(session, home_id)


def may_see_day(who: Viewer) -> bool:
    """Whether a home's record of the day is shown: it says how somebody lives, and is the family's alone."""
    return who.role == Role.FAMILY


def may_see_field(session: Session, who: Viewer, field_id: str) -> bool:
    """Whether the page of a field opens for this person."""
    return who.role == Role.DESK or (
        who.role in (Role.FARMER, Role.TECHNICIAN) and answers_for(session, who, field_id=field_id)
    )


def may_see_devices(who: Viewer) -> bool:
    """Whether the page of all devices opens for this person."""
    return who.role in (Role.TECHNICIAN, Role.DESK)


def may_watch_device(session: Session, who: Viewer, device: tables.Device) -> bool:
    """Whether the live lane of a device is passed on to this person's browser."""
    if device.home_id is not None:
        return may_watch_home(session, who, device.home_id)
    return device.field_id is not None and may_see_field(session, who, device.field_id)


def alerts_of(session: Session, who: Viewer, limit: int = 50) -> list[AlertRecord]:
    """The alerts this person may see, those not over first, then the newest."""
    if who.role == Role.DESK:
        found = records.recent_alerts(session, limit)
        found += [alert for alert in records.open_alerts(session) if alert not in found]
    else:
        found = _near(session, who, limit)
    seen = [alert for alert in found if may_see_alert(session, who, alert.id)]
    return sorted(seen, key=lambda alert: (alert.state not in records.NOT_OVER, -alert.opened_ms))


def homes_of(session: Session, who: Viewer) -> list[tables.Home]:
    """The homes this person answers for, by id; empty for those who look after the whole city."""
    if who.role not in (Role.FAMILY, Role.MINSEI_IIN):
        return []
    named = select(tables.Responsibility.home_id).where(tables.Responsibility.person_id == who.person_id)
    here: list[ColumnElement[bool]] = [
        tables.Home.id.in_(named.where(tables.Responsibility.home_id.is_not(None)))
    ]
    if who.role == Role.MINSEI_IIN and who.district is not None:
        here.append(tables.Home.district == who.district)
    homes = session.scalars(select(tables.Home).where(or_(*here)).order_by(tables.Home.id))
    return [home for home in homes if answers_for(session, who, home_id=home.id)]


def fields_of(session: Session, who: Viewer) -> list[tables.Field]:
    """The fields this person may open from the start page, by id."""
    if who.role != Role.FARMER:
        return []
    named = select(tables.Responsibility.field_id).where(tables.Responsibility.person_id == who.person_id)
    here = tables.Field.id.in_(named.where(tables.Responsibility.field_id.is_not(None)))
    return list(session.scalars(select(tables.Field).where(here).order_by(tables.Field.id)))


def _near(session: Session, who: Viewer, limit: int) -> list[AlertRecord]:
    found = {alert.id: alert for alert in records.alerts_for(session, who.person_id, limit)}
    for home in homes_of(session, who):
        found.update({alert.id: alert for alert in records.alerts_of_home(session, home.id, limit)})
    if who.role == Role.TECHNICIAN:
        every = (*records.open_alerts(session), *records.recent_alerts(session, limit))
        found.update({alert.id: alert for alert in every if alert.kind == "fault"})
    return list(found.values())


def _has_alert(session: Session, home_id: str) -> bool:
    going_on = select(tables.Alert.id).where(
        tables.Alert.home_id == home_id,
        tables.Alert.kind == "fall",
        tables.Alert.state.in_(records.NOT_OVER),
    )
    return session.scalar(going_on.limit(1)) is not None
