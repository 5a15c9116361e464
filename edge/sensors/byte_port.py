"""Where a sensor's bytes come from: a serial line (a tty or a pty) or a recording of one."""

import errno
import os
import select
import termios
from pathlib import Path
from typing import BinaryIO, Protocol

import serial

from edge.sensors.readings import SensorLostError

READ_MAX = 1 << 16
FILE_PIECE = 4096
"""About 45 ms of a 921600 baud line: a recording then passes through the same paths as a live port."""


class BytePort(Protocol):
    """A source of bytes that one thread owns."""

    def open(self) -> None:
        """Get hold of it; raises SensorLostError with the mend. Allowed again after a loss."""
        ...

    def read(self, timeout_s: float) -> bytes:
        """What has come, waiting at most ``timeout_s`` for the first byte; b"" when nothing came.

        Raises SensorLostError when the port has gone, EOFError at the end of a recording.
        """
        ...

    def close(self) -> None:
        """Let it go; harmless when it is not open."""
        ...


class CommandPort(BytePort, Protocol):
    """A port that can be written to."""

    def write(self, data: bytes) -> None:
        """Send all of ``data``; raises SensorLostError when the port has gone."""
        ...


class SerialPort:
    """A tty or a pty, 8N1 without flow control; held exclusively, because two readers would share the bytes."""

    def __init__(self, path: str, baud: int) -> None:
        self._path = path
        self._baud = baud
        self._port: serial.Serial | None = None

    def open(self) -> None:
        """Also throws away what the driver has buffered: it is older than the caller's interest."""
        self.close()
        try:
            self._port = serial.Serial(self._path, self._baud, timeout=0, write_timeout=1, exclusive=True)
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise SensorLostError(f"{self._path}: {_mend(error)}") from error

    def read(self, timeout_s: float) -> bytes:
        fd = self._fileno()
        # The descriptor is read directly: pyserial would reconfigure the line whenever the time limit changes.
        try:
            ready, _, _ = select.select([fd], [], [], max(0.0, timeout_s))
            if not ready:
                return b""
            data = os.read(fd, READ_MAX)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._lost() from error
        if not data:  # readable and empty is how a tty says that its other end has gone
            raise self._lost()
        return data

    def write(self, data: bytes) -> None:
        """Send all of ``data``; raises SensorLostError when the port has gone or takes nothing for 1 s."""
        self._fileno()
        try:
            self._port.write(data)  # type: ignore[union-attr]  # _fileno has made sure of it
        except OSError as error:
            raise self._lost() from error

    def set_baud(self, baud: int) -> None:
        """Change the rate once all that was written has left; raises SensorLostError as ``open`` and ``write`` do."""
        self._fileno()
        try:
            self._port.flush()  # type: ignore[union-attr]  # _fileno has made sure of it
            self._port.baudrate = baud  # type: ignore[union-attr]
        except ValueError as error:
            self.close()
            raise SensorLostError(f"{self._path}: {baud} baud: not a rate of this port ({error})") from error
        except (OSError, termios.error) as error:
            raise self._lost() from error
        self._baud = baud

    def close(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            try:
                port.close()
            except (OSError, termios.error):  # closing a port that was pulled out; nothing is left to release
                return

    def _fileno(self) -> int:
        if self._port is None:
            raise SensorLostError(f"{self._path}: the port is not open: call open() first")
        return int(self._port.fileno())

    def _lost(self) -> SensorLostError:
        self.close()
        return SensorLostError(f"{self._path}: the port has gone: check the USB cable and the radar's power")


def _mend(error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number in {errno.ENOENT, errno.ENXIO, errno.ENODEV}:
        return "no such port: plug the radar in, or take the right name from /dev/serial/by-id"
    if number in {errno.EACCES, errno.EPERM}:
        return "not allowed to open it: add this user to the group dialout"
    if number in {errno.EAGAIN, errno.EBUSY}:
        return "another program holds it: stop that program first"
    return f"cannot be opened as a serial port ({error})"


class FilePort:
    """A recording of a serial line, given out piece by piece as fast as it is asked for."""

    def __init__(self, path: Path, *, piece: int = FILE_PIECE) -> None:
        self._path = path
        self._piece = piece
        self._file: BinaryIO | None = None

    @property
    def size(self) -> int:
        """Bytes in the recording, for progress bars; raises SensorLostError if it is not there."""
        try:
            return self._path.stat().st_size
        except OSError as error:
            raise self._unreadable(error) from error

    def open(self) -> None:
        """From the beginning, also when opened again."""
        self.close()
        try:
            self._file = self._path.open("rb")
        except OSError as error:
            raise self._unreadable(error) from error

    def read(self, timeout_s: float) -> bytes:  # noqa: ARG002 - a file never waits
        if self._file is None:
            raise SensorLostError(f"{self._path}: the recording is not open: call open() first")
        data = self._file.read(self._piece)
        if not data:
            raise EOFError(f"{self._path}: the recording has ended")
        return data

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _unreadable(self, error: OSError) -> SensorLostError:
        return SensorLostError(f"{self._path}: {error.strerror}: name a recording that this user may read")
