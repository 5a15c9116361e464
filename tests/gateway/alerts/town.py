"""The small city to escalate in, with a telephone that tests hold."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from contract.messages import (
    Evidence,
    Fall,
    FallPhase,
    Fault,
    FaultPhase,
    Repel,
    RepelPhase,
    Sighting,
    VisitPhase,
)
from gateway.alerts.answers import AnswerResult, answer
from gateway.alerts.notifier import Delivery, Notice, Result
from gateway.alerts.policy import PolicySettings
from gateway.alerts.records import AlertHistory, alert
from gateway.database.session import Database
from gateway.database.tables import Command
from tests.small_city import SmallCity

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


class Town(SmallCity):
    """Everything between a device's event and a person, on one clock."""

    def __init__(
        self,
        settings: PolicySettings | None = None,
        database: Database | None = None,
        telephone: Telephone | None = None,
    ) -> None:
        self.telephone = telephone or Telephone()
        super().__init__(
            database or Database("sqlite://"), self.telephone, settings or PolicySettings(), START_MS
        )

    def fall(self, *phases: FallPhase, incident: str | None = None, device: str = "radar-east") -> str:
        incident = incident or self.ulid()
        for phase in phases:
            answer_by_ms = self.at_ms + 60_000 if phase is FallPhase.SUSPECTED else None
            evidence = [Evidence("drop_m", 1.1, "m")]
            self.happens(Fall(incident, phase, 0.9, evidence, answer_by_ms), device)
        return incident

    def sighting(
        self, phase: VisitPhase, visit: str | None = None, species: str = "monkey", count: int = 3
    ) -> str:
        visit = visit or self.ulid()
        self.happens(Sighting(visit, phase, species, count, 0.8, "nearer"), "camera-hill")
        return visit

    def repel(self, visit: str, phase: RepelPhase, **facts) -> None:
        self.happens(Repel(visit, self.ulid(), phase, "horn", **facts), "camera-hill")

    def fault(self, phase: FaultPhase, fault: str | None = None) -> str:
        fault = fault or self.ulid()
        self.happens(Fault(fault, phase, "camera", "camera_frozen"), "camera-hill")
        return fault

    def answer(self, alert_id: str, person_id: str, what: str) -> AnswerResult:
        with self.database.write() as session:
            return answer(session, alert_id, person_id, what, self.at_ms)

    def settle(self) -> float:
        """Turn until nothing is due now; seconds until the next thing is."""
        for _ in range(500):
            wait_s = self.escalation.turn()
            if wait_s > 0:
                return wait_s
        raise AssertionError("the escalation does not come to rest")

    def after(self, seconds: float) -> float:
        """Let time pass, stopping wherever something is due."""
        end_ms = self.at_ms + int(seconds * 1000)
        wait_s = self.settle()
        while self.at_ms + wait_s * 1000 <= end_ms:
            self.at_ms += max(1, round(wait_s * 1000))
            wait_s = self.settle()
        self.at_ms = end_ms
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
