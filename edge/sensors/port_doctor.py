"""Looks at what a silent or garbled port gave and says what it probably is, and the mend. Pure.

A technician sees one sentence instead of a hexdump: nothing comes at all, the speed is wrong, another device speaks
here, data and command port are exchanged.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from edge.sensors.framing import Scanner
from edge.sensors.modules.ld2410 import ReportLayout
from edge.sensors.modules.ld2450 import TargetsLayout
from edge.sensors.modules.mr60fda1 import SummedLayout
from edge.sensors.modules.settings import BAUD, ModuleKind
from edge.sensors.modules.tinyframe import Message, TinyFrameLayout
from edge.sensors.modules.tinyframe_shapes import SHAPES

TI_DATA = "ti"
TI_COMMANDS = "ti-console"
TI_MAGIC = bytes((2, 1, 4, 3, 6, 5, 8, 7))
SPEAKS_AT = {
    TI_DATA: 921_600,
    TI_COMMANDS: 115_200,
    **{str(kind): BAUD.get(kind, 115_200) for kind in ModuleKind},
}
"""Device -> the speed that it is shipped with."""
KEPT = 2048
"""Bytes looked at: 20 ms of a TI radar, some seconds of a module."""
ENOUGH = 24
"""Fewer bytes than this may be the middle of one frame."""
TEXT_SHARE = 0.9
PROMPT = b":/>"
STRETCHED_CHANGES = 2.4
"""Bit changes within a byte below this: the line is slower than it is read (random bytes have 3.5)."""


class Finding(StrEnum):
    """What a port's bytes look like."""

    NOTHING = "nothing"
    EXPECTED = "expected"
    OTHER_DEVICE = "other_device"
    CONSOLE = "console"
    HELD_LOW = "held_low"
    WRONG_BAUD = "wrong_baud"
    TOO_LITTLE = "too_little"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """``speaks``: the device whose bytes these are, where they are known (``ti``, ``ti-console``, a module's kind)."""

    finding: Finding
    speaks: str | None
    text: str


def diagnose(data: bytes, expected: str) -> Diagnosis:
    """What a port gave that should have been ``expected`` (``ti``, ``ti-console`` or a module's kind)."""
    if not data:
        return Diagnosis(
            Finding.NOTHING,
            None,
            "nothing comes from the port: check the device's power and that its TX goes to our RX",
        )
    if not any(data):
        return Diagnosis(
            Finding.HELD_LOW,
            None,
            "only zeros come: the line is held low; check ground and power, and that TX and RX are not both outputs",
        )
    speaks = identify(data)
    if speaks:
        return _recognised(speaks, expected)
    if len(data) < ENOUGH:
        return Diagnosis(
            Finding.TOO_LITTLE, None, f"only {len(data)} bytes came: wait, or check the device's power"
        )
    return _unrecognised(data, expected)


def identify(data: bytes) -> tuple[str, ...]:
    """Devices that these bytes can be from, the likeliest first; () when they are from none that is known."""
    if TI_MAGIC in data:
        return (TI_DATA,)
    kinds = tuple(_modules(data))
    if kinds:
        return kinds
    return (TI_COMMANDS,) if PROMPT in data and _is_text(data) else ()


def _modules(data: bytes) -> Iterator[str]:
    delimited: tuple[tuple[ModuleKind, Scanner[object]], ...] = (
        (ModuleKind.LD2410, Scanner(ReportLayout())),
        (ModuleKind.LD2450, Scanner(TargetsLayout())),
        (ModuleKind.MR60FDA1, Scanner(SummedLayout())),
    )
    for kind, scanner in delimited:
        if scanner.feed(data):
            yield kind
    # Each kind reads the same frames with its own table: who understands most of them, strictly, is the likeliest.
    understood: Counter[str] = Counter()
    for family, shapes in SHAPES.items():
        frames: list[Message] = Scanner(TinyFrameLayout(shapes)).feed(data)
        understood[str(family)] = sum(frame.kind in shapes for frame in frames)
    most = max(understood.values())
    yield from (kind for kind, count in understood.items() if count == most > 0)


def _recognised(speaks: tuple[str, ...], expected: str) -> Diagnosis:
    if expected in speaks:
        return Diagnosis(
            Finding.EXPECTED,
            expected,
            f"a {' or '.join(speaks)} speaks here, and says nothing that a {expected} is read for: is kind right?",
        )
    other = speaks[0]
    if {other, expected} == {TI_DATA, TI_COMMANDS}:
        mend = "the radar's data and command port are exchanged: swap port and cli_port"
    elif other == TI_COMMANDS:
        mend = "this is a radar's command port, not a module: name its data port, or another tty"
    elif other == TI_DATA:
        mend = "a TI radar's data stream comes here: this tty is the radar's; swap the two ports' names"
    elif expected in {TI_DATA, TI_COMMANDS}:
        mend = f"a {' or '.join(speaks)} speaks here, no TI radar: the two devices' ports are swapped"
    else:
        mend = f"a {' or '.join(speaks)} speaks here: set kind to it, or name the port of the {expected}"
    finding = Finding.CONSOLE if other == TI_COMMANDS else Finding.OTHER_DEVICE
    return Diagnosis(finding, other, mend)


def _unrecognised(data: bytes, expected: str) -> Diagnosis:
    if _is_text(data):
        line = " ".join(data.decode("ascii", errors="replace").split())[:40]
        return Diagnosis(
            Finding.CONSOLE,
            None,
            f"text comes instead of frames ({line!r}): this port belongs to another device",
        )
    baud = SPEAKS_AT.get(expected)
    usual = f"; a {expected} is shipped with {baud}" if baud else ""
    slower = " (the device seems slower than that)" if _changes(data) < STRETCHED_CHANGES else ""
    return Diagnosis(
        Finding.WRONG_BAUD,
        None,
        f"bytes come that are no known device's: the baud rate is probably wrong{slower}{usual}",
    )


def _is_text(data: bytes) -> bool:
    printable = sum(32 <= byte < 127 or byte in b"\r\n\t" for byte in data)
    return len(data) >= 8 and printable >= TEXT_SHARE * len(data)


def _changes(data: bytes) -> float:
    """Mean number of bit changes within a byte: a slow line read fast shows each bit several times."""
    return sum((byte ^ (byte >> 1) & 0x7F).bit_count() - (byte >> 7) for byte in data) / len(data)


class PortDoctor:
    """Keeps the last bytes that made no frame, for the sentence of a fault."""

    def __init__(self, expected: str) -> None:
        self._expected = expected
        self._heard = b""

    def heard(self, data: bytes) -> None:
        """Bytes that came."""
        self._heard = (self._heard + data)[-KEPT:]

    def good(self) -> None:
        """A frame came out of them: nothing is wrong."""
        self._heard = b""

    def says(self) -> Diagnosis:
        """What was heard since the last good frame."""
        return diagnose(self._heard, self._expected)
