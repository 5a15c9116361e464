"""What is held to be a fall, and the reasons as codes with numbers: confidence, severity, evidence. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import exp, expm1

from contract.messages import Evidence, Severity
from edge.fall.descent import AFTER, THIRD_SPEED, Descent, quick
from edge.fall.drop import Low
from edge.fall.lying import Came, Lie
from edge.fall.place import Place
from edge.fall.scene import Body
from edge.fall.settings import FallSettings


class FallKind(StrEnum):
    """How somebody came to need help."""

    FAST_FALL = "fast_fall"
    SLOW_SLIDE = "slow_slide"
    SLIDE_FROM_BED = "slide_from_bed"
    LONG_LIE = "long_lie"
    LONG_BATH = "long_bath"
    MODULE_VERDICT = "module_verdict"


KIND_OF = {
    Came.DOWN: FallKind.SLOW_SLIDE,
    Came.OUT_OF_BED: FallKind.SLIDE_FROM_BED,
    Came.UNSEEN: FallKind.LONG_LIE,
}
HIGH_FROM = 3
"""Grave signs that make a fall severe; confirmed without an answer is one of them."""
GRAVE = frozenset({"in_bath", "at_night"})
LONG_LYING_S = 300.0
"""Who has lain for so long cannot get up alone, most likely."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A body that may need help; ``upright_m`` is the height from which it counts as standing again."""

    kind: FallKind
    at_s: float
    place: Place
    upright_m: float
    confidence: float
    lain_s: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    signs: int = field(default=0)
    """Grave signs, for the severity."""


def of_drop(low: Low, fall: FallSettings, at_s: float, tags: tuple[Evidence, ...]) -> Suspicion:
    """A fast fall; ``still_s`` is how long the floor was really seen, without the silence."""
    evidence = (
        Evidence("drop_m", round(low.drop_m, 2), "m"),
        Evidence("drop_s", round(low.drop_s, 2), "s"),
        Evidence("height_m", round(low.last.height_m, 2), "m"),
        Evidence("still_s", round(low.seen_low_s, 1), "s"),
        Evidence("points", float(low.points), "1"),
        *tags,
    )
    upright_m = fall.standing_m + low.shift_m
    sure = confidence(low, fall)
    return Suspicion(FallKind.FAST_FALL, at_s, low.last.place, upright_m, sure, 0.0, evidence, grave(tags))


def of_descent(
    descent: Descent,
    body: Body,
    values: Sequence[float],
    upright_m: float,
    at_s: float,
    tags: tuple[Evidence, ...],
) -> Suspicion:
    """What a scorer took for a fall; ``values`` as ``descent.numbers``."""
    waited_s = at_s - descent.at_s
    speed_mps, after = values[THIRD_SPEED], expm1(values[AFTER])
    evidence = (
        Evidence("drop_m", round(descent.height_m - body.height_m, 2), "m"),
        Evidence("speed_mps", round(speed_mps, 1), "m/s"),
        Evidence("height_m", round(body.height_m, 2), "m"),
        Evidence("lying_s", round(waited_s, 1), "s"),
        Evidence("points", round(after), "1"),
        *tags,
    )
    kind = FallKind.FAST_FALL if quick(values) else FallKind.SLOW_SLIDE
    sure = round(0.95 / (1.0 + exp(-0.5 * descent.score)), 2)
    return Suspicion(kind, at_s, body.place, upright_m, sure, waited_s, evidence, grave(tags))


def of_lie(
    lie: Lie, fall: FallSettings, at_s: float, shift_m: float, tags: tuple[Evidence, ...]
) -> Suspicion:
    """Lying on the floor, however it began."""
    lain_s = at_s - lie.since_s
    evidence = [
        Evidence("lying_s", round(lain_s, 1), "s"),
        Evidence("height_m", round(lie.height_m, 2), "m"),
        Evidence("moved_m", round(lie.moved_m, 1), "m"),
    ]
    if lie.came is Came.DOWN and lie.upright is not None:
        evidence.insert(0, Evidence("drop_s", round(lie.since_s - lie.upright.at_s, 1), "s"))
    share = lie.low_frames / max(1, lie.frames)
    sure = round(0.4 + 0.2 * share + (0.1 if lie.came is not Came.UNSEEN else 0.0), 2)
    signs = grave(tags) + (lain_s >= LONG_LYING_S)
    upright_m = fall.standing_m + shift_m
    return Suspicion(KIND_OF[lie.came], at_s, lie.place, upright_m, sure, lain_s, (*evidence, *tags), signs)


def grave(tags: tuple[Evidence, ...]) -> int:
    """How many of the circumstances make it graver."""
    return sum(tag.code in GRAVE for tag in tags)


def confidence(low: Low, fall: FallSettings) -> float:
    """A ranking between 0.4 and 0.9, not a measured probability: how far past its thresholds the drop was.

    A bare pass gets 0.4, because at a real home sitting down hard and pets pass barely; twice the drop, three times
    the points, and being seen on the floor all the time add up to 0.5.
    """
    deep = min(1.0, (low.drop_m - fall.drop_m) / fall.drop_m)
    many = min(1.0, (low.points - fall.points_min) / (2 * fall.points_min))
    seen = min(1.0, low.seen_low_s / fall.held_s)
    return round(0.4 + 0.2 * max(0.0, deep) + 0.15 * max(0.0, many) + 0.15 * seen, 2)


def severity(signs: int, *, confirmed: bool, still: bool) -> Severity:
    """How grave it looks, from the signs counted: where and when it was, no answer, and no movement since."""
    return Severity.HIGH if signs + confirmed + (confirmed and still) >= HIGH_FROM else Severity.MEDIUM
