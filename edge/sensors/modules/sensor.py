"""Ready-made radar modules as sensors of PointClouds: live from a serial port, or replayed from a recording."""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from typing import Protocol

from msgspec.structs import replace

from edge.clock import Clock, ManualClock
from edge.sensors.byte_port import BytePort, CommandPort, SerialPort
from edge.sensors.modules.commands import ModuleSetup, setup_for
from edge.sensors.modules.ld2410 import Ld2410
from edge.sensors.modules.ld2450 import Ld2450
from edge.sensors.modules.mr60fda1 import Mr60Fda1
from edge.sensors.modules.settings import ModuleKind, ModuleSettings
from edge.sensors.modules.tinyframe_module import TinyFrameModule
from edge.sensors.modules.view import ModuleCounters
from edge.sensors.port_doctor import PortDoctor
from edge.sensors.readings import PointCloud, SensorError, SensorLostError, SensorSilentError

log = logging.getLogger(__name__)

READING_PERIOD_S = 0.1
"""Between two rounds of a module; LD6002B, LD2410 and LD2450 report 10 times a second."""


class ModuleParser(Protocol):
    """Bytes of one module in any pieces -> PointClouds; pure."""

    counters: ModuleCounters

    def feed(self, data: bytes, at_s: float = 0.0) -> list[PointCloud]: ...

    def finish(self, at_s: float = 0.0) -> list[PointCloud]: ...


def parser_for(kind: ModuleKind) -> ModuleParser:
    """A fresh parser of a kind of module."""
    if kind is ModuleKind.LD2410:
        return Ld2410()
    if kind is ModuleKind.LD2450:
        return Ld2450()
    return Mr60Fda1() if kind is ModuleKind.MR60FDA1 else TinyFrameModule(kind)


class ModuleSensor:
    """Sensor[PointCloud]: what a module says, as it says it, stamped with ``clock.monotonic_s()`` when it was read.

    An open port without frames raises nothing; ``trouble`` then says what is probably wrong. A module that reports but
    does not hear its settings is used all the same, with those it has kept: ``unheard`` and a counter say so.
    """

    def __init__(
        self, port: CommandPort, clock: Clock, kind: ModuleKind, *, setup: ModuleSetup | None = None
    ) -> None:
        self._port = port
        self._clock = clock
        self._setup = setup
        self._parser = parser_for(kind)
        self._doctor = PortDoctor(kind)
        self._bytes_read = 0
        self._opened = 0
        self.unheard: str | None = None
        """Why the settings could not be sent."""

    def open(self) -> None:
        """Open the port and send the settings, if any; raises SensorLostError and ModuleRefusedError."""
        self._port.open()
        self._opened += 1
        self._doctor.good()
        self.unheard = None
        if self._setup is None:
            return
        try:
            self._setup.run(self._port)
        except SensorSilentError as silent:
            self.unheard = f"{silent}"
            log.warning("module settings not sent: %s", silent)
        except SensorError:
            self._port.close()
            raise

    def read(self, timeout_s: float) -> Sequence[PointCloud]:
        until_s = self._clock.monotonic_s() + timeout_s
        left_s = timeout_s
        while True:
            try:
                data = self._port.read(left_s)
            except SensorLostError:
                self._parser.finish()
                raise
            except EOFError:
                last = self._parser.finish(self._clock.monotonic_s())
                if last:
                    return last
                raise
            now_s = self._clock.monotonic_s()
            clouds = self._parser.feed(data, now_s)
            self._bytes_read += len(data)
            self._doctor.heard(data)
            if clouds:
                self._doctor.good()
            left_s = until_s - now_s
            if clouds or not data or left_s <= 0:
                return clouds

    def close(self) -> None:
        self._port.close()

    def counters(self) -> dict[str, float]:
        """The parser's ModuleCounters, bytes_read, opened, settings_unheard."""
        seen = {name: float(value) for name, value in asdict(self._parser.counters).items()}
        unheard = float(self.unheard is not None)
        return seen | {"bytes_read": self._bytes_read, "opened": self._opened, "settings_unheard": unheard}

    def trouble(self) -> str:
        """One sentence: what is probably wrong when no frame comes, and the mend."""
        return self._doctor.says().text


class ReplayModule:
    """Sensor[PointCloud]: a recording of a module's bytes, as fast as it can be decoded; it makes its own time.

    The bytes hold no time: each reading moves ``clock`` by ``period_s``. EOFError when it has ended.
    """

    def __init__(
        self, port: BytePort, clock: ManualClock, kind: ModuleKind, *, period_s: float = READING_PERIOD_S
    ) -> None:
        self._port = port
        self._clock = clock
        self._parser = parser_for(kind)
        self._period_s = period_s
        self._waiting: deque[PointCloud] = deque()
        self._ended = False
        self._bytes_read = 0

    def open(self) -> None:
        self._port.open()
        self._ended = False

    def read(self, timeout_s: float) -> Sequence[PointCloud]:
        while not self._waiting:
            if self._ended:
                raise EOFError("the recording has ended")
            try:
                data = self._port.read(timeout_s)
            except EOFError:
                self._ended = True
                self._waiting.extend(self._parser.finish())
                continue
            self._bytes_read += len(data)
            self._waiting.extend(self._parser.feed(data))
        self._clock.advance(self._period_s)
        return [replace(self._waiting.popleft(), at_s=self._clock.monotonic_s())]

    def close(self) -> None:
        self._port.close()

    def counters(self) -> dict[str, float]:
        """As ModuleSensor's."""
        seen = {name: float(value) for name, value in asdict(self._parser.counters).items()}
        return seen | {"bytes_read": self._bytes_read}


def module_from(settings: ModuleSettings, clock: Clock) -> ModuleSensor:
    """The module of a home's file, not yet opened."""
    port = SerialPort(settings.port, settings.baud_or_shipped)
    return ModuleSensor(port, clock, settings.kind, setup=setup_for(settings, clock))
