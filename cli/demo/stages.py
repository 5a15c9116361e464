"""The story the demo tells, as stages that are looked for where they really happen.

Each stage is found in what the product itself left: a message on the wire, a row of the gateway's database, an
arrival at the fake LINE, a pin's own report. Nothing here is taken from a log line.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.demo.site import FAMILY, FARMER, LINE_IDS, MINSEI_IIN
from contract.messages import Live, LiveField, LiveHome
from gateway.alerts.lifecycle import What
from gateway.alerts.records import AlertHistory, VisitRecord
from simulators.city.timeline import Arrival


@dataclass(slots=True)
class Seen:
    """Everything observed so far."""

    first_byte_ms: int | None = None
    first_frame_ms: int | None = None
    lives: list[tuple[int, Live]] = field(default_factory=list)
    fall: AlertHistory | None = None
    visit: VisitRecord | None = None
    visit_alert: AlertHistory | None = None
    arrivals: Sequence[Arrival] = ()
    pins_file: Path | None = None


Finder = Callable[[Seen], int | None]
"""When a stage happened (Unix ms), or None while it has not."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing that must happen; ``key`` names it in messages, ``words`` tell it."""

    key: str
    words: str
    found: Finder


def _live_home(wanted: Callable[[LiveHome], bool]) -> Finder:
    def find(seen: Seen) -> int | None:
        for at_ms, live in seen.lives:
            if isinstance(live.body, LiveHome) and wanted(live.body):
                return at_ms
        return None

    return find


def _live_field(wanted: Callable[[LiveField], bool]) -> Finder:
    def find(seen: Seen) -> int | None:
        for at_ms, live in seen.lives:
            if isinstance(live.body, LiveField) and wanted(live.body):
                return at_ms
        return None

    return find


def _transition(what: What, role: str | None = None) -> Finder:
    def find(seen: Seen) -> int | None:
        if seen.fall is None:
            return None
        lines = seen.fall.transitions
        return next((t.at_ms for t in lines if t.what == what and role in (None, t.role)), None)

    return find


def _phone(person: str, alert: Callable[[Seen], AlertHistory | None]) -> Finder:
    """A message with this alert's number has appeared on a person's phone."""

    def find(seen: Seen) -> int | None:
        history = alert(seen)
        if history is None:
            return None
        for arrival in seen.arrivals:
            if arrival.shown and arrival.address == LINE_IDS[person] and history.alert.number in arrival.text:
                return arrival.at_ms
        return None

    return find


def _pin(*, on: bool) -> Finder:
    def find(seen: Seen) -> int | None:
        if seen.pins_file is None or not seen.pins_file.exists():
            return None
        switched = False
        for line in seen.pins_file.read_text(encoding="utf-8").splitlines():
            change = json.loads(line)
            switched = switched or change["on"]
            if switched and change["on"] == on:
                return int(change["at_ms"])
        return None

    return find


def _outcome_measured(seen: Seen) -> int | None:
    if seen.visit is None or seen.visit.outcome is None or seen.visit_alert is None:
        return None
    return next((t.at_ms for t in seen.visit_alert.transitions if t.what == What.OUTCOME), None)


def _outcome_recorded(seen: Seen) -> int | None:
    if seen.fall is None or seen.fall.alert.outcome is None:
        return None
    return seen.fall.transitions[-1].at_ms


HOME_STAGES = (
    Stage("first_byte", "the radar sends its first byte", lambda seen: seen.first_byte_ms),
    Stage("points", "the resident is seen as points", _live_home(lambda live: len(live.points) > 0)),
    Stage("suspected", "a fall is suspected", _transition(What.SUSPECTED)),
    Stage("asked", "the device asks: 大丈夫ですか", _live_home(lambda live: live.said == "ask_ok")),
    Stage("confirmed", "nobody answers: the fall is confirmed", _transition(What.CONFIRMED)),
    Stage("family_told", "the family's phone shows the message", _phone(FAMILY, lambda seen: seen.fall)),
    Stage("family_silent", "the family does not answer", _transition(What.UNANSWERED, "family")),
    Stage("minsei_iin_told", "the minsei-iin's phone shows it", _phone(MINSEI_IIN, lambda seen: seen.fall)),
    Stage("answered", "one tap: the minsei-iin is going", _transition(What.GOING, "minsei_iin")),
    Stage("device_told", "the device says that help is coming",
          _live_home(lambda live: live.said == "help_coming")),
    Stage("recovered", "the resident is up again", _transition(What.RECOVERED)),
    Stage("outcome", "the outcome is recorded", _outcome_recorded),
)  # fmt: skip

FIELD_STAGES = (
    Stage("first_frame", "the camera gives its first picture", lambda seen: seen.first_frame_ms),
    Stage("boxes", "animals are seen on the picture", _live_field(lambda live: len(live.boxes) > 0)),
    Stage("sighting", "monkeys are confirmed over time",
          lambda seen: seen.visit.started_ms if seen.visit else None),
    Stage("farmer_told", "the farmer's phone shows where and how many",
          _phone(FARMER, lambda seen: seen.visit_alert)),
    Stage("fired", "the repeller's pin goes on", _pin(on=True)),
    Stage("pin_off", "the pin is off again", _pin(on=False)),
    Stage("outcome", "it is measured whether they left", _outcome_measured),
)  # fmt: skip
