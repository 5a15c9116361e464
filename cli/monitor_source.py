"""What a monitor looks at: a home's sensor, a bare serial port, or a recording, each as one source of readings."""

import stat
import time
from collections.abc import Callable, Iterator, Sequence
from math import inf
from pathlib import Path
from typing import Any, Protocol

from cli.files import read_device
from cli.monitor_room import Installed, Room
from edge.assembly import home_sensor
from edge.clock import Clock, ManualClock, SystemClock
from edge.fall.scene import Perception
from edge.fall.settings import MountSettings
from edge.fall_scorer import scorers_from
from edge.home_sensor import HomeSensor
from edge.home_settings import HomeSettings
from edge.sensors.byte_port import FilePort, SerialPort
from edge.sensors.modules.sensor import ReplayModule, module_from
from edge.sensors.modules.settings import ModuleKind, ModuleSettings
from edge.sensors.port_doctor import SPEAKS_AT, TI_COMMANDS, TI_DATA, Finding, diagnose, identify
from edge.sensors.readings import Sensor, SensorSilentError
from edge.sensors.ti.sensor import ReplayRadar, radar_from
from edge.sensors.ti.settings import RadarSettings

SILENT_AFTER_S = 3.0
"""A technician who looks on wants to know sooner than a home's fault book."""
LISTEN_S = 1.2
"""Each speed: two rounds of the slowest module."""
LISTEN_BYTES = 4096
HEAD = 1 << 16
AT_ONCE = 64
"""Readings that a recording played as fast as it can be gives between two pictures."""


class Source(Protocol):
    """Readings, and what is to be said of where they come from."""

    title: str
    room: Room

    def read(self, timeout_s: float) -> Sequence[Any]:
        """Readings due now, waiting at most that long; EOFError when a recording has ended."""
        ...

    def now_s(self) -> float:
        """The time that readings are stamped with."""
        ...

    def counters(self) -> dict[str, float]: ...

    def trouble(self) -> str | None: ...

    def close(self) -> None: ...


def source_of(
    name: Path, device: str | None, baud: int | None, mount: MountSettings | None, *, speed: float, which: int
) -> Source:
    """A home's file (``*.toml``), a port, or a recording; raises OSError, ValueError, ConfigurationError."""
    if name.suffix == ".toml":
        return _of_home(name, mount)
    if not name.exists():
        raise FileNotFoundError(f"{name}: no such port or file: take the name from /dev/serial/by-id")
    if stat.S_ISCHR(name.stat().st_mode):
        return _of_port(str(name), device, baud, mount or MountSettings())
    return Recorded(name, device, mount, speed=speed, which=which)


# --- live ------------------------------------------------------------------------------------------


class Live:
    """A sensor as the device keeps it: opened again when it is lost."""

    def __init__(
        self, title: str, sensor: Sensor[Any], room: Room, clock: Clock, silent_after_s: float
    ) -> None:
        self.title = title
        self.room = room
        self._raw = sensor
        self._clock = clock
        self._sensor = HomeSensor(sensor, "radar", silent_after_s, clock)
        self._sensor.open()

    def read(self, timeout_s: float) -> Sequence[Any]:
        return self._sensor.read(timeout_s)

    def now_s(self) -> float:
        return self._clock.monotonic_s()

    def counters(self) -> dict[str, float]:
        return self._raw.counters()

    def trouble(self) -> str | None:
        """Why nothing comes, or which settings the sensor did not take."""
        unheard: str | None = getattr(self._raw, "unheard", None)
        return next(iter(self._sensor.wrong().values()), unheard)

    def close(self) -> None:
        self._sensor.close()


def _of_home(file: Path, mount: MountSettings | None) -> Source:
    settings = read_device(file)
    if not isinstance(settings, HomeSettings):
        raise ValueError(f"{file}: a field's file: give the file of a home")  # noqa: TRY004 - what main() says in a line
    clock = SystemClock()
    installed = Installed(
        mount or settings.mount,
        settings.fall.for_sensor(settings.sensor_kind),
        settings.room,
        settings.zones,
        scorers_from(mount or settings.mount, settings.room.antenna) if settings.radar is not None else None,
    )
    sensor, perception = home_sensor(settings, clock), _depth_people(settings)
    title = f"{settings.device} ({settings.component})"
    return Live(
        title,
        sensor,
        Room(installed, perception, begun_s=clock.monotonic_s()),
        clock,
        settings.silent_after_s,
    )


def _depth_people(settings: HomeSettings) -> Perception[Any] | None:
    if settings.depth is None:
        return None
    from edge.depth.people import DepthPeople

    return DepthPeople(settings.depth.mount)


def _of_port(port: str, device: str | None, baud: int | None, mount: MountSettings) -> Source:
    if device is None:
        device, baud = listen(port, (baud,) if baud else (115_200, 921_600, 256_000))
    elif device not in SPEAKS_AT:
        raise ValueError(f"{device}: no such kind of sensor: one of {', '.join(sorted(SPEAKS_AT))}")
    baud = baud or SPEAKS_AT[device]
    clock = SystemClock()
    sensor: Sensor[Any]
    if device == TI_DATA:
        sensor = radar_from(RadarSettings(port=port, baud=baud), clock)
    else:
        sensor = module_from(ModuleSettings(kind=ModuleKind(device), port=port, baud=baud), clock)
    title = f"{device} at {port}, {baud} baud"
    return Live(title, sensor, Room(Installed(mount), begun_s=clock.monotonic_s()), clock, SILENT_AFTER_S)


def listen(port: str, bauds: Sequence[int], *, listen_s: float = LISTEN_S) -> tuple[str, int]:
    """Which device speaks at a port, and at which speed; each is tried in turn.

    Raises SensorLostError for a port that is not there, SensorSilentError with what was heard at each speed.
    """
    said = []
    for baud in bauds:
        heard = _hear(port, baud, listen_s)
        found = identify(heard)
        if found and found[0] != TI_COMMANDS:
            return found[0], baud
        about = diagnose(heard, TI_DATA)
        said.append(
            f"at {baud}: {about.text if about.finding is not Finding.WRONG_BAUD else 'no known frames'}"
        )
        if not heard:  # silence is the same at every speed
            break
    raise SensorSilentError(f"{port}: no known device speaks here; " + "; ".join(said))


def _hear(port: str, baud: int, listen_s: float) -> bytes:
    serial = SerialPort(port, baud)
    serial.open()
    heard = b""
    try:
        until_s = time.monotonic() + listen_s
        while (left_s := until_s - time.monotonic()) > 0 and len(heard) < LISTEN_BYTES:
            heard += serial.read(left_s)
            if len(heard) >= LISTEN_BYTES // 8 and identify(heard):
                break
    finally:
        serial.close()
    return heard


# --- recordings ------------------------------------------------------------------------------------


class Recorded:
    """A recording in its own time, ``speed`` times as fast; inf: as fast as it can be."""

    def __init__(
        self, file: Path, device: str | None, mount: MountSettings | None, *, speed: float, which: int
    ) -> None:
        self.title, self.room, self._readings, self._counters = _opened(file, device, mount, which)
        self._speed = speed
        self._next: Any = None
        self._at_s = 0.0
        self._begun_s: float | None = None

    def read(self, timeout_s: float) -> Sequence[Any]:
        if self._speed == inf:
            return self._some(inf, AT_ONCE)
        if self._begun_s is None:
            self._begun_s = time.monotonic()
        played_s = (time.monotonic() - self._begun_s) * self._speed
        due = self._some(played_s, AT_ONCE)
        if not due:
            time.sleep(min(timeout_s, max(0.0, (self._next.at_s - played_s) / self._speed)))
        return due

    def now_s(self) -> float:
        return self._at_s

    def counters(self) -> dict[str, float]:
        return self._counters()

    def trouble(self) -> str | None:
        return None

    def close(self) -> None:
        return

    def _some(self, until_s: float, most: int) -> list[Any]:
        due: list[Any] = []
        while len(due) < most:
            if self._next is None:
                self._next = next(self._readings, None)
            if self._next is None:
                if due:
                    return due
                raise EOFError("the recording has ended")
            if self._next.at_s > until_s:
                return due
            due.append(self._next)
            self._at_s = self._next.at_s
            self._next = None
        return due


Opened = tuple[str, Room, Iterator[Any], Callable[[], dict[str, float]]]


def _opened(file: Path, device: str | None, mount: MountSettings | None, which: int) -> Opened:
    with file.open("rb") as recording:
        spoken = identify(recording.read(HEAD))
    kind = device or (spoken[0] if spoken else None)
    if kind is not None and kind in set(ModuleKind):
        return _of_module(file, ModuleKind(kind), mount or MountSettings())
    return _known(file, mount, which, uart=TI_DATA in spoken)


def _of_module(file: Path, kind: ModuleKind, mount: MountSettings) -> Opened:
    replay = ReplayModule(FilePort(file), ManualClock(0), kind)
    replay.open()
    return f"{kind} in {file.name}", Room(Installed(mount)), _all(replay), replay.counters


def _known(file: Path, mount: MountSettings | None, which: int, *, uart: bool) -> Opened:
    """Any recording that evaluation reads, with the mount and settings of its kind."""
    from models.falls.kinds import SETUPS
    from models.falls.opening import open_folder

    found = open_folder(file)
    if not found.recordings:
        why = (
            "; ".join(found.refused)
            or "no recording of a known kind: give a sensor's bytes, or a data set's file"
        )
        raise ValueError(f"{file}: {why}")
    if not 0 <= which < len(found.recordings):
        raise ValueError(
            f"{file}: it holds {len(found.recordings)} recordings: --which is 0 to {len(found.recordings) - 1}"
        )
    recording = found.recordings[which]
    setup = SETUPS[recording.kind].installed(mount or found.mounts.get(recording.file))
    room = Room(Installed(setup.mount, setup.fall, setup.people, setup.zones, setup.scorers))
    title = f"{recording.kind.value} in {recording.name}"
    if not uart:
        return title, room, iter(recording.readings()), lambda: {"frames": float(room.readings)}
    # Played through the driver, for its counters; the first frame's time is one period.
    first = next(iter(recording.readings()))
    replay = ReplayRadar(FilePort(file), ManualClock(0), frame_period_s=first.at_s)
    replay.open()
    return title, room, _all(replay), replay.counters


def _all(sensor: Sensor[Any]) -> Iterator[Any]:
    try:
        while True:
            yield from sensor.read(0.0)
    except EOFError:
        return
    finally:
        sensor.close()
