"""A small town to escalate in: a real database, the real registry, a clock and a telephone that tests hold."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ulid import ULID

from contract.messages import (
    Clock,
    Event,
    EventBody,
    Evidence,
    Fall,
    FallPhase,
    Fault,
    FaultPhase,
    Repel,
    RepelPhase,
    Sighting,
    Stamp,
    VisitPhase,
)
from gateway.alerts.answers import AnswerResult, answer
from gateway.alerts.escalation import Escalation
from gateway.alerts.intake import take
from gateway.alerts.notifier import Delivery, Notice, Result
from gateway.alerts.policy import Policies, PolicySettings
from gateway.alerts.records import AlertHistory, alert
from gateway.database.session import Database
from gateway.database.tables import Command
from gateway.registry import load_registry

REGISTRY = """
[[homes]]
id = "home-0001"
resident = "藤原 文子"
address = "大宝寺町 1-2"
district = "higashi"
responsible = ["family-0001", "family-0002"]

[[homes]]
id = "home-0002"
resident = "阿部 正"
address = "藤島 3"
district = "nishi"

[[fields]]
id = "field-0001"
area = "温海 小国"
responsible = ["farmer-0001"]

[[devices]]
id = "radar-0001"
kind = "home"
home = "home-0001"

[[devices]]
id = "radar-0002"
kind = "home"
home = "home-0002"

[[devices]]
id = "camera-0001"
kind = "field"
field = "field-0001"

[[people]]
id = "family-0001"
name = "藤原 健"
role = "family"
contacts = { line = "U-family-1", mail = "family1@example.test" }

[[people]]
id = "family-0002"
name = "藤原 幸"
role = "family"
contacts = { mail = "family2@example.test" }

[[people]]
id = "minsei-0001"
name = "佐藤 光"
role = "minsei_iin"
district = "higashi"
contacts = { line = "U-minsei-1" }

[[people]]
id = "minsei-0002"
name = "斎藤 司"
role = "minsei_iin"
district = "minami"
contacts = { line = "U-minsei-2" }

[[people]]
id = "farmer-0001"
name = "五十嵐 稔"
role = "farmer"
contacts = { line = "U-farmer-1" }

[[people]]
id = "desk-0001"
name = "市役所"
role = "desk"
contacts = { mail = "desk@example.test" }

[[people]]
id = "tech-0001"
name = "高専 生"
role = "technician"
contacts = { webhook = "http://tech.example.test/hook" }
"""

START_MS = 1_790_000_000_000

Answering = Callable[[Notice], Delivery]


def accepts(_notice: Notice) -> Delivery:
    """A service that takes everything."""
    return Delivery(Result.ACCEPTED)


class Telephone:
    """The city's services: every try is remembered, and shown once per retry key as LINE does."""

    def __init__(self) -> None:
        self.tries: list[Notice] = []
        self.shown: list[Notice] = []
        self.answering: Answering = accepts

    def send(self, notice: Notice) -> Delivery:
        self.tries.append(notice)
        delivery = self.answering(notice)
        if delivery.result is Result.ACCEPTED and all(n.retry_key != notice.retry_key for n in self.shown):
            self.shown.append(notice)
        return delivery

    def told(self, purpose: str | None = None) -> list[tuple[str, int]]:
        """(person, step) of each message shown, in order."""
        return [(n.person_id, n.step) for n in self.shown if purpose in (None, n.purpose)]


class Town:
    """Everything between a device's event and a person, on one clock."""

    def __init__(
        self,
        settings: PolicySettings | None = None,
        database: Database | None = None,
        telephone: Telephone | None = None,
    ) -> None:
        self.database = database or Database("sqlite://")
        self.database.create()
        self.now_ms = START_MS
        self.telephone = telephone or Telephone()
        self.policies = Policies(settings or PolicySettings())
        self.escalation = self.restart()
        self._seq = 0
        with self.database.write() as session:
            load_registry(session, REGISTRY, "town.toml")

    def restart(self) -> Escalation:
        """A new process on the same database."""
        self.escalation = Escalation(self.database, self.telephone, lambda: self.now_ms, senders=1)
        return self.escalation

    def close(self) -> None:
        self.database.close()

    def ulid(self) -> str:
        return str(ULID.from_timestamp(self.now_ms / 1000))

    def happens(self, body: EventBody, device: str = "radar-0001", clock: Clock = Clock.SYNCED) -> Event:
        self._seq += 1
        stamp = Stamp(device, self.ulid(), self._seq, self.now_ms, clock)
        event = Event(id=self.ulid(), stamp=stamp, body=body)
        with self.database.write() as session:
            take(session, event, self.now_ms, self.policies)
        return event

    def fall(self, *phases: FallPhase, incident: str | None = None, device: str = "radar-0001") -> str:
        incident = incident or self.ulid()
        for phase in phases:
            answer_by_ms = self.now_ms + 60_000 if phase is FallPhase.SUSPECTED else None
            evidence = [Evidence("drop_m", 1.1, "m")]
            self.happens(Fall(incident, phase, 0.9, evidence, answer_by_ms), device)
        return incident

    def sighting(
        self, phase: VisitPhase, visit: str | None = None, species: str = "monkey", count: int = 3
    ) -> str:
        visit = visit or self.ulid()
        self.happens(Sighting(visit, phase, species, count, 0.8, "nearer"), "camera-0001")
        return visit

    def repel(self, visit: str, phase: RepelPhase, **facts) -> None:
        self.happens(Repel(visit, self.ulid(), phase, "horn", **facts), "camera-0001")

    def fault(self, phase: FaultPhase, fault: str | None = None) -> str:
        fault = fault or self.ulid()
        self.happens(Fault(fault, phase, "camera", "camera_frozen"), "camera-0001")
        return fault

    def answer(self, alert_id: str, person_id: str, what: str) -> AnswerResult:
        with self.database.write() as session:
            return answer(session, alert_id, person_id, what, self.now_ms)

    def settle(self) -> float:
        """Turn until nothing is due now; seconds until the next thing is."""
        for _ in range(500):
            wait_s = self.escalation.turn()
            if wait_s > 0:
                return wait_s
        raise AssertionError("the escalation does not come to rest")

    def after(self, seconds: float) -> float:
        """Let time pass, stopping wherever something is due."""
        end_ms = self.now_ms + int(seconds * 1000)
        wait_s = self.settle()
        while self.now_ms + wait_s * 1000 <= end_ms:
            self.now_ms += max(1, round(wait_s * 1000))
            wait_s = self.settle()
        self.now_ms = end_ms
        return self.settle()

    def history(self, alert_id: str) -> AlertHistory:
        with self.database.read() as session:
            return alert(session, alert_id)

    def whats(self, alert_id: str) -> list[str]:
        return [line.what for line in self.history(alert_id).transitions]

    def commands(self) -> list[Command]:
        with self.database.read() as session:
            return list(session.query(Command).order_by(Command.id))


@contextmanager
def town(settings: PolicySettings | None = None) -> Iterator[Town]:
    """A town, closed at the end."""
    made = Town(settings)
    try:
        yield made
    finally:
        made.close()
