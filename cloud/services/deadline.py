"""A try that ends in time, whatever the other side does.

A network library's time limit starts afresh with each byte that arrives: a server that sends one byte in
seven seconds would hold a sender for ever, and with it the messages behind. So a try runs in a thread of
its own, and who asked for it waits only so long.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for

from cloud.services.service import retry
from gateway.alerts.notifier import Delivery

LIMIT_S = 8.0
"""Below the time after which the escalation believes a sender dead (10 s) and takes its message up itself."""
TRIES_UNDER_WAY_MAX = 64
"""Each holds a thread; so many at once means that a service is ill, and more would make it no better."""


class Deadline:
    """Runs tries with a time limit; for several threads.

    A try that is not finished in time goes on; asked for again under the same key, it is waited for, not
    begun a second time: a mail server that takes 20 s delivers one mail.
    """

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._under_way: dict[str, Future[Delivery]] = {}
        self._lock = threading.Lock()

    def run(self, key: str, attempt: Callable[[], Delivery]) -> Delivery:
        """The attempt's own Delivery, or RETRY at the limit; raises what ``attempt`` raises."""
        with self._lock:
            outcome = self._under_way.get(key) or self._begin(key, attempt)
        if outcome is None:
            return retry("too many tries are under way")
        if not wait_for((outcome,), self._limit_s).done:
            return retry(f"no end within {self._limit_s:g} s, still under way")
        with self._lock:
            self._under_way.pop(key, None)
        return outcome.result()

    def _begin(self, key: str, attempt: Callable[[], Delivery]) -> Future[Delivery] | None:
        if len(self._under_way) >= TRIES_UNDER_WAY_MAX:
            # Finished ones that nobody has asked for again: their message was stopped or given up meanwhile.
            self._under_way = {name: one for name, one in self._under_way.items() if not one.done()}
        if len(self._under_way) >= TRIES_UNDER_WAY_MAX:
            return None
        outcome: Future[Delivery] = Future()
        self._under_way[key] = outcome
        # A daemon: a server that never lets go must not keep the gateway from ending.
        threading.Thread(target=_carry_out, args=(attempt, outcome), name="sending", daemon=True).start()
        return outcome


def _carry_out(attempt: Callable[[], Delivery], outcome: Future[Delivery]) -> None:
    try:
        outcome.set_result(attempt())
    except BaseException as error:  # noqa: BLE001 - handed to the thread that waits, which raises it
        outcome.set_exception(error)
