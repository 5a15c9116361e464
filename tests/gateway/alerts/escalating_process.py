"""A process of its own that escalates until it is killed: database URL and the file where messages appear."""

import json
import sys
import threading
import time
from pathlib import Path

from gateway.alerts.escalation import Escalation
from gateway.alerts.notifier import Delivery, Notice, Result
from gateway.database.session import Database


class Noticeboard:
    """A service with retry keys: each try is one line; the reader counts a key once."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def send(self, notice: Notice) -> Delivery:
        line = {
            "alert": notice.alert_id,
            "purpose": notice.purpose,
            "step": notice.step,
            "person": notice.person_id,
            "service": notice.service,
            "key": notice.retry_key,
            "at_ms": time.time_ns() // 1_000_000,
        }
        with self._file.open("a", encoding="utf-8") as board:
            board.write(json.dumps(line) + "\n")
        time.sleep(0.02)
        return Delivery(Result.ACCEPTED)


def main(url: str, file: str) -> None:
    escalation = Escalation(
        Database(url), Noticeboard(Path(file)), lambda: time.time_ns() // 1_000_000, sender_dead_after_s=1.0
    )
    escalation.run(threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
