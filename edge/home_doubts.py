"""What a technician should look at before it costs a fall: doubts that last, and too many needless questions.

Is: faults with hysteresis. Is not: an alarm, nor ever a change of how falls are watched for.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from edge.fall.scene import Doubt
from edge.kept_file import KeptFile

RAISE_S = 60.0
"""A doubt must stand for so long; a door that swings in the wind is none."""
CLEAR_S = 300.0
"""... and be gone for so long, so that a technician is told once."""
BUDGET_MS = 30 * 24 * 3600 * 1000
"""Needless questions are counted over thirty days."""

WORDS = {
    Doubt.POINTS_WITHOUT_BODY: (
        "points_without_body",
        "the sensor sees for minutes what never becomes a person: look for a fan or a curtain, and check [mount]",
    ),
    Doubt.FROZEN: ("frozen_sensor", "the sensor repeats the same numbers: unplug it and plug it in again"),
}
"""NO_DATA is not here: somebody who sleeps gives none either."""


class LastingDoubts:
    """Turns what is doubted frame by frame into faults."""

    def __init__(self) -> None:
        self._since_s: dict[Doubt, float] = {}
        self._last_s: dict[Doubt, float] = {}
        self._raised: set[Doubt] = set()

    def see(self, doubts: Iterable[Doubt], now_s: float) -> None:
        """One frame."""
        for doubt in doubts:
            if doubt in WORDS:
                self._since_s.setdefault(doubt, now_s)
                self._last_s[doubt] = now_s

    def wrong(self, now_s: float) -> dict[str, str]:
        """Fault code -> what is wrong and the mend."""
        for doubt, last_s in list(self._last_s.items()):
            if doubt not in self._raised and last_s - self._since_s[doubt] >= RAISE_S:
                self._raised.add(doubt)
            patience_s = CLEAR_S if doubt in self._raised else RAISE_S / 2
            if now_s - last_s >= patience_s:
                del self._since_s[doubt], self._last_s[doubt]
                self._raised.discard(doubt)
        return dict(WORDS[doubt] for doubt in self._raised)


class Needless(msgspec.Struct, frozen=True):
    """The file: when (Unix) a question was asked, or people were called, for nothing."""

    at_ms: tuple[int, ...] = ()


class QuestionBudget:
    """Counts needless questions over thirty days, across restarts and power cuts."""

    def __init__(self, path: Path | None, most: int) -> None:
        self._file = KeptFile(path, Needless)
        self._most = most
        self._at_ms = (self._file.read() or Needless()).at_ms

    def needless(self, now_ms: int) -> None:
        """One more; a clock that was set back makes none of them newer than now."""
        recent = [min(at_ms, now_ms) for at_ms in self._at_ms if at_ms > now_ms - BUDGET_MS]
        self._at_ms = (*recent, now_ms)
        self._file.write(Needless(self._at_ms))

    def wrong(self, now_ms: int) -> dict[str, str]:
        """The fault, while there are more of them than this home is to bear."""
        count = sum(at_ms > now_ms - BUDGET_MS for at_ms in self._at_ms)
        if count <= self._most:
            return {}
        return {
            "too_many_questions": f"{count} needless questions in 30 days, {self._most} are borne: look where they"
            " happen, name bed and sofa as [[zones]], check [mount], then think of sensitivity"
        }
