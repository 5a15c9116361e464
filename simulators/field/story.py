"""What happens in the demonstration's field: quiet, a troop comes, it leaves or it does not, quiet, and again."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from numpy.random import Generator

from simulators.field.drawing import Facing
from simulators.field.troop import STRIDES_PER_S, Figure, Troop

CROSSING_S = 14.0  # a person walks through the picture


@dataclass(frozen=True, slots=True)
class Passage:
    """Somebody walks across the field at ``at_s``. Nobody does unless a story is given one."""

    at_s: float
    nearness: float = 0.5
    facing: Facing = "right"


class FieldStory:
    """Time, the troop and whoever passes; ``stage`` is quiet, coming or leaving."""

    def __init__(
        self,
        rng: Generator,
        *,
        first_s: float = 8.0,
        between_s: float = 40.0,
        troop: tuple[int, int] = (3, 6),
        stay_s: float = 60.0,
        leave_probability: float = 0.75,
        people: Sequence[Passage] = (),
    ) -> None:
        """``first_s`` quiet, then troops of ``troop`` (fewest, most) monkeys with ``between_s`` quiet between them."""
        self._rng = rng
        self._between_s = between_s
        self._size = troop
        self._stay_s = stay_s
        self._fear = leave_probability
        self._people = tuple(people)
        self._next_s = first_s
        self._outputs: frozenset[str] = frozenset()
        self.now_s = 0.0
        self.troops = 0
        self.troop: Troop | None = None

    @property
    def stage(self) -> str:
        """For a log line or a progress display."""
        if self.troop is None:
            return "quiet"
        return "leaving" if self.troop.fleeing else "coming"

    def outputs(self, on: AbstractSet[str]) -> None:
        """The repeller's outputs that are on now, as told on the wire (LiveField.outputs_on)."""
        self._outputs = frozenset(on)
        if self.troop is not None:
            self.troop.outputs(on)

    def step(self, dt_s: float) -> None:
        """Let time pass."""
        self.now_s += dt_s
        if self.troop is None and self.now_s >= self._next_s:
            size = int(self._rng.integers(self._size[0], self._size[1] + 1))
            self.troop = Troop(self._rng, size, stay_s=self._stay_s, leave_probability=self._fear)
            self.troops += 1
        if self.troop is not None:
            self.troop.step(dt_s)
            if self.troop.gone:
                self.troop = None
                self._next_s = self.now_s + self._between_s

    def figures(self) -> list[Figure]:
        """Everybody in view, the farthest first, as they must be drawn."""
        everybody = [] if self.troop is None else self.troop.figures()
        everybody += [self._passer(p) for p in self._people if 0 <= self.now_s - p.at_s < CROSSING_S]
        return sorted(everybody, key=lambda figure: figure.nearness)

    def _passer(self, passage: Passage) -> Figure:
        since_s = self.now_s - passage.at_s
        way = since_s / CROSSING_S
        x = way if passage.facing == "right" else 1.0 - way
        phase = since_s * STRIDES_PER_S % 1.0
        return Figure("person", x, passage.nearness, passage.facing, phase, "walking", 7, 1.0)
