"""A TI radar's data port that configures the radar whenever it is opened, so that a replugged one starts again."""

import logging
from pathlib import Path
from typing import Protocol

from edge.clock import Clock
from edge.sensors.byte_port import BytePort, CommandPort, SerialPort
from edge.sensors.readings import SensorError, SensorSilentError
from edge.sensors.ti.chirp_file import ChirpFileError, Command, data_baud, read_chirps
from edge.sensors.ti.cli import PACED_BAUD, REPLY_S, ChirpSender, Console, Told
from edge.sensors.ti.settings import RadarSettings

log = logging.getLogger(__name__)

STOP_REPLY_S = 0.6
"""How long a rate is given to answer before the other one is tried; TI's own tool waits as long."""
STOP_TRIES = 2
"""A stop that falls into the middle of a frame may get lost; it does not twice."""


class RatedPort(CommandPort, Protocol):
    """A serial port whose rate can be changed while it is open."""

    def set_baud(self, baud: int) -> None:
        """Once all that was written has left; raises SensorLostError when the port has gone."""
        ...


class TwoPorts:
    """A board with a data and a command port: the data port is open first, so that no frame is missed."""

    def __init__(self, port: BytePort, chirps: ChirpSender) -> None:
        self._port = port
        self._chirps = chirps

    def open(self) -> None:
        """Raises SensorLostError; of the chirp file ChirpFileError and SensorSilentError. Then nothing is open."""
        self._port.open()
        try:
            self._chirps.send()
        except SensorError:
            self._port.close()
            raise

    def read(self, timeout_s: float) -> bytes:
        return self._port.read(timeout_s)

    def close(self) -> None:
        self._port.close()


class OnePort:
    """A board that takes commands and sends frames on one port (xWRL6432 and its kin).

    It listens at ``cli_baud`` after a reset and goes over to the rate of its chirp file's ``baudRate`` line; one
    that already runs is found at that rate, stopped, and told everything again.
    """

    def __init__(
        self,
        port: RatedPort,
        chirp_file: Path,
        clock: Clock,
        *,
        cli_baud: int = 115_200,
        reply_s: float = REPLY_S,
        told: Told | None = None,
    ) -> None:
        self._port = port
        self._file = chirp_file
        self._clock = clock
        self._cli_baud = cli_baud
        self._reply_s = reply_s
        self._told = told
        self._begun = b""

    def open(self) -> None:
        """Raises as TwoPorts.open does."""
        chirps = read_chirps(self._file)
        self._port.open()
        try:
            self._begun = self._configure(chirps)
        except SensorError:
            self._port.close()
            raise
        log.info("radar configured: %d commands from %s", len(chirps), self._file.name)

    def read(self, timeout_s: float) -> bytes:
        if self._begun:
            begun, self._begun = self._begun, b""
            return begun
        return self._port.read(timeout_s)

    def close(self) -> None:
        self._begun = b""
        self._port.close()

    def _configure(self, chirps: list[Command]) -> bytes:
        """Returns the first bytes of the frames, which may come in one piece with the last answer."""
        console = self._stopped(data_baud(chirps) or self._cli_baud)
        for command in chirps:
            if command.name == "baudRate":
                baud = data_baud([command])
                if baud is None:
                    raise ChirpFileError(
                        f"{self._file}:{command.line}: {command.text!r}: give it one rate, in baud"
                    )
                said = console.hint(command)
                self._go_over(console, baud)
            else:
                said = console.say(command)
            if self._told is not None:
                self._told(command, said)
        return console.rest

    def _stopped(self, data_baud: int) -> Console:
        """A console at the rate at which the radar answered; raises SensorSilentError when it answers at none."""
        console = Console(self._port, self._file, self._clock, reply_s=STOP_REPLY_S)
        for baud in [self._cli_baud, data_baud] * STOP_TRIES:
            self._go_over(console, baud)
            try:
                console.say(Command(0, "sensorStop 0"))
            except SensorSilentError:
                continue
            answering = Console(self._port, self._file, self._clock, reply_s=self._reply_s)
            answering.paced = console.paced
            return answering
        raise SensorSilentError(
            f"{self._file}: the radar answers neither at {self._cli_baud} nor at {data_baud} baud: "
            "check that port is the radar's, that its switches are set to run, and that it has power"
        )

    def _go_over(self, console: Console, baud: int) -> None:
        self._port.set_baud(baud)
        console.paced = baud > PACED_BAUD
        console.clear()


def port_from(settings: RadarSettings, clock: Clock, *, told: Told | None = None) -> BytePort:
    """The bytes of a home's radar, not yet opened; ``told`` hears each command that the radar took."""
    if settings.one_port and settings.chirp_file is not None:
        port = SerialPort(settings.port, settings.cli_baud)
        return OnePort(port, settings.chirp_file, clock, cli_baud=settings.cli_baud, told=told)
    data = SerialPort(settings.port, settings.baud)
    if settings.cli_port is None or settings.chirp_file is None:
        return data
    cli = SerialPort(settings.cli_port, settings.cli_baud)
    return TwoPorts(data, ChirpSender(cli, settings.chirp_file, clock, told=told))
