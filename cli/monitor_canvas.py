"""A drawing in braille dots on a character terminal: points, lines and marks in metres. Pure."""

from rich.text import Text

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Braille's eight dots, by row and column within a cell."""
_BRAILLE = 0x2800


class Canvas:
    """``columns`` x ``rows`` cells over ``across`` and ``up`` (lower, upper), each cell 2 x 4 dots.

    ``square``: a metre is as long across as up, and what is left of the wider side is shown too. What lies outside is
    not drawn. In a cell the highest rank gives the colour.
    """

    def __init__(
        self,
        columns: int,
        rows: int,
        across: tuple[float, float],
        up: tuple[float, float],
        *,
        square: bool = True,
    ) -> None:
        self.columns, self.rows = max(1, columns), max(1, rows)
        per_x = 2 * self.columns / (across[1] - across[0])
        per_y = 4 * self.rows / (up[1] - up[0])
        if square:
            per_x = per_y = min(per_x, per_y)
        self._per_x, self._per_y = per_x, per_y
        self._left = sum(across) / 2 - self.columns / per_x
        self._top = up[0] + 4 * self.rows / per_y
        self._dots: dict[tuple[int, int], int] = {}
        self._styles: dict[tuple[int, int], tuple[int, str]] = {}
        self._letters: dict[tuple[int, int], tuple[str, str]] = {}

    def dot(self, x: float, y: float, style: str, rank: int = 0) -> None:
        """One dot."""
        across, down = self._at(x, y)
        cell = (down // 4, across // 2)
        if not self._inside(*cell):
            return
        self._dots[cell] = self._dots.get(cell, 0) | _DOTS[down % 4][across % 2]
        if rank >= self._styles.get(cell, (-1, ""))[0]:
            self._styles[cell] = (rank, style)

    def line(self, start: tuple[float, float], end: tuple[float, float], style: str, gap: int = 1) -> None:
        """Dots from ``start`` to ``end``, every ``gap``-th."""
        (x0, y0), (x1, y1) = start, end
        steps = max(1, int(max(abs(x1 - x0) * self._per_x, abs(y1 - y0) * self._per_y)))
        for n in range(0, steps + 1, gap):
            self.dot(x0 + (x1 - x0) * n / steps, y0 + (y1 - y0) * n / steps, style)

    def write(self, x: float, y: float, text: str, style: str) -> None:
        """Letters from that spot on, over whatever is there."""
        across, down = self._at(x, y)
        for n, letter in enumerate(text):
            cell = (down // 4, across // 2 + n)
            if self._inside(*cell):
                self._letters[cell] = (letter, style)

    def text(self) -> Text:
        """The drawing, line by line."""
        drawn = Text(no_wrap=True, end="")
        for row in range(self.rows):
            for column in range(self.columns):
                cell = (row, column)
                if cell in self._letters:
                    drawn.append(*self._letters[cell])
                elif cell in self._dots:
                    drawn.append(chr(_BRAILLE + self._dots[cell]), self._styles[cell][1])
                else:
                    drawn.append(" ")
            if row < self.rows - 1:
                drawn.append("\n")
        return drawn

    def _at(self, x: float, y: float) -> tuple[int, int]:
        return int((x - self._left) * self._per_x // 1), int((self._top - y) * self._per_y // 1)

    def _inside(self, row: int, column: int) -> bool:
        return 0 <= row < self.rows and 0 <= column < self.columns
