"""Who may read and answer an alert: those the registry names for its place, and those who were told of it."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session

from gateway import registry
from gateway.database.tables import Alert, Attempt, Home, Person, Responsibility


def concerns(session: Session, alert: Alert, person: Person) -> bool:
    """Whether the alert is this person's to read and to answer.

    A technician's are faults of devices, and no family or farmer can answer those in their place. Of any
    other alert, somebody is concerned whom the escalation has told.
    """
    if session.scalar(_told(person).where(Attempt.alert_id == alert.id).limit(1)) is not None:
        return True
    return _may_by_kind(alert, person) and _answers_for(session, person, alert.home_id, alert.field_id)


def alerts_concerning(session: Session, person: Person) -> Iterator[Alert]:
    """The alerts that are this person's, newest first, as far as they are read."""
    told = set(session.scalars(_told(person)))
    places: dict[tuple[str | None, str | None], bool] = {}
    newest = select(Alert).where(_candidates(person)).order_by(Alert.opened_ms.desc(), Alert.id.desc())
    for alert in session.scalars(newest.execution_options(yield_per=100)):
        place = (alert.home_id, alert.field_id)
        if place not in places:
            places[place] = _answers_for(session, person, *place)
        if alert.id in told or (_may_by_kind(alert, person) and places[place]):
            yield alert


def _candidates(person: Person) -> ColumnElement[bool]:
    """Every alert that may be the person's, and some that are not: the registry's rules decide."""
    named = select(Responsibility).where(Responsibility.person_id == person.id)
    homes = named.with_only_columns(Responsibility.home_id).where(Responsibility.home_id.is_not(None))
    fields = named.with_only_columns(Responsibility.field_id).where(Responsibility.field_id.is_not(None))
    mine = [Alert.id.in_(_told(person))]
    if person.role == registry.Role.TECHNICIAN:
        return or_(*mine, Alert.kind == "fault")
    if person.role == registry.Role.DESK:
        return true()
    if person.role == registry.Role.MINSEI_IIN:
        mine.append(Alert.home_id.in_(select(Home.id).where(Home.district == person.district)))
    return or_(*mine, Alert.home_id.in_(homes), Alert.field_id.in_(fields))


def _may_by_kind(alert: Alert, person: Person) -> bool:
    if alert.kind == "fault":
        return person.role in registry.CITY_WIDE
    return person.role != registry.Role.TECHNICIAN


def _answers_for(session: Session, person: Person, home_id: str | None, field_id: str | None) -> bool:
    named = registry.people_for(session, role=person.role, home_id=home_id, field_id=field_id)
    return any(other.id == person.id for other in named)


def _told(person: Person) -> Select[Any]:
    return select(Attempt.alert_id).where(Attempt.person_id == person.id)
