"""A box with outputs that a field far away uses: obeys signed orders, and nothing else.

Is: off at start, at exit, when the field falls silent for SILENT_S, when the emergency stop is pressed, and after each
output's own maximum whatever is asked. An order counts only if it quotes a tick that this box gave out in the last three
seconds, so that one which a broker or a bad link held back fires nothing.
Is not: a judge. Whether to fire is the field's decision, behind its safety kernel.
"""

import secrets
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from pydantic import Field, model_validator

from contract.broker import BrokerSettings
from contract.configuration import Settings
from edge.repel.errors import OutputRefusedError, PinsLostError
from edge.repel.output_kinds import OutputKind
from edge.repel.output_settings import DeviceName, OutputSettings, check_apart
from edge.repel.outputs import Outputs
from edge.repel.remote_outputs import Line
from edge.repel.signed_words import Order, Report, Tick, opened, signed, topic

TICK_EVERY_S = 1.0
TICKS_TAKEN = 3
SILENT_S = 3.0


class BoxSettings(Settings):
    """``box.toml``: one box."""

    box: DeviceName
    key_file: Path
    """The secret shared with the field."""
    broker: BrokerSettings = Field(default_factory=BrokerSettings)
    outputs: list[OutputSettings] = Field(min_length=1)
    stop_pin: int | None = Field(default=None, ge=0, le=27)
    timeline_file: Path | None = None

    @model_validator(mode="after")
    def _its_own(self) -> "BoxSettings":
        if any(one.kind is OutputKind.REMOTE for one in self.outputs):
            raise ValueError("a box owns its outputs: none of them may be of another box")
        check_apart(self.outputs, self.stop_pin)
        return self


class RemoteBox:
    """One box; ``turn`` is called often, by one thread."""

    def __init__(
        self,
        name: str,
        key: bytes,
        outputs: Outputs,
        line: Line,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        new_tick: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._name = name
        self._key = key
        self._outputs = outputs
        self._line = line
        self._monotonic_s = monotonic_s
        self._new_tick = new_tick
        self._ticks: deque[str] = deque(maxlen=TICKS_TAKEN)
        self._tick_due_s = 0.0
        self._wanted_s = 0.0
        self._obeyed: dict[str, int] = {}
        """Tick -> the highest number obeyed with it: one order, one shot."""
        self._reported: tuple[list[str], bool] = ([], False)

    def open(self) -> None:
        """Outputs off, then connect."""
        self._outputs.open()
        self._line.open()

    def close(self) -> None:
        """Outputs off, then hang up; harmless when repeated."""
        self._outputs.close()
        self._line.close()

    def turn(self, wait_s: float) -> None:
        """Tick, obey, watch; waits at most ``wait_s`` for an order."""
        self._outputs.tend()
        now_s = self._monotonic_s()
        if now_s >= self._tick_due_s:
            self._tick_due_s = now_s + TICK_EVERY_S
            self._ticks.append(self._new_tick())
            self._obeyed = {tick: self._obeyed[tick] for tick in self._ticks if tick in self._obeyed}
            self._say("tick", Tick(self._ticks[-1]))
        for on_topic, payload in self._line.take(wait_s):
            order = opened(self._key, on_topic, payload, Order)
            if (
                order is not None
                and order.tick in self._ticks
                and order.number > self._obeyed.get(order.tick, 0)
            ):
                self._obeyed[order.tick] = order.number
                self._obey(order)
        if self._outputs.on() and self._monotonic_s() - self._wanted_s > SILENT_S:
            self._outputs.all_off()
        if (self._outputs.on(), self._outputs.stopped) != self._reported:
            self._report(0)

    def _obey(self, order: Order) -> None:
        self._wanted_s = self._monotonic_s()
        refused = ""
        if order.action == "off":
            self._outputs.all_off()
        elif order.action == "on":
            try:
                self._outputs.switch_on(order.output, order.seconds)
            except (PinsLostError, OutputRefusedError) as error:
                refused = f"{error}"
        if order.action != "hold":
            self._report(order.number, refused)

    def _report(self, number: int, refused: str = "") -> None:
        self._reported = (self._outputs.on(), self._outputs.stopped)
        self._say("report", Report(number, self._reported[0], refused, self._reported[1]))

    def _say(self, lane: str, word: Tick | Report) -> None:
        on_topic = topic(self._name, lane)
        self._line.say(on_topic, signed(self._key, on_topic, word))
