"""One lane at work: its own MQTT session and its own thread, from arrival to commit to receipt.

The order is the promise: commit, then the broker's acknowledgement, then the receipt. Killed between any two
of them, the message comes again and is found to be known.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from contract.topics import QOS, Lane
from gateway.database.session import DatabaseUnavailableError
from gateway.mqtt import Arrival, MqttSession
from gateway.outcome import Outcome
from gateway.series.store import SeriesUnavailableError

log = logging.getLogger(__name__)

GATHER_S = 0.05
"""The longest a message waits for company before its transaction begins."""
IDLE_S = 0.2
RETRY_FIRST_S = 0.2
RETRY_LAST_S = 15.0

Take = Callable[[Sequence[Arrival]], Outcome]


@dataclass(slots=True)
class Health:
    """A lane's counters since its start; ``waiting`` messages are received and not yet stored."""

    connected: bool = False
    received: int = 0
    stored: int = 0
    duplicates: int = 0
    states: int = 0
    dead: int = 0
    receipts: int = 0
    waiting: int = 0
    failures: int = 0
    last_error: str = ""


class LaneRunner:
    """Runs one lane until stopped. ``between`` is called a few times a second, whether or not messages come."""

    def __init__(
        self,
        name: str,
        mqtt: MqttSession,
        take: Take,
        *,
        batch: int,
        now_ms: Callable[[], int],
        jitter: random.Random,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        self._name = name
        self._mqtt = mqtt
        self._take = take
        self._batch = batch
        self._now_ms = now_ms
        self._jitter = jitter
        self._between = between
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"ingest-{name}", daemon=True)
        self._health = Health()
        self._turned_s = time.monotonic()

    @property
    def turned_s(self) -> float:
        """When the lane last came round (``time.monotonic``), also while it waits for its store."""
        return self._turned_s

    def start(self) -> None:
        """Connect and begin, in the background; raises OSError for an unreadable password file."""
        self._mqtt.start()
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch in hand, hang up; what is unacknowledged comes again at the next start."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._mqtt.stop()

    def health(self) -> Health:
        """How the lane does now."""
        return replace(
            self._health,
            connected=self._mqtt.connected,
            waiting=self._mqtt.waiting,
            last_error=self._health.last_error or self._mqtt.last_error,
        )

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._patiently(self._turn)

    def _turn(self) -> None:
        batch = self._mqtt.take(self._batch, IDLE_S, GATHER_S)
        self._health.received += len(batch)
        if batch:
            self._store(batch)
        self._between()

    def _store(self, batch: Sequence[Arrival]) -> None:
        """Store, acknowledge, send receipts; without a database or series store wait and try again."""
        outcomes: list[Outcome] = []
        if self._patiently(lambda: outcomes.append(self._take(batch))):
            self._mqtt.acknowledge(batch)
            self._account(outcomes[0])
        elif len(batch) > 1:
            # One of them is at fault in a way nobody foresaw: the others shall not suffer for it.
            for arrival in batch:
                self._store([arrival])

    def _patiently(self, work: Callable[[], object]) -> bool:
        """Do it, however long the stores are away; False if it failed otherwise or the lane is stopped."""
        delay_s = RETRY_FIRST_S
        while not self._stopping.is_set():
            self._turned_s = time.monotonic()
            try:
                work()
            except (DatabaseUnavailableError, SeriesUnavailableError) as error:
                self._complain(str(error))
                self._stopping.wait(self._jitter.uniform(delay_s / 2, delay_s))
                delay_s = min(2 * delay_s, RETRY_LAST_S)
            except Exception:
                # The one broad net of this thread: it must outlive every fault of ours.
                self._health.failures += 1
                self._health.last_error = "a fault of the gateway itself: see its log"
                log.exception(
                    "%s lane: a batch failed (%d so far); going on", self._name, self._health.failures
                )
                return False
            else:
                self._health.last_error = ""
                return True
        return False

    def _complain(self, words: str) -> None:
        if words != self._health.last_error:
            log.error("%s lane waits: %s", self._name, words)
        self._health.last_error = words

    def _account(self, outcome: Outcome) -> None:
        self._health.stored += outcome.stored
        self._health.duplicates += outcome.duplicates
        self._health.states += outcome.states
        self._health.dead += outcome.dead
        for topic, payload in outcome.receipts.messages(self._now_ms()):
            if self._mqtt.publish(topic, payload, QOS[Lane.RECEIPT]) is None:
                return  # no connection: the device asks again, and gets its receipt as for a duplicate
        self._health.receipts += len(outcome.receipts)
