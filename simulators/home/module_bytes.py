"""What ready-made radar modules send, and what a badly set line makes of it. Pure.

Written from the protocols' layouts, not from the parsers, so that the two check each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import pack


@dataclass(frozen=True, slots=True)
class Seen:
    """One target or point as a module tells it; m and m/s, ``cluster`` -1 where it belongs to none."""

    x_m: float
    y_m: float
    z_m: float = 0.0
    speed_mps: float = 0.0
    cluster: int = 0


DOPPLER_STEP_MPS = 0.1728


def tinyframe(kind: int, data: bytes, number: int) -> bytes:
    """A frame of the LD6002 and MR60 family."""
    head = bytes(
        (0x01, number >> 8 & 0xFF, number & 0xFF, len(data) >> 8, len(data) & 0xFF, kind >> 8, kind & 0xFF)
    )
    return head + _inverted_xor(head) + (data + _inverted_xor(data) if data else b"")


def _inverted_xor(data: bytes) -> bytes:
    folded = 0
    for byte in data:
        folded ^= byte
    return bytes((folded ^ 0xFF,))


class TinyFrameVoice:
    """Numbers the frames of one module, as its firmware does."""

    def __init__(self, number: int = 0) -> None:
        self.number = number

    def say(self, kind: int, data: bytes = b"") -> bytes:
        """The next frame."""
        frame = tinyframe(kind, data, self.number)
        self.number = (self.number + 1) & 0xFFFF
        return frame

    def fall(self, *, fallen: bool) -> bytes:
        """LD6002C, MR60FDA2."""
        return self.say(0x0E02, bytes((fallen,)))

    def presence(self, *, present: bool, size: int = 1) -> bytes:
        """``size`` 1 or 2 bytes, by firmware."""
        return self.say(0x0F09, int(present).to_bytes(size, "little"))

    def zones(self, occupied: Sequence[bool]) -> bytes:
        """LD6002B: four zones."""
        return self.say(0x0A0A, b"".join(pack("<I", zone) for zone in occupied))

    def targets(self, targets: Sequence[Seen], *, flat: bool = False) -> bytes:
        """LD6002B: in three dimensions; ``flat``: MR60BHA2."""
        data = pack("<i", len(targets))
        for seen in targets:
            doppler = round(seen.speed_mps / DOPPLER_STEP_MPS)
            place = (seen.x_m, seen.y_m) if flat else (seen.x_m, seen.y_m, seen.z_m)
            data += b"".join(pack("<f", value) for value in place) + pack("<ii", doppler, seen.cluster)
        return self.say(0x0A04, data)

    def points(self, points: Sequence[Seen]) -> bytes:
        """LD6002B with its point cloud switched on."""
        data = pack("<i", len(points))
        for seen in points:
            data += pack("<iffff", seen.cluster, seen.x_m, seen.y_m, seen.z_m, seen.speed_mps)
        return self.say(0x0A08, data)

    def breath(self, per_min: float) -> bytes:
        """LD6002, MR60BHA2."""
        return self.say(0x0A14, pack("<f", per_min))

    def heart(self, per_min: float) -> bytes:
        """LD6002, MR60BHA2."""
        return self.say(0x0A15, pack("<f", per_min))

    def distance(self, distance_m: float | None) -> bytes:
        """LD6002, MR60BHA2; None: nobody is measured."""
        return self.say(0x0A16, pack("<If", distance_m is not None, distance_m or 0.0))

    def phases(self, whole: float, breath: float, heart: float) -> bytes:
        """LD6002, MR60BHA2."""
        return self.say(0x0A13, pack("<3f", whole, breath, heart))


def mr60fda1(control: int, command: int, data: bytes) -> bytes:
    """A frame of the MR60FDA1."""
    frame = b"SY" + bytes((control, command, len(data) >> 8, len(data) & 0xFF)) + data
    return frame + bytes((sum(frame) % 256,)) + b"TC"


def ld2410(
    state: int,
    moving: tuple[int, int] = (0, 0),
    still: tuple[int, int] = (0, 0),
    detected_cm: int = 0,
    *,
    gates: tuple[Sequence[int], Sequence[int]] | None = None,
) -> bytes:
    """A report of the LD2410: (cm, energy) of what moves and of what is still.

    ``gates``: energies of the nine moving and nine still gates in engineering mode.
    """
    data = bytes((0x02 if gates is None else 0x01, 0xAA, state))
    for distance_cm, energy in (moving, still):
        data += distance_cm.to_bytes(2, "little") + bytes((energy,))
    data += detected_cm.to_bytes(2, "little")
    if gates is not None:
        data += bytes((8, 8, *gates[0], *gates[1], 120, 0))  # light and output pin at the end
    data += b"\x55\x00"
    return b"\xf4\xf3\xf2\xf1" + len(data).to_bytes(2, "little") + data + b"\xf8\xf7\xf6\xf5"


def ld2450(targets: Sequence[Seen]) -> bytes:
    """A report of the LD2450: up to three targets; the empty places are zero."""
    frame = b"\xaa\xff\x03\x00"
    for seen in targets:
        for value in (seen.x_m * 1000, seen.y_m * 1000, seen.speed_mps * 100):
            frame += _sign_and_magnitude(round(value))
        frame += (320).to_bytes(2, "little")
    return frame.ljust(28, b"\0") + b"\x55\xcc"


def _sign_and_magnitude(value: int) -> bytes:
    return (abs(value) | (0x8000 if value >= 0 else 0)).to_bytes(2, "little")


def answer(command: int, status: int = 0, value: bytes = b"") -> bytes:
    """What an LD2410 or LD2450 in configuration mode answers to a command."""
    data = (command | 0x0100).to_bytes(2, "little") + status.to_bytes(2, "little") + value
    return b"\xfd\xfc\xfb\xfa" + len(data).to_bytes(2, "little") + data + b"\x04\x03\x02\x01"


def misread(data: bytes, sent_baud: int, read_baud: int) -> bytes:
    """What a UART at ``read_baud`` makes of bytes sent without a pause at ``sent_baud``, 8N1.

    A byte with a wrong stop bit is given out all the same, as Linux does with framing errors when told to ignore them.
    """
    levels = [1] * 4
    for byte in data:
        levels += [0, *(byte >> bit & 1 for bit in range(8)), 1]
    levels += [1] * 12
    step = sent_baud / read_baud  # sent bits in one read bit
    read = bytearray()
    at = 0.0
    while at < len(levels):
        if levels[int(at)]:
            at += min(step, 1.0) / 8
            continue
        samples = [at + (bit + 0.5) * step for bit in range(1, 9)]
        if samples[-1] >= len(levels):
            break
        read.append(sum(levels[int(sample)] << bit for bit, sample in enumerate(samples)))
        at += 9.5 * step  # the middle of the stop bit
    return bytes(read)
