"""JSON for machines: alerts of the signed-in person, and whether this process is well."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from cloud.api import access
from cloud.api.errors import ForbiddenError, NotFoundError
from cloud.api.reader import ACity, AReader, AReading
from gateway.alerts import records
from gateway.alerts.records import AlertRecord, UnknownAlertError

router = APIRouter(tags=["machines"])


@router.get("/healthz")
def health(city: ACity) -> Response:
    """Whether the database answers (else 503), and whether the broker is there."""
    try:
        with city.database.read() as session:
            records.recent_alerts(session, 1)
        database = True
    except SQLAlchemyError:
        database = False
    body = {"ok": database, "database": database, "broker_connected": city.live.connected}
    return JSONResponse(body, 200 if database else 503)


@router.get("/api/alerts")
def alerts(reader: AReader, session: AReading) -> dict[str, Any]:
    """The alerts this person may see, open ones first."""
    return {"alerts": [_plain(alert) for alert in access.alerts_of(session, reader.who)]}


@router.get("/api/alerts/{alert_id}")
def one_alert(reader: AReader, session: AReading, alert_id: str) -> dict[str, Any]:
    """One alert with its history; people appear by role only."""
    try:
        history = records.alert(session, alert_id)
    except UnknownAlertError as error:
        raise NotFoundError from error
    if not access.may_see_alert(session, reader.who, alert_id):
        raise ForbiddenError
    transitions = [_without_person(asdict(line)) for line in history.transitions]
    return {"alert": _plain(history.alert), "transitions": transitions}


def _plain(alert: AlertRecord) -> dict[str, Any]:
    plain = asdict(alert)
    if plain["taken"] is not None:
        plain["taken"] = _without_person(plain["taken"])
    return plain


def _without_person(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "person_id"}
