"""The gateway's word to the service manager: given while everything in it turns, withheld when something hangs."""

import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import environment
from tests.system.hall import Hall

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

PATIENCE_S = 60.0
STUCK_S = 2.0
"""Instead of the gateway's own 45 s."""
RUNNING = """
import sys, threading
import cli.gateway
from gateway.alerts.escalation import Escalation
from gateway.event_lane import EventLane

cli.gateway.STUCK_S = float(sys.argv[2])
released = threading.Event()
hangs = {"escalation": (Escalation, "turn"), "event_lane": (EventLane, "retry_set_aside")}
if sys.argv[3] in hangs:
    # As a disk would that answers nothing: no error, no end.
    setattr(*hangs[sys.argv[3]], lambda self: released.wait())
cli.gateway.app(["run", sys.argv[1]])
"""


class Manager:
    """The end of NOTIFY_SOCKET at which systemd would listen."""

    def __init__(self, place: Path) -> None:
        self.address = place / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.address))

    def hears(self, words: bytes, times: int = 1, patience_s: float = PATIENCE_S) -> bool:
        self._socket.settimeout(patience_s)
        try:
            while times:
                times -= self._socket.recv(100) == words
        except TimeoutError:
            return False
        return True

    def forget(self) -> None:
        """What was said until now."""
        self._socket.setblocking(False)
        try:
            while self._socket.recv(100):
                pass
        except BlockingIOError:
            return

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(tmp_path)
    yield made
    made.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Hall]:
    """A broker and the files of a gateway that is not started yet."""
    made = Hall(tmp_path)
    made.broker.start()
    yield made
    made.stop()


@pytest.fixture
def gateway(
    request: pytest.FixtureRequest, place: Hall, manager: Manager
) -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen(
        [sys.executable, "-c", RUNNING, str(place.city_file), str(STUCK_S), getattr(request, "param", "nothing")],
        env={**environment(), "NOTIFY_SOCKET": str(manager.address)},
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    yield running
    running.kill()
    running.wait()


def test_it_is_ready_once_and_lives_on_without_a_broker_and_with_a_locked_database(
    place: Hall, gateway: subprocess.Popen[bytes], manager: Manager
) -> None:
    """Waiting for others is no reason to be started again: it would only wait anew."""
    assert manager.hears(b"READY=1")
    assert manager.hears(b"WATCHDOG=1", 3)
    place.broker.kill()
    manager.forget()
    assert manager.hears(b"WATCHDOG=1", 4)
    lock = sqlite3.connect(place.place / "gateway.sqlite", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    try:
        manager.forget()
        assert manager.hears(b"WATCHDOG=1", 4)
    finally:
        lock.close()
    gateway.send_signal(signal.SIGTERM)
    assert gateway.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("gateway", ["escalation", "event_lane"], indirect=True)
def test_nothing_is_said_any_more_once_a_part_of_it_hangs(
    gateway: subprocess.Popen[bytes], manager: Manager
) -> None:
    assert manager.hears(b"READY=1")
    for _ in range(20):
        if not manager.hears(b"WATCHDOG=1", patience_s=2 * STUCK_S):
            break
    else:
        pytest.fail("it said that it lives although a part of it hung")
    assert gateway.poll() is None, "it ended by itself: nothing was proved about its silence"
