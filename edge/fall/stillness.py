"""Who lies or sits still before a radar that keeps what stands still: told from furniture by its breathing. No I/O.

Measured with three IWR1843 around one room: the echo of a wall or a table swings by 0.1-0.7 dB, that of a person who lies
motionless by 1.3-2.6 dB. Is: the reflections without doppler of places whose echo swings while all else is quiet. Is not:
anything while somebody moves, because they shade and mirror the furniture's echoes, which then swing as well.
"""

from collections.abc import Iterable

CELL_M = 0.25
SWING_DB = 1.0
"""Standard deviation of a living echo: between the two measured."""
ECHOES_MIN = 8
WATCHED_S = 4.0
"""One breath of somebody asleep."""
QUIET = 1.5
"""Moving reflections of late, each counting less by the second, below which nobody moves: strays and a fidget."""
CALM_S = 1.5
FORGET_S = 20.0


class _Cell:
    """Running mean and square sum of one place's echo, in dB."""

    __slots__ = ("count", "first_s", "mean", "squares")

    def __init__(self, at_s: float) -> None:
        self.first_s = at_s
        self.count = self.mean = self.squares = 0.0

    def take(self, snr_db: float) -> None:
        self.count += 1.0
        off = snr_db - self.mean
        self.mean += off / self.count
        self.squares += off * (snr_db - self.mean)

    def lives(self, at_s: float) -> bool:
        return (
            self.count >= ECHOES_MIN
            and at_s - self.first_s >= WATCHED_S
            and self.squares >= SWING_DB * SWING_DB * self.count
        )

    def fade(self) -> None:
        self.count, self.squares = self.count / 2, self.squares / 2


class Stillness:
    """Watches the echoes that do not move."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int, int], _Cell] = {}
        self._busy = 0.0
        self._last_s = 0.0
        self._faded_s = 0.0

    def living(self, still: Iterable[list[float]], moving: int, at_s: float) -> list[list[float]]:
        """Of this frame's new echoes without doppler, those of a living body; ``moving`` others were new."""
        self._busy = self._busy * max(0.0, 1.0 - (at_s - self._last_s) / CALM_S) + moving
        self._last_s = at_s
        if self._busy >= QUIET:
            self._cells.clear()
            return []
        self._fade(at_s)
        found = []
        for row in still:
            place = (round(row[0] / CELL_M), round(row[1] / CELL_M), round(row[2] / CELL_M))
            cell = self._cells.get(place)
            if cell is None:
                cell = self._cells[place] = _Cell(at_s)
            cell.take(row[4])
            if cell.lives(at_s):
                found.append(row)
        return found

    def _fade(self, at_s: float) -> None:
        if at_s - self._faded_s < FORGET_S:
            return
        self._faded_s = at_s
        for cell in self._cells.values():
            cell.fade()
        self._cells = {place: cell for place, cell in self._cells.items() if cell.count >= 1.0}
