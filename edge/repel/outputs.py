"""The deciding process's side of the pins: starts the process that owns them, asks it, believes its reports.

Is: a shot counts only when the pins' process has reported the pin on. A dead one is started again, at once the
first time and then with back-off, and meanwhile ``switch_on`` raises.
Is not: the limit of on-time (edge.repel.pins). One thread owns an Outputs.
"""

import json
import logging
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.repel.errors import OutputRefusedError, PinsLostError
from edge.repel.output_settings import OutputSettings

log = logging.getLogger(__name__)

READY_S = 15.0
"""Python and gpiozero take 0.3 s here and some seconds on a Pi Zero that is just booting."""
ANSWER_S = 0.5
"""A healthy process answers within a few ms; longer, and the deciding loop would hold up its pictures."""
RESTART_FIRST_S = 1.0
RESTART_LAST_S = 60.0
CLOSE_S = 2.0
BEAT_S = 0.5
"""The pins' process switches off after 2 s without."""
SILENT_S = 5.0
"""A pins' process that leaves a heartbeat unanswered for so long is stuck."""


@dataclass(frozen=True, slots=True)
class Change:
    """One pin switched at ``at_s`` (CLOCK_MONOTONIC)."""

    output: str
    on: bool
    at_s: float
    failed: bool = False
    """It ended by itself, and badly: a sound card that is busy, a file that is no sound."""


class Outputs:
    """The outputs of one field, by name."""

    def __init__(
        self,
        outputs: Sequence[OutputSettings],
        timeline_file: Path | None = None,
        *,
        stop_pin: int | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = {
            "outputs": [_table(one) for one in outputs],
            "stop_pin": stop_pin,
            "timeline_file": None if timeline_file is None else str(timeline_file),
        }
        self._monotonic_s = monotonic_s
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._ready = False
        self._on: set[str] = set()
        self._changes: list[Change] = []
        self._refused: dict[str, str] = {}
        self._stopped = False
        self._started_s = 0.0
        self._beat_due_s = 0.0
        self._unanswered_s: float | None = None
        self._restart_s = 0.0
        self._delay_s = 0.0

    @property
    def ok(self) -> bool:
        """Whether the pins' process lives and holds its pins."""
        return self._ready and self._process is not None

    @property
    def stopped(self) -> bool:
        """Whether the emergency stop is pressed, or its wire broken."""
        return self._stopped

    @property
    def pid(self) -> int | None:
        """The pins' process, None while there is none."""
        return None if self._process is None else self._process.pid

    def open(self) -> None:
        """Start the pins' process, all off, and wait until it holds them; ``ok`` tells whether it does."""
        self._delay_s = 0.0
        self._start()
        deadline_s = self._monotonic_s() + READY_S
        while self._process is not None and not self._ready and self._monotonic_s() < deadline_s:
            self._listen(0.1)

    def close(self) -> None:
        """All off: close the pipe and wait for the process to end; harmless when repeated."""
        process, self._process = self._process, None
        if process is None or process.stdin is None or process.stdout is None:
            return
        self._ready = False
        try:
            process.stdin.close()
        except BrokenPipeError:
            log.info("the pins' process had ended before it was told to")
        try:
            process.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            log.exception("the pins' process did not end: killed; look whether the outputs are off")
            process.kill()
            process.wait()
        self._take(process.stdout.read() or b"")
        process.stdout.close()

    def tend(self) -> None:
        """Heartbeat, take reports, restart what has died; call it in every turn. Never waits."""
        if self._process is None:
            if self._monotonic_s() >= self._restart_s:
                self._start()
            return
        self._listen(0.0)
        now_s = self._monotonic_s()
        if not self._ready and now_s - self._started_s > READY_S:
            self._lost("it did not take hold of its pins in time")
        if self._unanswered_s is not None and now_s - self._unanswered_s > SILENT_S:
            self._lost("it does not answer")
        if self.ok and now_s >= self._beat_due_s:
            self._beat_due_s = now_s + BEAT_S
            self._unanswered_s = self._unanswered_s or now_s
            self._tell("beat")

    def switch_on(self, name: str, seconds: float) -> None:
        """On for ``seconds``, or less if its limit is lower; returns when the pin has been reported on.

        Raises OutputRefusedError if its process will not, and PinsLostError if nobody knows; then everything is off.
        """
        if not self.ok:
            raise PinsLostError(f"output {name} cannot be switched on: the pins' process is not running")
        self._tell(f"on {name} {seconds:.3f}")
        deadline_s = self._monotonic_s() + ANSWER_S
        before = len(self._changes)
        self._refused.pop(name, None)
        while self.ok and (left_s := deadline_s - self._monotonic_s()) > 0:
            self._listen(left_s)
            if any(change.output == name and change.on for change in self._changes[before:]):
                return
            if name in self._refused:
                raise OutputRefusedError(f"output {name} did not go on: {self._refused.pop(name)}")
        self._lost(f"output {name} was told to go on and did not")
        raise PinsLostError(f"output {name} did not go on: see the log of the pins' process")

    def all_off(self) -> None:
        """Off now, before its timer."""
        if self.ok:
            self._tell("off")

    def now_s(self) -> float:
        """The clock of ``Change.at_s``."""
        return self._monotonic_s()

    def on(self) -> list[str]:
        """Names of the outputs that are on as far as reported."""
        return sorted(self._on)

    def changes(self) -> list[Change]:
        """Pin changes since the last call, oldest first."""
        found, self._changes = self._changes, []
        return found

    def _start(self) -> None:
        self._started_s = self._monotonic_s()
        self._rest, self._ready, self._unanswered_s = b"", False, None
        try:
            # Its own process group: a Ctrl-C or a kill of ours must leave it alive to switch off.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "edge.repel.pins"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                process_group=0,
            )
        except OSError as error:
            self._back_off()
            log.error("the pins' process cannot be started: %s", error.strerror)  # noqa: TRY400 - one line, each minute
            return
        if self._process.stdin is not None:
            os.set_blocking(
                self._process.stdin.fileno(), False
            )  # a stuck process must not hold up the decider
        self._tell(json.dumps(self._config))

    def _tell(self, line: str) -> None:
        if self._process is None or self._process.stdin is None:
            return
        try:
            if self._process.stdin.write(line.encode() + b"\n") is None:
                self._lost("its pipe is full")
        except BrokenPipeError:
            self._lost("its pipe is closed")

    def _listen(self, wait_s: float) -> None:
        process = self._process
        if process is None or process.stdout is None:
            return
        while select.select([process.stdout], [], [], wait_s)[0]:
            got = os.read(process.stdout.fileno(), 65536)
            if not got:
                self._lost("it ended")
                return
            self._take(got)
            wait_s = 0.0

    def _take(self, got: bytes) -> None:
        *lines, self._rest = (self._rest + got).split(b"\n")
        for line in lines:
            words: dict[str, Any] = json.loads(line)
            self._unanswered_s = None
            if "ready" in words:
                self._taken_hold()
            elif "output" in words:
                self._changed(Change(words["output"], words["on"], words["at_s"], words["why"] == "failed"))
            elif "refused" in words:
                self._refused[words["refused"]] = words["why"]
            elif "stopped" in words:
                self._stopped = words["stopped"]

    def _taken_hold(self) -> None:
        self._ready = True
        for name in self.on():  # left on by a process that died: only now known to be off
            self._changed(Change(name, on=False, at_s=self._monotonic_s()))

    def _changed(self, change: Change) -> None:
        self._changes.append(change)
        if change.on:
            self._on.add(change.output)
        else:
            self._on.discard(change.output)

    def _lost(self, why: str) -> None:
        process, self._process = self._process, None
        self._ready = False
        if process is None or process.stdin is None or process.stdout is None:
            return
        log.error("the pins' process is lost: %s; nothing is fired until it is back", why)
        # A closed pipe is an order to switch off; SIGKILL would take away the one who obeys it.
        process.stdin.close()
        process.stdout.close()
        try:
            process.wait(ANSWER_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._back_off()

    def _back_off(self) -> None:
        now_s = self._monotonic_s()
        if now_s - self._started_s > RESTART_LAST_S:
            self._delay_s = 0.0
        self._restart_s = now_s + self._delay_s
        self._delay_s = min(max(RESTART_FIRST_S, 2 * self._delay_s), RESTART_LAST_S)


def _table(one: OutputSettings) -> dict[str, Any]:
    """What its process needs to know of an output."""
    table = one.model_dump(
        mode="json", include={"name", "kind", "pin", "active_high", "speaker", "files", "max_on_s"}
    )
    return {**table, "hz": one.hz, "duty": one.duty or 0.5}
