"""An alert's records -> the words of its card, for one reader. Pure."""

from dataclasses import dataclass

from cloud.portal.wording import Wording
from gateway.alerts.records import AlertHistory, AlertRecord, TransitionRecord, VisitRecord

OPEN_STATES = ("asking", "open", "acknowledged")
FALL_ANSWERS = ("going", "all_is_well", "helped", "called_119", "cannot")
OTHER_ANSWERS = ("going", "all_is_well", "helped", "cannot")
"""Nobody calls an ambulance for a device or a troop of monkeys."""
UNITS_WITH_DIGITS = {"m": 2, "s": 1}


@dataclass(frozen=True, slots=True)
class Place:
    """What of a place this reader may see. ``resident`` and ``address`` are None for the rest."""

    resident: str | None = None
    address: str | None = None
    area: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an alert's course."""

    clock: str
    words: str
    state: str


@dataclass(frozen=True, slots=True)
class AlertView:
    """What a card shows. ``answers`` are the codes of the buttons offered, most wanted first."""

    id: str
    number: str
    kind: str
    state: str
    over: bool
    kind_words: str
    state_words: str
    headline: str
    how: str
    severity: str | None
    severity_words: str
    place: str
    address: str | None
    since: str
    facts: list[tuple[str, str]]
    outcome: str
    next: str | None
    answered: str | None
    taken_role: str
    answered_by_me: bool
    answers: tuple[str, ...]
    script: list[str]
    course: list[Line]
    home_id: str | None
    field_id: str | None
    device_id: str
    urgent: bool


def alert_view(
    w: Wording,
    alert: AlertRecord,
    *,
    history: AlertHistory | None = None,
    visit: VisitRecord | None = None,
    place: Place,
    reader: tuple[str, str],
    live_home: bool = False,
    live_field: bool = False,
) -> AlertView:
    """The card of an alert for ``reader`` (person id, role); the history gives its course."""
    person_id, role = reader
    over = alert.state not in OPEN_STATES
    taken = alert.taken
    by_me = taken is not None and taken.person_id == person_id
    return AlertView(
        id=alert.id,
        number=alert.number,
        kind=alert.kind,
        state=alert.state,
        over=over,
        kind_words=w.code("kind", _kind(alert, visit)),
        state_words=w.code("state", alert.state),
        headline=headline(w, alert, visit),
        how=w.code("fall_kind", _of_fall(alert, "kind")),
        severity=_of_fall(alert, "severity"),
        severity_words=w.code("severity", _of_fall(alert, "severity")),
        place=_place_words(w, alert, place),
        address=place.address,
        since=w.day_and_hour(alert.opened_ms),
        facts=_facts(w, alert),
        outcome=w.code("outcome", alert.outcome),
        next=_next_words(w, alert),
        answered=answered_words(w, alert),
        taken_role=w.code("role", taken.role) if taken is not None else "",
        answered_by_me=by_me,
        answers=() if over else _answers(alert, by_me=by_me),
        script=_script(w, alert, place, role) if alert.kind == "fall" and not over else [],
        course=course(w, history.transitions) if history is not None else [],
        home_id=alert.home_id if live_home else None,
        field_id=alert.field_id if live_field else None,
        device_id=alert.device_id,
        urgent=alert.state == "open" and alert.kind != "fault",
    )


def headline(w: Wording, alert: AlertRecord, visit: VisitRecord | None) -> str:
    """What is known, in one sentence."""
    if alert.kind == "sighting":
        return visit_words(w, visit) if visit is not None else w.code("kind", "sighting")
    if alert.kind == "fault":
        code = alert.facts.get("code")
        return w.code("fault", code) if code else w.say("alert.fault_unknown")
    words = {"asking": "fall_asking", "cancelled": "fall_cancelled", "closed": "fall_over"}
    return w.say(f"alert.{words.get(alert.state, 'fall_open')}")


def visit_words(w: Wording, visit: VisitRecord) -> str:
    """Which animals, how many and which way."""
    return w.say(
        "alert.sighting_text",
        species=w.code("species", visit.species),
        count=visit.count_at_least,
        direction=w.code("direction", visit.direction),
    )


def answered_words(w: Wording, alert: AlertRecord) -> str | None:
    """Who (role) answered what, or None."""
    if alert.taken is None:
        return None
    return w.transition(alert.taken.answer, alert.taken.role)


def _next_words(w: Wording, alert: AlertRecord) -> str | None:
    if alert.state != "open" or alert.next_role is None or alert.next_ms is None:
        return None
    return w.say("alert.next", role=w.code("role", alert.next_role), time=w.clock(alert.next_ms))


def course(w: Wording, transitions: tuple[TransitionRecord, ...]) -> list[Line]:
    """The history of an alert as lines to read, oldest first."""
    return [Line(w.clock(line.at_ms), w.transition(line.what, line.role), line.state) for line in transitions]


def _kind(alert: AlertRecord, visit: VisitRecord | None) -> str:
    return "bear" if visit is not None and visit.species == "bear" else alert.kind


def _of_fall(alert: AlertRecord, fact: str) -> str | None:
    """A fact of a fall that is to be shown; a resident who is well does not read how they fell."""
    if alert.kind != "fall" or alert.state == "cancelled":
        return None
    return alert.facts.get(fact)


def _answers(alert: AlertRecord, *, by_me: bool) -> tuple[str, ...]:
    answers = FALL_ANSWERS if alert.kind == "fall" else OTHER_ANSWERS
    if alert.state == "acknowledged" and by_me:
        return tuple(answer for answer in answers if answer != "going")
    if alert.state == "acknowledged":
        # Somebody is on the way. A call to 119 must still be written down, whoever made it.
        return ("called_119",) if alert.kind == "fall" else ()
    return answers


def _place_words(w: Wording, alert: AlertRecord, place: Place) -> str:
    if place.resident is not None:
        return w.say("alert.home_of", resident=place.resident)
    return place.area or alert.field_id or alert.home_id or alert.device_id


def _facts(w: Wording, alert: AlertRecord) -> list[tuple[str, str]]:
    facts = [
        (w.code("evidence", reason.code), _amount(w, reason.value, reason.unit)) for reason in alert.evidence
    ]
    if alert.confidence is not None:
        facts.append((w.say("alert.confidence"), w.say("alert.percent", value=round(100 * alert.confidence))))
    return facts


def _amount(w: Wording, value: float, unit: str) -> str:
    words = w.code("unit", unit) if unit else ""
    if unit == "flag":  # it is so, or it would not be told
        return words
    return f"{w.number(value, UNITS_WITH_DIGITS.get(unit, 0))} {words}".strip()


def _script(w: Wording, alert: AlertRecord, place: Place, role: str) -> list[str]:
    """What to say to 119; the product itself never dials."""
    if place.resident is None or place.address is None:
        return []
    return [
        w.say("emergency.one"),
        w.say("emergency.two", address=place.address),
        w.say("emergency.three", resident=place.resident),
        w.say("emergency.four", time=w.hour(alert.opened_ms)),
        w.say("emergency.five", role=w.code("role", role)),
    ]
