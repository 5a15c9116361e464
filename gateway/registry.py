"""Homes, fields, devices and people: read from one file a person can write, looked up by opaque ids.

The file (TOML)::

    [[homes]]
    id = "home-0001"                 # opaque: it says nothing about who or where
    resident = "藤原 文子"
    address = "..."
    district = "higashi"
    responsible = ["person-0001", "person-0002"]   # asked in this order within their role

    [[fields]]
    id = "field-0001"
    area = "..."
    responsible = ["person-0010"]

    [[devices]]
    id = "radar-0001"
    kind = "home"                    # or "field"
    home = "home-0001"               # or field = "field-0001"

    [[people]]
    id = "person-0001"
    name = "..."
    role = "family"                  # family, minsei_iin, farmer, technician, desk
    contacts = { line = "U...", mail = "..." }

Who is not named for a home is found: a minsei-iin by the home's district, a desk or a technician for the
whole city. Family and farmers are only ever those named.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from contract.configuration import ConfigurationError, Problem, Settings, line_of, parse
from contract.ids import is_opaque
from gateway.database import tables


def _opaque(name: str) -> str:
    if not is_opaque(name):
        raise ValueError(
            "use 3 to 40 of a-z, 0-9 and -, starting with a letter, and nothing that says who or where"
        )
    return name


RegistryId = Annotated[str, AfterValidator(_opaque)]


class Role(StrEnum):
    """What a person is to those they answer for."""

    FAMILY = "family"
    MINSEI_IIN = "minsei_iin"
    FARMER = "farmer"
    TECHNICIAN = "technician"
    DESK = "desk"


class Service(StrEnum):
    """A way to reach a person."""

    LINE = "line"
    MAIL = "mail"
    WEBHOOK = "webhook"


class DeviceKind(StrEnum):
    """Where a device stands."""

    HOME = "home"
    FIELD = "field"


CITY_WIDE = (Role.TECHNICIAN, Role.DESK)
"""Roles that answer for every home and field unless somebody is named for it."""


class HomeEntry(Settings):
    """One ``[[homes]]`` table."""

    id: RegistryId
    resident: str = Field(min_length=1)
    address: str = Field(min_length=1)
    district: str = Field(min_length=1, max_length=40)
    responsible: tuple[str, ...] = ()


class FieldEntry(Settings):
    """One ``[[fields]]`` table. ``area`` is a public place name at hamlet level."""

    id: RegistryId
    area: str = Field(min_length=1)
    latitude_deg: float | None = Field(default=None, ge=-90, le=90)
    longitude_deg: float | None = Field(default=None, ge=-180, le=180)
    responsible: tuple[str, ...] = ()


class DeviceEntry(Settings):
    """One ``[[devices]]`` table."""

    id: RegistryId
    kind: DeviceKind
    home: str | None = None
    field: str | None = None


class PersonEntry(Settings):
    """One ``[[people]]`` table; somebody without a contact would be found out during the emergency."""

    id: RegistryId
    name: str = Field(min_length=1)
    role: Role
    locale: str = Field(default="ja", pattern=r"^[a-z]{2}$")
    district: str | None = Field(default=None, min_length=1, max_length=40)
    contacts: dict[Service, Annotated[str, Field(min_length=1)]] = Field(min_length=1)


class RegistryFile(Settings):
    """The whole file."""

    homes: tuple[HomeEntry, ...] = ()
    fields: tuple[FieldEntry, ...] = ()
    devices: tuple[DeviceEntry, ...] = ()
    people: tuple[PersonEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many entries of each kind a file held."""

    homes: int
    fields: int
    devices: int
    people: int


def load_registry(session: Session, text: str, file: str) -> Loaded:
    """Take a file's entries over; what it names is made or brought up to date, what it does not name stays.

    The contacts of a named person and the responsible of a named home or field are replaced as a whole.
    Raises ConfigurationError with every problem, and writes nothing then.
    """
    content = parse(text, RegistryFile, file)
    problems = [Problem(file, line_of(text, at), *rest) for at, *rest in _problems(session, content)]
    if problems:
        raise ConfigurationError(problems)
    for person in content.people:
        _store_person(session, person)
    for home in content.homes:
        session.merge(tables.Home(**home.model_dump(exclude={"responsible"})))
    for field in content.fields:
        session.merge(tables.Field(**field.model_dump(exclude={"responsible"})))
    session.flush()
    for device in content.devices:
        _store_device(session, device)
    for home in content.homes:
        _store_responsible(session, home.responsible, home_id=home.id)
    for field in content.fields:
        _store_responsible(session, field.responsible, field_id=field.id)
    session.flush()
    return Loaded(len(content.homes), len(content.fields), len(content.devices), len(content.people))


def _store_person(session: Session, entry: PersonEntry) -> None:
    session.merge(
        tables.Person(
            id=entry.id, name=entry.name, role=entry.role.value, locale=entry.locale, district=entry.district
        )
    )
    session.flush()
    session.execute(delete(tables.Contact).where(tables.Contact.person_id == entry.id))
    for service, address in entry.contacts.items():
        session.add(tables.Contact(person_id=entry.id, service=service.value, address=address))


def _store_device(session: Session, entry: DeviceEntry) -> None:
    """Only what the file knows is written: health is the device's own to tell."""
    row = session.get(tables.Device, entry.id)
    if row is None:
        row = tables.Device(id=entry.id, online=False)
        session.add(row)
    row.kind, row.home_id, row.field_id = entry.kind.value, entry.home, entry.field


def _store_responsible(
    session: Session, people: Sequence[str], *, home_id: str | None = None, field_id: str | None = None
) -> None:
    table = tables.Responsibility
    at = table.home_id == home_id if home_id is not None else table.field_id == field_id
    session.execute(delete(table).where(at))
    for rank, person_id in enumerate(people):
        session.add(table(person_id=person_id, home_id=home_id, field_id=field_id, rank=rank))


# --- what a schema cannot say ---------------------------------------------------------------------

_Found = tuple[tuple[str | int, ...], str, str, str]
"""Where in the file, key, value, mend."""


def _problems(session: Session, content: RegistryFile) -> Iterator[_Found]:
    yield from _repeated_ids(content)
    people = {person.id for person in content.people}
    places: list[tuple[str, Sequence[HomeEntry | FieldEntry]]]
    places = [("homes", content.homes), ("fields", content.fields)]
    for kind, entries in places:
        for row, entry in enumerate(entries):
            for person_id in _repeated(entry.responsible):
                yield _at(kind, row, "responsible", person_id, "name each person once")
            for person_id in entry.responsible:
                if person_id not in people and session.get(tables.Person, person_id) is None:
                    yield _at(
                        kind,
                        row,
                        "responsible",
                        person_id,
                        "no such person: add a [[people]] table with this id",
                    )
    yield from _misplaced_devices(session, content)


def _misplaced_devices(session: Session, content: RegistryFile) -> Iterator[_Found]:
    homes = {home.id for home in content.homes}
    fields = {field.id for field in content.fields}
    for row, device in enumerate(content.devices):
        if device.kind is DeviceKind.HOME:
            wanted, place, other, known = "home", device.home, device.field, homes
            stored = place is not None and session.get(tables.Home, place) is not None
        else:
            wanted, place, other, known = "field", device.field, device.home, fields
            stored = place is not None and session.get(tables.Field, place) is not None
        if place is None or other is not None:
            yield _at(
                "devices", row, "kind", device.kind, f"a device of this kind names one {wanted}, nothing else"
            )
        elif place not in known and not stored:
            yield _at(
                "devices", row, wanted, place, f"no such {wanted}: add a [[{wanted}s]] table with this id"
            )


def _repeated_ids(content: RegistryFile) -> Iterator[_Found]:
    for kind in ("homes", "fields", "devices", "people"):
        ids = [entry.id for entry in getattr(content, kind)]
        for name in _repeated(ids):
            row = len(ids) - 1 - ids[::-1].index(name)
            yield _at(kind, row, "id", name, "this id is already taken in this file: give each its own")


def _repeated(names: Sequence[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _at(kind: str, row: int, key: str, value: str, mend: str) -> _Found:
    return (kind, row, key), f"{kind}.{row}.{key}", repr(str(value)), mend


# --- looking up -----------------------------------------------------------------------------------


def people_for(
    session: Session, *, role: str, home_id: str | None = None, field_id: str | None = None
) -> list[tables.Person]:
    """Who of a role answers for a home or field, in the order they are asked; empty if nobody does.

    With neither place (an unregistered device): the city-wide roles, else nobody.
    """
    named = _named_for(session, role, home_id, field_id)
    if named:
        return named
    everyone = select(tables.Person).where(tables.Person.role == role).order_by(tables.Person.id)
    if role == Role.MINSEI_IIN and home_id is not None:
        home = session.get(tables.Home, home_id)
        if home is None:
            return []
        return list(session.scalars(everyone.where(tables.Person.district == home.district)))
    if role in CITY_WIDE:
        return list(session.scalars(everyone))
    return []


def _named_for(session: Session, role: str, home_id: str | None, field_id: str | None) -> list[tables.Person]:
    if home_id is None and field_id is None:
        return []
    table = tables.Responsibility
    at = table.home_id == home_id if home_id is not None else table.field_id == field_id
    query = (
        select(tables.Person)
        .join(table, table.person_id == tables.Person.id)
        .where(at, tables.Person.role == role)
        .order_by(table.rank, tables.Person.id)
    )
    return list(session.scalars(query))


def person(session: Session, person_id: str) -> tables.Person | None:
    """The person of this id, if there is one."""
    return session.get(tables.Person, person_id)


def contacts(session: Session, person_id: str) -> list[tables.Contact]:
    """All ways to reach a person, by service name."""
    query = select(tables.Contact).where(tables.Contact.person_id == person_id)
    return list(session.scalars(query.order_by(tables.Contact.service)))


def device(session: Session, device_id: str) -> tables.Device | None:
    """The device of this id, registered or only heard of."""
    return session.get(tables.Device, device_id)


def devices(
    session: Session, *, home_id: str | None = None, field_id: str | None = None
) -> list[tables.Device]:
    """The devices of a home, of a field, or of the whole city, by id."""
    query = select(tables.Device).order_by(tables.Device.id)
    if home_id is not None:
        query = query.where(tables.Device.home_id == home_id)
    if field_id is not None:
        query = query.where(tables.Device.field_id == field_id)
    return list(session.scalars(query))
