"""Tables. Names, addresses and contacts of people live here and nowhere else.

Times are Unix milliseconds (BIGINT), so that a device's clock and the gateway's can stand side by side.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

RowId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column declared INTEGER."""


class Base(DeclarativeBase):
    """All tables of the gateway."""

    # Names of our own: a later revision can only change a constraint that it can name.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {int: BigInteger, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012


# --- registry: who and where ----------------------------------------------------------------------


class Home(Base):
    """A home with a resident. ``id`` is opaque and is all that ever leaves the gateway."""

    __tablename__ = "homes"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    resident: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    district: Mapped[str] = mapped_column(String(40))


class Field(Base):
    """A field with a camera. ``area`` is a public place name at hamlet level."""

    __tablename__ = "fields"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    area: Mapped[str] = mapped_column(Text)
    latitude_deg: Mapped[float | None] = mapped_column(Float)
    longitude_deg: Mapped[float | None] = mapped_column(Float)


class Device(Base):
    """An edge device and its last known health."""

    __tablename__ = "devices"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    home_id: Mapped[str | None] = mapped_column(ForeignKey("homes.id"))
    field_id: Mapped[str | None] = mapped_column(ForeignKey("fields.id"))
    online: Mapped[bool] = mapped_column(Boolean, default=False)
    state: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    state_at_ms: Mapped[int | None]


class Person(Base):
    """Somebody who may be told and may answer. ``role``: family, minsei_iin, farmer, technician, desk."""

    __tablename__ = "people"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    locale: Mapped[str] = mapped_column(String(8), default="ja")
    district: Mapped[str | None] = mapped_column(String(40))


class Contact(Base):
    """A way to reach a person. ``service``: line, mail, webhook."""

    __tablename__ = "contacts"
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    service: Mapped[str] = mapped_column(String(16), primary_key=True)
    address: Mapped[str] = mapped_column(Text)


class Responsibility(Base):
    """Who answers for which home or field, in the order they are asked within their role."""

    __tablename__ = "responsibilities"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    home_id: Mapped[str | None] = mapped_column(ForeignKey("homes.id"), index=True)
    field_id: Mapped[str | None] = mapped_column(ForeignKey("fields.id"), index=True)
    rank: Mapped[int] = mapped_column(Integer, default=0)
    __table_args__ = (UniqueConstraint("person_id", "home_id", "field_id"),)


# --- what devices said ----------------------------------------------------------------------------


class Event(Base):
    """Every event once: the primary key is the id the device gave it."""

    __tablename__ = "events"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    device_id: Mapped[str] = mapped_column(String(40), index=True)
    boot: Mapped[str] = mapped_column(String(26))
    seq: Mapped[int]
    at_ms: Mapped[int]
    clock: Mapped[str] = mapped_column(String(10))
    received_ms: Mapped[int] = mapped_column(index=True)
    type: Mapped[str] = mapped_column(String(16))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class DeadLetter(Base):
    """A message set aside, with the reason and how often it came.

    ``event_id`` is given where the message names itself: then ``payload`` is whole, its device gets a
    receipt, and the gateway tries it again at its next start. Of others ``payload`` is a sample.
    """

    __tablename__ = "dead_letters"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    topic: Mapped[str] = mapped_column(Text)
    event_id: Mapped[str | None] = mapped_column(String(26), index=True)
    reason: Mapped[str] = mapped_column(Text)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    payload_sha256: Mapped[str] = mapped_column(String(64))
    count: Mapped[int] = mapped_column(default=1)
    first_ms: Mapped[int]
    last_ms: Mapped[int]
    __table_args__ = (UniqueConstraint("topic", "payload_sha256"),)


class Visit(Base):
    """A visit of animals to a field, kept up to date from sighting and repel events."""

    __tablename__ = "visits"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"))
    field_id: Mapped[str | None] = mapped_column(ForeignKey("fields.id"), index=True)
    species: Mapped[str] = mapped_column(String(64))
    count_at_least: Mapped[int] = mapped_column(Integer)
    direction: Mapped[str] = mapped_column(String(64))
    heading_deg: Mapped[float | None] = mapped_column(Float)
    confidence: Mapped[float] = mapped_column(Float)
    started_ms: Mapped[int]
    updated_ms: Mapped[int]
    ended_ms: Mapped[int | None]
    picture: Mapped[bytes | None] = mapped_column(LargeBinary)
    stimulus: Mapped[str | None] = mapped_column(String(64))
    outcome: Mapped[str | None] = mapped_column(String(64))
    veto: Mapped[str | None] = mapped_column(String(64))
    """Why the repeller last held back, or NULL once it has fired."""
    gone_after_s: Mapped[float | None] = mapped_column(Float)
    pins: Mapped[list[Any]] = mapped_column(JSON, default=list)
    why: Mapped[list[Any] | None] = mapped_column(JSON)
    """Why the repeller did what it did last: code, value and unit of each reason; NULL from older devices."""


# --- alerts and their escalation ------------------------------------------------------------------


class Alert(Base):
    """One thing people must know. ``id`` is the device's incident, visit or fault id.

    ``state``: asking (the device still asks the resident), open, acknowledged, closed, cancelled.
    ``number`` is what people say on the telephone; it is unique among alerts that are not closed.
    """

    __tablename__ = "alerts"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    number: Mapped[str] = mapped_column(String(8), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), index=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"))
    home_id: Mapped[str | None] = mapped_column(ForeignKey("homes.id"), index=True)
    field_id: Mapped[str | None] = mapped_column(ForeignKey("fields.id"), index=True)
    opened_ms: Mapped[int]
    answer_by_ms: Mapped[int | None]
    confidence: Mapped[float | None] = mapped_column(Float)
    evidence: Mapped[list[Any]] = mapped_column(JSON, default=list)
    outcome: Mapped[str | None] = mapped_column(String(32))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Codes beside the evidence: component and code of a fault; kind and severity of a fall, for pages alone."""
    __table_args__ = (
        Index(
            "alerts_number_in_use",
            "number",
            unique=True,
            sqlite_where=text("state NOT IN ('closed', 'cancelled')"),
            postgresql_where=text("state NOT IN ('closed', 'cancelled')"),
        ),
    )


class Transition(Base):
    """Append-only history of an alert; a page and an audit read the same rows."""

    __tablename__ = "transitions"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"), index=True)
    at_ms: Mapped[int]
    what: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    role: Mapped[str | None] = mapped_column(String(16))
    person_id: Mapped[str | None] = mapped_column(String(40))
    step: Mapped[int | None] = mapped_column(Integer)


class Escalation(Base):
    """Where the policy of an alert stands; ``policy`` is a snapshot, an edit never reaches it.

    ``step`` is the next to be carried out, counted on through the rounds; ``due_ms`` is when, or NULL:
    answered, or at its end.
    """

    __tablename__ = "escalations"
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    policy: Mapped[dict[str, Any]] = mapped_column(JSON)
    step: Mapped[int] = mapped_column(Integer, default=0)
    due_ms: Mapped[int | None] = mapped_column(index=True)


class Attempt(Base):
    """One message to one person by one service; the retry key is stored before the first send.

    ``state``: pending, sending, accepted, refused, given_up (too many tries), stopped (answered before).
    ``next_try_ms``: when it is due; while sending, when its sender counts as dead and another may take it.
    """

    __tablename__ = "attempts"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(16))
    step: Mapped[int] = mapped_column(Integer)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    service: Mapped[str] = mapped_column(String(16))
    retry_key: Mapped[str] = mapped_column(String(36))
    state: Mapped[str] = mapped_column(String(16), default="pending")
    tries: Mapped[int] = mapped_column(Integer, default=0)
    next_try_ms: Mapped[int | None]
    sent_ms: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        UniqueConstraint("alert_id", "purpose", "step", "person_id", "service"),
        Index("attempts_due", "state", "next_try_ms"),
    )


class Command(Base):
    """A message to a device, waiting to be published."""

    __tablename__ = "commands"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"))
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    expires_ms: Mapped[int]
    sent_ms: Mapped[int | None]
    __table_args__ = (Index("commands_waiting", "sent_ms", "expires_ms"),)
