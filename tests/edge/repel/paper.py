"""Outputs and a line of orders on paper: they live in the clock of the test."""

from dataclasses import dataclass, field

from edge.clock import ManualClock
from edge.repel.errors import OutputRefusedError, PinsLostError
from edge.repel.outputs import Change


@dataclass
class PaperSwitches:
    """Outputs that write down what they are told; they live in the clock of the test."""

    clock: ManualClock
    ok: bool = True
    stopped: bool = False
    refuses: bool = False
    told: list[tuple[str, float, float]] = field(default_factory=list)
    _until: dict[str, float] = field(default_factory=dict)
    _changes: list[Change] = field(default_factory=list)

    def open(self) -> None:
        self.ok = True

    def close(self) -> None:
        self.all_off()
        self.ok = False

    def tend(self) -> None:
        now_s = self.clock.monotonic_s()
        for name in [name for name, until_s in self._until.items() if until_s <= now_s]:
            self._changes.append(Change(name, False, self._until.pop(name)))

    def switch_on(self, name: str, seconds: float) -> None:
        if not self.ok:
            raise PinsLostError(name)
        if self.refuses:
            raise OutputRefusedError(name)
        now_s = self.clock.monotonic_s()
        self.told.append((name, now_s, seconds))
        self._until[name] = now_s + seconds
        self._changes.append(Change(name, True, now_s))

    def all_off(self) -> None:
        for name in list(self._until):
            del self._until[name]
            self._changes.append(Change(name, False, self.clock.monotonic_s()))

    def on(self) -> list[str]:
        return sorted(self._until)

    def changes(self) -> list[Change]:
        found, self._changes = self._changes, []
        return found

    def now_s(self) -> float:
        return self.clock.monotonic_s()


class PaperLine:
    """One end of a line; all lines of one bus hear each other at once. ``lost`` is a link that swallows words."""

    def __init__(self, bus: list["PaperLine"], topics: list[str]) -> None:
        self.bus, self.topics = bus, topics
        self.heard: list[tuple[str, bytes]] = []
        self.said: list[tuple[str, bytes]] = []
        self.lost = False
        self.answering = lambda: None
        """What happens elsewhere while this end waits."""
        bus.append(self)

    def open(self) -> None:
        pass

    def close(self) -> None:
        pass

    def say(self, on_topic: str, payload: bytes) -> bool:
        self.said.append((on_topic, payload))
        for line in self.bus:
            if on_topic in line.topics and not self.lost:
                line.heard.append((on_topic, payload))
        return not self.lost

    def take(self, wait_s: float = 0.0) -> list[tuple[str, bytes]]:
        if wait_s > 0:
            self.answering()
        heard, self.heard = self.heard, []
        return heard
