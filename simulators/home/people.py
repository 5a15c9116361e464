"""How a person lives in a room: the errands of a resident's day, and visitors. Random only through rng.

Every errand begins and ends standing, so that any may follow any other.
"""

from collections.abc import Sequence
from math import atan2, hypot, pi

from numpy.random import Generator

from simulators.home.acts import SEATED_FIDGETS, STANDING_FIDGETS, Away, Pen, Step, idle
from simulators.home.body import LYING, SITTING, STANDING, Place, Shape, Stance
from simulators.home.plans import Plan, Spot
from simulators.home.poses import BENDING, BOWING, CROUCHING, ON_BACK, RECLINING, SEIZA, lifted


class Errands:
    """Writes errands for one person in one room."""

    def __init__(self, rng: Generator, plan: Plan, *, pace_mps: float = 0.7) -> None:
        self.rng, self.plan, self._pace_mps = rng, plan, pace_mps

    def go(self, pen: Pen, to: Place) -> None:
        """By way of the middle of the room when the straight line is long."""
        hub = self.plan.spots["hub"].place
        far = hypot(to[0] - pen.stance.place[0], to[1] - pen.stance.place[1])
        if far > 1.8 and far > hypot(to[0] - hub[0], to[1] - hub[1]) > 0.6:
            near_hub = (
                hub[0] + float(self.rng.uniform(-0.3, 0.3)),
                hub[1] + float(self.rng.uniform(-0.3, 0.3)),
            )
            pen.walk(near_hub, self._speed())
        if hypot(to[0] - pen.stance.place[0], to[1] - pen.stance.place[1]) > 0.1:
            pen.walk(to, self._speed())

    def somewhere(self) -> Place:
        """On the open floor."""
        plan, rng = self.plan, self.rng
        return (float(rng.uniform(*plan.open_x_m)), float(rng.uniform(*plan.open_y_m)))

    def stand(self, pen: Pen, seconds: float, name: str = "standing") -> None:
        """Stands and does something with the hands."""
        pen.do(idle(self.rng, seconds, name, often=0.6, far_m=0.15, stir_mps=0.07, groups=STANDING_FIDGETS))

    def away(self, pen: Pen, seconds: float) -> None:
        """Out by the door and in again."""
        door = self.plan.spots["door"]
        self.go(pen, door.before)
        pen.walk(door.place, self._speed()).do(Away(seconds))
        pen.turn(door.heading_rad + pi, 0.5).walk(door.before, self._speed())

    def sit(self, pen: Pen, name: str, seconds: float, doing: str = "sitting") -> None:
        """On a sofa, a chair or a cushion, for as long as told, now and then leaning, reaching, reclining."""
        spot = self.plan.spots[name]
        self._before(pen, spot)
        low = spot.seat_m == 0.0 and name == "cushion"
        pose = SEIZA if low else SITTING
        pen.pose(pose, float(self.rng.uniform(1.5, 3.0)), "sitting down", place=spot.place)
        while seconds > 0.0:
            piece = min(seconds, float(self.rng.uniform(60.0, 600.0)))
            pen.do(idle(self.rng, piece, doing, often=0.3, stir_mps=0.03, groups=SEATED_FIDGETS))
            seconds -= piece
            if name == "sofa" and seconds > 120.0 and self.rng.random() < 0.2:
                seconds -= self._recline(pen)
        pen.pose(STANDING, float(self.rng.uniform(1.6, 3.0)), "standing up", place=spot.before)

    def sleep(self, pen: Pen, seconds: float, name: str = "bed") -> None:
        """In bed or on the sofa: sits on its edge, lies down, turns over now and then, gets up the same way."""
        spot = self.plan.spots[name]
        self._before(pen, spot)
        top = spot.seat_m or 0.42
        edge = ((spot.place[0] + spot.before[0]) / 2, (spot.place[1] + spot.before[1]) / 2)
        low = top < 0.3
        sitting = SEIZA if low else lifted(SITTING, top - 0.42)
        pen.pose(sitting, float(self.rng.uniform(1.8, 3.0)), "sitting down", place=edge)
        self._on_the_edge(pen, float(self.rng.uniform(3.0, 20.0)))
        lying = lifted(LYING if self.rng.random() < 0.5 else _mirrored(), top)
        head = spot.heading_rad if name == "bed" else pi / 2
        seconds_down = float(self.rng.uniform(2.5, 5.0))
        pen.pose(lying, seconds_down, "lying down", place=spot.place, heading_rad=head)
        self.doze(pen, seconds)
        pen.pose(
            sitting, float(self.rng.uniform(2.5, 4.5)), "sitting up", place=edge, heading_rad=_away(spot)
        )
        self._on_the_edge(pen, float(self.rng.uniform(3.0, 15.0)))
        pen.pose(STANDING, float(self.rng.uniform(1.8, 3.0)), "standing up", place=spot.before)

    def _on_the_edge(self, pen: Pen, seconds: float) -> None:
        pen.do(idle(self.rng, seconds, "sitting on the bed", often=0.5, groups=SEATED_FIDGETS))

    def doze(self, pen: Pen, seconds: float, name: str = "sleeping") -> None:
        """Falls asleep over some minutes, then turns over every half hour or so."""
        awake = min(seconds, float(self.rng.uniform(60.0, 400.0)))
        pen.do(idle(self.rng, awake, "lying", often=0.15, stir_mps=0.015))
        seconds -= awake
        while seconds > 0.0:
            piece = min(seconds, float(self.rng.uniform(600.0, 2700.0)))
            pen.do(idle(self.rng, piece, name, often=0.002, stir_mps=0.004))
            pen.do(idle(self.rng, float(self.rng.uniform(3.0, 9.0)), "turning over", often=1.0, far_m=0.1))
            seconds -= piece

    def nap_on_the_floor(self, pen: Pen, seconds: float) -> None:
        """Lies down on the bare floor, slowly, by way of the knees."""
        self.go(pen, self.somewhere())
        pen.pose(SEIZA, float(self.rng.uniform(1.8, 3.0)), "kneeling")
        pen.do(idle(self.rng, float(self.rng.uniform(2.0, 20.0)), "kneeling", often=0.5))
        pen.pose(ON_BACK, float(self.rng.uniform(2.5, 5.0)), "lying down on the floor")
        self.doze(pen, seconds, "napping on the floor")
        pen.pose(SEIZA, float(self.rng.uniform(2.5, 4.0)), "getting up from the floor")
        pen.pose(STANDING, float(self.rng.uniform(1.8, 3.0)), "standing up")

    def altar(self, pen: Pen) -> None:
        """Kneels, bows, and rises."""
        spot = self.plan.spots["altar"]
        self._before(pen, spot)
        pen.pose(SEIZA, float(self.rng.uniform(1.8, 3.0)), "kneeling", place=spot.place)
        for _ in range(int(self.rng.integers(1, 4))):
            pen.do(idle(self.rng, float(self.rng.uniform(10.0, 60.0)), "kneeling", often=0.4))
            pen.pose(BOWING, float(self.rng.uniform(1.0, 2.0)), "bowing")
            pen.do(idle(self.rng, float(self.rng.uniform(2.0, 12.0)), "bowing", often=0.3))
            pen.pose(SEIZA, float(self.rng.uniform(1.0, 2.0)), "bowing")
        pen.pose(STANDING, float(self.rng.uniform(1.8, 3.0)), "standing up", place=spot.before)

    def cook(self, pen: Pen, seconds: float) -> None:
        """At the counter, with steps to the side; elsewhere if the room has none."""
        if "kitchen" not in self.plan.spots:
            self.away(pen, seconds)
            return
        spot = self.plan.spots["kitchen"]
        self._before(pen, spot)
        while seconds > 0.0:
            piece = float(self.rng.uniform(10.0, 90.0))
            self.stand(pen, piece, "cooking")
            seconds -= piece
            if self.rng.random() < 0.2:
                self._down_and_up(pen, BENDING, "bending")

    def chore(self, pen: Pen) -> None:
        """One small thing: picks something up, ties a shoe, wipes the floor, folds washing, looks out."""
        if self.rng.random() < self.plan.habits.floor_chores:
            self.go(pen, self.somewhere())
            self._down_and_up(pen, SEIZA, "folding washing", stays_s=300.0, quick=False)
            return
        match int(self.rng.integers(5)):
            case 0:
                self.go(pen, self.somewhere())
                self._down_and_up(pen, BENDING, "bending")
            case 1:
                self.go(pen, self.plan.spots["door"].before)
                self._down_and_up(pen, CROUCHING, "tying shoes", stays_s=20.0)
            case 2:
                self.go(pen, self.somewhere())
                self._down_and_up(pen, CROUCHING, "wiping the floor", stays_s=40.0)
            case 3 if "window" in self.plan.spots:
                self._before(pen, self.plan.spots["window"])
                self.stand(pen, float(self.rng.uniform(10.0, 60.0)))
            case _:
                for _ in range(int(self.rng.integers(1, 5))):
                    self.go(pen, self.somewhere())
                    self.stand(pen, float(self.rng.uniform(2.0, 15.0)))

    def _down_and_up(
        self, pen: Pen, shape: Shape, name: str, *, stays_s: float = 4.0, quick: bool = True
    ) -> None:
        pen.pose(shape, float(self.rng.uniform(0.8, 1.6) if quick else self.rng.uniform(1.8, 3.0)), name)
        pen.do(idle(self.rng, float(self.rng.uniform(0.3, 1.0)) * stays_s, name, often=0.8, stir_mps=0.05))
        pen.pose(STANDING, float(self.rng.uniform(0.9, 2.0)), name if quick else "standing up")

    def _recline(self, pen: Pen) -> float:
        """Feet up for a while; returns the seconds it took."""
        seconds = float(self.rng.uniform(60.0, 900.0))
        pen.pose(RECLINING, 3.0, "reclining")
        pen.do(idle(self.rng, seconds, "reclining", often=0.15, stir_mps=0.02))
        pen.pose(SITTING, 2.5, "sitting up")
        return seconds

    def _before(self, pen: Pen, spot: Spot) -> None:
        self.go(pen, spot.before)
        pen.turn(spot.heading_rad)

    def _speed(self) -> float:
        return float(self._pace_mps * self.rng.uniform(0.75, 1.25))


class Visitor:
    """Away until ``comes_s``, then sits and walks about for ``stays_s``, and is not seen again. Children play."""

    def __init__(
        self, rng: Generator, plan: Plan, comes_s: float, stays_s: float, *, child: bool, place: Place
    ) -> None:
        self._errands = Errands(rng, plan, pace_mps=1.1 if child else 0.8)
        self._rng, self._plan, self._child, self._place = rng, plan, child, place
        self._comes_s, self._leaves_s = comes_s, comes_s + stays_s

    def start(self) -> Stance:
        """Before the door."""
        door = self._plan.spots["door"]
        return Stance(door.place, door.heading_rad + pi, STANDING)

    def next(self, t_s: float, stance: Stance) -> Sequence[Step]:
        pen = Pen(stance)
        if t_s < self._comes_s:
            pen.do(Away(self._comes_s - t_s))
            pen.walk(self._plan.spots["door"].before, 0.8)
        elif t_s >= self._leaves_s:
            self._errands.go(pen, self._plan.spots["door"].before)
            pen.walk(self._plan.spots["door"].place).do(Away(30 * 86_400.0))
        elif self._child and self._rng.random() < 0.7:
            self._play(pen)
        else:
            self._stay(pen)
        return pen.steps

    def _play(self, pen: Pen) -> None:
        for _ in range(int(self._rng.integers(2, 8))):
            pen.walk(self._errands.somewhere(), float(self._rng.uniform(0.8, 1.8)))
        low = (CROUCHING, SEIZA)[int(self._rng.integers(2))]
        pen.pose(low, 0.9, "playing").do(
            idle(self._rng, float(self._rng.uniform(5.0, 90.0)), "playing", often=0.9, stir_mps=0.06)
        )
        pen.pose(STANDING, 0.9, "playing")

    def _stay(self, pen: Pen) -> None:
        self._errands.go(pen, self._place)
        pen.turn(_towards(pen.stance.place, self._plan.spots["hub"].place))
        pen.pose(SEIZA, 2.0, "sitting down")
        seconds = float(self._rng.uniform(120.0, 900.0))
        pen.do(idle(self._rng, seconds, "sitting", often=0.4, stir_mps=0.03, groups=SEATED_FIDGETS))
        pen.pose(STANDING, 2.0, "standing up")
        if self._rng.random() < 0.3:
            self._errands.stand(pen, float(self._rng.uniform(5.0, 30.0)))


def _towards(here: Place, there: Place) -> float:
    return atan2(there[1] - here[1], there[0] - here[0])


def _away(spot: Spot) -> float:
    """From the bed to where one stands before it."""
    return _towards(spot.place, spot.before)


def _mirrored() -> Shape:
    shape = LYING.copy()
    shape[:, 1] *= -1.0
    return shape
