"""The one page of a one-command run: home, field and telephones side by side, on the same functions as the pages.

Open without signing in, so it is there only with ``[web] demo = true``, which the settings allow on loopback alone.
"""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response, StreamingResponse

from cloud.api import access, cards
from cloud.api.access import Viewer
from cloud.api.city import City, city_of
from cloud.api.language import locale_of
from cloud.api.pages import stream_of
from cloud.api.reader import ACity, AReading, page
from cloud.api.streams import changed, event_stream
from cloud.portal.alert_view import AlertView
from cloud.portal.wording import Wording
from gateway.alerts import records
from gateway.alerts.lifecycle import ANSWERS
from gateway.alerts.records import AlertHistory, VisitRecord
from gateway.database import tables
from gateway.registry import Role, people_for

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Message:
    """One message on a demo telephone."""

    text: str
    time: str
    new: bool


@dataclass(frozen=True, slots=True)
class Phone:
    """One person's telephone: what has arrived, and the buttons of the newest alert."""

    role: str
    sign_in: str
    messages: list[Message]
    alert: AlertView | None
    answer_to: str | None
    mine: str | None
    other: str | None


@router.get("/demo")
def demo(request: Request, city: ACity, session: AReading) -> Response:
    """Everything at once."""
    locale = locale_of(request)
    w = Wording(locale)
    home, field = _first_device(session, "home"), _first_device(session, "field")
    fall, visit = _newest_fall(session, home), _newest_visit(session, field)
    phones = [
        _phone(session, city, w, role, fall, home_id=home.home_id if home else None)
        for role in (Role.FAMILY, Role.MINSEI_IIN)
    ]
    farmer = _farmer_phone(session, city, w, field, visit)
    return page(
        request,
        "demo.html",
        locale,
        start="/demo",
        home_device=home.id if home else None,
        outputs=cards.outputs_of([visit] if visit else []),
        field_device=field.id if field else None,
        home_view=cards.live_card(w, city.live.newest(home.id)) if home else None,
        field_view=cards.live_card(w, city.live.newest(field.id)) if field else None,
        fall=cards.alert_card(session, w, _desk(locale), fall.alert, fall) if fall else None,
        phones=[phone for phone in phones if phone is not None],
        visit=cards.visit_card(w, visit) if visit else None,
        farmer_phone=farmer,
    )


@router.get("/demo/live/alerts")
async def demo_alerts(city: ACity) -> StreamingResponse:
    """Tells the demo page when anything has changed."""

    def digest() -> str:
        with city.database.read() as session:
            columns = (
                tables.Transition.id,
                tables.Visit.updated_ms,
                tables.Attempt.sent_ms,
                tables.Event.received_ms,
            )
            largest = [select(column).order_by(column.desc()).limit(1) for column in columns]
            return "/".join(str(session.scalar(query)) for query in largest)

    return event_stream(changed(city.streams, city.changes, digest))


@router.get("/demo/live/{device_id}")
def demo_live(request: Request, device_id: str) -> StreamingResponse:
    """The live picture of a device of the demo."""
    return stream_of(city_of(request), Wording(locale_of(request)), device_id, lambda: True)


def _first_device(session: Session, kind: str) -> tables.Device | None:
    found = select(tables.Device).where(tables.Device.kind == kind).order_by(tables.Device.id).limit(1)
    return session.scalar(found)


def _newest_fall(session: Session, home: tables.Device | None) -> AlertHistory | None:
    if home is None or home.home_id is None:
        return None
    falls = [alert for alert in records.alerts_of_home(session, home.home_id, 10) if alert.kind == "fall"]
    return records.alert(session, falls[0].id) if falls else None


def _newest_visit(session: Session, field: tables.Device | None) -> VisitRecord | None:
    if field is None or field.field_id is None:
        return None
    visits = records.visits_for_field(session, field.field_id, 1)
    return visits[0] if visits else None


def _desk(locale: str) -> Viewer:
    return Viewer("demo", Role.DESK, locale, None)


def _phone(
    session: Session, city: City, w: Wording, role: str, fall: AlertHistory | None, *, home_id: str | None
) -> Phone | None:
    people = people_for(session, role=role, home_id=home_id) if home_id else []
    if not people:
        return None
    return _filled(session, city, w, people[0], fall, w.say("demo.message", number="{number}"))


def _farmer_phone(
    session: Session, city: City, w: Wording, field: tables.Device | None, visit: VisitRecord | None
) -> Phone | None:
    people = (
        people_for(session, role=Role.FARMER, field_id=field.field_id) if field and field.field_id else []
    )
    if not people or field is None or field.field_id is None:
        return None
    place = session.get(tables.Field, field.field_id)
    history, text = None, ""
    if visit is not None and session.get(tables.Alert, visit.id) is not None:
        history = records.alert(session, visit.id)
        text = w.say(
            "demo.message_field",
            area=place.area if place else field.field_id,
            species=w.code("species", visit.species),
            count=visit.count_at_least,
            direction=w.code("direction", visit.direction),
        )
    return _filled(session, city, w, people[0], history, text)


def _filled(
    session: Session, city: City, w: Wording, person: tables.Person, history: AlertHistory | None, text: str
) -> Phone:
    who = Viewer(person.id, person.role, w.locale, person.district)
    sign_in = city.links.sign_in_url(person.id)
    told = [] if history is None else _told(w, history, person.id, text)
    if history is None or not told or not access.may_see_alert(session, who, history.alert.id):
        return Phone(person.role, sign_in, [], None, None, None, None)
    card = cards.alert_card(session, w, who, history.alert, history)
    own = [line.what for line in history.transitions if line.person_id == person.id and line.what in ANSWERS]
    taken = history.alert.taken
    return Phone(
        role=person.role,
        sign_in=sign_in,
        messages=told,
        alert=card,
        answer_to=city.links.answer_url(card.id, person.id) if card.answers else None,
        mine=w.say("demo.you_answered", answer=w.answer(card.kind, own[-1])) if own else None,
        other=card.answered if taken is not None and taken.person_id != person.id else None,
    )


def _told(w: Wording, history: AlertHistory, person_id: str, text: str) -> list[Message]:
    """The messages a service has accepted for this person, oldest first."""
    alert = history.alert
    arrived = [
        attempt
        for attempt in history.attempts
        if attempt.person_id == person_id and attempt.purpose == alert.kind and attempt.sent_ms is not None
    ]
    steps = {attempt.step: attempt.sent_ms or 0 for attempt in reversed(arrived)}
    words = text.replace("{number}", alert.number)
    return [
        Message(words, w.say("demo.sent_at", time=w.clock(sent_ms)), alert.state == "open")
        for _, sent_ms in sorted(steps.items())
    ]
