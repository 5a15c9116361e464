"""Outputs made of paper: they write down what goes on and off, by the clock of the simulation."""

from edge.clock import Clock
from edge.repel.outputs import Change


class PaperSwitches:
    """The repeller's Switches without a process or a pin; always ready."""

    ok = True
    stopped = False

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until_s: dict[str, float] = {}
        self._changes: list[Change] = []
        self._fresh: list[str] = []

    def open(self) -> None:
        """Nothing to take hold of."""

    def close(self) -> None:
        """All off."""
        self.all_off()

    def tend(self) -> None:
        """Switch off what has been on for its time."""
        now_s = self.now_s()
        for name in [name for name, until_s in self._until_s.items() if until_s <= now_s]:
            self._changes.append(Change(name, on=False, at_s=self._until_s.pop(name)))

    def switch_on(self, name: str, seconds: float) -> None:
        """On now, for so long."""
        now_s = self.now_s()
        self._until_s[name] = now_s + seconds
        self._changes.append(Change(name, on=True, at_s=now_s))
        self._fresh.append(name)

    def all_off(self) -> None:
        """Off now."""
        for name in list(self._until_s):
            del self._until_s[name]
            self._changes.append(Change(name, on=False, at_s=self.now_s()))

    def on(self) -> list[str]:
        """Names of the outputs that are on."""
        return sorted(self._until_s)

    def changes(self) -> list[Change]:
        """Changes since the last call, oldest first."""
        found, self._changes = self._changes, []
        return found

    def now_s(self) -> float:
        """The clock of ``Change.at_s``."""
        return self._clock.monotonic_s()

    def gone_on(self) -> list[str]:
        """Outputs that have gone on since the last call: what there is to hear and see."""
        found, self._fresh = self._fresh, []
        return found
