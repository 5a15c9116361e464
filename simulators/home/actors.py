"""Whoever lives in a simulated home by acts: people, cat, dog, vacuum; where they are at many moments, and the truth."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulators.home.acts import Away, Idle, Step
from simulators.home.body import (
    CHEST,
    FEET,
    HEAD,
    HIPS,
    KNEES,
    STRENGTH,
    Act,
    Place,
    Shape,
    Stance,
    Times,
    at,
)
from simulators.home.shadows import BODY_SHADOW, behind_itself

Array = NDArray[np.float64]

FALLING = "falling"
SWAY_MPS = 0.12
"""Of a body that does something: arms, clothes and the turning of the trunk, beside what its parts are told to do."""
SHIN_FROM_ABOVE = 0.9
"""So much less a shin reflects that points at the sensor: of a recorded walker 5 % are below 0.37 of the stature."""
FALLING_MPS = 0.5
"""In a fall of a second, less in a slower one: nobody falls like a board."""


@dataclass(frozen=True, slots=True)
class Doing:
    """The truth of one stretch of time: who did what, and where it began."""

    from_s: float
    until_s: float
    who: str
    act: str
    place: Place


@dataclass(slots=True)
class TrueFall:
    """One fall as it really was: balance lost, on the floor, up again (None: not while told)."""

    at_s: float
    kind: str
    who: str
    down_s: float
    up_s: float | None = None
    place: Place = (0.0, 0.0)
    """Of the hips when down."""
    seen: bool = True
    """Inside the sensor's field of view and reach."""


class Planner(Protocol):
    """Decides what comes next; asked whenever the last plan is used up."""

    def next(self, t_s: float, stance: Stance) -> Sequence[Step]:
        """At least one step, from ``stance`` at ``t_s``."""
        ...


@dataclass(frozen=True, slots=True)
class Look:
    """One mover at T moments: ``where_m`` and ``before_m`` (T, P, 3) room frame, NaN where absent; see Scatterers."""

    who: str
    kind: str
    where_m: Array
    before_m: Array
    strength: Array
    stir_mps: Array
    alive: bool
    busy: bool
    """Somebody awake or something in motion: not an hour to save frames."""


@dataclass(frozen=True, slots=True)
class _Segment:
    began_s: float
    ends_s: float
    step: Step
    start: Stance


@dataclass(slots=True)
class Log:
    """What all actors of a home leave behind of the truth, in the order in which it began."""

    doings: list[Doing] = field(default_factory=list)
    falls: list[TrueFall] = field(default_factory=list)


ASLEEP = frozenset({"sleeping", "away", "lying still"})


class Actor:
    """One body that goes from act to act; time only goes forward."""

    def __init__(  # noqa: PLR0913 - what makes one actor another
        self,
        who: str,
        kind: str,
        planner: Planner,
        start: Stance,
        log: Log,
        *,
        strength: Shape = STRENGTH,
        size: float = 1.0,
        begins_s: float = 0.0,
        alive: bool = True,
        sees: Callable[[Place], bool] = lambda _place: True,
        eye_m: Sequence[float] = (0.0, 0.0, 1.8),
        from_above: bool = False,
    ) -> None:
        self._who, self._kind, self._planner, self._log, self._alive = who, kind, planner, log, alive
        self._strength, self._size, self._sees = strength * size, size, sees
        self._eye_m, self._from_above = np.asarray(eye_m), from_above
        self._last = start
        self._ends_s = begins_s
        self._waiting: deque[Step] = deque()
        self._segments: deque[_Segment] = deque()
        self._falling: TrueFall | None = None

    def look(self, at_s: Times, period_s: float) -> Look | None:
        """At frames (T,) ``period_s`` apart; None when not there in any of them."""
        times = np.concatenate([at_s[:1] - period_s, at_s])
        self._live_until(float(times[-1]))
        while len(self._segments) > 1 and self._segments[0].ends_s < times[0]:
            self._segments.popleft()
        if all(isinstance(segment.step.act, Away) for segment in self._segments):
            return None
        parts, stir, busy = self._parts(times)
        where, before = parts[1:], parts[:-1]
        strength = self._aspect(where)
        return Look(
            self._who, self._kind, where, before, strength, self._sway(where, stir[1:]), self._alive, busy
        )

    def _live_until(self, t_s: float) -> None:
        while self._ends_s <= t_s:
            if not self._waiting:
                self._waiting.extend(self._planner.next(self._ends_s, self._last))
            self._begin(self._waiting.popleft())

    def _begin(self, step: Step) -> None:
        began, start = self._ends_s, self._last
        lasts = step.act.duration_s(start)
        self._ends_s = began + lasts
        self._last = at(step.act, lasts, start)
        self._segments.append(_Segment(began, self._ends_s, step, start))
        doings = self._log.doings
        doings.append(Doing(began, self._ends_s, self._who, step.act.name, start.place))
        if step.fell:
            self._falling = TrueFall(began, step.fell, self._who, self._ends_s)
            self._log.falls.append(self._falling)
        if self._falling is not None:
            if step.act.name == FALLING:
                self._falling.down_s, self._falling.place = self._ends_s, self._last.place
                self._falling.seen = self._sees(self._last.place)
            if step.up:
                self._falling.up_s, self._falling = self._ends_s, None

    def _parts(self, times: Times) -> tuple[Array, Array, bool]:
        parts = np.full((len(times), len(self._last.shape), 3), np.nan)
        stir = np.zeros(len(times))
        busy = False
        for segment in self._segments:
            first, last = np.searchsorted(times, [segment.began_s, segment.ends_s])
            if first == last:
                continue
            act = segment.step.act
            if isinstance(act, Away):
                continue
            since = np.clip(times[first:last] - segment.began_s, 0.0, segment.ends_s - segment.began_s)
            shown = act.motion(since, segment.start)
            if self._size != 1.0:
                shown.shape[...] *= self._size
            parts[first:last] = shown.parts_m()
            stir[first:last] = _stir_mps(act, segment.ends_s - segment.began_s)
            busy = busy or act.name not in ASLEEP
        return parts, stir, busy

    def _sway(self, where: Array, stir: Array) -> Array:
        """(T, P): a body that stands sways about its ankles, the more the higher; one that lies, everywhere alike."""
        if self._kind != "person":
            return stir[:, None]
        upright = np.maximum(0.0, where[:, HEAD, 2] - where[:, HIPS, 2])[:, None] / (0.6 * self._size)
        lever = 1.0 + np.minimum(1.0, upright) * (where[:, :, 2] / (1.0 * self._size) - 1.0)
        return np.asarray(stir[:, None] * np.clip(lever, 0.1, 2.0))

    def _aspect(self, where: Array) -> Array:
        """(T, P): a trunk seen along its length, from head or feet, reflects a third of one seen from its side.

        Seen from a ceiling, head and shoulders hide what is below them; from a wall the parts of a body lie beside each
        other, and their strengths hold what hides what.
        """
        if self._kind != "person":
            return np.broadcast_to(self._strength, where.shape[:2])
        if self._from_above:
            hidden = behind_itself(self._eye_m, where, self._size)
            seen = np.where(hidden, BODY_SHADOW, 1.0)
            shins = _along(where[:, KNEES] - where[:, FEET], where[:, KNEES] - self._eye_m)
            for legs in (KNEES, FEET):
                seen[:, legs] *= 1.0 - SHIN_FROM_ABOVE * shins
            return np.asarray(seen * self._strength)
        along = _along(where[:, CHEST] - where[:, HIPS], where[:, HIPS] - self._eye_m)
        return np.asarray((1.0 - 0.65 * along)[:, None] * self._strength)


def _along(bone: Array, sight: Array) -> Array:
    """(..., 3) twice -> (...): the squared cosine between them; 0 where there is nothing to see."""
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = (bone * sight).sum(axis=-1) ** 2 / (
            (bone * bone).sum(axis=-1) * (sight * sight).sum(axis=-1)
        )
    return np.asarray(np.nan_to_num(cosine))


def _stir_mps(act: Act, seconds: float) -> float:
    if isinstance(act, Idle):
        return act.stir_mps
    falling = FALLING_MPS / max(1.0, seconds) if act.name == FALLING else 0.0
    return max(SWAY_MPS, falling)
