"""A field's side of another box: asks it over MQTT, believes its signed reports.

Is: a shot counts only when the box has reported its output on. While something is on, the box is told twice a second
that it still is wanted.
Is not: the limit of on-time. That is the box's own (edge.repel.pins there), as is its off when this side falls silent.
"""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from contract.broker import BrokerSettings
from edge.repel.errors import OutputRefusedError, PinsLostError
from edge.repel.order_line import OrderLine
from edge.repel.output_settings import OutputSettings
from edge.repel.outputs import Change
from edge.repel.settings import RepelSettings
from edge.repel.signed_words import Order, Report, Tick, opened, read_key, signed, topic

ANSWER_S = 1.0
"""A box on the field's own Wi-Fi answers within 0.1 s."""
TICK_FRESH_S = 2.5
"""A box ticks every second and takes what quotes a tick of the last three."""
HOLD_EVERY_S = 0.5


class Line(Protocol):
    """What is needed of an OrderLine."""

    def open(self) -> None: ...
    def close(self) -> None: ...
    def say(self, on_topic: str, payload: bytes) -> bool: ...
    def take(self, wait_s: float = 0.0) -> list[tuple[str, bytes]]: ...


class RemoteOutputs:
    """The outputs of one box. One thread calls it; times are CLOCK_MONOTONIC s."""

    def __init__(
        self, box: str, key: bytes, line: Line, *, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._box = box
        self._key = key
        self._line = line
        self._monotonic_s = monotonic_s
        self._tick: tuple[str, float] | None = None
        self._number = 0
        self._reports: dict[int, Report] = {}
        self._on: set[str] = set()
        self._changes: list[Change] = []
        self._hold_s = 0.0

    @property
    def ok(self) -> bool:
        """Whether the box is heard."""
        return self._tick is not None and self._monotonic_s() - self._tick[1] <= TICK_FRESH_S

    def open(self) -> None:
        """Connect, in the background."""
        self._line.open()

    def close(self) -> None:
        """Off, and hang up; harmless when repeated."""
        if self._on:
            self.all_off()
        self._line.close()

    def tend(self) -> None:
        """Take reports, and say that what is on is still wanted."""
        self._listen(0.0)
        now_s = self._monotonic_s()
        if self._on and not self.ok:
            self._note([])  # a box that is not heard has fallen silent: it switches off by itself
        if self._on and now_s >= self._hold_s:
            self._hold_s = now_s + HOLD_EVERY_S
            self._say("hold")

    def switch_on(self, name: str, seconds: float) -> None:
        """As Outputs.switch_on; raises PinsLostError where the box is not heard, OutputRefusedError where it refuses."""
        self._listen(0.0)
        if not self.ok:
            raise PinsLostError(f"output {name} cannot be switched on: box {self._box} is not heard")
        number = self._say("on", name, seconds)
        until_s = self._monotonic_s() + ANSWER_S
        while number not in self._reports and (left_s := until_s - self._monotonic_s()) > 0:
            self._listen(left_s)
        report = self._reports.pop(number, None)
        if report is None:
            self.all_off()
            raise PinsLostError(f"output {name} was told to go on: box {self._box} did not answer")
        if report.refused:
            raise OutputRefusedError(f"output {name} did not go on: box {self._box}: {report.refused}")

    def all_off(self) -> None:
        """Off now."""
        self._say("off")

    def on(self) -> list[str]:
        """Names of the outputs that are on as far as reported."""
        return sorted(self._on)

    def changes(self) -> list[Change]:
        """Changes since the last call, as this side learnt of them."""
        found, self._changes = self._changes, []
        return found

    def _say(self, action: str, output: str = "", seconds: float = 0.0) -> int:
        self._number += 1
        order = Order(self._tick[0] if self._tick else "", self._number, action, output, seconds)
        on_topic = topic(self._box, "order")
        self._line.say(on_topic, signed(self._key, on_topic, order))
        return self._number

    def _listen(self, wait_s: float) -> None:
        for on_topic, payload in self._line.take(wait_s):
            if on_topic == topic(self._box, "tick"):
                tick = opened(self._key, on_topic, payload, Tick)
                self._tick = self._tick if tick is None else (tick.tick, self._monotonic_s())
            elif (report := opened(self._key, on_topic, payload, Report)) is not None:
                self._reports = {report.number: report}
                self._note(report.on)

    def _note(self, on: Sequence[str]) -> None:
        now_s = self._monotonic_s()
        for name in sorted(self._on.symmetric_difference(on)):
            self._changes.append(Change(name, name in on, now_s))
        self._on = set(on)


def remote_outputs_from(
    outputs: Sequence[OutputSettings], settings: RepelSettings
) -> dict[str, RemoteOutputs]:
    """Output name -> its box, not yet opened; raises KeyFileError for a secret that cannot be used."""
    boxes: dict[str, RemoteOutputs] = {}
    for one in outputs:
        assert one.box is not None  # noqa: S101 - the settings' promise, told to the type checker
        assert one.key_file is not None  # noqa: S101 - as above
        if one.box not in boxes:
            boxes[one.box] = _box(one.box, read_key(one.key_file), settings.line)
    return {one.name: boxes[one.box] for one in outputs if one.box is not None}


def _box(name: str, key: bytes, broker: BrokerSettings) -> RemoteOutputs:
    return RemoteOutputs(name, key, OrderLine(broker, [topic(name, "tick"), topic(name, "report")]))
