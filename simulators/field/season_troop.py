"""A troop of macaques as agents, for a whole season on one field: hunger, boldness, memory, leaders, followers.

Units are metres on a field WIDE_M x DEEP_M with the forest along y = 0; seconds; shares 0..1. Nothing here knows of
cameras or repellers: a stimulus is something that was heard, seen or felt somewhere.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import exp, inf

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from simulators.field.habituation import Floats, Habits, Nature

Flags = NDArray[np.bool_]

WIDE_M = 40.0
DEEP_M = 30.0
WALK_MPS = 1.0
FLEE_MPS = 4.0
DAY_S = 86_400.0

LEADERS = 0.25
"""Adult females of rank: where they go the troop goes (troops are matrilineal)."""
SATED = 0.15
FULL_AFTER_S = 40 * 60.0
"""From hungry to full in so much feeding on a crop, which is why crops are worth a risk."""
HUNGRY_AFTER_S = 6 * 3600.0
MOVES_ON_EVERY_S = 30 * 60.0
"""Undisturbed, leaders lead on after so long in the mean: the chance that doing nothing 'works' is a few percent."""
COMES_BACK_EVERY_S = 20 * 60.0
"""A hungry troop without fear that was disturbed looks again after so long in the mean."""
MOVED_ON_S = 3600.0
ALONE_S = (30.0, 180.0)
"""Whoever fled while the leaders stayed is back after so long."""
COME_OUT_S = (0.0, 60.0)
LEAD_OFF_S = (10.0, 60.0)
FLEE_S = (0.5, 8.0)
STARTLED = 0.15
"""Danger that a flight from a thing leaves in memory; a chase by people leaves CHASED."""
CHASED = 0.5
BOLD = 0.5
"""A hungry bold animal is so much harder to move."""
WARY = 0.5
"""An animal that remembers danger here is so much easier to move."""
MOOD_SD = 0.15
"""Of what all animals share at a moment: wind, noise, an infant far off."""


# What an animal is about: plain numbers, for an IntEnum costs a tenth of the season's time inside numpy.
AWAY, COMING, FEEDING, LEAVING = range(4)


@dataclass(frozen=True, slots=True)
class Fright:
    """A stimulus as this troop takes it: ``strength`` when new and near, half of it noticed at ``reach_m``."""

    strength: float
    reach_m: float


class SeasonTroop:
    """The part of a troop that visits one field; all randomness comes from ``rng``."""

    def __init__(self, rng: Generator, size: int, nature: Nature, frights: Mapping[str, Fright]) -> None:
        self.rng = rng
        self.frights = dict(frights)
        self.habits = Habits(nature, tuple(frights), size)
        self.size = size
        self._leaders = max(2, round(LEADERS * size))
        self.leads: Flags = np.arange(size) < self._leaders
        self.boldness: Floats = rng.uniform(0.0, 1.0, size)
        self.hunger: Floats = rng.uniform(0.5, 1.0, size)
        self.danger: Floats = np.zeros(size)
        self.doing: NDArray[np.int64] = np.full(size, AWAY)
        self.at_m: Floats = np.zeros((size, 2))
        self.goal_m: Floats = np.zeros((size, 2))
        self.hurried: Flags = np.zeros(size, dtype=bool)
        self.turns_s: Floats = np.full(size, inf)
        """When an animal that is away comes out, or one in the field turns to go; inf: not made up its mind."""
        self.eaten_s = 0.0
        """Animal-seconds of feeding on a ripe crop so far."""
        self.now_s = 0.0
        self.here = False
        """A visit is on: they are in the field, or behind the forest's edge and may come back."""
        self.led_off = False
        """The leaders have gone, and who follows does not come back alone."""
        self.out_since_s: float | None = None
        self.came_s = 0.0

    @property
    def in_field(self) -> Flags:
        """Which animals are out of the forest."""
        return np.not_equal(self.doing, AWAY)

    def come(self) -> None:
        """Out of the forest, one after the other."""
        self.here, self.led_off, self.out_since_s, self.came_s = True, False, None, self.now_s
        x_m = WIDE_M * self.rng.uniform(0.25, 0.75) + self.rng.normal(0.0, 6.0, self.size)
        self.at_m = np.stack([np.clip(x_m, 1.0, WIDE_M - 1.0), np.zeros(self.size)], axis=1)
        aside_m = self.rng.normal(0.0, 5.0, self.size)
        self.goal_m[:, 0] = np.clip(self.at_m[:, 0] + aside_m, 1.0, WIDE_M - 1.0)
        self.goal_m[:, 1] = self.rng.uniform(4.0, DEEP_M - 2.0, self.size)
        self.doing[:] = AWAY
        self.turns_s = self.now_s + self.rng.uniform(*COME_OUT_S, self.size)

    def step(self, dt_s: float, ripeness: float) -> None:
        """Let ``dt_s`` of a visit pass."""
        self.now_s += dt_s
        due = self.now_s >= self.turns_s
        if due.any():
            self._turn(due)
        moving = (self.doing == COMING) | (self.doing == LEAVING)
        if moving.any():
            self._walk(moving, dt_s)
        feeding = self.doing == FEEDING
        if fed := int(np.count_nonzero(feeding)):
            self.eaten_s += fed * dt_s * ripeness
            self.hunger = np.maximum(0.0, self.hunger - feeding * (dt_s / FULL_AFTER_S * ripeness))
        self._lead(dt_s)

    def frighten(
        self, stimulus: str, place: str, sources_m: Sequence[tuple[float, float]], delay_s: float
    ) -> None:
        """Something happens at ``sources_m`` (x, y): leaders decide, the others follow them or come back alone."""
        there = self.in_field
        fright = self.frights[stimulus]
        missed = [1.0 - self._noticed(source_m, fright.reach_m) for source_m in sources_m]
        noticed: Floats = (1.0 - np.prod(missed, axis=0)) * there
        runs = self._afraid(stimulus, fright.strength * noticed)
        self.habits.expose(stimulus, place, delay_s, noticed)
        deciding = self.leads & there if (self.leads & there).any() else there
        if deciding.any() and runs[deciding].mean() >= 0.5:
            self._flee(there)
            self.danger[there] += STARTLED * (1.0 - self.danger[there])
        else:
            self._send(runs, FLEE_S, hurried=True)

    def chased(self, heard: Sequence[str]) -> None:
        """People come running: all flee and remember it, and fear anew what they had ``heard`` just before."""
        there = self.in_field
        self.danger[there] += CHASED * (1.0 - self.danger[there])
        for stimulus in heard:
            self.habits.confirm(stimulus)
        self._flee(there)

    def go_home(self) -> None:
        """The leaders lead off in peace."""
        self.led_off = True
        self._send(self.in_field, LEAD_OFF_S, hurried=False)
        self.turns_s[~self.in_field] = inf

    def rest(self, seconds: float) -> None:
        """Time away from the field, awake or asleep."""
        self.now_s += seconds
        days = seconds / DAY_S
        self.habits.rest(days)
        self.danger *= exp(-days / self.habits.nature.danger_days)
        self.hunger = np.minimum(1.0, self.hunger + seconds / HUNGRY_AFTER_S)

    def fork(self, rng: Generator) -> "SeasonTroop":
        """The same troop in another world, to see what it would have done."""
        return deepcopy(self, {id(self.rng): rng})

    def _afraid(self, stimulus: str, strength: Floats) -> Flags:
        response = self.habits.response[:, self.habits.stimuli.index(stimulus)]
        fear = strength * response * (1.0 + WARY * self.danger) * (1.0 - BOLD * self.hunger * self.boldness)
        mood = 1.0 + MOOD_SD * self.rng.standard_normal()
        return self.rng.random(self.size) < np.clip(fear * mood, 0.0, 0.98)

    def _noticed(self, source_m: tuple[float, float], reach_m: float) -> Floats:
        far_m = np.hypot(self.at_m[:, 0] - source_m[0], self.at_m[:, 1] - source_m[1])
        return np.asarray(1.0 / (1.0 + (far_m / reach_m) ** 2))

    def _flee(self, there: Flags) -> None:
        self.led_off = True
        self._send(there, FLEE_S, hurried=True)
        self.turns_s[~there] = inf  # who was about to come out has heard it too

    def _send(self, who: Flags, within_s: tuple[float, float], *, hurried: bool) -> None:
        """They turn to go; who is already going goes on."""
        turning = who & self.in_field & (self.doing != LEAVING)
        at_s = self.now_s + self.rng.uniform(*within_s, self.size)
        self.turns_s = np.where(turning, np.minimum(self.turns_s, at_s), self.turns_s)
        self.hurried |= turning & hurried

    def _turn(self, due: Flags) -> None:
        out = due & (self.doing == AWAY)
        off = due & ~out
        self.doing[out] = COMING
        self.doing[off] = LEAVING
        self.turns_s[due] = inf

    def _walk(self, moving: Flags, dt_s: float) -> None:
        leaving = self.doing == LEAVING
        goal_m = np.where(leaving[:, None], self.at_m * (1.0, 0.0), self.goal_m)
        way_m = goal_m - self.at_m
        far_m = np.hypot(way_m[:, 0], way_m[:, 1])
        stride_m = np.where(self.hurried & leaving, FLEE_MPS, WALK_MPS) * dt_s
        share = np.where(moving, np.minimum(1.0, stride_m / np.maximum(far_m, 1e-9)), 0.0)
        self.at_m = self.at_m + way_m * share[:, None]
        there = moving & (far_m <= stride_m)
        self.doing[there & ~leaving] = FEEDING
        gone = there & leaving
        if gone.any():
            self.doing[gone] = AWAY
            self.hurried[gone] = False
            alone_s = self.now_s + self.rng.uniform(*ALONE_S, self.size)
            self.turns_s = np.where(gone, inf if self.led_off else alone_s, self.turns_s)

    def _lead(self, dt_s: float) -> None:
        """Leaders move on in their own time; a troop that is out looks again, or goes elsewhere."""
        if self.led_off:
            self._wait(dt_s)
        elif self._hunger_of_leaders() < SATED or self.rng.random() < dt_s / MOVES_ON_EVERY_S:
            self.go_home()

    def _hunger_of_leaders(self) -> float:
        return float(self.hunger[: self._leaders].sum()) / self._leaders

    def _wait(self, dt_s: float) -> None:
        if self.in_field.any():
            return
        self.out_since_s = self.now_s if self.out_since_s is None else self.out_since_s
        keen = self._hunger_of_leaders() * (1.0 - float(self.danger[: self._leaders].sum()) / self._leaders)
        if self.now_s - self.out_since_s > MOVED_ON_S:
            self.here = False
        elif self.rng.random() < keen * dt_s / COMES_BACK_EVERY_S:
            self.come()
