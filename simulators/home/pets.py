"""Cat, dog, robot vacuum, and things that are dropped or dragged: all that moves low. Random only through rng."""

from collections.abc import Sequence
from math import pi

import numpy as np
from numpy.random import Generator

from simulators.home.acts import Away, Idle, Move, Pen, Step, Trot, idle
from simulators.home.body import Place, Shape, Stance
from simulators.home.plans import Plan

# head, chest, belly, hips, tail; forward, left, up.
CAT: Shape = np.array([[0.2, 0, 0.26], [0.1, 0, 0.2], [0, 0, 0.19], [-0.12, 0, 0.2], [-0.3, 0, 0.3]])
CAT_LYING: Shape = np.array(
    [[0.2, 0, 0.12], [0.1, 0, 0.09], [0, 0, 0.08], [-0.12, 0, 0.09], [-0.25, 0.1, 0.05]]
)
CAT_STRENGTH: Shape = np.array([0.08, 0.15, 0.15, 0.12, 0.04])
DOG: Shape = np.array([[0.35, 0, 0.48], [0.2, 0, 0.36], [0, 0, 0.35], [-0.2, 0, 0.36], [-0.4, 0, 0.45]])
DOG_LYING: Shape = np.array(
    [[0.35, 0, 0.22], [0.2, 0, 0.16], [0, 0, 0.14], [-0.2, 0, 0.15], [-0.4, 0.1, 0.08]]
)
DOG_STRENGTH: Shape = np.array([0.2, 0.35, 0.3, 0.3, 0.08])
DROPPED: Shape = np.array([[0.0, 0.0, 0.05], [0.1, 0.0, 0.05], [0.0, 0.1, 0.05]])
CHAIR: Shape = np.array([[0.15, 0.0, 0.3], [-0.15, 0.0, 0.45], [-0.2, 0.0, 0.8]])
THING_STRENGTH: Shape = np.array([0.3, 0.3, 0.3])
DAY_S = 86_400.0
WAKING_H = (7.0, 21.0)
VACUUM: Shape = np.array([[0.15, 0, 0.07], [-0.05, 0.1, 0.07], [-0.05, -0.1, 0.07]])
VACUUM_STRENGTH: Shape = np.array([0.12, 0.1, 0.1])
ANIMAL_FIDGETS: Shape = np.array([[1, 0, 0, 0, 0], [0, 0, 0, 0, 1], [1, 1, 1, 1, 1]], dtype=np.float64)
VACUUM_FIDGETS: Shape = np.zeros((1, 3))


def _somewhere(rng: Generator, plan: Plan) -> Place:
    return (float(rng.uniform(*plan.open_x_m)), float(rng.uniform(*plan.open_y_m)))


class Pet:
    """Sleeps most of the day, here or elsewhere; trots about, runs, jumps on the sofa or the bed and down again."""

    def __init__(self, rng: Generator, plan: Plan, standing: Shape, lying: Shape, *, quick: float) -> None:
        self._rng, self._plan, self._standing, self._lying = rng, plan, standing, lying
        self._quick = quick

    def start(self) -> Stance:
        """Where the day finds it."""
        return Stance(self._plan.spots["door"].place, pi, self._standing)

    def next(self, t_s: float, stance: Stance) -> Sequence[Step]:  # noqa: ARG002 - any hour is the same to it
        pen, roll = Pen(stance), float(self._rng.random())
        if roll < 0.4:
            self._trot(pen, self._plan.spots["door"].place)
            pen.do(Away(float(self._rng.uniform(600.0, 5400.0))))
        elif roll < 0.65:
            self._rest(pen)
        elif roll < 0.8:
            self._jump(pen)
        else:
            for _ in range(int(self._rng.integers(2, 9))):
                self._trot(pen, _somewhere(self._rng, self._plan))
        return pen.steps

    def _trot(self, pen: Pen, to: Place) -> None:
        speed = float(
            self._rng.uniform(0.5, 1.2) if self._rng.random() < 0.75 else self._rng.uniform(1.5, self._quick)
        )
        pen.do(Trot(to, speed, self._standing))
        if self._rng.random() < 0.5:
            pen.do(self._idle(float(self._rng.uniform(1.0, 12.0)), "standing", 0.7))

    def _rest(self, pen: Pen) -> None:
        self._trot(pen, _somewhere(self._rng, self._plan))
        pen.do(Move(pen.stance.place, pen.stance.heading_rad, self._lying, 0.7, "lying down"))
        self._doze(pen)
        pen.do(Move(pen.stance.place, pen.stance.heading_rad, self._standing, 0.8, "standing up"))

    def _doze(self, pen: Pen) -> None:
        seconds = float(self._rng.uniform(300.0, 4800.0))
        while seconds > 0.0:
            piece = min(seconds, float(self._rng.uniform(120.0, 900.0)))
            pen.do(self._idle(piece, "lying still", 0.0))
            pen.do(self._idle(float(self._rng.uniform(2.0, 8.0)), "grooming", 0.8))
            seconds -= piece

    def _jump(self, pen: Pen) -> None:
        """Up on what is soft, a while there, and down: from 0.4 m to the floor in half a second."""
        name = next((name for name in ("sofa", "bed") if name in self._plan.spots), "hub")
        spot = self._plan.spots[name]
        up_m = np.array([0.0, 0.0, max(0.1, spot.seat_m or 0.42)])
        self._trot(pen, spot.before)
        toward = float(np.arctan2(spot.place[1] - spot.before[1], spot.place[0] - spot.before[0]))
        pen.do(Move(spot.place, toward, self._standing + up_m, 0.5, "jumping", over_m=0.15))
        pen.do(Move(spot.place, toward, self._lying + up_m, 0.8, "lying down"))
        self._doze(pen)
        pen.do(Move(spot.place, toward + pi, self._standing + up_m, 0.8, "standing up"))
        pen.do(Move(spot.before, toward + pi, self._standing, 0.45, "jumping", over_m=0.05))

    def _idle(self, seconds: float, name: str, often: float) -> Idle:
        return idle(self._rng, seconds, name, often=often, far_m=0.05, stir_mps=0.01, groups=ANIMAL_FIDGETS)


class Clumsiness:
    """Things that change their place: one is dropped from the hand to the floor, or a chair is dragged along."""

    def __init__(self, rng: Generator, plan: Plan, *, drops: float, drags: float) -> None:
        self._rng, self._plan, self._a_day, self._drops = rng, plan, drops + drags, drops

    def start(self) -> Stance:
        """Not yet in anybody's hand."""
        return Stance(self._plan.spots["hub"].place, 0.0, DROPPED)

    def next(self, t_s: float, stance: Stance) -> Sequence[Step]:
        pen = Pen(stance)
        pen.do(Away(max(60.0, float(self._rng.exponential(DAY_S / max(1e-6, self._a_day))))))
        hour = (t_s + pen.steps[0].act.duration_s(stance)) / 3600.0 % 24.0
        if not WAKING_H[0] < hour < WAKING_H[1]:
            return pen.steps
        place = _somewhere(self._rng, self._plan)
        if self._rng.random() < self._drops / self._a_day:
            hand = DROPPED + np.array([0.0, 0.0, self._rng.uniform(0.7, 1.1)])
            pen.stance = Stance(place, 0.0, hand)
            pen.do(Move(place, 0.0, hand, 0.06, "held")).do(
                Move(place, 0.0, DROPPED, 0.45, "dropped", _dropping)
            )
            return pen.steps
        pen.do(Move(place, 0.0, CHAIR, 0.06, "held"))
        pen.do(Trot(_somewhere(self._rng, self._plan), 0.35, CHAIR, "dragged", bob_m=0.01))
        return pen.steps


def _dropping(u: Shape) -> Shape:
    return u * u


class Vacuum:
    """Waits outside; with ``chance`` a day sweeps the open floor for half an hour in straight lines."""

    def __init__(self, rng: Generator, plan: Plan, chance: float) -> None:
        self._rng, self._plan, self._chance = rng, plan, chance

    def start(self) -> Stance:
        """Its dock is out of sight."""
        return Stance(self._plan.spots["door"].place, pi, VACUUM)

    def next(self, t_s: float, stance: Stance) -> Sequence[Step]:
        pen = Pen(stance)
        day, hour = divmod(t_s / 3600.0, 24.0)
        sweeps_h = float(self._rng.uniform(9.5, 15.0))
        if hour >= sweeps_h or self._rng.random() >= self._chance:
            pen.do(Away(max(60.0, (day * 24.0 + 24.0) * 3600.0 - t_s)))
            return pen.steps
        pen.do(Away((sweeps_h - hour) * 3600.0))
        for _ in range(int(self._rng.integers(150, 350))):
            pen.do(Trot(_somewhere(self._rng, self._plan), 0.28, VACUUM, "sweeping", bob_m=0.0))
        pen.do(Trot(self._plan.spots["door"].place, 0.28, VACUUM, "sweeping", bob_m=0.0))
        pen.do(Away(600.0))
        return pen.steps
