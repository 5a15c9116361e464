"""What every story under faults must come to: one fall and one troop, told once, answered."""

import time
from collections import Counter

from sqlalchemy import func, select

from cli.demo.site import FAMILY, FARMER, LINE_IDS, MINSEI_IIN
from cli.demo.stages import FIELD_STAGES, HOME_STAGES, Stage
from gateway.database import tables
from tests.system.story import Tale

SETTLE_S = 6.0
STAGES = {"suspected", "family_told", "minsei_iin_told", "answered", "sighting", "farmer_told"}
ANSWERED = [stage for stage in (*HOME_STAGES, *FIELD_STAGES) if stage.key in STAGES]


def story_s(tale: Tale) -> float:
    """Seconds since the radar's first byte."""
    first_ms = tale.town.said("sim-home")
    return 0.0 if first_ms is None else time.time() - first_ms / 1000


def _settled() -> Stage:
    """Comes a while after it was first looked for: time for a second alert or message to come."""
    until_s = time.monotonic() + SETTLE_S
    return Stage("settled", "nothing more comes", lambda _seen: 1 if time.monotonic() >= until_s else None)


def shown(tale: Tale, person: str, number: str) -> list[str]:
    """What the person's phone shows of this alert, without the link that differs with the time it was made."""
    return [
        arrival.text.partition("http")[0]
        for arrival in tale.town.city.timeline.arrivals()
        if arrival.shown and arrival.address == LINE_IDS[person] and number in arrival.text
    ]


def told_once(tale: Tale) -> None:
    """One fall and one troop are two alerts, whatever happened; nobody's phone shows one message twice."""
    tale.tell([_settled()])
    with tale.database.read() as session:
        alerts = list(session.scalars(select(tables.Alert)))
        visits = session.scalar(select(func.count()).select_from(tables.Visit))
        dead = session.scalar(select(func.count()).select_from(tables.DeadLetter))
    numbers = {alert.kind: alert.number for alert in alerts}
    assert sorted(alert.kind for alert in alerts) == ["fall", "sighting"], [
        (alert.kind, alert.state, alert.facts) for alert in alerts
    ]
    assert (visits, dead) == (1, 0)
    for person, kind in ((FAMILY, "fall"), (MINSEI_IIN, "fall"), (FARMER, "sighting")):
        texts = shown(tale, person, numbers[kind])
        assert texts, f"{person} was never told"
        assert max(Counter(texts).values()) == 1, (person, texts)
