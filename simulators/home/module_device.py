"""A ready-made module behind a pty: it reports, takes commands and answers as its firmware does."""

import threading
from collections.abc import Callable, Iterator
from struct import pack, unpack

from simulators.home.module_bytes import TinyFrameVoice, answer
from simulators.home.pty_port import PtyPort

SET = {0x0E04: ("height", "<f"), 0x0E08: ("threshold", "<f"), 0x0E0A: ("sensitivity", "<I")}


class FallModule:
    """An LD6002C or MR60FDA2 with its stored parameters; ``deaf`` hears nothing, ``stubborn`` says yes and keeps its own.

    ``refuses``: names it says no to (height, threshold, sensitivity, area).
    """

    def __init__(
        self, *, deaf: bool = False, stubborn: bool = False, refuses: frozenset[str] = frozenset()
    ) -> None:
        self.stored: dict[str, float] = {}
        self.area: tuple[float, ...] = ()
        self.voice = TinyFrameVoice()
        self.heard: list[int] = []
        self._deaf = deaf
        self._stubborn = stubborn
        self._refuses = refuses
        self._factory()

    def report(self) -> bytes:
        """Nobody has fallen, somebody is there."""
        return self.voice.fall(fallen=False) + self.voice.presence(present=True)

    def answers(self, sent: bytes) -> bytes:
        """What comes back for whole frames that were sent to it."""
        said = b""
        for kind, data in self._frames(b"" if self._deaf else sent):
            self.heard.append(kind)
            said += self.voice.say(kind)  # first it says that it has heard
            if kind == 0x2110:
                self._factory()
            elif kind == 0x0E06:
                said += self.voice.say(kind, self._parameters())
            elif kind in SET or kind == 0x0E0C:
                said += self.voice.say(kind, bytes((self._store(kind, data),)))
        return said

    def _factory(self) -> None:
        self.stored = {"height": 2.2, "threshold": 0.6, "sensitivity": 10}
        self.area = (0.5, 0.5, 0.5, 0.5)

    def _parameters(self) -> bytes:
        stored = self.stored
        height, threshold, sensitivity = (stored[name] for name in ("height", "threshold", "sensitivity"))
        return pack("<ffI4f", height, threshold, int(sensitivity), *self.area)

    def _store(self, kind: int, data: bytes) -> bool:
        name, form = SET.get(kind, ("area", "<4f"))
        if name in self._refuses:
            return False
        values = unpack(form, data)
        if not self._stubborn and name == "area":
            self.area = values
        elif not self._stubborn:
            self.stored[name] = values[0]
        return True

    @staticmethod
    def _frames(sent: bytes) -> Iterator[tuple[int, bytes]]:
        at = 0
        while at + 8 <= len(sent):
            size = int.from_bytes(sent[at + 3 : at + 5], "big")
            yield int.from_bytes(sent[at + 5 : at + 7], "big"), sent[at + 8 : at + 8 + size]
            at += 8 + size + (1 if size else 0)


class Configurable:
    """An LD2410 or LD2450: reports until it is told to listen, listens until it is told to go on."""

    def __init__(self, report: Callable[[], bytes], *, refuses: frozenset[int] = frozenset()) -> None:
        self._report = report
        self._refuses = refuses
        self.listening = False
        self.heard: list[int] = []
        self.multi = True

    def report(self) -> bytes:
        """Nothing while it listens."""
        return b"" if self.listening else self._report()

    def answers(self, sent: bytes) -> bytes:
        """What comes back for whole commands that were sent to it."""
        said = b""
        for piece in sent.split(b"\xfd\xfc\xfb\xfa")[1:]:
            command = int.from_bytes(piece[2:4], "little")
            self.heard.append(command)
            if command == 0xFF:
                self.listening = True
            elif not self.listening:
                continue
            if command in self._refuses:
                said += answer(command, 1)
                continue
            if command in {0x80, 0x90}:
                self.multi = command == 0x90
            value = (2 if self.multi else 1).to_bytes(2, "little") if command == 0x91 else b""
            said += answer(command, 0, value)
            if command == 0xFE:
                self.listening = False
        return said


Module = FallModule | Configurable


def serve(module: Module, pty: PtyPort, stop: threading.Event, *, every_s: float = 0.02) -> None:
    """Report every ``every_s`` and answer in between, until ``stop``."""
    while not stop.is_set():
        pty.write(module.report())
        sent = pty.read(every_s)
        if sent:
            pty.write(module.answers(sent), timeout_s=0.5)
