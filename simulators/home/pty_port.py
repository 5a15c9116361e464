"""A pty as the radar's end of a serial line: the real driver opens ``path`` and cannot tell the difference."""

import fcntl
import os
import select
import struct
import time
import tty
from pathlib import Path
from typing import Self

_TCGETS2 = 0x802C542A
"""Linux's way to ask for a rate that has no name, such as 1,250,000; the same number on x86 and Arm."""
_TERMIOS2 = struct.Struct("4IB19s2I")


class PtyPort:
    """Writes what a radar would send; unplugging and plugging in again can be played.

    A line without a listener drops bytes, as a UART does, and counts them; nothing blocks for longer than told.
    With ``link`` the port has a name that stays the same when it is plugged in again.
    """

    def __init__(self, link: Path | None = None) -> None:
        self._link = link
        self._ends: tuple[int, int] | None = None
        self._name = ""
        self.bytes_dropped = 0

    @property
    def path(self) -> str:
        """What the driver opens."""
        return str(self._link) if self._link is not None else self._name

    def plug_in(self) -> None:
        """Make the pair; the slave stays open here too, so that a driver may come and go."""
        self.unplug()
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._ends = (master, slave)
        self._name = os.ttyname(slave)
        if self._link is not None:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(self._name)

    def unplug(self) -> None:
        """Close both ends: an open driver finds its port gone. Harmless when repeated."""
        ends, self._ends = self._ends, None
        if ends is None:
            return
        for end in ends:
            os.close(end)
        if self._link is not None:
            self._link.unlink(missing_ok=True)

    def write(self, data: bytes, timeout_s: float = 0.0) -> int:
        """Send; waits at most ``timeout_s`` for a reader, then drops the rest. Returns how many bytes went."""
        sent = 0
        until_s = time.monotonic() + timeout_s
        while self._ends is not None and sent < len(data):
            left_s = max(0.0, until_s - time.monotonic())
            if not select.select([], [self._ends[0]], [], left_s)[1]:
                break
            try:
                sent += os.write(self._ends[0], data[sent:])
            except BlockingIOError:
                continue
        self.bytes_dropped += len(data) - sent
        return sent

    def baud(self) -> int:
        """The rate that the driver has set, as the other end of the wire would hear it; 0 while unplugged."""
        if self._ends is None:
            return 0
        asked = fcntl.ioctl(self._ends[1], _TCGETS2, bytes(_TERMIOS2.size))
        return int(_TERMIOS2.unpack(asked)[-1])

    def read(self, timeout_s: float) -> bytes:
        """What the driver has written to the port; b"" when nothing came in time."""
        if self._ends is None or not select.select([self._ends[0]], [], [], timeout_s)[0]:
            return b""
        return os.read(self._ends[0], 4096)

    def __enter__(self) -> Self:
        self.plug_in()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()
