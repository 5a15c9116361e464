"""Settings of a ready-made module, sent to it and read back: an answer is believed only when it says what was asked.

Is: one conversation on an open port, between the module's reports. Is not: kept anywhere; modules keep their settings.
"""

from collections.abc import Callable
from dataclasses import dataclass
from struct import pack, unpack_from
from typing import Protocol

from edge.clock import Clock
from edge.sensors.byte_port import CommandPort
from edge.sensors.framing import NO_HEAD, Scanner
from edge.sensors.modules import tinyframe_shapes as say
from edge.sensors.modules.settings import FALL_KINDS, AlarmArea, ModuleKind, ModuleSettings
from edge.sensors.modules.tinyframe import Message, TinyFrameLayout, build
from edge.sensors.readings import SensorError, SensorSilentError

REPLY_S = 1.0
TRIES = 3
"""The maker says to send again when no answer comes."""
CLOSE_ENOUGH = 1e-3


class ModuleRefusedError(SensorError, ValueError):
    """A module that does not take what it was told; the message names the setting."""


class ModuleSetup(Protocol):
    """What is sent to a module whenever its port is opened."""

    def run(self, port: CommandPort) -> None:
        """Raises ModuleRefusedError, SensorSilentError when no answer comes, SensorLostError."""
        ...


def setup_for(settings: ModuleSettings, clock: Clock) -> ModuleSetup | None:
    """None where the settings ask for nothing."""
    if settings.kind in FALL_KINDS:
        asked = (
            settings.install_height_m,
            settings.fall_threshold_m,
            settings.sensitivity,
            settings.alarm_area,
        )
        return FallSetup(settings, clock) if any(value is not None for value in asked) else None
    if settings.points is not None:
        return PointsSetup(settings.kind, clock, on=settings.points)
    if settings.engineering is not None:
        return Ld2410Setup(clock, engineering=settings.engineering)
    if settings.multi_target is not None:
        return Ld2450Setup(clock, multi=settings.multi_target)
    return None


# --- TinyFrame ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parameters:
    """What an LD6002C or MR60FDA2 says of itself."""

    install_height_m: float
    fall_threshold_m: float
    sensitivity: int
    area: AlarmArea


class Conversation:
    """Questions and answers in TinyFrame on an open port; reports that come in between are passed over."""

    def __init__(self, port: CommandPort, kind: ModuleKind, clock: Clock) -> None:
        self._port = port
        self._clock = clock
        self._scanner: Scanner[Message] = Scanner(TinyFrameLayout(say.SHAPES[kind]))
        self._number = 0

    def ask(self, kind: int, data: bytes, size: int) -> bytes:
        """Send and wait for the answer: a frame of the same type with ``size`` bytes. Raises SensorSilentError."""
        heard = False
        for _ in range(TRIES):
            self._port.write(build(kind, data, self._number))
            self._number += 1
            until_s = self._clock.monotonic_s() + REPLY_S
            while (left_s := until_s - self._clock.monotonic_s()) > 0:
                came = self._port.read(left_s)
                heard = heard or bool(came)
                for message in self._scanner.feed(came):
                    if message.kind == kind and len(message.data) == size:
                        return message.data
        reports = (
            "it reports, so check the wire from our TX to its RX" if heard else "check its power and wires"
        )
        raise SensorSilentError(f"the module does not answer command {kind:#06x}: {reports}")

    def parameters(self) -> Parameters:
        """What the module has stored."""
        values = say.PARAMETERS.unpack(self.ask(say.GET_PARAMETERS, b"", say.PARAMETERS.size))
        height_m, threshold_m, sensitivity, *sides = values
        left, right, front, back = sides
        area = AlarmArea.model_construct(left_m=left, right_m=right, front_m=front, back_m=back)
        return Parameters(height_m, threshold_m, sensitivity, area)

    def set(self, name: str, kind: int, data: bytes) -> None:
        """One setting of a fall module; raises ModuleRefusedError when it says no."""
        if self.ask(kind, data, 1) != b"\x01":
            raise ModuleRefusedError(f"{name}: the module refused it: use a value its maker allows")

    def reset(self) -> Parameters:
        """Back to how it was shipped; returns what it then says of itself. Raises SensorSilentError."""
        self._port.write(build(say.RESET))
        return self.parameters()


class FallSetup:
    """Install height, threshold, sensitivity and alarm area of an LD6002C or MR60FDA2."""

    def __init__(self, settings: ModuleSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def run(self, port: CommandPort) -> None:
        """Sends only what differs, since each change wears the module's flash; then everything is read back."""
        talk = Conversation(port, self._settings.kind, self._clock)
        for name, kind, data in self._differing(talk.parameters()):
            talk.set(name, kind, data)
        left = [name for name, _, _ in self._differing(talk.parameters())]
        if left:
            raise ModuleRefusedError(
                f"{', '.join(left)}: the module said yes and kept another value: use a value its maker allows"
            )

    def _differing(self, now: Parameters) -> list[tuple[str, int, bytes]]:
        asked = self._settings
        found: list[tuple[str, int, bytes]] = []
        if _differs(asked.install_height_m, now.install_height_m):
            found.append(("install_height_m", say.SET_HEIGHT, pack("<f", asked.install_height_m)))
        if _differs(asked.fall_threshold_m, now.fall_threshold_m):
            found.append(("fall_threshold_m", say.SET_THRESHOLD, pack("<f", asked.fall_threshold_m)))
        if asked.sensitivity not in {None, now.sensitivity}:
            found.append(("sensitivity", say.SET_SENSITIVITY, pack("<I", asked.sensitivity)))
        if asked.alarm_area is not None:
            sides, has = _sides(asked.alarm_area), _sides(now.area)
            if any(_differs(side, is_now) for side, is_now in zip(sides, has, strict=True)):
                found.append(("alarm_area", say.SET_AREA, pack("<4f", *sides)))
        return found


def _differs(asked: float | None, now: float) -> bool:
    return asked is not None and abs(asked - now) > CLOSE_ENOUGH


def _sides(area: AlarmArea) -> tuple[float, float, float, float]:
    return (area.left_m, area.right_m, area.front_m, area.back_m)


class PointsSetup:
    """Switches an LD6002B's point cloud on or off, and its targets on; it only says that it has heard."""

    CLOUD_ON, CLOUD_OFF, TARGETS_ON = 6, 7, 8

    def __init__(self, kind: ModuleKind, clock: Clock, *, on: bool) -> None:
        self._kind = kind
        self._clock = clock
        self._on = on

    def run(self, port: CommandPort) -> None:
        talk = Conversation(port, self._kind, self._clock)
        for command in (self.TARGETS_ON, self.CLOUD_ON if self._on else self.CLOUD_OFF):
            talk.ask(say.CONTROL, pack("<I", command), 0)


# --- LD2410 and LD2450 ----------------------------------------------------------------------------


ASK_START, ASK_END = b"\xfd\xfc\xfb\xfa", b"\x04\x03\x02\x01"
ENTER, LEAVE, ENGINEERING_ON, ENGINEERING_OFF = 0x00FF, 0x00FE, 0x0062, 0x0063
SINGLE, MULTI, TRACKING = 0x0080, 0x0090, 0x0091
ANSWERS = 0x0100
ANSWER_MAX = 64


class AnswerLayout:
    """Layout[bytes]: an answer in configuration mode, command and status first."""

    start = ASK_START

    def length(self, data: bytes, at: int, *, known: bool) -> int | None:  # noqa: ARG002 - all heads are alike
        if len(data) - at < 6:
            return None
        size = int.from_bytes(data[at + 4 : at + 6], "little")
        return 4 + 2 + size + 4 if 4 <= size <= ANSWER_MAX else NO_HEAD

    def decode(self, frame: bytes) -> bytes | None:
        return frame[6:-4] if frame.endswith(ASK_END) else None


class ConfigurationMode:
    """Between entering and leaving it, the module takes commands and reports nothing; it is always left again."""

    def __init__(self, port: CommandPort, clock: Clock) -> None:
        self._port = port
        self._clock = clock
        self._scanner: Scanner[bytes] = Scanner(AnswerLayout())

    def ask(self, command: int, value: bytes = b"") -> bytes:
        """What follows the status of the answer; raises ModuleRefusedError, SensorSilentError."""
        body = pack("<H", command) + value
        for _ in range(TRIES):
            self._port.write(ASK_START + pack("<H", len(body)) + body + ASK_END)
            until_s = self._clock.monotonic_s() + REPLY_S
            while (left_s := until_s - self._clock.monotonic_s()) > 0:
                for answer in self._scanner.feed(self._port.read(left_s)):
                    said, status = unpack_from("<2H", answer)
                    if said != command | ANSWERS:
                        continue
                    if status != 0:
                        raise ModuleRefusedError(
                            f"command {command:#06x}: the module refused it (status {status}): "
                            "its firmware may be older than this command"
                        )
                    return answer[4:]
        raise SensorSilentError(
            f"the module does not answer command {command:#06x}: check its baud rate and the wire from our TX to its RX"
        )

    def within(self, work: Callable[[], object]) -> None:
        """Enter, do ``work``, leave."""
        self.ask(ENTER, b"\x01\x00")
        try:
            work()
        finally:
            self.ask(LEAVE)


class Ld2410Setup:
    """Engineering mode on or off."""

    def __init__(self, clock: Clock, *, engineering: bool) -> None:
        self._clock = clock
        self._command = ENGINEERING_ON if engineering else ENGINEERING_OFF

    def run(self, port: CommandPort) -> None:
        mode = ConfigurationMode(port, self._clock)
        mode.within(lambda: mode.ask(self._command))


class Ld2450Setup:
    """Three targets or one; read back."""

    def __init__(self, clock: Clock, *, multi: bool) -> None:
        self._clock = clock
        self._multi = multi

    def run(self, port: CommandPort) -> None:
        mode = ConfigurationMode(port, self._clock)

        def work() -> None:
            mode.ask(MULTI if self._multi else SINGLE)
            kept = mode.ask(TRACKING)
            if int.from_bytes(kept[:2], "little") != (2 if self._multi else 1):
                raise ModuleRefusedError(
                    "multi_target: the module said yes and kept the other mode: restart it"
                )

        mode.within(work)
