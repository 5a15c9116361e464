"""Random histories: answers, services in trouble, kills between and inside transactions, edits of the policy."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from contract.messages import FallPhase
from gateway.alerts.lifecycle import ANSWERS
from gateway.alerts.notifier import Delivery, Notice, Result
from gateway.alerts.policy import Policies, PolicySettings
from gateway.alerts.records import recent_alerts
from gateway.database import tables
from gateway.database.session import Database
from tests.gateway.alerts.town import Telephone, Town

SERVICES = ("line", "mail", "webhook")
PEOPLE = ("family-east", "family-east-2", "minsei-east", "desk-one", "technician-one")


class Killed(BaseException):
    """The process is gone: nothing of the program may catch this."""


class MortalDatabase(Database):
    """A database whose process can be killed just before or just after a commit."""

    commits_left: int | None = None
    keeps_last = False

    @contextmanager
    def write(self) -> Iterator[Session]:
        if self.commits_left is not None:
            self.commits_left -= 1
        dies = self.commits_left is not None and self.commits_left < 0
        with super().write() as session:
            yield session
            if dies and not self.keeps_last:
                raise Killed
        if dies:
            raise Killed


class MortalTelephone(Telephone):
    """Services in any mood, and a process that may die before or after they were reached."""

    def __init__(self) -> None:
        super().__init__()
        self.moods = dict.fromkeys(SERVICES, Result.ACCEPTED)
        self.dies: str | None = None
        self.answering = lambda notice: Delivery(self.moods[notice.service], "mood")

    def send(self, notice: Notice) -> Delivery:
        if self.dies == "before":
            raise Killed
        delivery = super().send(notice)
        if self.dies == "after":
            raise Killed
        return delivery


class Histories(RuleBasedStateMachine):
    alerts = Bundle("alerts")

    def __init__(self) -> None:
        super().__init__()
        self.town = Town(database=MortalDatabase("sqlite://"), telephone=MortalTelephone())
        self.snapshots: dict[str, dict] = {}
        self.quiet_since: dict[str, int] = {}
        self.settled = True

    def teardown(self) -> None:
        self.town.close()

    @rule(target=alerts, phases=st.lists(st.sampled_from(FallPhase), min_size=1, max_size=4))
    def fall(self, phases: list[FallPhase]) -> str:
        alert_id = self.town.fall(*phases)
        self.snapshots[alert_id] = self._standing(alert_id).policy
        self.settled = False
        return alert_id

    @rule(alert_id=alerts, phase=st.sampled_from(FallPhase))
    def device_says_more(self, alert_id: str, phase: FallPhase) -> None:
        self.town.fall(phase, incident=alert_id)
        self._note_quiet(alert_id)
        self.settled = False

    @rule(alert_id=alerts, person=st.sampled_from(PEOPLE[:-1]), what=st.sampled_from(sorted(ANSWERS)))
    def person_answers(self, alert_id: str, person: str, what: str) -> None:
        before = self.town.history(alert_id).alert
        result = self.town.answer(alert_id, person, what)
        if what != "cannot" and result.accepted and before.taken is not None:
            assert before.taken.person_id == person
        self._note_quiet(alert_id)
        self.settled = False

    @rule(service=st.sampled_from(SERVICES), mood=st.sampled_from(Result))
    def service_changes(self, service: str, mood: Result) -> None:
        self.town.telephone.moods[service] = mood

    @rule(seconds=st.integers(0, 400))
    def time_passes(self, seconds: int) -> None:
        self.town.after(seconds)
        self.settled = True

    @rule(commits=st.integers(0, 4), keeps_last=st.booleans())
    def killed_at_a_commit(self, commits: int, *, keeps_last: bool) -> None:
        database = self.town.database
        database.commits_left, database.keeps_last = commits, keeps_last
        with contextlib.suppress(Killed):
            self.town.settle()
        database.commits_left = None
        self.town.restart()
        self.settled = False

    @rule(when=st.sampled_from(["before", "after"]))
    def killed_while_sending(self, when: str) -> None:
        self.town.telephone.dies = when
        with contextlib.suppress(Killed):
            self.town.settle()
        self.town.telephone.dies = None
        self.town.restart()
        self.settled = False

    @rule(wait_s=st.integers(1, 500))
    def policy_is_edited(self, wait_s: int) -> None:
        edited = {"fall": {"steps": [{"role": "desk", "wait_s": wait_s}]}}
        self.town.policies = Policies(PolicySettings.model_validate(edited))

    @rule(alert_id=consumes(alerts))
    def everything_works_again_and_nobody_answers(self, alert_id: str) -> None:
        self.town.telephone.moods = dict.fromkeys(SERVICES, Result.ACCEPTED)
        self.town.after(20_000)
        self.settled = True
        if self.town.history(alert_id).alert.state == "open":
            assert "exhausted" in self.town.whats(alert_id)

    @invariant()
    def never_silent_while_a_step_is_left(self) -> None:
        for record in self._records():
            if record.state in ("open", "asking") and "exhausted" not in self.town.whats(record.id):
                due_ms = self._standing(record.id).due_ms
                assert due_ms is not None
                assert not self.settled or due_ms > self.town.at_ms

    @invariant()
    def a_step_is_waited_for_only_if_somebody_may_read_it(self) -> None:
        for record in self._records():
            steps = self._standing(record.id).step
            if (
                not self.settled
                or record.state != "open"
                or "exhausted" in self.town.whats(record.id)
                or steps == 0
            ):
                continue
            states = {a.state for a in self.town.history(record.id).attempts if a.step == steps - 1}
            assert states & {"pending", "sending", "accepted"}

    @invariant()
    def nothing_is_told_after_an_answer_or_an_end(self) -> None:
        for alert_id, tries in self.quiet_since.items():
            later = self.town.telephone.tries[tries:]
            assert not [n for n in later if n.alert_id == alert_id and n.purpose == "fall"]

    @invariant()
    def one_message_has_one_retry_key(self) -> None:
        keys: dict[tuple, set[str]] = {}
        for notice in self.town.telephone.tries:
            message = (notice.alert_id, notice.purpose, notice.step, notice.person_id, notice.service)
            keys.setdefault(message, set()).add(notice.retry_key)
        assert all(len(found) == 1 for found in keys.values())

    @invariant()
    def a_policy_edit_reaches_no_running_escalation(self) -> None:
        for alert_id, snapshot in self.snapshots.items():
            assert self._standing(alert_id).policy == snapshot

    def _note_quiet(self, alert_id: str) -> None:
        if self.town.history(alert_id).alert.state in ("asking", "open"):
            self.quiet_since.pop(alert_id, None)
        else:
            self.quiet_since.setdefault(alert_id, len(self.town.telephone.tries))

    def _records(self):
        with self.town.database.read() as session:
            return recent_alerts(session)

    def _standing(self, alert_id: str) -> tables.Escalation:
        with self.town.database.read() as session:
            return session.scalars(
                select(tables.Escalation).where(tables.Escalation.alert_id == alert_id)
            ).one()


EXAMPLES = int(os.environ.get("MIMAMORI_HISTORIES", "20"))
"""The quick tests take the same few each time; a longer look is MIMAMORI_HISTORIES=1000 pytest THIS_FILE."""

TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES <= 20,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
