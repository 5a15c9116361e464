"""One device whole: its loop, its outbox and its uplink, against real brokers."""

import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.broker import Broker
from contract.broker import BrokerSettings
from contract.ids import new_ulid
from contract.messages import (
    Answered,
    Command,
    Fault,
    FaultPhase,
    LiveHome,
    MuteRepeller,
    Sample,
    State,
    encode,
)
from contract.topics import Lane
from edge.agent import Agent, Stamper, Watchdog
from edge.clock import SystemClock
from edge.device import Outgoing
from edge.outbox import Outbox
from edge.uplink import Uplink

DEVICE = "home-7f3a"
WaitUntil = Callable[..., bool]
Ear = Any  # tests/edge/conftest.py


def a_fault(now_ms: int) -> Fault:
    return Fault(new_ulid(now_ms), FaultPhase.RAISED, "radar", "sensor_lost")


class Scripted:
    """A device that does what its script says in each step, then idles."""

    kind = "home"

    def __init__(self, script: list[Outgoing | Exception]) -> None:
        self.script = script
        self.obeyed: list[Answered | MuteRepeller] = []
        self.standing: list[str] = []
        self.closed = 0

    def open(self) -> None: ...

    def step(self, timeout_s: float) -> Outgoing:
        threading.Event().wait(timeout_s)
        if not self.script:
            return Outgoing()
        next_one = self.script.pop(0)
        if isinstance(next_one, Exception):
            raise next_one
        return next_one

    def command(self, body: Answered | MuteRepeller) -> Outgoing:
        self.obeyed.append(body)
        return Outgoing(events=[a_fault(1)])

    def faults(self) -> list[str]:
        return list(self.standing)

    def close(self) -> None:
        self.closed += 1


class Bench:
    """An agent around a scripted device, run in a thread of its own."""

    def __init__(self, broker: Broker, directory: Path, script: list[Outgoing | Exception]) -> None:
        self.device = Scripted(script)
        self.path = directory / "outbox.sqlite"
        self.stop = threading.Event()
        self.raised: list[BaseException] = []
        self._broker = broker
        self._thread = threading.Thread(target=self._run)

    def start(self) -> "Bench":
        self._thread.start()
        return self

    def join(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()

    def end(self) -> None:
        self.stop.set()
        self.join()

    def _run(self) -> None:
        clock = SystemClock()
        outbox = Outbox(self.path)
        stamper = Stamper(DEVICE, new_ulid(clock.unix_ms()), clock)

        def will() -> State:
            return agent.state(online=False)

        settings = BrokerSettings(host=self._broker.host, port=self._broker.port)
        uplink = Uplink(DEVICE, settings, clock, will=will, jitter=random.Random(1))
        agent = Agent(self.device, outbox, uplink, stamper, new_ulid, version="1.2.3")
        try:
            agent.run(self.stop)
        except RuntimeError as error:
            self.raised.append(error)
        finally:
            outbox.close()

    def unsent(self) -> int:
        outbox = Outbox(self.path)
        found = outbox.backlog()
        outbox.close()
        return found.events + found.telemetry


@pytest.mark.system
def test_an_exception_in_the_step_closes_the_outputs_says_goodbye_and_keeps_what_was_stored(
    broker: Broker, ear: Ear, tmp_path: Path, wait_until: WaitUntil
) -> None:
    wait = [Outgoing()] * 20
    script = [*wait, Outgoing(events=[a_fault(1)]), *wait, RuntimeError("a bug")]
    bench = Bench(broker, tmp_path, script).start()
    bench.join()
    assert [str(error) for error in bench.raised] == ["a bug"]
    assert bench.device.closed == 1
    assert wait_until(lambda: ear.states() and not ear.states()[-1].online)
    assert (ear.states()[0].online, ear.states()[-1].events_unsent) == (True, 1)
    assert bench.unsent() == 1


@pytest.mark.system
def test_a_failure_to_close_the_outputs_still_says_goodbye(
    broker: Broker, ear: Ear, tmp_path: Path, wait_until: WaitUntil
) -> None:
    bench = Bench(broker, tmp_path, [])

    def fail() -> None:
        raise RuntimeError("a relay that does not answer")

    bench.device.close = fail
    bench.start()
    assert wait_until(ear.states)
    bench.end()
    assert bench.raised
    assert wait_until(lambda: not ear.states()[-1].online)


@pytest.mark.system
def test_a_recording_that_ends_waits_for_the_receipts_of_its_last_messages(
    broker: Broker, ear: Ear, tmp_path: Path
) -> None:
    ear.generous = True
    burst = Outgoing(events=[a_fault(n) for n in range(30)], samples=[Sample("radar", 1, {"points": 3.0})])
    bench = Bench(broker, tmp_path, [burst, EOFError()]).start()
    bench.join()
    assert (bench.unsent(), bench.raised) == (0, [])
    assert (len(set(ear.ids())), len(set(ear.ids(Lane.TELEMETRY)))) == (30, 1)


@pytest.mark.system
def test_a_command_reaches_the_device_and_what_it_answers_goes_out(
    broker: Broker, ear: Ear, tmp_path: Path, wait_until: WaitUntil
) -> None:
    ear.generous = True
    bench = Bench(broker, tmp_path, []).start()
    assert wait_until(ear.states)
    now_ms = SystemClock().unix_ms()
    body = Answered(new_ulid(now_ms), "going", "family")
    command = Command(id=new_ulid(now_ms), issued_ms=now_ms, expires_ms=now_ms + 60_000, body=body)
    ear.say(DEVICE, Lane.COMMAND, encode(command))
    assert wait_until(lambda: bench.device.obeyed == [body])
    assert wait_until(lambda: len(ear.ids()) == 1)
    bench.end()


@pytest.mark.system
def test_a_new_fault_is_in_the_state_at_once_and_live_goes_out_while_connected(
    broker: Broker, ear: Ear, tmp_path: Path, wait_until: WaitUntil
) -> None:
    bench = Bench(broker, tmp_path, []).start()
    assert wait_until(ear.states)
    assert (ear.states()[0].version, ear.states()[0].kind, ear.states()[0].faults) == ("1.2.3", "home", [])
    bench.device.standing.append("sensor_silent")
    bench.device.script.append(Outgoing(live=LiveHome(points=[(0.0, 1.0, 2.0, 0.1)], state="standing")))
    assert wait_until(lambda: ear.states()[-1].faults == ["sensor_silent"])
    assert wait_until(lambda: any(lane is Lane.LIVE for lane, _ in ear.heard))
    bench.end()


AGENT = """
import sys, threading
from pathlib import Path
from cli.broker import Broker
from edge.device import Outgoing
sys.path.insert(0, sys.argv[3])
from test_agent import Bench, a_fault
broker = Broker(Path(sys.argv[1]), kind="mosquitto", port=int(sys.argv[2]))
script = [Outgoing(events=[a_fault(1)]) for _ in range(int(sys.argv[4]))]
bench = Bench(broker, Path(sys.argv[1]), script)
step = bench.device.step
def told_step(timeout_s):
    outgoing = step(0.01)
    print(len(bench.device.script), flush=True)
    return outgoing
bench.device.step = told_step
bench._run()
"""


def agent_process(broker: Broker, directory: Path, events: int) -> subprocess.Popen[str]:
    here = str(Path(__file__).parent)
    arguments = [str(directory), str(broker.port), here, str(events)]
    return subprocess.Popen([sys.executable, "-c", AGENT, *arguments], stdout=subprocess.PIPE, text=True)


@pytest.mark.system
def test_after_kill_9_the_broker_speaks_the_last_will_and_a_restart_sends_the_rest(
    broker: Broker, ear: Ear, tmp_path: Path, wait_until: WaitUntil
) -> None:
    killed = agent_process(broker, tmp_path, 400)
    assert wait_until(lambda: len(ear.ids()) >= 20)  # no receipts: a window is in the air, the rest waits
    while int(killed.stdout.readline()) > 300:
        continue
    killed.kill()
    killed.wait()
    killed.stdout.close()
    assert wait_until(lambda: not ear.states()[-1].online)
    outbox = Outbox(tmp_path / "outbox.sqlite")
    stored = {row.id for row in outbox.after(Lane.EVENT, 0, 1000)}
    outbox.close()
    assert len(stored) >= 99
    ear.generous = True
    bench = Bench(broker, tmp_path, [EOFError()]).start()  # sends what waits, then ends
    bench.join()
    assert (set(ear.ids()), bench.unsent()) == (stored, 0)


def test_the_watchdog_speaks_to_the_service_manager_where_there_is_one(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        watchdog = Watchdog(address)
        watchdog.ready()
        watchdog.alive()
        assert [manager.recv(64), manager.recv(64)] == [b"READY=1", b"WATCHDOG=1"]
    Watchdog(None).alive()
    assert os.environ.get("NOTIFY_SOCKET") is None
