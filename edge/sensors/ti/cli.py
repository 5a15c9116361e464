"""Sends a chirp file to a TI radar's command port, line by line, each answer read before the next line.

The firmware echoes the line, says what it thinks of it, then ``Done`` and its prompt. ``Done`` alone is no
proof: some demos ignore a start or a stop, say so, and still end with ``Done``. Argument counts differ from
firmware to firmware, so a refused line names itself and the file goes no further.
"""

import logging
import re
import time
from collections.abc import Callable
from pathlib import Path

from edge.clock import Clock
from edge.sensors.byte_port import CommandPort
from edge.sensors.port_doctor import TI_COMMANDS, diagnose
from edge.sensors.readings import SensorSilentError
from edge.sensors.ti.chirp_file import ChirpFileError, Command, commands, in_order, read_chirps
from edge.sensors.ti.packet import MAGIC

__all__ = ["ChirpFileError", "ChirpSender", "Console", "Told", "commands"]

log = logging.getLogger(__name__)

PROMPT = b":/>"
"""The prompts end so: ``mmwDemo:/>``, ``TrackerDemo:/>``..."""
REPLY_S = 3.0
"""Most lines are answered in 30 ms; sensorStart runs the RF calibration first and takes its time."""
QUIET_S = 0.15
"""A verdict is followed by its prompt at once; a firmware without a prompt costs this much a line."""
REPLY_MAX = 1 << 18
"""A board that shares one port for all goes on sending frames until it has understood sensorStop."""
PACED_BAUD = 1_000_000
PACE_S = 0.001
"""Above PACED_BAUD a low-power chip's command line loses characters that come closer together."""
REFUSALS = ("not recognized", "error", "invalid", "exception")

_VERDICT = re.compile(
    rb"(?:^|[\r\n])[ \t]*(?:Done|Error\b[^\r\n]*|[^\r\n]*not recognized[^\r\n]*)[ \t]*[\r\n]"
)
_PROMPT = re.compile(rb"\w*:/>\s*$")
_LINES = re.compile(rb"[\r\n]+")

Told = Callable[[Command, str], None]
"""Hears each command that was taken, and the firmware's answer."""


class Console:
    """The conversation on an open command port; one command at a time."""

    def __init__(self, port: CommandPort, file: Path, clock: Clock, *, reply_s: float = REPLY_S) -> None:
        self._port = port
        self._file = file
        self._clock = clock
        self._reply_s = reply_s
        self.paced = False
        self.rest = b""
        """What came after the last answer: on a shared port, the first frames."""

    def clear(self) -> None:
        """End a line that somebody began and did not finish, and forget what the port still had to say."""
        self._write(b"\n")
        until_s = self._clock.monotonic_s() + QUIET_S
        while self._clock.monotonic_s() < until_s and self._port.read(QUIET_S / 3):
            pass

    def say(self, command: Command) -> str:
        """Send one command; returns the answer in one line.

        Raises ChirpFileError for one that was refused or ignored, SensorSilentError where nothing answers.
        """
        self._write(command.text.encode() + b"\n")
        said = self._reply(command)
        lowered = said.lower()
        if any(word in lowered for word in REFUSALS):
            raise ChirpFileError(
                f"{self._where(command)}: the radar refused it ({said[:120]}): "
                "this line is not for its firmware, or its arguments are wrong"
            )
        if "ignored" in lowered and command.name != "sensorStop":  # already stopped is what a stop wants
            raise ChirpFileError(
                f"{self._where(command)}: the radar ignored it ({said[:120]}): begin the file with sensorStop"
            )
        if "done" not in lowered and "ignored" not in lowered:
            raise ChirpFileError(
                f"{self._where(command)}: neither Done nor a reason ({said[:120]}): restart the radar, send again"
            )
        return said

    def hint(self, command: Command) -> str:
        """Send a command whose answer may be garbled; raises ChirpFileError only for a plain refusal."""
        self._write(command.text.encode() + b"\n")
        until_s = self._clock.monotonic_s() + 2 * QUIET_S
        reply = b""
        while (left_s := until_s - self._clock.monotonic_s()) > 0 and not _VERDICT.search(reply):
            reply += self._port.read(left_s)
        said = _words(reply, command)
        if any(word in said.lower() for word in REFUSALS):
            raise ChirpFileError(
                f"{self._where(command)}: the radar refused it ({said[:120]}): use a rate that its firmware has"
            )
        return said

    def _write(self, data: bytes) -> None:
        if not self.paced:
            self._port.write(data)
            return
        for byte in data:
            self._port.write(bytes((byte,)))
            time.sleep(PACE_S)

    def _reply(self, command: Command) -> str:
        until_s = self._clock.monotonic_s() + self._reply_s
        reply = b""
        while len(reply) < REPLY_MAX:
            now_s = self._clock.monotonic_s()
            verdict = _VERDICT.search(reply, max(0, reply.find(command.text.encode())))
            if verdict is not None:
                after = reply[verdict.end() :]
                frames = after.find(MAGIC)
                if frames >= 0 or after.rstrip().endswith(PROMPT):
                    self.rest = after[frames:] if frames >= 0 else b""
                    return _words(reply[: len(reply) - len(self.rest)], command)
                until_s = min(until_s, now_s + QUIET_S)
            elif reply.rstrip().endswith(PROMPT) and command.text.encode() in reply:
                break  # a prompt, and no verdict
            more = self._port.read(max(0.0, until_s - now_s)) if until_s > now_s else b""
            reply += more
            if not more and self._clock.monotonic_s() >= until_s - 1e-3:
                break
        said = _words(reply, command)
        if not said and PROMPT not in reply:
            raise SensorSilentError(
                f"{self._where(command)}: no answer within {self._reply_s:g} s: "
                f"{_diagnosis(reply)}check that cli_port is the radar's command port and that the radar has power"
            )
        return said

    def _where(self, command: Command) -> str:
        line = f":{command.line}" if command.line else ""
        return f"{self._file}{line}: {command.text!r}"


class ChirpSender:
    """Makes the radar run a chirp file over its own command port; called whenever the radar is opened."""

    def __init__(
        self,
        port: CommandPort,
        chirp_file: Path,
        clock: Clock,
        *,
        reply_s: float = REPLY_S,
        told: Told | None = None,
    ) -> None:
        self._port = port
        self._file = chirp_file
        self._clock = clock
        self._reply_s = reply_s
        self._told = told

    def send(self) -> int:
        """Send the whole file, stopped and forgotten before; returns how many commands it has.

        Raises ChirpFileError naming file and line of what was refused, SensorSilentError when the radar does not
        answer, SensorLostError when the port is not there.
        """
        chirps = read_chirps(self._file)
        self._port.open()
        try:
            console = Console(self._port, self._file, self._clock, reply_s=self._reply_s)
            console.clear()
            for command in in_order(chirps):
                said = console.say(command)
                if self._told is not None:
                    self._told(command, said)
        finally:
            self._port.close()
        log.info("radar configured: %d commands from %s", len(chirps), self._file.name)
        return len(chirps)


def _diagnosis(reply: bytes) -> str:
    """What came instead of an answer: a data stream here says that the two ports are exchanged."""
    return f"{diagnose(reply, TI_COMMANDS).text}; " if len(reply) >= len(MAGIC) else ""


def _words(reply: bytes, command: Command) -> str:
    """The printable lines of a reply without echo and prompt: frames on a shared port are no words."""
    _, _, answer = (
        reply.rpartition(command.text.encode()) if command.text.encode() in reply else (b"", b"", reply)
    )
    lines = (_PROMPT.sub(b"", line).strip() for line in _LINES.split(answer))
    return " ".join(line.decode("ascii") for line in lines if line and line.isascii() and _printable(line))


def _printable(line: bytes) -> bool:
    return all(0x20 <= byte < 0x7F or byte == 0x09 for byte in line)
