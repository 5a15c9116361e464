"""A serial line as bad as long unshielded ones are: frames cut, bits flipped, rubbish in between. Pure."""

from struct import pack

from numpy.random import Generator

from simulators.home.firmware_bytes import MAGIC

RUBBISH_MAX = 200
LYING_LENGTH = 0x7FFFFFFF


class BadLine:
    """Spoils a ``share`` of the frames (0..1), each in one of four ways; all chance comes from ``rng``."""

    def __init__(self, rng: Generator, share: float) -> None:
        self._rng = rng
        self._share = share

    def carry(self, frame: bytes) -> bytes:
        """What arrives of ``frame``, 1 byte or more, and what arrives before it."""
        if self._rng.random() >= self._share:
            return frame
        at = int(self._rng.integers(len(frame)))
        match int(self._rng.integers(4)):
            case 0:
                return frame[:at]
            case 1:
                return frame[:at] + bytes([frame[at] ^ (1 << int(self._rng.integers(8)))]) + frame[at + 1 :]
            case 2:
                return self._rng.bytes(int(self._rng.integers(1, RUBBISH_MAX))) + frame
            case _:
                # The worst kind of rubbish: a beginning like a frame's own, and a length that would swallow the next ones.
                return pack("<Q2I", MAGIC, 0, LYING_LENGTH) + frame
