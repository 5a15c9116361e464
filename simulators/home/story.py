"""What the resident does next: a quiet life, and a life with a fall in it. Random only through the given Generator."""

from collections import deque
from math import hypot
from typing import Protocol

from numpy.random import Generator

from simulators.home.body import (
    CURLED,
    Act,
    Change,
    Place,
    Stance,
    Stay,
    Walk,
    fall,
    get_up,
    sit_down,
    stand_up,
)

CHAIR: Place = (-1.2, 3.4)
LOOSE_X_M = (-1.4, 1.4)
LOOSE_Y_M = (1.4, 4.3)
"""Walks keep this far inside a room of x -2..2 m, y 0.5..5 m."""
SEEN_X_M = (-0.8, 0.8)
SEEN_Y_M = (2.4, 3.6)
"""Where the floor lies inside the radar's field of view at every usual mount, for a fall that should be seen."""
UPRIGHT_M = 1.3
LIE_PIECE_S = 20.0
STUNNED_M = 0.25
"""How far the hands stir in the first seconds after a fall; recordings show a few points then, and none later."""


class Story(Protocol):
    """Decides the acts; asked before each frame."""

    def turn(self, t_s: float, stance: Stance, *, over: bool) -> Act | None:
        """The act to begin now, or None to go on with the one at hand; never None when that is ``over``."""
        ...

    def help_arrived(self) -> None:
        """Somebody has answered: a resident on the floor will be helped up."""
        ...


class QuietLife:
    """Walks, stands, now and then sits down for a while. Never falls."""

    def __init__(self, rng: Generator, *, sits: bool = True) -> None:
        self._rng = rng
        self._sits = sits
        self._plan: deque[Act] = deque()

    def turn(self, t_s: float, stance: Stance, *, over: bool) -> Act | None:  # noqa: ARG002 - any hour is the same
        if not over:
            return None
        if not self._plan:
            self._plan.extend(self._next(stance))
        return self._plan.popleft()

    def help_arrived(self) -> None:
        """Nothing had happened."""

    def _next(self, stance: Stance) -> list[Act]:
        choice = self._rng.random()
        if self._sits and choice < 0.2:
            return self._sit()
        if choice < 0.4:
            return [Stay(float(self._rng.uniform(1.5, 4.0)), "standing", restless_m=0.12)]
        return [walk_somewhere(self._rng, stance, LOOSE_X_M, LOOSE_Y_M)]

    def _sit(self) -> list[Act]:
        return [
            Walk(CHAIR),
            sit_down(),
            Stay(float(self._rng.uniform(8.0, 20.0)), "sitting", restless_m=0.15),
            stand_up(),
        ]


class FallStory:
    """Walks about; falls at ``fall_at_s``; lies until told that help has come; is up again and walks.

    ``get_up_after_s`` is how long the helper takes from the answer to the resident's side. With ``again_after_s``
    the story repeats itself that long after the resident is up, for a demo that is left running.
    """

    def __init__(
        self,
        rng: Generator,
        *,
        fall_at_s: float = 15.0,
        get_up_after_s: float = 6.0,
        again_after_s: float | None = None,
    ) -> None:
        self._rng = rng
        self._fall_at_s: float | None = fall_at_s
        self._get_up_after_s = get_up_after_s
        self._again_after_s = again_after_s
        self._life = QuietLife(rng, sits=False)
        self._plan: deque[Act] = deque()
        self._down = False
        self._help_told = False
        self._up_at_s: float | None = None

    def help_arrived(self) -> None:
        """May be called from another thread; without a fall before it, it means nothing."""
        self._help_told = True

    def turn(self, t_s: float, stance: Stance, *, over: bool) -> Act | None:
        if self._down:
            return self._on_the_floor(t_s, stance, over=over)
        if self._plan:
            return self._plan.popleft() if over else None
        if self._fall_is_due(t_s, stance):
            self._down, self._help_told, self._fall_at_s, self._up_at_s = True, False, None, None
            self._plan.extend([Change(CURLED, 1.4, "lying"), Stay(5.0, "lying", STUNNED_M)])
            return fall()
        if not over:
            return None
        if self._fall_at_s is not None:
            return walk_somewhere(self._rng, stance, SEEN_X_M, SEEN_Y_M)
        return self._life.turn(t_s, stance, over=True)

    def _on_the_floor(self, t_s: float, stance: Stance, *, over: bool) -> Act | None:
        if self._help_told and self._up_at_s is None:
            self._up_at_s = t_s + self._get_up_after_s
        if self._up_at_s is None or t_s < self._up_at_s:
            if not over:
                return None
            return self._plan.popleft() if self._plan else Stay(LIE_PIECE_S, "lying")
        self._down = False
        if self._again_after_s is not None:
            self._fall_at_s = t_s + self._again_after_s
        steadies_herself = Stay(4.0, "standing", 0.3)
        away = walk_somewhere(self._rng, stance, SEEN_X_M, SEEN_Y_M)
        self._plan = deque([*get_up(), steadies_herself, away])
        return self._plan.popleft()

    def _fall_is_due(self, t_s: float, stance: Stance) -> bool:
        if self._fall_at_s is None or t_s < self._fall_at_s:
            return False
        x, y = stance.place
        inside = SEEN_X_M[0] <= x <= SEEN_X_M[1] and SEEN_Y_M[0] <= y <= SEEN_Y_M[1]
        return inside and stance.shape[0, 2] > UPRIGHT_M


def walk_somewhere(
    rng: Generator, stance: Stance, x_m: tuple[float, float], y_m: tuple[float, float]
) -> Walk:
    """To a place at least 0.8 m away if a few tries find one."""
    to: Place = stance.place
    for _ in range(8):
        to = (float(rng.uniform(*x_m)), float(rng.uniform(*y_m)))
        if hypot(to[0] - stance.place[0], to[1] - stance.place[1]) >= 0.8:
            break
    return Walk(to, float(rng.uniform(0.55, 0.9)))
