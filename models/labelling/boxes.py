"""What a person or a model says is in one picture, and how doubtful that is. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from edge.wildlife.boxes import overlap
from edge.wildlife.detections import Detections
from edge.wildlife.kept_frame import KeptBox

FLOOR = 0.15
"""Boxes of less are not proposed: taking away ten ghosts costs more clicks than drawing one box."""
SAME_IOU = 0.45
"""Two boxes that overlap so much are about one animal."""

State = Literal["open", "done", "unusable"]
"""Not looked through yet; every animal in it has its box; not to be learnt from."""


class Box(msgspec.Struct, frozen=True):
    """One animal or person; px of the picture, left upper corner and size. ``score`` where a model proposed it."""

    species: str
    x: float
    y: float
    w: float
    h: float
    by: Literal["model", "human"] = "human"
    score: float | None = None


def proposed(found: Detections) -> list[Box]:
    """What the model found, for people to correct."""
    return [
        Box(kind, round(x1, 1), round(y1, 1), round(x2 - x1, 1), round(y2 - y1, 1), "model", round(score, 3))
        for kind, score, (x1, y1, x2, y2) in found
    ]


def doubt(found: Sequence[Box], device: Iterable[KeptBox], thresholds: Mapping[str, float]) -> float:
    """0 (sure) .. 1: how near to its threshold the most doubtful box is, and whether device and model disagree.

    A monkey that one of the two sees above its threshold and the other does not is the most doubtful of all.
    """
    near = [_nearness(box.score or 0.0, thresholds.get(box.species, 0.5)) for box in found]
    seen_here = [b for b in found if b.species == "monkey" and (b.score or 0.0) >= thresholds["monkey"]]
    seen_there = [b for b in device if b.species == "monkey" and b.score >= thresholds["monkey"]]
    if _some_alone(seen_here, seen_there):
        return 1.0
    return max(near, default=0.0)


def _nearness(score: float, threshold: float) -> float:
    """1 at the threshold, 0 at the ends of the scale."""
    room = threshold if score < threshold else 1.0 - threshold
    return 1.0 - min(1.0, abs(score - threshold) / max(room, 1e-6))


def _some_alone(here: Sequence[Box], there: Sequence[KeptBox]) -> bool:
    ours = [corners(box) for box in here]
    theirs = [(box.x1, box.y1, box.x2, box.y2) for box in there]
    return any(
        all(overlap(one, other) < SAME_IOU for other in against)
        for one, against in [*((o, theirs) for o in ours), *((t, ours) for t in theirs)]
    )


def corners(box: Box) -> tuple[float, float, float, float]:
    """x1, y1, x2, y2."""
    return box.x, box.y, box.x + box.w, box.y + box.h
