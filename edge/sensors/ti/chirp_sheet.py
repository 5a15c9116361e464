"""A chirp file taken apart for checking: its numbers by command, the chirp and the frame they make. Pure, never raises.

Two families of firmware share many words and few argument lists: the classic chips (xWR6843 and its kin: profileCfg)
and the low-power ones (xWRL6432 and its kin: chirpComnCfg).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from edge.sensors.ti.chirp_file import Command, commands, is_low_power

LIGHT_M_PER_US = 299.792458

Counts = Mapping[str, frozenset[int] | None]
"""How many arguments a command may have; None: any, nobody has counted them."""


def _counts(text: str) -> dict[str, frozenset[int] | None]:
    words = (line.split() for line in text.splitlines() if line)
    return {name: frozenset(int(count) for count in counts) if counts else None for name, *counts in words}


BOTH = """
gatingParam 5
stateParam 5 6
allocationParam 6
maxAcceleration 3
boundaryBox 6
staticBoundaryBox 6
presenceBoundaryBox 6
channelCfg 3
measureRangeBiasAndRxChanPhase 3
classifierCfg
microDopplerCfg
"""
CLASSIC: Counts = _counts(f"""{BOTH}
sensorStop 0
flushCfg 0
sensorStart 0 1
dfeDataOutputMode 1
adcCfg 2
adcbufCfg 5
profileCfg 14
chirpCfg 8
frameCfg 7
advFrameCfg
subFrameCfg
lowPower 2
guiMonitor 7
cfarCfg 8 9
multiObjBeamForming 3
clutterRemoval 1 2
calibDcRangeSig 5
extendedMaxVelocity 2
bpmCfg 4
lvdsStreamCfg 4
compRangeBiasAndRxChanPhase 17 25
CQRxSatMonitor 5
CQSigImgMonitor 3
analogMonitor 2
aoaFovCfg 5
cfarFovCfg 4
calibData 3
dynamicRACfarCfg 14
staticRACfarCfg 14
dynamicRangeAngleCfg 5
dynamic2DAngleCfg 7 9
staticRangeAngleCfg 4
fineMotionCfg 2 5
antGeometry0 12
antGeometry1 12
antPhaseRot 12
fovCfg 3
sensorPosition 3
trackingCfg 7 8
""")
LOW_POWER: Counts = _counts(f"""{BOTH}
sensorStop 0 1
sensorStart 4
chirpComnCfg 7
chirpTimingCfg 5
frameCfg 6
antGeometryCfg 14 18 34
guiMonitor 11 12
sigProcChainCfg 8
cfarCfg 12
cfarScndPassCfg
aoaFovCfg 4
rangeSelCfg 2
clutterRemoval 1
compRangeBiasAndRxChanPhase 13 33
adcDataSource 2
adcLogging
lowPowerCfg 1
factoryCalibCfg 5
sensorPosition 5
trackingCfg 7
baudRate 1
mpdBoundaryBox 7
majorStateCfg
minorStateCfg
clusterCfg 3
interChirpBlkCfg
interFrameCfg
compressionCfg 2
""")
WORDS_NOT_NUMBERS = frozenset({"adcDataSource"})
REPEATED = frozenset(
    {"profileCfg", "chirpCfg", "cfarCfg", "cfarFovCfg", "presenceBoundaryBox", "mpdBoundaryBox"}
)


class Severity(StrEnum):
    """An error makes the radar refuse, or see wrongly; a warning makes it see less than it could."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a chirp file; ``line`` counts from 1, 0 is the whole file."""

    line: int
    severity: Severity
    what: str
    why: str
    mend: str

    def __str__(self) -> str:
        return f"{self.line}: {self.severity}: {self.what}: {self.why}; {self.mend}"


def error(line: int, what: str, why: str, mend: str) -> Finding:
    """The radar refuses the file, or sees wrongly."""
    return Finding(line, Severity.ERROR, what, why, mend)


def warning(line: int, what: str, why: str, mend: str) -> Finding:
    """The radar sees less than it could."""
    return Finding(line, Severity.WARNING, what, why, mend)


@dataclass(frozen=True, slots=True)
class Site:
    """Where the file will run, as far as it is known: the home's own file knows all of it."""

    height_m: float | None = None
    tilt_deg: float | None = None
    frame_period_s: float | None = None
    one_port: bool | None = None
    board: str | None = None
    """``isk``, ``ods`` or ``aop``."""


@dataclass(frozen=True, slots=True)
class Row:
    """A command whose arguments are numbers, as many as its firmware takes."""

    line: int
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chirp:
    """The one ramp that all is measured with; every value above 0."""

    line: int
    start_ghz: float
    idle_us: float
    adc_start_us: float
    ramp_us: float
    slope_mhz_per_us: float
    samples: float
    ksps: float
    is_complex: bool

    @property
    def sampled_us(self) -> float:
        return self.samples / self.ksps * 1000

    @property
    def reach_m(self) -> float:
        """Where the beat reaches what the converter can tell apart."""
        return LIGHT_M_PER_US * self.ksps / 1000 / ((2 if self.is_complex else 4) * self.slope_mhz_per_us)

    @property
    def wavelength_m(self) -> float:
        return LIGHT_M_PER_US / 1000 / (self.start_ghz + self.slope_mhz_per_us * self.ramp_us / 2000)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame's chirps: ``loops`` of ``chirps`` one after another; low-power chips give a loop its own time."""

    line: int
    first: float
    chirps: float
    loops: float
    period_ms: float
    loop_us: float | None


class Sheet:
    """What rules ask of a file."""

    def __init__(self, text: str) -> None:
        self.commands = [Command(number, command) for number, command in commands(text)]
        self.low_power = is_low_power(self.commands)
        self.known = LOW_POWER if self.low_power else CLASSIC

    def rows(self, name: str) -> Iterator[Row]:
        """The command's lines as numbers; lines that have words or too few arguments are another rule's."""
        if name not in self.known:
            return  # the other family's word: whatever it means there, it means nothing here
        allowed = self.known[name]
        for command in self.commands:
            if command.name == name and (allowed is None or len(command.arguments) in allowed):
                values = numbers(command.arguments)
                if values is not None:
                    yield Row(command.line, values)

    def row(self, name: str) -> Row | None:
        """The last such line: it is the one that holds."""
        found = None
        for found in self.rows(name):  # noqa: B007 - the last one is wanted
            pass
        return found

    def chirp(self) -> Chirp | None:
        """None where the file has no usable one."""
        return self._low_power_chirp() if self.low_power else self._classic_chirp()

    def frame(self) -> Frame | None:
        """None where the file has no usable one."""
        row = self.row("frameCfg")
        if row is None:
            return None
        if self.low_power:
            chirps, _, burst_us, bursts, period_ms, _ = row.values
            frame = Frame(row.line, 0, chirps, bursts, period_ms, burst_us)
        else:
            first, last, loops, _, period_ms, _, _ = row.values
            frame = Frame(row.line, first, last - first + 1, loops, period_ms, None)
        return frame if min(frame.chirps, frame.loops, frame.period_ms) > 0 else None

    def _classic_chirp(self) -> Chirp | None:
        row = self.row("profileCfg")
        if row is None:
            return None
        _, start, idle, adc, ramp, _, _, slope, _, samples, ksps, *_ = row.values
        return _usable(Chirp(row.line, start, idle, adc, ramp, slope, samples, ksps, is_complex=True))

    def _low_power_chirp(self) -> Chirp | None:
        common, timing = self.row("chirpComnCfg"), self.row("chirpTimingCfg")
        if common is None or timing is None or common.values[0] <= 0:
            return None
        ksps = 100_000 / common.values[0]  # the converter's 100 MHz, divided
        idle, skipped, _, slope, start = timing.values
        adc_us = skipped / ksps * 1000
        ramp, samples = common.values[5], common.values[3]
        return _usable(Chirp(timing.line, start, idle, adc_us, ramp, slope, samples, ksps, is_complex=False))


def numbers(arguments: list[str]) -> tuple[float, ...] | None:
    """None if one of them is none."""
    values = []
    for argument in arguments:
        try:
            value = float(int(argument, 16)) if argument.lower().startswith("0x") else float(argument)
        except (ValueError, OverflowError):
            return None
        if not isfinite(value):
            return None
        values.append(value)
    return tuple(values)


def _usable(chirp: Chirp) -> Chirp | None:
    above = (chirp.start_ghz, chirp.idle_us, chirp.ramp_us, chirp.slope_mhz_per_us, chirp.samples, chirp.ksps)
    sane = all(1e-6 < value < 1e9 for value in above)
    return chirp if sane and 0 <= chirp.adc_start_us < 1e6 else None
