"""The ways a person comes to lie on the floor, what they do there, and how they get up again. Random only through rng."""

from collections.abc import Callable
from math import pi

from numpy.random import Generator

from simulators.home.actors import FALLING
from simulators.home.acts import SEATED_FIDGETS, STANDING_FIDGETS, Pen, idle
from simulators.home.body import (
    CURLED,
    KNEELING,
    LYING,
    SITTING,
    STANDING,
    Change,
    Place,
    Shape,
    toppling,
)
from simulators.home.plans import Plan
from simulators.home.poses import COLLAPSED, ON_BACK, ON_SIDE, SEIZA, SLUMPED, lifted

LYING_AFTER = "lying after a fall"


def _topple(pen: Pen, kind: str, to: Shape, seconds: float, forward_m: float, left_m: float = 0.0) -> None:
    change = Change(to, seconds, FALLING, toppling, forward_m, left_m)
    pen.do(change, fell=kind)


def _forward(pen: Pen, rng: Generator, _plan: Plan) -> None:
    _topple(pen, "forward", LYING, rng.uniform(0.6, 1.2), rng.uniform(0.4, 0.8), rng.uniform(-0.2, 0.2))


def _back(pen: Pen, rng: Generator, _plan: Plan) -> None:
    _topple(pen, "back", ON_BACK, rng.uniform(0.6, 1.2), -rng.uniform(0.2, 0.5), rng.uniform(-0.2, 0.2))


def _side(pen: Pen, rng: Generator, _plan: Plan) -> None:
    side = rng.choice([-1.0, 1.0])
    shape = ON_SIDE.copy()
    shape[:, 1] *= side
    _topple(pen, "side", shape, rng.uniform(0.6, 1.2), rng.uniform(-0.1, 0.2), side * rng.uniform(0.2, 0.5))


def _trip(pen: Pen, rng: Generator, _plan: Plan) -> None:
    _topple(pen, "trip", LYING, rng.uniform(0.6, 0.9), rng.uniform(0.7, 1.1), rng.uniform(-0.15, 0.15))


def _faint(pen: Pen, rng: Generator, _plan: Plan) -> None:
    """The knees give way, then the heap tips over."""
    _topple(pen, "faint", COLLAPSED, rng.uniform(0.8, 1.5), rng.uniform(-0.1, 0.15))
    pen.do(Change(ON_SIDE if rng.random() < 0.5 else CURLED, rng.uniform(0.6, 1.5), FALLING))


def _slow_sink(pen: Pen, rng: Generator, _plan: Plan) -> None:
    """Down along a wall or a cupboard, over some seconds; sits there slumped, mostly slides on to the floor."""
    pen.do(
        Change(SLUMPED, rng.uniform(2.5, 7.0), FALLING, forward_m=rng.uniform(-0.1, 0.2)), fell="slow_sink"
    )
    if rng.random() < 0.8:
        pen.do(idle(rng, rng.uniform(0.5, 6.0), FALLING, often=0.5, far_m=0.05))
        pen.do(Change(ON_SIDE, rng.uniform(1.5, 3.0), FALLING, left_m=rng.uniform(0.1, 0.3)))


def _slide_from_bed(pen: Pen, rng: Generator, plan: Plan) -> None:
    """From the edge of the bed, where she was sitting or about to rise."""
    bed = plan.spots["bed"]
    _at_the_edge(pen, plan)
    pen.pose(lifted(SITTING, bed.seat_m - 0.42), 1.8, "sitting on the bed", place=_edge(plan))
    pen.do(idle(rng, rng.uniform(5.0, 20.0), "sitting on the bed", often=0.4, groups=SEATED_FIDGETS))
    low = SLUMPED if rng.random() < 0.5 else LYING
    off = rng.uniform(0.35, 0.6)
    pen.do(
        Change(low, rng.uniform(0.8, 2.5), FALLING, toppling, off, rng.uniform(-0.2, 0.2)),
        fell="slide_from_bed",
    )
    if low is SLUMPED:
        pen.do(Change(ON_SIDE, rng.uniform(1.0, 2.5), FALLING, left_m=rng.uniform(-0.2, 0.2)))


def _off_chair(pen: Pen, rng: Generator, plan: Plan) -> None:
    """Tips off a chair, or sideways off a cushion where the room has no chair."""
    name = "chair" if "chair" in plan.spots else "cushion"
    if name not in plan.spots:
        pen.pose(SITTING, 1.8, "sitting", place=pen.ahead(-0.3))
    else:
        spot = plan.spots[name]
        pen.walk(spot.before).turn(spot.heading_rad)
        sitting = SITTING if name == "chair" else SEIZA
        pen.pose(sitting, 1.8, "sitting down", place=spot.place)
    pen.do(idle(rng, rng.uniform(8.0, 25.0), "sitting", often=0.4, groups=SEATED_FIDGETS))
    side = rng.choice([-1.0, 1.0])
    shape = ON_SIDE.copy()
    shape[:, 1] *= side
    _topple(
        pen, "off_chair", shape, rng.uniform(0.6, 1.3), rng.uniform(0.1, 0.4), side * rng.uniform(0.3, 0.6)
    )


def _in_bath(pen: Pen, rng: Generator, plan: Plan) -> None:
    """Slips on the wet floor before the tub."""
    pen.walk(plan.spots["bath"].before).turn(rng.uniform(-pi, pi))
    pen.do(idle(rng, rng.uniform(4.0, 15.0), "washing", often=0.8))
    pose, way = (ON_BACK, -0.2) if rng.random() < 0.6 else (ON_SIDE, 0.1)
    _topple(pen, "in_bath", pose, rng.uniform(0.5, 0.9), way)


def _at_door(pen: Pen, rng: Generator, plan: Plan) -> None:
    """Over the sill, on the way in or out."""
    door = plan.spots["door"]
    if rng.random() < 0.5:
        pen.walk(door.place).turn(door.heading_rad + pi)
        pen.walk(door.before, 0.6)
    else:
        pen.walk(door.before)
    _topple(pen, "at_door", LYING, rng.uniform(0.6, 1.0), rng.uniform(0.1, 0.4), rng.uniform(-0.2, 0.2))


_WAYS: dict[str, Callable[[Pen, Generator, Plan], None]] = {
    "forward": _forward,
    "back": _back,
    "side": _side,
    "trip": _trip,
    "faint": _faint,
    "slow_sink": _slow_sink,
    "slide_from_bed": _slide_from_bed,
    "off_chair": _off_chair,
    "in_bath": _in_bath,
    "at_door": _at_door,
}
FAST = frozenset({"forward", "back", "side", "trip", "faint", "off_chair", "in_bath", "at_door"})
"""Those over within some 1.5 s; the others take longer and are no less falls."""
KINDS = (*_WAYS, "recovered")
"""``recovered`` is any fast one of somebody who is up again within a minute."""


def kinds_of(plan: Plan) -> tuple[str, ...]:
    """The kinds of fall a home has room for."""
    if "bath" in plan.spots:
        return ("forward", "back", "side", "faint", "slow_sink", "in_bath", "at_door", "recovered")
    return tuple(kind for kind in KINDS if kind != "in_bath")


def fall(pen: Pen, rng: Generator, plan: Plan, kind: str) -> None:
    """Writes the fall alone, from standing; ``recovered`` falls as one of the fast ones does, under its own name."""
    if kind != "recovered":
        _WAYS[kind](pen, rng, plan)
        return
    before = len(pen.steps)
    (_forward, _back, _side)[int(rng.integers(3))](pen, rng, plan)
    step = pen.steps[before]
    pen.steps[before] = type(step)(step.act, "recovered", step.up)


def lie(pen: Pen, rng: Generator, seconds: float) -> None:
    """On the floor: some struggle, some try to rise and sink back, some do nothing at all."""
    awake = rng.random() < 0.75
    first = [0.9, 0.7, 0.5, 0.35, 0.25, 0.15] if awake else [0.3, 0.1, 0.03]
    stir = 0.02 if awake else 0.005
    while seconds > 0.0:
        piece = min(seconds, float(rng.uniform(20.0, 60.0)))
        pen.do(idle(rng, piece, LYING_AFTER, often=first, far_m=0.15, stir_mps=stir))
        seconds -= piece
        first = first[-1:]
        if awake and seconds > 12.0 and rng.random() < 0.3:
            seconds -= _try_to_rise(pen, rng)


def _try_to_rise(pen: Pen, rng: Generator) -> float:
    """Up on the hands, and down again; returns the seconds it took."""
    lying = pen.stance.shape
    up, back = float(rng.uniform(1.5, 3.0)), float(rng.uniform(0.8, 2.0))
    half = lying + (KNEELING - lying) * rng.uniform(0.3, 0.8)
    pen.pose(half, up, "trying to rise").pose(lying, back, "trying to rise")
    return up + back


def rise(pen: Pen, rng: Generator) -> None:
    """By way of the knees to standing; the last act is marked as being up."""
    pen.pose(KNEELING, rng.uniform(1.5, 3.0), "getting up", place=pen.ahead(-0.3))
    pen.do(idle(rng, rng.uniform(1.0, 4.0), "kneeling", often=0.8))
    pen.pose(STANDING, rng.uniform(1.6, 2.6), "getting up", up=True)
    pen.do(idle(rng, rng.uniform(2.0, 5.0), "standing", often=0.9, stir_mps=0.07, groups=STANDING_FIDGETS))


def _edge(plan: Plan) -> Place:
    bed = plan.spots["bed"]
    (bx, by), (px, py) = bed.before, bed.place
    return (bx + (px - bx) * 0.5, by + (py - by) * 0.5)


def _at_the_edge(pen: Pen, plan: Plan) -> None:
    """Before the bed with the back to it."""
    bed = plan.spots["bed"]
    pen.walk(bed.before)
    away = 0.0 if bed.before[0] > bed.place[0] else pi
    pen.turn(away)
