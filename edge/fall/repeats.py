"""What a frame adds to the one before it: some sensors say the same thing over and over. No I/O."""

from numpy import float32
from numpy.typing import NDArray

from edge.sensors.readings import Target

FROZEN_S = 1.5
"""Ready-made modules hold a target for 2-3 frames; one that has not changed by a bit for longer is old."""


class Repeats:
    """Remembers the last frame."""

    def __init__(self) -> None:
        self._last: object = None
        self._rows: set[tuple[float, ...]] = set()
        self._since_s = float("inf")

    def is_new(self, points: NDArray[float32], at_s: float) -> bool:
        """Whether these (N, 5) differ from the last frame's in any bit."""
        return self._differs(points.tobytes(), at_s)

    def new_targets(self, targets: tuple[Target, ...], at_s: float) -> list[tuple[float, float, float]]:
        """The targets' places, none if they are the last frame's."""
        return [target.position_m for target in targets] if self._differs(targets, at_s) else []

    def new_rows(self, rows: list[list[float]]) -> list[list[float]]:
        """Rows that the last frame did not have: an IWR1843 recording shows each for ten frames."""
        now = {tuple(row): row for row in rows}
        new = [row for key, row in now.items() if key not in self._rows]
        self._rows = set(now)
        return new

    def nothing(self) -> None:
        """An empty frame: whatever comes next is new."""
        self._last, self._since_s = None, float("inf")

    def frozen(self, at_s: float) -> bool:
        """Whether the same has come for too long."""
        return at_s - self._since_s >= FROZEN_S

    def _differs(self, seen: object, at_s: float) -> bool:
        if seen == self._last:
            return False
        self._last, self._since_s = seen, at_s
        return True
