"""The radar's command line: echoes each line, judges it, says Done and shows its prompt, as the firmware does."""

import threading
from collections.abc import Callable, Collection

from simulators.home.pty_port import PtyPort

PROMPT = "mmwDemo:/>"
KNOWN_AT_LEAST = frozenset({"sensorStop", "flushCfg", "sensorStart", "baudRate"})
BOOT_BAUD = 115_200
LISTEN_S = 0.005


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


class OnePortBoard:
    """A low-power board on one port: its console, and between the answers its frames while it runs.

    Whoever listens or talks at another rate than the board's hears rubbish and is not understood. With
    ``answers_after`` the answer to baudRate already comes at the new rate: firmwares differ.
    """

    def __init__(
        self,
        console: RadarConsole,
        frame: Callable[[int], bytes],
        *,
        frame_period_s: float = 0.1,
        answers_after: bool = False,
    ) -> None:
        self.console = console
        self._frame = frame
        self._steps = max(1, round(frame_period_s / LISTEN_S))
        self._answers_after = answers_after
        self.baud = BOOT_BAUD
        self.frames = 0
        self._pending = b""

    def reset(self) -> None:
        """As after its reset button, or a pulled plug."""
        self.baud = BOOT_BAUD
        self.frames = 0
        self._pending = b""
        self.console.running = False

    def run(self, pty: PtyPort, stop: threading.Event) -> None:
        """Talk on ``pty`` until ``stop``."""
        step = 0
        while not stop.is_set():
            heard = pty.read(LISTEN_S)
            if heard:
                self._hear(pty, heard)
            step += 1
            if self.console.running and step % self._steps == 0:
                self.frames += 1
                self._send(pty, self._frame(self.frames))

    def _hear(self, pty: PtyPort, heard: bytes) -> None:
        if pty.baud() != self.baud:
            self._pending += b"\xff" * len(heard)
            return
        self._pending += heard
        while b"\n" in self._pending:
            line, _, self._pending = self._pending.partition(b"\n")
            text = line.decode("ascii", errors="replace").strip()
            answer = self.console.answer(text).encode()
            name, _, rate = text.partition(" ")
            if name == "baudRate" and self._answers_after:
                self.baud = int(rate)
            self._send(pty, answer)
            if name == "baudRate":
                self.baud = int(rate)

    def _send(self, pty: PtyPort, data: bytes) -> None:
        garbled = data if pty.baud() == self.baud else bytes(byte & 0x55 | 0x80 for byte in data[::3])
        pty.write(garbled, timeout_s=0.2)
