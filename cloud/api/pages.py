"""The pages of the roles: start, home, field, devices, and the streams that keep them up to date."""

import hashlib
import json
import logging
from typing import Any

from fastapi import APIRouter
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response, StreamingResponse

from cloud.api import access, cards
from cloud.api.city import City
from cloud.api.errors import ForbiddenError, NotFoundError
from cloud.api.reader import AReader, AReading, Reader
from cloud.api.streams import changed, event_stream, watch
from cloud.portal.drawing import chart
from cloud.portal.wording import Wording
from gateway.alerts import records
from gateway.database import tables
from gateway.registry import devices
from gateway.series import SeriesError

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)

EVERY_MS = 15 * 60_000
DAY_MS = 24 * 3_600_000
PAST_SHOWN = 20
VISITS_SHOWN = 20
DEAD_LETTERS_SHOWN = 20


@router.get("/")
def start(reader: AReader, session: AReading) -> Response:
    """The reader's own page: what waits for an answer first."""
    found = access.alerts_of(session, reader.who)
    now = [alert for alert in found if alert.state in records.NOT_OVER]
    past = [alert for alert in found if alert.state not in records.NOT_OVER][:PAST_SHOWN]
    return reader.page(
        "start.html",
        now=[cards.full_card(session, reader.w, reader.who, alert.id) for alert in now],
        past=[cards.alert_card(session, reader.w, reader.who, alert) for alert in past],
        homes=access.homes_of(session, reader.who),
        fields=access.fields_of(session, reader.who),
        devices_link=access.may_see_devices(reader.who),
    )


@router.get("/homes/{home_id}")
def home(reader: AReader, session: AReading, home_id: str) -> Response:
    """A home: live picture, the last day, its alerts."""
    # Asked before looking whether there is such a home: a stranger learns nothing from the answer.
    if not access.may_see_home(session, reader.who, home_id):
        raise ForbiddenError
    found = session.get(tables.Home, home_id)
    if found is None:
        raise NotFoundError
    here = devices(session, home_id=home_id)
    device_id = here[0].id if here else None
    may_watch = access.may_watch_home(session, reader.who, home_id)
    glimpse = reader.city.live.newest(device_id) if device_id and may_watch else None
    alerts = [
        alert
        for alert in records.alerts_of_home(session, home_id, PAST_SHOWN)
        if access.may_see_alert(session, reader.who, alert.id)
    ]
    return reader.page(
        "home.html",
        home=found,
        device_id=device_id,
        may_watch=may_watch,
        view=cards.live_card(reader.w, glimpse),
        may_see_day=access.may_see_day(reader.who),
        **_day(reader, device_id),
        alerts=[cards.alert_card(session, reader.w, reader.who, alert) for alert in alerts],
    )


def _day(reader: Reader, device_id: str | None) -> dict[str, Any]:
    empty: dict[str, Any] = {"chart": None, "rows": [], "chart_failed": False}
    if device_id is None or not access.may_see_day(reader.who):
        return empty
    try:
        points = reader.city.day(device_id, "radar", "points", EVERY_MS)
    except SeriesError as error:
        log.warning("the day of %s cannot be shown: %s", device_id, error)
        return {**empty, "chart_failed": True}
    until_ms = reader.city.now_ms()
    return {**empty, "chart": chart(points, until_ms - DAY_MS, until_ms, EVERY_MS), "rows": points[::-1]}


@router.get("/fields/{field_id}")
def field(reader: AReader, session: AReading, field_id: str) -> Response:
    """A field: live picture, what the repeller did, the visits."""
    if not access.may_see_field(session, reader.who, field_id):
        raise ForbiddenError
    found = session.get(tables.Field, field_id)
    if found is None:
        raise NotFoundError
    here = devices(session, field_id=field_id)
    device_id = here[0].id if here else None
    glimpse = reader.city.live.newest(device_id) if device_id else None
    alerts = [
        alert
        for alert in records.alerts_of_field(session, field_id, PAST_SHOWN)
        if alert.state in records.NOT_OVER and access.may_see_alert(session, reader.who, alert.id)
    ]
    visits = records.visits_for_field(session, field_id, VISITS_SHOWN)
    return reader.page(
        "field.html",
        field=found,
        outputs=cards.outputs_of(visits),
        device_id=device_id,
        view=cards.live_card(reader.w, glimpse),
        alerts=[cards.alert_card(session, reader.w, reader.who, alert) for alert in alerts],
        visits=[cards.visit_card(reader.w, visit) for visit in visits],
    )


@router.get("/visits/{visit_id}/picture")
def visit_picture(reader: AReader, session: AReading, visit_id: str) -> Response:
    """The picture of a visit, for those who may see the field."""
    visit = records.visit(session, visit_id)
    if visit is None or visit.picture is None or visit.field_id is None:
        raise NotFoundError
    if not access.may_see_field(session, reader.who, visit.field_id):
        raise ForbiddenError
    return Response(visit.picture, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=600"})


@router.get("/devices")
def all_devices(reader: AReader, session: AReading) -> Response:
    """Every device's state and faults, and what could not be read."""
    if not access.may_see_devices(reader.who):
        raise ForbiddenError
    letters = session.scalars(
        select(tables.DeadLetter).order_by(tables.DeadLetter.last_ms.desc()).limit(DEAD_LETTERS_SHOWN)
    )
    count = session.scalar(select(func.coalesce(func.sum(tables.DeadLetter.count), 0)))
    return reader.page(
        "devices.html",
        devices=[cards.device_card(session, reader.w, device) for device in devices(session)],
        dead_letters=list(letters),
        dead_letter_count=int(count or 0),
    )


# --- streams --------------------------------------------------------------------------------------


@router.get("/live/alerts")
async def alerts_stream(reader: AReader) -> StreamingResponse:
    """Tells this reader's page when something it shows has changed."""

    def digest() -> str:
        with reader.city.database.read() as session:
            who = access.viewer(session, reader.who.person_id)
            return "" if who is None else digest_for(session, who)

    return event_stream(changed(reader.city.streams, reader.city.changes, digest))


@router.get("/live/{device_id}")
def live_stream(reader: AReader, session: AReading, device_id: str) -> StreamingResponse:
    """The live picture of a device, as it comes."""
    city = reader.city
    if not _may_watch(session, reader, device_id):
        raise ForbiddenError

    def allowed() -> bool:
        with city.database.read() as fresh:
            return _may_watch(fresh, reader, device_id)

    return stream_of(city, reader.w, device_id, allowed)


def stream_of(city: City, w: Wording, device_id: str, allowed: access.Allowed) -> StreamingResponse:
    """The stream of one device in one language."""

    def look() -> tuple[int, dict[str, object] | None]:
        glimpse = city.live.newest(device_id)
        return (0, None) if glimpse is None else (glimpse.serial, cards.live_card(w, glimpse))

    return event_stream(watch(city.streams, look, allowed))


def _may_watch(session: Session, reader: Reader, device_id: str) -> bool:
    device = session.get(tables.Device, device_id)
    who = access.viewer(session, reader.who.person_id)
    return device is not None and who is not None and access.may_watch_device(session, who, device)


def digest_for(session: Session, who: access.Viewer) -> str:
    """A short text that differs whenever something on this person's pages differs."""
    shown: list[object] = []
    for alert in access.alerts_of(session, who):
        last = select(func.max(tables.Transition.id)).where(tables.Transition.alert_id == alert.id)
        shown.append((alert.id, alert.state, session.scalar(last)))
    fields = [field.id for field in access.fields_of(session, who)]
    visits = select(func.max(tables.Visit.updated_ms), func.count()).where(tables.Visit.field_id.in_(fields))
    shown.append(tuple(session.execute(visits).one()))
    if access.may_see_devices(who):
        states = select(tables.Device.id, tables.Device.state_at_ms, tables.Device.online)
        shown += [tuple(row) for row in session.execute(states.order_by(tables.Device.id))]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]
