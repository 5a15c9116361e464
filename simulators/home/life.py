"""A home lived in for days, as its radar sees it and as it really was; hundreds of times faster than life.

``SimulatedHome(plan, seed)`` gives clouds in the order of time and fills ``truth`` and ``falls`` as it goes. The same
plan, seed and length give the same clouds to the last bit. It holds half a minute of frames at a time. It is no
firmware: clouds come without bytes; ``simulators.home.firmware_bytes`` makes bytes of them.

How near the clouds are to recordings: points beyond the near field in a frame (mean, 99 %, share of empty frames),
SNR (50, 90 %; dB), doppler (50 %; m/s). The recordings' walkers are younger and walk 0.2 m/s faster; their sitter sits
down and stands up again and again, so how often one moves is not compared, but what is seen when one does, by the second.
Below the floor lie side lobes: recordings hold more of them, not fewer. "From above" is an IWR1843 at 2.45 m, within 1.2 m
of the place below it.

=============================  =================================  ================================
                               recorded                           simulated
=============================  =================================  ================================
IWR6843 wall, walking          5.0, 15, 14 %; 8.5, 11.2; 0.70     3.6, 15, 20 %; 8.6, 11.5; 0.49
IWR6843 wall, falls and rises  0.8, 6, 72 %; 7.6, 8.8; 0.56       0.6, 9, 78 %; 8.3, 11.0; 0.28
lies still after a fall        0 to 0.08                          0.09
walking, heights 5/50/95 %     0.10, 0.97, 1.50 (1.7 m tall)      0.14, 0.96, 1.54 (1.55 m tall)
sits, heights 10/50/90 %       0.43, 0.91, 1.25 (1.7 m tall)      0.33, 0.73, 1.09 (1.55 m tall)
sits, |doppler| 50, 90 %       0.21, 0.56                         0.21, 0.42
sits, 4+ seen, middle < 0.5 m  0 of 72 seconds (up to 5 %)        7 %
sits, 1 to 3 seen, all < 0.5 m 4 of 6 seconds (22 to 96 %)        22 %
below the floor: sits, walks   5.0, 2.2 %                         2.1, 1.0 %
from above, walking, 5/10/25 % 0.37, 0.46, 0.58 of the stature    0.33, 0.46, 0.61
from above, 50/75/90/95 %      0.74, 0.87, 0.95, 1.00             0.79, 0.86, 0.94, 0.97
near field, a frame            0.16 to 0.26                       0.23
IWRL6432, stands or falls      5.5 to 6.7, 16, 1 to 3 %; 16, 24   7 to 8.5, 15, 0 %; 16 to 17, 24
IWRL6432, z exactly 0          25 to 47 %                         22 to 39 %
=============================  =================================  ================================
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from edge.sensors.readings import PointCloud
from simulators.home.actors import Actor, Doing, Log, Look, Planner, TrueFall
from simulators.home.body import HEAD, HIPS, STRENGTH, Shape, Stance, Times
from simulators.home.day import DAY_S, HOUR_S, Resident
from simulators.home.people import Visitor
from simulators.home.pets import (
    CAT,
    CAT_LYING,
    CAT_STRENGTH,
    DOG,
    DOG_LYING,
    DOG_STRENGTH,
    THING_STRENGTH,
    VACUUM_STRENGTH,
    Clumsiness,
    Pet,
    Vacuum,
)
from simulators.home.plans import PLANS, Plan
from simulators.home.radar import RadarModel, Scatterers, beyond_near_field
from simulators.home.shadows import BODY_SHADOW, behind_people
from simulators.home.things import Curtain, Fan

CHUNK_S = 32.0
PRESENCE_HOLD_S = 2.0
FROM_ABOVE_DEG = 45.0
"""Tilted down further, a sensor looks on heads and shoulders."""
LIGHT_H = (7.0, 20.0)


@dataclass(frozen=True, slots=True)
class Chunk:
    """T frames of the home as geometry, what moves in it; quiet ones hold one frame a second."""

    at_s: Times
    movers: tuple[Look, ...]
    busy: bool


class SimulatedHome:
    """``days`` of one home from hour ``starts_h`` of a day on; ``at_s`` 0 is the midnight before.

    ``plan`` is a Plan or the name of one. ``resident`` replaces the life that is lived in it (for clips of one fall);
    ``alone`` leaves out pets, visitors and things. ``period_s`` replaces the sensor's frame period, for other sensors.
    """

    def __init__(
        self,
        plan: str | Plan,
        seed: int,
        *,
        days: float = 1.0,
        starts_h: float = 0.0,
        falls_per_day: float = 0.0,
        resident: Planner | None = None,
        start: Stance | None = None,
        alone: bool = False,
        period_s: float | None = None,
    ) -> None:
        self.plan = PLANS[plan] if isinstance(plan, str) else plan
        self._period_s = period_s or self.plan.sensor.frame_period_s
        self._from_s = starts_h * HOUR_S
        self._until_s = self._from_s + days * DAY_S
        self._log = Log()
        self._seed = seed
        self._rng = default_rng([seed, 1])
        self._radar = RadarModel(self.plan.mount, default_rng([seed, 2]), self.plan.sensor, self.plan.mirrors)
        living = Resident(default_rng([seed, 3]), self.plan, falls_a_day=falls_per_day)
        planner = resident or living
        self._actors = [self._actor("resident", "person", planner, start or living.start(), STRENGTH)]
        self._things: list[Fan | Curtain] = []
        if not alone:
            self._furnish()

    @property
    def seed(self) -> int:
        """What all chance in it comes from."""
        return self._seed

    @property
    def truth(self) -> list[Doing]:
        """Who did what, as far as was iterated; in the order of beginning, movers mixed."""
        return self._log.doings

    @property
    def falls(self) -> list[TrueFall]:
        """Every fall that has begun so far."""
        return self._log.falls

    def __iter__(self) -> Iterator[tuple[float, PointCloud]]:
        frame, seen_s = 0, -inf
        for chunk in self.chunks():
            seen = [self._scatterers(chunk, look) for look in chunk.movers]
            # In a quiet hour the crosstalk alone would keep four frames a second awake.
            leaks = chunk.busy or not seen
            clouds = self._radar.clouds(
                len(chunk.at_s), seen, self.plan.furniture, self._period_s, near_field=leaks
            )
            counts = np.diff(clouds.starts)
            kept = range(len(counts)) if chunk.busy else np.nonzero(self._kept(chunk, counts))[0]
            starts, times = clouds.starts.tolist(), chunk.at_s.tolist()
            far = np.concatenate([[0], np.cumsum(beyond_near_field(clouds.points))])[clouds.starts].tolist()
            for n in kept:
                at_s = times[n]
                points = clouds.points[starts[n] : starts[n + 1]]
                if far[n + 1] > far[n]:
                    seen_s = at_s
                frame += 1
                yield at_s, PointCloud(at_s, frame, points, presence=at_s - seen_s < PRESENCE_HOLD_S)

    def chunks(self) -> Iterator[Chunk]:
        """The same life as geometry; to be iterated instead of the clouds, not beside them."""
        frames = round(CHUNK_S / self._period_s)
        second = max(1, round(1.0 / self._period_s))
        first = round(self._from_s / self._period_s)
        last = round(self._until_s / self._period_s)
        for begin in range(first, last, frames):
            numbers = np.arange(begin, min(begin + frames, last))
            at_s = np.asarray(numbers * self._period_s, dtype=np.float64)
            movers = self._looks(at_s)
            if not movers:
                at_s = at_s[::second]
            yield Chunk(at_s, movers, any(look.busy for look in movers))

    def _looks(self, at_s: Times) -> tuple[Look, ...]:
        by_day = LIGHT_H[0] <= at_s[0] / HOUR_S % 24.0 < LIGHT_H[1]
        looks = [actor.look(at_s, self._period_s) for actor in self._actors]
        looks += [thing.look(at_s, self._period_s, by_day=by_day) for thing in self._things]
        return tuple(look for look in looks if look is not None)

    def _kept(self, chunk: Chunk, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """In a quiet chunk: frames with a body's points, and one a second."""
        kept = counts > 0
        kept[:: max(1, round(1.0 / (self._period_s if len(chunk.movers) else 1.0)))] = True
        return kept

    def _scatterers(self, chunk: Chunk, look: Look) -> Scatterers:
        strength = look.strength
        eye = np.array([0.0, 0.0, self.plan.mount.height_m])
        for other in chunk.movers:
            if other is not look and other.kind == "person":
                hidden = behind_people(eye, look.where_m, other.where_m[:, HIPS], other.where_m[:, HEAD])
                strength = np.where(hidden, BODY_SHADOW * strength, strength)
        return Scatterers(look.where_m, look.before_m, strength, look.stir_mps, look.alive)

    def _actor(
        self,
        who: str,
        kind: str,
        planner: Planner,
        start: Stance,
        strength: Shape,
        *,
        size: float = 1.0,
        alive: bool = True,
    ) -> Actor:
        return Actor(
            who,
            kind,
            planner,
            start,
            self._log,
            strength=strength,
            size=size,
            begins_s=self._from_s,
            alive=alive,
            sees=self.plan.sees,
            eye_m=(0.0, 0.0, self.plan.mount.height_m),
            from_above=self.plan.mount.tilt_deg > FROM_ABOVE_DEG,
        )

    def _furnish(self) -> None:
        plan, habits = self.plan, self.plan.habits
        if habits.cat:
            cat = Pet(default_rng([self._seed, 10]), plan, CAT, CAT_LYING, quick=2.5)
            self._actors.append(self._actor("cat", "cat", cat, cat.start(), CAT_STRENGTH))
        if habits.dog:
            dog = Pet(default_rng([self._seed, 11]), plan, DOG, DOG_LYING, quick=3.0)
            self._actors.append(self._actor("dog", "dog", dog, dog.start(), DOG_STRENGTH))
        if habits.vacuum:
            vacuum = Vacuum(default_rng([self._seed, 12]), plan, habits.vacuum)
            self._actors.append(
                self._actor("vacuum", "vacuum", vacuum, vacuum.start(), VACUUM_STRENGTH, alive=False)
            )
        if habits.drops_things + habits.moves_furniture > 0:
            clumsy = Clumsiness(
                default_rng([self._seed, 16]), plan, drops=habits.drops_things, drags=habits.moves_furniture
            )
            self._actors.append(
                self._actor("thing", "thing", clumsy, clumsy.start(), THING_STRENGTH, alive=False)
            )
        if plan.fan:
            self._things.append(Fan(default_rng([self._seed, 13]), plan.fan, self._log, habits.fan))
        if plan.curtain:
            self._things.append(
                Curtain(default_rng([self._seed, 14]), plan.curtain, self._log, habits.curtain)
            )
        self._invite()

    def _invite(self) -> None:
        """Visitors of all days, each an actor of their own: one to three at a time, some of them children."""
        rng = default_rng([self._seed, 15])
        first_day = int(self._from_s // DAY_S)
        for day in range(first_day, int(np.ceil(self._until_s / DAY_S))):
            if rng.random() >= self.plan.habits.visitors:
                continue
            comes_s = day * DAY_S + float(rng.uniform(10.0, 17.0)) * HOUR_S
            stays_s = float(rng.uniform(0.4, 2.5)) * HOUR_S
            for n in range(int(rng.integers(1, 4))):
                self._visitor(rng, n + 1, comes_s + 3.0 * n, stays_s)

    def _visitor(self, rng: Generator, number: int, comes_s: float, stays_s: float) -> None:
        plan, child = self.plan, number > 1 and rng.random() < 0.5
        place = (float(rng.uniform(*plan.open_x_m)), float(rng.uniform(*plan.open_y_m)))
        visitor = Visitor(rng.spawn(1)[0], plan, comes_s, stays_s, child=child, place=place)
        size = float(rng.uniform(0.6, 0.8)) if child else float(rng.uniform(1.0, 1.15))
        who = f"{'child' if child else 'visitor'}-{number}"
        self._actors.append(self._actor(who, "person", visitor, visitor.start(), STRENGTH, size=size))
