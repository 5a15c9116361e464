"""What a page and the telemetry say of a room: empty, standing, sitting, lying. No I/O, no clock of its own.

Is not: stillness from silence. A moving-target radar sees nobody who lies still, so without reflections the last
posture stands for a while. Then a body last seen upright has left (an upright body sways and is seen), one last
seen sitting is unknown, and one last seen lying stays lying: it cannot leave without rising first.
"""

from collections.abc import Sequence
from enum import StrEnum

from edge.fall.scene import Body, Scene
from edge.fall.settings import FallSettings

SETTLE_S = 0.6
"""A posture is shown only when it has lasted this long."""
KEEP_S = 10.0
"""A sitting person may give no reflection for so long (measured: up to 6 s in sitting_down)."""


class Posture(StrEnum):
    """The posture of the lowest body in the room."""

    EMPTY = "empty"
    STANDING = "standing"
    SITTING = "sitting"
    LYING = "lying"
    UNKNOWN = "unknown"


_AFTER_SILENCE = {Posture.STANDING: Posture.EMPTY, Posture.SITTING: Posture.UNKNOWN}


class RoomPosture:
    """Follows scenes; of several bodies the lowest that is really seen is shown, because it may need somebody."""

    def __init__(self, fall: FallSettings) -> None:
        self._fall = fall
        self._next: tuple[Posture, float] | None = None
        self._seen_s = 0.0
        self.posture = Posture.EMPTY
        self.height_m: float | None = None
        """Of the body that is shown; None while none is seen."""

    def see(self, scene: Scene, fresh: Sequence[Body]) -> None:
        """One frame; ``fresh`` are its bodies whose height is of this moment."""
        at_s = scene.at_s
        if not fresh:
            self.height_m = None
            if self.posture is not Posture.EMPTY and at_s - self._seen_s >= KEEP_S:
                self.posture, self._next = _AFTER_SILENCE.get(self.posture, self.posture), None
            return
        self._seen_s = at_s
        height_m = self.height_m = min([body.height_m for body in fresh])
        now = self._of(height_m)
        if now is self.posture:
            self._next = None
        elif self._next is None or self._next[0] is not now:
            self._next = (now, at_s)
        elif at_s - self._next[1] >= SETTLE_S:
            self.posture, self._next = now, None

    def _of(self, height_m: float) -> Posture:
        if height_m <= self._fall.floor_m:
            return Posture.LYING
        return Posture.STANDING if height_m >= self._fall.standing_m else Posture.SITTING
