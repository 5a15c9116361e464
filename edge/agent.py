"""Wires one device together: its readings, its outbox, its uplink, the clock and the watchdog.

One thread decides and writes; paho's thread only moves bytes. An exception in the device's step is
logged and ends the process, outputs off: the service manager starts it again with a clean state, and
what was stored is still in the outbox.
"""

import logging
import os
import socket
import threading
from dataclasses import dataclass

from contract.ids import NewUlid, Ulid
from contract.messages import (
    Clock as ClockState,
)
from contract.messages import Event, Live, Stamp, State, Telemetry, encode
from contract.topics import Lane
from edge.clock import Clock
from edge.device import Device, Outgoing
from edge.outbox import Backlog, Outbox
from edge.uplink import Uplink

log = logging.getLogger(__name__)

STEP_S = 0.05
STATE_EVERY_S = 30.0
DRAIN_S = 60.0
"""How long a recording that has ended waits for the receipts of its last messages."""


@dataclass(slots=True)
class Stamper:
    """Makes the Stamp of each message: one boot, one rising sequence."""

    device: str
    boot: Ulid
    clock: Clock
    seq: int = 0

    def next(self) -> Stamp:
        """The stamp of the next message."""
        self.seq += 1
        state = ClockState.SYNCED if self.clock.synced() else ClockState.UNSYNCED
        return Stamp(self.device, self.boot, self.seq, self.clock.unix_ms(), state)


class Watchdog:
    """Tells systemd that the deciding loop turns (sd_notify); does nothing under another manager."""

    def __init__(self, address: str | None) -> None:
        self._address = address

    def ready(self) -> None:
        """Start-up is over."""
        self._say(b"READY=1")

    def alive(self) -> None:
        """The loop came round once more."""
        self._say(b"WATCHDOG=1")

    def _say(self, words: bytes) -> None:
        if self._address is None:
            return
        name = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.sendto(words, name)


class Agent:
    """Runs a device until it is told to stop or its replay has ended."""

    def __init__(
        self,
        device: Device,
        outbox: Outbox,
        uplink: Uplink,
        stamper: Stamper,
        new_ulid: NewUlid,
        *,
        version: str,
        watchdog: Watchdog | None = None,
    ) -> None:
        self._device = device
        self._outbox = outbox
        self._uplink = uplink
        self._stamper = stamper
        self._clock = stamper.clock
        self._new_ulid = new_ulid
        self._version = version
        self._watchdog = watchdog or Watchdog(os.environ.get("NOTIFY_SOCKET"))
        self._state_due_s = 0.0
        self._faults: list[str] = []

    def run(self, stop: threading.Event) -> None:
        """Turn until ``stop``; the outputs are off and the last state is published on every way out."""
        ended = False
        try:
            self._device.open()
            self._uplink.start()
            self._watchdog.ready()
            while not stop.is_set():
                self.turn()
        except EOFError:
            log.info("the recording has ended")
            ended = True
        finally:
            try:
                self._device.close()
                if ended and not self.drain(DRAIN_S, stop):
                    log.warning("not everything has its receipt yet: it stays in the outbox")
            finally:
                self._uplink.stop(self.state(online=False))

    def turn(self) -> None:
        """One round: step, store, exchange, obey; raises what the device's step raises."""
        self._keep(self._device.step(STEP_S))
        for command in self._uplink.exchange(self._outbox):
            self._keep(self._device.command(command.body))
        self._tell_state()
        self._watchdog.alive()

    def drain(self, patience_s: float, stop: threading.Event) -> bool:
        """Exchange until the outbox is empty; False if ``patience_s`` ran out or ``stop`` came first."""
        for _ in range(int(patience_s / STEP_S)):
            self._uplink.exchange(self._outbox)
            backlog = self._outbox.backlog()
            if backlog.events == 0 and backlog.telemetry == 0:
                return True
            if stop.wait(STEP_S):
                break
        return False

    def _keep(self, outgoing: Outgoing) -> None:
        now_ms = self._clock.unix_ms()
        for body in outgoing.events:
            event = Event(id=self._new_ulid(now_ms), stamp=self._stamper.next(), body=body)
            self._outbox.add_event(event.id, encode(event), now_ms)
        if outgoing.samples:
            batch = Telemetry(
                id=self._new_ulid(now_ms),
                stamp=self._stamper.next(),
                samples=outgoing.samples,
                dropped_before=self._outbox.backlog().telemetry_dropped,
            )
            self._outbox.add_telemetry(batch.id, encode(batch), now_ms)
        if outgoing.live is not None and self._uplink.connected:
            live = Live(stamp=self._stamper.next(), body=outgoing.live)
            self._uplink.publish(Lane.LIVE, encode(live))

    def _tell_state(self) -> None:
        if self._uplink.newly_connected():
            self._state_due_s = 0.0
        faults = self._device.faults()
        if faults != self._faults:
            self._faults, self._state_due_s = faults, 0.0
        if self._clock.monotonic_s() >= self._state_due_s and self._uplink.connected:
            self._uplink.publish(Lane.STATE, encode(self.state(online=True)))
            self._state_due_s = self._clock.monotonic_s() + STATE_EVERY_S

    def state(self, *, online: bool) -> State:
        """The device's health now; with ``online`` false also its last will."""
        backlog = self._outbox.backlog()
        return State(
            stamp=self._stamper.next(),
            online=online,
            version=self._version,
            kind=self._device.kind,
            faults=self._device.faults(),
            events_unsent=backlog.events,
            telemetry_unsent=backlog.telemetry,
            telemetry_dropped=backlog.telemetry_dropped,
            oldest_unsent_s=self._age_s(backlog),
        )

    def _age_s(self, backlog: Backlog) -> float:
        if backlog.oldest_ms is None:
            return 0.0
        return max(0.0, (self._clock.unix_ms() - backlog.oldest_ms) / 1000)
