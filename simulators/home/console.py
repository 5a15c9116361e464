"""The radar's command port: echoes each line, judges it, says Done and shows its prompt, as the firmware does."""

import threading
from collections.abc import Collection

from simulators.home.pty_port import PtyPort

PROMPT = "mmwDemo:/>"
KNOWN_AT_LEAST = frozenset({"sensorStop", "flushCfg", "sensorStart"})


class RadarConsole:
    """Remembers what it was told; ``known`` names the commands of its firmware (None: all).

    Starting or stopping twice is ignored with the firmware's own words, and still ends with Done.
    """

    def __init__(self, known: Collection[str] | None = None) -> None:
        self._known = known
        self.accepted: list[str] = []
        self.running = False

    def answer(self, line: str) -> str:
        """Everything the port says after ``line``, echo and prompt included."""
        if not line:
            return f"\r\n{PROMPT}"
        return f"{line}\r\n{self._judge(line)}\r\n\n{PROMPT}"

    def run(self, pty: PtyPort, stop: threading.Event) -> None:
        """Answer what the driver writes to ``pty`` until ``stop``."""
        pending = b""
        while not stop.is_set():
            pending += pty.read(0.05)
            while b"\n" in pending:
                line, _, pending = pending.partition(b"\n")
                pty.write(self.answer(line.decode("ascii", errors="replace").strip()).encode(), timeout_s=1.0)

    def _judge(self, line: str) -> str:
        name = line.partition(" ")[0]
        if self._known is not None and name not in KNOWN_AT_LEAST.union(self._known):
            return f"'{name}' is not recognized as a CLI command"
        if name in {"sensorStart", "sensorStop"}:
            start = name == "sensorStart"
            if self.running is start:
                return f"Ignored: Sensor is already {'started' if start else 'stopped'}\r\nDone"
            self.running = start
        self.accepted.append(line)
        return "Done"
