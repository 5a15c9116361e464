"""Real processes carry escalations on one SQLite file and are killed -9 again and again."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.messages import FallPhase
from gateway.alerts.answers import answer
from gateway.alerts.policy import PolicySettings
from gateway.alerts.records import AlertHistory, alert
from gateway.database.session import Database
from tests.gateway.alerts.town import Town

REPOSITORY = Path(__file__).resolve().parents[3]

QUICK = PolicySettings.model_validate(
    {
        "fall": {
            "steps": [
                {"role": "family", "wait_s": 1},
                {"role": "minsei_iin", "wait_s": 1},
                {"role": "desk", "wait_s": 1},
            ],
            "rounds": 2,
            "then": ["desk", "technician"],
        }
    }
)
EVERY_STEP = Counter(
    [("family-east", step) for step in (0, 3)]
    + [("family-east-2", step) for step in (0, 3)]
    + [("minsei-east", step) for step in (1, 4)]
    + [("desk-one", step) for step in (2, 5, 6)]
    + [("technician-one", 6)]
)


class Processes:
    """Two escalations on one database, each replaced as soon as it is killed."""

    def __init__(self, url: str, board: Path) -> None:
        self._arguments = [sys.executable, "-m", "tests.gateway.alerts.escalating_process", url, str(board)]
        self._running = [self._start(), self._start()]
        self.kills = 0

    def kill_one(self, chance: random.Random) -> None:
        place = chance.randrange(2)
        self._running[place].kill()
        self._running[place].wait()
        self.kills += 1
        self._running[place] = self._start()

    def stop(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()

    def _start(self) -> subprocess.Popen:
        return subprocess.Popen(self._arguments, cwd=REPOSITORY)


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[tuple[Town, Processes, Path]]:
    url = f"sqlite:///{tmp_path / 'town.sqlite'}"
    town, board = Town(QUICK, Database(url)), tmp_path / "board.jsonl"
    board.touch()
    processes = Processes(url, board)
    yield town, processes, board
    processes.stop()
    town.close()


def messages(board: Path) -> list[dict]:
    lines = board.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def tries(history: AlertHistory) -> int:
    return sum(attempt.tries for attempt in history.attempts if attempt.purpose == "fall")


def answer_and_count(town: Town, alert_id: str) -> int:
    """The first answer, and how often the alert had been told until then, in one transaction."""
    with town.database.write() as session:
        assert answer(session, alert_id, "family-east", "going", town.at_ms).accepted
        return tries(alert(session, alert_id))


@pytest.mark.system
def test_killed_processes_lose_no_step_double_no_message_and_obey_an_answer(killed) -> None:
    town, processes, board = killed
    chance = random.Random(7)
    town.at_ms = time.time_ns() // 1_000_000
    unanswered = [town.fall(FallPhase.CONFIRMED) for _ in range(6)]
    answered = [town.fall(FallPhase.CONFIRMED) for _ in range(6)]
    while not set(answered) <= {line["alert"] for line in messages(board)}:
        time.sleep(0.05)
    town.at_ms = time.time_ns() // 1_000_000
    tried = {alert_id: answer_and_count(town, alert_id) for alert_id in answered}
    exhausted = 0
    while exhausted < len(unanswered):
        time.sleep(chance.uniform(0.2, 0.9))
        if processes.kills < 12:
            processes.kill_one(chance)
        exhausted = sum("exhausted" in town.whats(alert_id) for alert_id in unanswered)
    while any(a.state in ("pending", "sending") for one in unanswered for a in town.history(one).attempts):
        time.sleep(0.2)
    shown = {line["key"]: line for line in messages(board)}.values()
    for alert_id in unanswered:
        told = Counter((line["person"], line["step"]) for line in shown if line["alert"] == alert_id)
        assert told == EVERY_STEP
    assert {alert_id: tries(town.history(alert_id)) for alert_id in answered} == tried
    informed = Counter(line["alert"] for line in shown if line["purpose"] == "answered")
    assert all(count <= 3 for count in informed.values())
    assert processes.kills >= 5
