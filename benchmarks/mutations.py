"""Realistic bytes of every protocol, and the harm that a line does to them. All chance comes from one generator."""

from collections.abc import Callable
from random import Random

import numpy as np

from edge.sensors.modules.settings import ModuleKind
from edge.sensors.readings import Height, PointCloud, Target
from simulators.home import firmware_bytes, module_bytes, older_firmware_bytes

Maker = Callable[[Random], bytes]
"""One valid frame."""

WILD = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
"""Lengths and counts that parsers stumble over."""


def cloud(rng: Random) -> PointCloud:
    """A frame of 0 to 12 points, sometimes with the chip's own tracks."""
    count = rng.choice((0, 0, 1, 2, 3, 5, 11, 12))
    rows = [
        [rng.uniform(-3, 3), rng.uniform(0.5, 6), rng.uniform(-2, 1), rng.gauss(0, 1), rng.uniform(7, 30)]
        for _ in range(count)
    ]
    points = np.array(rows, np.float32).reshape(-1, 5)
    tracks = rng.choice((0, 0, 1, 2))
    targets = tuple(
        Target(n, (rng.uniform(-2, 2), rng.uniform(1, 5), 0.0), (0.1, 0.0, 0.0)) for n in range(tracks)
    )
    heights = tuple(Height(n, 1.6, 0.1) for n in range(tracks))
    indices = tuple(rng.choice((0, 1, 253, 254, 255)) for _ in range(count)) if tracks else ()
    return PointCloud(0.0, rng.randrange(1 << 20), points, targets, heights, indices, presence=bool(count))


TI: tuple[Maker, ...] = tuple(
    lambda rng, encode=encode: encode(cloud(rng))  # type: ignore[misc]  # binds this encoder
    for encode in (
        firmware_bytes.encode,
        firmware_bytes.encode_low_power,
        firmware_bytes.encode_out_of_box,
        older_firmware_bytes.encode_people_3d,
        older_firmware_bytes.encode_people_2d,
        older_firmware_bytes.encode_long_range,
    )
)


def seen(rng: Random, most: int) -> list[module_bytes.Seen]:
    """Up to ``most`` targets or points of a module."""
    return [
        module_bytes.Seen(rng.uniform(-3, 3), rng.uniform(0.3, 5), rng.uniform(-2, 1), rng.uniform(-1, 1), n)
        for n in range(rng.randrange(most + 1))
    ]


def tinyframe(rng: Random) -> bytes:
    """Any frame of the LD6002 and MR60 family."""
    voice = module_bytes.TinyFrameVoice(rng.randrange(1 << 16))
    return rng.choice(
        (
            lambda: voice.fall(fallen=rng.random() < 0.5),
            lambda: voice.presence(present=rng.random() < 0.5, size=rng.choice((1, 2))),
            lambda: voice.zones([rng.random() < 0.5 for _ in range(4)]),
            lambda: voice.targets(seen(rng, 4), flat=rng.random() < 0.5),
            lambda: voice.points(seen(rng, 20)),
            lambda: voice.breath(rng.uniform(5, 30)),
            lambda: voice.heart(rng.uniform(40, 120)),
            lambda: voice.distance(rng.choice((None, rng.uniform(0.3, 4)))),
            lambda: voice.phases(rng.uniform(-3, 3), rng.uniform(-1, 1), rng.uniform(-1, 1)),
        )
    )()


def mr60fda1(rng: Random) -> bytes:
    """Presence, motion and falls."""
    return module_bytes.mr60fda1(
        rng.choice((0x80, 0x83)), rng.choice((1, 2, 3, 5)), bytes((rng.randrange(3),))
    )


def ld2410(rng: Random) -> bytes:
    """A report, or the answer to a command."""
    if rng.random() < 0.2:
        return module_bytes.answer(rng.randrange(256))
    return module_bytes.ld2410(state=rng.randrange(4))


def ld2450(rng: Random) -> bytes:
    """Up to three targets."""
    return module_bytes.ld2450(seen(rng, 3))


def makers(name: str) -> tuple[Maker, ...]:
    """For ``ti``, or the name of a module."""
    if name == "ti":
        return TI
    own = {ModuleKind.MR60FDA1: mr60fda1, ModuleKind.LD2410: ld2410, ModuleKind.LD2450: ld2450}
    return (own.get(ModuleKind(name), tinyframe),)


def harmed(frames: list[bytes], rng: Random) -> bytes:
    """A stretch of line: whole frames, and what noise, loss, repetition and a wrong length make of others."""
    return b"".join(rng.choice(_HARMS)(frame, frames, rng) for frame in frames)


def _whole(frame: bytes, frames: list[bytes], rng: Random) -> bytes:  # noqa: ARG001 - one signature for all
    return frame


def _flipped(frame: bytes, frames: list[bytes], rng: Random) -> bytes:  # noqa: ARG001
    data = bytearray(frame)
    for _ in range(rng.choice((1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _cut(frame: bytes, frames: list[bytes], rng: Random) -> bytes:  # noqa: ARG001
    start = rng.randrange(len(frame))
    return frame[:start] + frame[start + rng.randrange(1, 40) :]


def _ended(frame: bytes, frames: list[bytes], rng: Random) -> bytes:  # noqa: ARG001
    return frame[: rng.randrange(len(frame))]


def _spliced(frame: bytes, frames: list[bytes], rng: Random) -> bytes:
    other = rng.choice(frames)
    return frame[: rng.randrange(len(frame))] + other[rng.randrange(len(other)) :]


def _repeated(frame: bytes, frames: list[bytes], rng: Random) -> bytes:  # noqa: ARG001
    return frame * rng.choice((2, 3, 20))


def _wild(frame: bytes, frames: list[bytes], rng: Random) -> bytes:  # noqa: ARG001
    size = rng.choice((1, 2, 4))
    at = rng.randrange(max(1, len(frame) - size))
    value = rng.choice(WILD) & ((1 << 8 * size) - 1)
    return frame[:at] + value.to_bytes(size, rng.choice(("little", "big"))) + frame[at + size :]


def _noise(frame: bytes, frames: list[bytes], rng: Random) -> bytes:  # noqa: ARG001
    return rng.randbytes(rng.choice((1, 7, 64, 500))) + frame


def _beginnings(frame: bytes, frames: list[bytes], rng: Random) -> bytes:  # noqa: ARG001
    """The same first bytes over and over: what a parser that searches anew each time chokes on."""
    return frame[: rng.choice((1, 4, 8, 16))] * rng.choice((10, 200, 1000))


_HARMS = (
    _whole, _whole, _whole, _flipped, _flipped, _cut, _cut, _ended, _spliced, _repeated, _wild, _wild, _noise, _beginnings,
)  # fmt: skip
