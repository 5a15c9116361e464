"""Bytes of a TI mmWave UART, in pieces of any size -> PointCloud frames. Pure and bounded.

The packet length in the header is a claim: an AWR1642 firmware says 288 and sends 256, and lost bytes make any
packet shorter. So a packet ends where it claims, or at the next magic if that comes first, and it is accepted when
its TLVs fit into what is there (packet knows the three headers). What follows an accepted packet is neither
waited for, because a fall must not wait for the next frame, nor judged, so that the result never depends on how the
bytes were cut into pieces. Lost bytes are still found: they break the walk over the TLVs or bring the next magic too
early. Only a tail that could be the first bytes of a magic leaves the end in doubt, and waits for the bytes that
decide it.

No packet is ever consumed past the next magic, and a refused one costs 8 bytes, so damage reaches no frame but
the ones it hit.
"""

from dataclasses import dataclass

from edge.sensors.readings import PointCloud
from edge.sensors.ti.packet import HEADER_MIN, MAGIC, PACKET_MAX, claimed_length, read_packet
from edge.sensors.ti.tlv import Rows

__all__ = ["MAGIC", "PACKET_MAX", "FrameCounters", "FrameParser", "decode"]

_LAST_BEGUN = b"\x08"
"""No byte of a magic is larger; most padding is."""
GAP_MAX = 10_000
"""A frame number that jumps farther (9 min at 55 ms) is a restart or a flipped bit, not frames lost on the way."""


@dataclass(slots=True)
class FrameCounters:
    """Since the parser was made; ``frames_missing`` counts gaps in the firmware's own frame numbers.

    A refused frame leaves such a gap too. A number that goes back is a restart of the radar, not a gap.
    """

    frames: int = 0
    frames_corrupt: int = 0
    frames_missing: int = 0
    bytes_skipped: int = 0


class FrameParser:
    """Finds, checks and decodes packets; holds at most one undecided packet (64 KiB) between two calls."""

    def __init__(self) -> None:
        self.counters = FrameCounters()
        self._rest = b""
        self._searched = 0  # how far ``_rest`` is known to hold no second magic
        self._last_number: int | None = None
        self._rows = Rows()

    def feed(self, data: bytes, at_s: float = 0.0) -> list[PointCloud]:
        """The frames that ``data`` completes, oldest first, each stamped ``at_s``; never raises."""
        return self._drain(self._rest + data, at_s, ended=False)

    def finish(self, at_s: float = 0.0) -> list[PointCloud]:
        """The stream has ended or broken off: judge what still waited for its rest, keep nothing."""
        return self._drain(self._rest, at_s, ended=True)

    def _drain(self, data: bytes, at_s: float, *, ended: bool) -> list[PointCloud]:
        clouds: list[PointCloud] = []
        at = 0
        while (start := data.find(MAGIC, at)) >= 0:
            if start > at:
                self.counters.bytes_skipped += start - at
                at = start
            end = self._end_of_packet(data, start, ended=ended)
            if end is None:
                break
            self._searched = 0
            read = read_packet(data[start:end], at_s, self._rows)
            if read is None:
                self.counters.frames_corrupt += 1
                self.counters.bytes_skipped += len(MAGIC)
                at = start + len(MAGIC)
            else:
                cloud, self._rows = read
                self._count(cloud.frame)
                clouds.append(cloud)
                at = end
        else:
            kept = 0 if ended else _begun_magic(data, at)
            self.counters.bytes_skipped += len(data) - kept - at
            at = len(data) - kept
        self._rest = data[at:]
        return clouds

    def _end_of_packet(self, data: bytes, start: int, *, ended: bool) -> int | None:
        """Where the packet at ``start`` ends; None while bytes not yet here could decide otherwise."""
        size = len(data)
        if size - start < HEADER_MIN:
            return size if ended else None
        claimed = claimed_length(data, start)
        if not HEADER_MIN <= claimed <= PACKET_MAX:
            return start + HEADER_MIN
        end = start + claimed
        known = self._searched if start == 0 else 0
        following = data.find(MAGIC, max(start + len(MAGIC), known), end + len(MAGIC) - 1)
        if following >= 0:
            return following
        if ended:
            return min(end, size)
        after = size - end
        if after < 0 or (after < len(MAGIC) - 1 and _begun_magic(data, end - len(MAGIC) + 1) > after):
            self._searched = max(0, size - start - len(MAGIC) + 1)
            return None
        return end

    def _count(self, number: int) -> None:
        self.counters.frames += 1
        last = self._last_number
        if last is not None and 1 < number - last <= GAP_MAX:
            self.counters.frames_missing += number - last - 1
        self._last_number = number


def decode(packet: bytes, at_s: float = 0.0) -> PointCloud | None:
    """One packet by itself, from its magic to its end, padding included, or None if it is corrupt."""
    read = read_packet(packet, at_s)
    return None if read is None else read[0]


def _begun_magic(data: bytes, since: int) -> int:
    """How many of the last bytes, none before ``since``, could be the first ones of a magic: 0 to 7."""
    if data[-1:] > _LAST_BEGUN:
        return 0
    for begun in range(min(len(MAGIC) - 1, len(data) - since), 0, -1):
        if data.endswith(MAGIC[:begun]):
            return begun
    return 0
