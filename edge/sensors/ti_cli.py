"""Sends a chirp file to a TI radar's command port, line by line, each answer read before the next line.

The firmware echoes the line, says what it thinks of it, then ``Done`` and its prompt. ``Done`` alone is no
proof: some demos ignore a start or a stop, say so, and still end with ``Done``. Argument counts differ from
firmware to firmware, so a refused line names itself and the file goes no further.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from edge.clock import Clock
from edge.sensors.byte_port import BytePort
from edge.sensors.readings import SensorError, SensorSilentError

log = logging.getLogger(__name__)

PROMPT = b":/>"
"""The prompts end so: ``mmwDemo:/>``, ``TrackerDemo:/>``..."""
REPLY_S = 3.0
"""Most lines are answered in 30 ms; sensorStart runs the RF calibration first and takes its time."""
REPLY_MAX = 4096
REFUSALS = ("not recognized", "error", "invalid", "exception")


class CommandPort(BytePort, Protocol):
    """A port that can be written to."""

    def write(self, data: bytes) -> None:
        """Send all of ``data``; raises SensorLostError when the port has gone."""
        ...


class ChirpFileError(SensorError, ValueError):
    """A chirp file that cannot be used, or a line that the radar refused."""


def commands(text: str) -> Iterator[tuple[int, str]]:
    """(line number from 1, command) of a chirp file; blank lines and those beginning with % are comments."""
    for number, line in enumerate(text.splitlines(), start=1):
        command = line.strip()
        if command and not command.startswith("%"):
            yield number, command


class ChirpSender:
    """Makes the radar run a chirp file; called by TiRadar whenever it opens the radar."""

    def __init__(
        self, port: CommandPort, chirp_file: Path, clock: Clock, *, reply_s: float = REPLY_S
    ) -> None:
        self._port = port
        self._file = chirp_file
        self._clock = clock
        self._reply_s = reply_s

    def send(self) -> int:
        """Send the whole file; returns how many commands it had.

        Raises ChirpFileError naming file and line of what was refused, SensorSilentError when the radar does not
        answer, SensorLostError when the port is not there.
        """
        lines = list(commands(self._read()))
        if not lines:
            raise ChirpFileError(
                f"{self._file}: no command in it: name a chirp file of this radar's firmware"
            )
        self._port.open()
        try:
            for number, command in lines:
                self._port.write(command.encode() + b"\n")
                self._check(number, command, self._reply(number, command))
        finally:
            self._port.close()
        log.info("radar configured: %d commands from %s", len(lines), self._file.name)
        return len(lines)

    def _read(self) -> str:
        try:
            return self._file.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise ChirpFileError(
                f"{self._file}: {error}: name a readable chirp file in plain ASCII"
            ) from error

    def _reply(self, number: int, command: str) -> str:
        until_s = self._clock.monotonic_s() + self._reply_s
        reply = b""
        while not reply.rstrip().endswith(PROMPT) and len(reply) < REPLY_MAX:
            left_s = until_s - self._clock.monotonic_s()
            if left_s <= 0:
                if b"Done" in reply:  # a firmware without a prompt
                    break
                raise SensorSilentError(
                    f"{self._file}:{number}: {command!r}: no answer within {self._reply_s:g} s: "
                    "check that cli_port is the radar's command port and that the radar has power"
                )
            reply += self._port.read(left_s)
        return reply.decode("ascii", errors="replace")

    def _check(self, number: int, command: str, reply: str) -> None:
        said = reply.replace(command, "", 1)  # the echo may hold any word
        lowered = said.lower()
        where = f"{self._file}:{number}: {command!r}"
        answer = " ".join(said.split())[:120]
        if any(word in lowered for word in REFUSALS):
            raise ChirpFileError(
                f"{where}: the radar refused it ({answer}): "
                "this line is not for its firmware, or its arguments are wrong"
            )
        if "ignored" in lowered and command != "sensorStop":  # already stopped is what a stop wants
            raise ChirpFileError(f"{where}: the radar ignored it ({answer}): begin the file with sensorStop")
        if "done" not in lowered and "ignored" not in lowered:
            raise ChirpFileError(
                f"{where}: neither Done nor a reason ({answer}): restart the radar, send again"
            )
