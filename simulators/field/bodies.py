"""The shapes of what walks in a field, as tapered limbs: pure geometry and colours, no pixels.

A body is drawn in its own frame: x towards the nose, y up, the ground at y = 0, and 1.0 = the height asked for. The
proportions are rough readings of field guides (a Japanese macaque's trunk is about as long as its shoulder is high, its
tail a tenth of that); they serve a drawing, not zoology.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import cos, pi, sin
from typing import Literal

from numpy.random import Generator

Kind = Literal["monkey", "person", "boar", "bear", "deer", "stone", "stump"]
Posture = Literal["walking", "sitting", "feeding"]
Colour = tuple[float, float, float]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Limb:
    """A chain of circles and what lies between them: ``spine`` points with ``radii``; colour is BGR 0-255.

    ``shade`` darkens limbs on the far side; a limb that is not ``furry`` (a face, cloth) keeps a smooth surface.
    """

    spine: tuple[Point, ...]
    radii: tuple[float, ...]
    colour: Colour
    shade: float = 1.0
    furry: bool = True


def _tint(colour: Colour, rng: Generator, spread: float = 0.12) -> Colour:
    light = 1.0 + rng.uniform(-spread, spread)
    b, g, r = (min(255.0, channel * light * (1.0 + rng.uniform(-0.04, 0.04))) for channel in colour)
    return b, g, r


def _leg(hip: Point, length: float, swing: float, radii: tuple[float, float], colour: Colour) -> Limb:
    """A leg with one joint; ``swing`` in -1..1 moves the foot forward and lifts it on the way."""
    foot = (hip[0] + 0.20 * swing, hip[1] - length + 0.07 * max(0.0, swing) * (1.0 - abs(swing)))
    knee = ((hip[0] + foot[0]) / 2 + 0.05, (hip[1] + foot[1]) / 2)
    toe = (foot[0] + 0.06, foot[1])
    return Limb((hip, knee, foot, toe), (radii[0], radii[0] * 0.7, radii[1], radii[1]), colour)


def _four_legs(
    phase: float,
    front: Point,
    back: Point,
    length: float,
    radii: tuple[float, float],
    colour: Colour,
) -> tuple[list[Limb], list[Limb]]:
    """(far legs, near legs) of a diagonal walk; ``phase`` 0..1 is one stride."""
    far: list[Limb] = []
    near: list[Limb] = []
    for offset, hip, legs in (
        (0.0, front, near),
        (0.5, back, near),
        (0.5, front, far),
        (0.0, back, far),
    ):
        leg = _leg(hip, length, sin(2 * pi * (phase + offset)), radii, colour)
        legs.append(leg if legs is near else replace(leg, shade=0.68))
    return far, near


def _macaque_head(at: Point, turn: float, fur: Colour, face: Colour, dark: Colour) -> list[Limb]:
    """A fur ball with a naked red face; ``turn`` 0 looks at the camera, 1 along the body."""
    x, y = at
    look = 0.11 * turn
    pale: Colour = (min(255.0, fur[0] * 1.25), min(255.0, fur[1] * 1.25), min(255.0, fur[2] * 1.25))
    crown = (fur[0] * 0.85, fur[1] * 0.85, fur[2] * 0.85)
    brow = (face[0] * 0.8, face[1] * 0.8, face[2] * 0.85)
    eyes = (x + look - 0.045 * (1 - 0.6 * turn), x + look + 0.05)
    return [
        Limb(((x, y + 0.01),), (0.175,), crown),
        Limb(((x + look * 0.4, y - 0.04),), (0.155,), pale),
        Limb(((x + look, y + 0.02), (x + look, y - 0.03)), (0.092, 0.085), face, furry=False),
        Limb(
            ((x + look * 1.1, y - 0.02), (x + look * 1.7, y - 0.065)),
            (0.055, 0.052),
            face,
            furry=False,
        ),
        Limb(
            ((eyes[0] - 0.02, y + 0.055), (eyes[1] + 0.02, y + 0.055)),
            (0.016, 0.016),
            brow,
            furry=False,
        ),
        Limb(((eyes[0], y + 0.03),), (0.016,), dark, furry=False),
        Limb(((eyes[1], y + 0.03),), (0.016,), dark, furry=False),
        Limb(
            ((x + look * 1.9 - 0.02, y - 0.085), (x + look * 1.9 + 0.02, y - 0.085)),
            (0.008, 0.008),
            dark,
        ),
    ]


def _macaque_colours(rng: Generator) -> tuple[Colour, Colour, Colour]:
    fur = _tint((92.0, 112.0, 128.0), rng, 0.25)  # grey-brown, summer to winter coat
    face = _tint((98.0, 104.0, 182.0), rng, 0.15)
    return fur, face, (28.0, 30.0, 36.0)


def _macaque_on_fours(phase: float, rng: Generator, *, feeding: bool) -> list[Limb]:
    fur, face, dark = _macaque_colours(rng)
    belly = (fur[0] * 1.15, fur[1] * 1.15, fur[2] * 1.12)
    hand = (fur[0] * 0.55, fur[1] * 0.5, fur[2] * 0.5)
    far, near = _four_legs(phase, (0.28, 0.52), (-0.40, 0.50), 0.47, (0.115, 0.045), fur)
    bob = 0.012 * cos(4 * pi * phase)
    head = (0.58, 0.42) if feeding else (0.53, 0.80 + bob)
    rump = Limb(((-0.60, 0.60),), (0.065,), (face[0] * 1.05, face[1] * 1.05, face[2]), furry=False)
    return [
        *far,
        Limb(((-0.55, 0.74), (-0.66, 0.78)), (0.05, 0.035), fur),
        Limb(((-0.40, 0.64 + bob), (-0.05, 0.63), (0.30, 0.66 + bob)), (0.235, 0.215, 0.215), fur),
        Limb(((-0.30, 0.52), (0.20, 0.52)), (0.11, 0.11), belly, shade=0.85),
        rump,
        *near,
        *(Limb((leg.spine[2], leg.spine[3]), (0.045, 0.04), hand) for leg in near),
        Limb(((0.34, 0.68), head), (0.18, 0.14), fur),
        *_macaque_head(head, rng.uniform(0.35, 1.0), fur, face, dark),
    ]


def _macaque_sitting(phase: float, rng: Generator) -> list[Limb]:
    fur, face, dark = _macaque_colours(rng)
    belly = (fur[0] * 1.2, fur[1] * 1.2, fur[2] * 1.15)
    hand = (fur[0] * 0.55, fur[1] * 0.5, fur[2] * 0.5)
    lift = 0.16 * max(0.0, sin(2 * pi * phase))  # the hand goes to the mouth while it eats
    reach = (0.26, 0.30 + lift)
    head = (0.07, 0.81)
    return [
        Limb(((-0.02, 0.26), (0.0, 0.52), (0.03, 0.66)), (0.27, 0.225, 0.16), fur),
        Limb(((0.06, 0.28), (0.07, 0.48)), (0.17, 0.14), belly),
        Limb(((0.05, 0.14), (0.27, 0.33), (0.30, 0.05)), (0.13, 0.085, 0.05), fur, shade=0.8),
        Limb(
            ((-0.08, 0.12), (0.19, 0.30), (0.20, 0.04), (0.28, 0.03)),
            (0.15, 0.095, 0.05, 0.04),
            fur,
        ),
        Limb(((0.20, 0.04), (0.28, 0.03)), (0.045, 0.04), hand),
        Limb(((-0.06, 0.58), (0.05, 0.36), reach), (0.105, 0.075, 0.05), fur),
        Limb((reach,), (0.05,), hand),
        *_macaque_head(head, rng.uniform(0.0, 0.9), fur, face, dark),
    ]


def _quadruped(
    phase: float,
    fur: Colour,
    *,
    length: float,
    girth: float,
    leg: float,
    head: Point,
    head_r: float,
    snout: Point,
) -> list[Limb]:
    """A hoofed or clawed animal: trunk, neck, head and snout by proportion."""
    mid = leg + girth * 0.55
    far, near = _four_legs(
        phase,
        (length * 0.42, leg + girth * 0.2),
        (-length * 0.42, leg + girth * 0.2),
        leg + girth * 0.17,
        (girth * 0.42, girth * 0.16),
        (fur[0] * 0.8, fur[1] * 0.8, fur[2] * 0.8),
    )
    trunk = Limb(
        ((-length * 0.42, mid), (0.0, mid - 0.01), (length * 0.40, mid + 0.03)),
        (girth * 0.9, girth, girth * 0.95),
        fur,
    )
    neck = Limb(((length * 0.42, mid + 0.04), head), (girth * 0.75, head_r), fur)
    return [*far, trunk, *near, neck, Limb((head, snout), (head_r, head_r * 0.55), fur)]


def _boar(phase: float, rng: Generator) -> list[Limb]:
    fur = _tint((44.0, 54.0, 66.0), rng, 0.25)
    body = _quadruped(
        phase,
        fur,
        length=1.1,
        girth=0.30,
        leg=0.36,
        head=(0.66, 0.56),
        head_r=0.20,
        snout=(1.0, 0.38),
    )
    ear = Limb(((0.60, 0.72), (0.56, 0.84)), (0.06, 0.03), (fur[0] * 0.7, fur[1] * 0.7, fur[2] * 0.7))
    nose = Limb(((1.02, 0.37),), (0.07,), (86.0, 92.0, 118.0), furry=False)
    return [*body, ear, nose, Limb(((0.78, 0.57),), (0.018,), (15.0, 15.0, 18.0), furry=False)]


def _bear(phase: float, rng: Generator) -> list[Limb]:
    fur = _tint((30.0, 30.0, 34.0), rng, 0.3)
    body = _quadruped(
        phase,
        fur,
        length=1.1,
        girth=0.34,
        leg=0.32,
        head=(0.72, 0.66),
        head_r=0.21,
        snout=(0.95, 0.57),
    )
    muzzle = Limb(((0.93, 0.58), (1.0, 0.55)), (0.10, 0.07), (62.0, 84.0, 106.0))
    ears = [Limb(((x, 0.86),), (0.07,), fur) for x in (0.62, 0.78)]
    return [*body, *ears, muzzle, Limb(((1.05, 0.56),), (0.03,), (12.0, 12.0, 14.0), furry=False)]


def _deer(phase: float, rng: Generator) -> list[Limb]:
    fur = _tint((62.0, 96.0, 140.0), rng, 0.2)
    body = _quadruped(
        phase,
        fur,
        length=0.72,
        girth=0.155,
        leg=0.42,
        head=(0.47, 0.86),
        head_r=0.075,
        snout=(0.62, 0.80),
    )
    ears = [Limb(((0.43, 0.92), (x, 0.99)), (0.035, 0.015), fur) for x in (0.34, 0.42)]
    rump = Limb(((-0.44, 0.53),), (0.07,), (205.0, 215.0, 222.0))
    eye = Limb(((0.51, 0.88),), (0.012,), (15.0, 15.0, 20.0), furry=False)
    return [*body, rump, *ears, eye]


def _person(phase: float, rng: Generator) -> list[Limb]:
    skin = _tint((140.0, 165.0, 208.0), rng, 0.2)
    shirt = tuple(float(c) for c in rng.uniform(40, 220, 3))
    cloth: Colour = (shirt[0], shirt[1], shirt[2])
    trouser = _tint((88.0, 72.0, 62.0), rng, 0.5)
    swing = 0.13 * sin(2 * pi * phase)
    boots: Colour = (36.0, 36.0, 40.0)

    def leg(foot: float, shade: float) -> list[Limb]:
        lower = Limb(
            ((0.0, 0.48), (foot * 0.4 + 0.02, 0.26), (foot, 0.05)),
            (0.075, 0.055, 0.042),
            trouser,
            shade,
            False,
        )
        return [
            lower,
            Limb(((foot, 0.03), (foot + 0.06, 0.025)), (0.04, 0.03), boots, shade, False),
        ]

    def arm(hand: float, shade: float) -> list[Limb]:
        sleeve = Limb(
            ((0.0, 0.78), (hand * 0.5 - 0.02, 0.62), (hand, 0.50)),
            (0.05, 0.042, 0.035),
            cloth,
            shade,
            False,
        )
        return [sleeve, Limb(((hand, 0.47),), (0.032,), skin, shade, False)]

    hat = Limb(
        ((-0.06, 0.955), (0.08, 0.955)),
        (0.035, 0.02),
        trouser if rng.random() < 0.5 else cloth,
        1.0,
        False,
    )
    return [
        *leg(-swing, 0.75),
        *arm(swing, 0.75),
        *leg(swing, 1.0),
        Limb(((0.0, 0.50), (0.0, 0.66), (0.0, 0.78)), (0.085, 0.095, 0.10), cloth, 1.0, False),
        *arm(-swing, 1.0),
        Limb(((0.0, 0.84), (0.01, 0.91)), (0.035, 0.065), skin, 1.0, False),
        Limb(((-0.015, 0.945),), (0.062,), (30.0, 32.0, 38.0), 1.0),
        hat,
    ]


def _stone(_phase: float, rng: Generator) -> list[Limb]:
    grey = _tint((118.0, 124.0, 128.0), rng, 0.3)
    bumps = sorted(rng.uniform(-0.5, 0.5, 4))
    return [Limb(((x, 0.42),), (float(rng.uniform(0.32, 0.55)),), grey, furry=False) for x in bumps]


def _stump(_phase: float, rng: Generator) -> list[Limb]:
    bark = _tint((62.0, 80.0, 98.0), rng, 0.25)
    cut = _tint((128.0, 168.0, 196.0), rng, 0.15)
    return [
        Limb(((-0.12, 0.1), (-0.08, 0.8)), (0.30, 0.20), bark),
        Limb(((0.14, 0.1), (0.08, 0.8)), (0.30, 0.20), bark),
        Limb(((-0.1, 0.92), (0.1, 0.92)), (0.13, 0.13), cut, furry=False),
    ]


_PLAIN: dict[str, Callable[[float, Generator], list[Limb]]] = {
    "person": _person, "boar": _boar, "bear": _bear, "deer": _deer, "stone": _stone, "stump": _stump,
}  # fmt: skip


def body(kind: Kind, posture: Posture, phase: float, rng: Generator) -> list[Limb]:
    """Limbs from back to front; ``phase`` 0..1 is one stride. The same ``rng`` state gives the same individual.

    Only monkeys have postures other than walking. Raises ValueError for an unknown kind.
    """
    if kind == "monkey":
        if posture == "sitting":
            return _macaque_sitting(phase, rng)
        return _macaque_on_fours(phase, rng, feeding=posture == "feeding")
    if kind not in _PLAIN:
        raise ValueError(f"kind {kind!r} cannot be drawn; choose monkey, {', '.join(_PLAIN)}")
    return _PLAIN[kind](phase, rng)
