"""From the city's memory to the cards of one reader: alerts, visits, devices, live pictures."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from cloud.api import access
from cloud.api.access import Viewer
from cloud.api.live import Glimpse
from cloud.portal.alert_view import AlertView, Place, alert_view, visit_words
from cloud.portal.drawing import PinTimeline, pin_timeline
from cloud.portal.live_view import field_view, home_view
from cloud.portal.wording import Wording
from contract.messages import LiveHome
from gateway.alerts import records
from gateway.alerts.records import AlertHistory, AlertRecord, VisitRecord
from gateway.database import tables


def alert_card(
    session: Session, w: Wording, who: Viewer, alert: AlertRecord, history: AlertHistory | None = None
) -> AlertView:
    """The card of an alert this person may see; with the history also its course."""
    visit = records.visit(session, alert.id) if alert.kind == "sighting" else None
    return alert_view(
        w,
        alert,
        history=history,
        visit=visit,
        place=_place(session, who, alert),
        reader=(who.person_id, who.role),
        live_home=alert.home_id is not None and access.may_see_home(session, who, alert.home_id),
        live_field=alert.field_id is not None and access.may_see_field(session, who, alert.field_id),
    )


def full_card(session: Session, w: Wording, who: Viewer, alert_id: str) -> AlertView:
    """The card with its course; raises UnknownAlertError."""
    history = records.alert(session, alert_id)
    return alert_card(session, w, who, history.alert, history)


def _place(session: Session, who: Viewer, alert: AlertRecord) -> Place:
    if alert.home_id is not None:
        home = session.get(tables.Home, alert.home_id)
        if home is not None and access.may_see_resident(session, who, alert.home_id):
            return Place(resident=home.resident, address=home.address)
    if alert.field_id is not None:
        field = session.get(tables.Field, alert.field_id)
        return Place(area=field.area if field is not None else None)
    return Place()


@dataclass(frozen=True, slots=True)
class VisitView:
    """What a field's page shows of one visit; ``mood`` colours the outcome, ``why`` explains what was chosen."""

    id: str
    words: str
    when: str
    repel: str
    why: list[str]
    outcome: str
    mood: str
    has_picture: bool
    timeline: PinTimeline | None


def visit_card(w: Wording, visit: VisitRecord) -> VisitView:
    """A visit in words, with the timeline of the repeller's pins."""
    if visit.ended_ms is None:
        when = f"{w.say('field.visit_since', start=w.day_and_hour(visit.started_ms))}"
    else:
        when = w.say("field.visit_until", start=w.day_and_hour(visit.started_ms), end=w.hour(visit.ended_ms))
    outcome = w.code("outcome", visit.outcome)
    if visit.ended_ms is None and not outcome:
        outcome = w.say("field.visit_now")
    moods = {"left": "ok", "stayed": "bad"}
    pins = [{"output": pin.output, "on": pin.on, "at_ms": pin.at_ms} for pin in visit.pins]
    return VisitView(
        id=visit.id,
        words=visit_words(w, visit),
        when=when,
        repel=_repel_words(w, visit),
        why=[w.reason(one.code, one.value, one.unit) for one in visit.why],
        outcome=outcome or w.say("field.outcome_unknown"),
        mood=moods.get(visit.outcome or "", "asking" if visit.ended_ms is None else ""),
        has_picture=visit.picture is not None,
        timeline=pin_timeline(pins),
    )


def _repel_words(w: Wording, visit: VisitRecord) -> str:
    if visit.stimulus is not None:
        words = f"{w.say('field.repel')}: {w.code('stimulus', visit.stimulus)}"
        if visit.outcome == "left" and visit.gone_after_s is not None:
            words += f" / {w.say('field.gone_after', seconds=round(visit.gone_after_s))}"
        return words
    if visit.veto is not None:
        return w.code("veto", visit.veto)
    return f"{w.say('field.repel')}: {w.say('field.not_fired')}"


def outputs_of(visits: list[VisitRecord]) -> list[str]:
    """The repeller's outputs a field is known to have: those that were ever seen to switch."""
    return sorted({pin.output for visit in visits for pin in visit.pins})


def live_card(w: Wording, glimpse: Glimpse | None) -> dict[str, Any] | None:
    """The live picture of a device, or None where nothing fresh is there."""
    if glimpse is None:
        return None
    body, at_ms = glimpse.live.body, glimpse.live.stamp.at_ms
    return home_view(w, body, at_ms=at_ms) if isinstance(body, LiveHome) else field_view(w, body, at_ms=at_ms)


@dataclass(frozen=True, slots=True)
class DeviceView:
    """What a technician sees of a device: opaque ids, no resident's name."""

    id: str
    kind: str
    place: str
    connection: str
    mood: str
    facts: list[tuple[str, str]]
    faults: list[str]


def device_card(session: Session, w: Wording, device: tables.Device) -> DeviceView:
    """A device's last state in words."""
    field = session.get(tables.Field, device.field_id) if device.field_id else None
    state: dict[str, Any] = device.state or {}
    connection = "never" if device.state_at_ms is None else "online" if device.online else "offline"
    return DeviceView(
        id=device.id,
        kind=w.code("device_kind", device.kind),
        place=field.area if field is not None else device.home_id or device.field_id or "?",
        connection=w.say(f"devices.{connection}"),
        mood={"never": "asking", "online": "ok"}.get(connection, "bad"),
        facts=_device_facts(w, device, state),
        faults=[w.code("fault", str(fault)) for fault in state.get("faults", [])],
    )


def _device_facts(w: Wording, device: tables.Device, state: dict[str, Any]) -> list[tuple[str, str]]:
    if device.state_at_ms is None:
        return []
    facts = [(w.say("devices.seen"), w.day_and_hour(device.state_at_ms))]
    if state.get("version"):
        facts.append((w.say("devices.version"), str(state["version"])))
    unsent = int(state.get("events_unsent", 0))
    oldest_s = round(float(state.get("oldest_unsent_s", 0.0)))
    facts.append((w.say("devices.unsent"), w.say("devices.unsent_value", count=unsent, seconds=oldest_s)))
    batches, dropped = int(state.get("telemetry_unsent", 0)), int(state.get("telemetry_dropped", 0))
    facts.append(
        (w.say("devices.telemetry"), w.say("devices.telemetry_value", count=batches, dropped=dropped))
    )
    if not state.get("faults"):
        facts.append((w.say("devices.faults"), w.say("devices.no_faults")))
    return facts
