"""A made-up trial of one field that comes to the gateway as it would from its device: events, telemetry, answers."""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from contract.ids import new_ulid
from contract.messages import (
    Clock,
    Event,
    EventBody,
    Fault,
    FaultPhase,
    Repel,
    RepelPhase,
    Sample,
    Sighting,
    Stamp,
    Telemetry,
    VisitPhase,
    encode,
)
from contract.topics import Lane, topic
from gateway.alerts.answers import answer
from gateway.alerts.intake import take
from gateway.alerts.policy import Policies, PolicySettings
from gateway.database.session import Database
from gateway.event_lane import EventLane
from gateway.mqtt import Arrival
from gateway.registry import load_registry
from gateway.series.store import Series
from gateway.telemetry_lane import TelemetryLane

FIELD, CAMERA = "field-0001", "cam-0001"
MAY_1_MS = 1_777_561_200_000  # 2026-05-01 00:00 in Japan
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
REGISTRY = f"""
[[fields]]
id = "{FIELD}"
area = "越沢の畑"
responsible = ["farmer-0001"]
[[devices]]
id = "{CAMERA}"
kind = "field"
field = "{FIELD}"
[[people]]
id = "farmer-0001"
name = "畑 作"
role = "farmer"
contacts = {{ mail = "farmer@example.test" }}
"""


def city_file(folder: Path) -> Path:
    """A city's file over empty stores in ``folder``."""
    secret = folder / "web.secret"
    secret.touch(mode=0o600)
    secret.write_text(secrets.token_hex(32))
    file = folder / "city.toml"
    web = f'[web]\npublic_url = "http://127.0.0.1:8080"\nsecret_file = "{secret}"\n'
    file.write_text(f'data_directory = "{folder}"\n[broker]\nport = 9\n{web}', encoding="utf-8")
    return file


def found_city(database: Database) -> None:
    """Tables, and a field with its camera and its farmer."""
    database.create()
    with database.write() as session:
        load_registry(session, REGISTRY, "registry.toml")


@dataclass(slots=True)
class Season:
    """The device's side of a founded city; the clock is ``at_ms``, and everything is received as it happens."""

    database: Database
    series: Series
    at_ms: int = MAY_1_MS
    visits: list[str] = field(default_factory=list)
    _seq: int = 0
    _waiting: list[Arrival] | None = None

    def __post_init__(self) -> None:
        intake = partial(take, policies=Policies(PolicySettings()))
        self._events = EventLane(self.database, intake, lambda: self.at_ms)
        self._telemetry = TelemetryLane(self.database, self.series, lambda: self.at_ms)

    _events: EventLane = field(init=False)
    _telemetry: TelemetryLane = field(init=False)

    def stamp(self) -> Stamp:
        self._seq += 1
        return Stamp(CAMERA, new_ulid(MAY_1_MS), self._seq, self.at_ms, Clock.SYNCED)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Whatever is told inside arrives at its end, in one batch: a transaction an event takes longer."""
        self._waiting = []
        try:
            yield
        finally:
            waiting, self._waiting = self._waiting, None
        self._take(waiting)

    def tell(self, *bodies: EventBody) -> None:
        messages = [Event(id=new_ulid(self.at_ms), stamp=self.stamp(), body=body) for body in bodies]
        arrivals = [Arrival(topic(CAMERA, Lane.EVENT), encode(one)) for one in messages]
        if self._waiting is None:
            self._take(arrivals)
        else:
            self._waiting += arrivals

    def _take(self, arrivals: list[Arrival]) -> None:
        assert self._events.take(arrivals).dead == 0

    def watch(self, from_ms: int, to_ms: int, fps: float = 5.0, every_ms: int = 600_000) -> None:
        """Pictures looked at, one sample every ``every_ms``."""
        times = list(range(from_ms, to_ms, every_ms))
        for at in range(0, len(times), 500):
            samples = [Sample("eye", when, {"fps": fps}) for when in times[at : at + 500]]
            message = Telemetry(id=new_ulid(self.at_ms), stamp=self.stamp(), samples=samples)
            self._telemetry.take([Arrival(topic(CAMERA, Lane.TELEMETRY), encode(message))])

    def visit(self, species: str = "monkey", count: int = 3, picture: bytes | None = None) -> str:
        """A visit that begins now."""
        visit = new_ulid(self.at_ms)
        self.visits.append(visit)
        self.tell(Sighting(visit, VisitPhase.STARTED, species, count, 0.8, "left", picture=picture))
        return visit

    def end(self, visit: str, species: str = "monkey", count: int = 3) -> None:
        self.tell(Sighting(visit, VisitPhase.ENDED, species, count, 0.8, "left"))

    def attempt(self, visit: str, stimulus: str, left: bool | None) -> None:  # noqa: FBT001 - read aloud it is clear
        """``left`` None: nobody saw what came of it."""
        action = new_ulid(self.at_ms)
        self.tell(Repel(visit, action, RepelPhase.FIRED, stimulus))
        if left is not None:
            gone_s = 20.0 if left else None
            word = "left" if left else "stayed"
            self.tell(Repel(visit, action, RepelPhase.OUTCOME, stimulus, outcome=word, gone_after_s=gone_s))

    def veto(self, visit: str, reason: str) -> None:
        self.tell(Repel(visit, new_ulid(self.at_ms), RepelPhase.VETOED, "none", reason=reason))

    def fault(self, code: str, hours: float) -> None:
        """Stands for so long, beginning now."""
        one = new_ulid(self.at_ms)
        self.tell(Fault(one, FaultPhase.RAISED, "camera", code))
        self.at_ms += round(hours * HOUR_MS)
        self.tell(Fault(one, FaultPhase.CLEARED, "camera", code))

    def answer(self, visit: str, what: str = "going") -> None:
        with self.database.write() as session:
            answer(session, visit, "farmer-0001", what, self.at_ms)

    def live_through(self, days: int, seed: int, pictures: Iterator[bytes] | None = None) -> None:
        """A plausible trial: monkeys by day, four stimuli of which the horn works and wears off, a control, a dead day."""
        rng = random.Random(seed)
        works = {
            "horn": (0.9, 0.55),
            "strobe": (0.55, 0.45),
            "dog_voice": (0.75, 0.7),
            "control": (0.35, 0.35),
        }
        for day in range(days):
            start_ms = MAY_1_MS + day * DAY_MS
            self.at_ms = start_ms
            if day != days // 2:
                self.watch(start_ms, start_ms + DAY_MS)
            else:
                self.fault("sensor_lost", 23.0)
            hours = sorted(
                min(18.5, max(5.0, rng.gauss(rng.choice((7.5, 15.5)), 1.4)))
                for _ in range(rng.choice((0, 1, 2, 2, 3)))
            )
            for hour in hours if day != days // 2 else []:
                self.at_ms = start_ms + round(hour * HOUR_MS)
                count = rng.randint(1, 12)
                species = "boar" if rng.random() < 0.08 else "monkey"
                visit = self.visit(species, count, next(pictures, None) if pictures else None)
                self.at_ms += rng.randint(5_000, 15_000)
                if rng.random() < 0.15:
                    self.veto(visit, rng.choice(("person_in_view", "hours", "gap")))
                else:
                    stimulus = rng.choice(tuple(works))
                    early, late = works[stimulus]
                    share = early + (late - early) * day / days
                    seen = rng.random() > 0.05
                    self.attempt(visit, stimulus, rng.random() < share if seen else None)
                if rng.random() < 0.6:
                    self.at_ms += rng.randint(60_000, 900_000)
                    self.answer(visit, rng.choice(("going", "all_is_well", "helped")))
                self.at_ms += 900_000
                self.end(visit, species, count)
        self.at_ms = MAY_1_MS + days * DAY_MS
