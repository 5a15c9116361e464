"""A detector and a verifier as one eye: what the first proposes, the second must name, and both have one threshold."""

import numpy as np
from numpy.typing import NDArray

from edge.wildlife.detections import Detections, no_detections
from edge.wildlife.detector import Detector
from edge.wildlife.joint import CANDIDATE_FLOOR, joint
from edge.wildlife.naming import MONKEY, NAME_SURE, NOT_AN_ANIMAL, UNNAMED
from edge.wildlife.together import Together
from edge.wildlife.verifier import Named, Verifier

_MOST = 20  # second looks at one picture, monkeys first: a troop needs no more to be a troop
_NOT_SHOWN = (MONKEY, NOT_AN_ANIMAL)


class CheckedDetector:
    """Finds animals with ``detector`` and lets ``verifier`` name them. Not thread-safe, as its two networks.

    A monkey's score is ``joint(detector's, verifier's)``. A person is never taken away: it vetoes the repeller. What is
    neither keeps the detector's class unless the verifier is sure of another; no other class becomes a monkey, for that
    takes both. ``thresholds`` are those applied, per class.

    Raises CardError when the verifier's card has no threshold for this detector.
    """

    def __init__(self, detector: Detector | Together, verifier: Verifier) -> None:
        self._detector, self._verifier = detector, verifier
        mine = detector.card
        known = [name for name in verifier.card.class_names if name != NOT_AN_ANIMAL]
        self.class_names = (*known, *(name for name in mine.thresholds if name not in known))
        self.threshold = verifier.threshold_with(mine.name)
        unnamed = mine.thresholds.get(UNNAMED, 1.0)  # of what only the verifier has a name for
        self.thresholds = dict.fromkeys(self.class_names, unnamed)
        self.thresholds.update({**mine.thresholds, MONKEY: self.threshold})

    def detect(self, image: NDArray[np.uint8], floor: float | None = None) -> Detections:
        """As ``Detector.detect``; ``floor`` replaces the joint threshold and the classes' ones."""
        low = CANDIDATE_FLOOR if floor is None else min(floor, CANDIDATE_FLOOR)
        proposed = self._detector.detect(image, low)
        rows, looks = [], 0
        for kind, score, box in sorted(proposed, key=lambda found: found[0] != MONKEY):
            answer: tuple[str, float] | None = (kind, score)
            if kind != MONKEY and score < (self.thresholds[kind] if floor is None else floor):
                continue
            if kind != "person" and looks < _MOST:
                looks += 1
                answer = self._checked(kind, score, self._verifier.name(image, [box])[0], floor)
            elif kind == MONKEY:
                continue  # beyond the looks there are for one picture, and a monkey takes both
            if answer is not None:
                rows.append((answer[1], self.class_names.index(answer[0]), box))
        return self._sorted(rows)

    def _checked(
        self, kind: str, score: float, named: Named, floor: float | None
    ) -> tuple[str, float] | None:
        if kind == MONKEY:
            both = joint(score, named.monkey)
            if both >= (self.threshold if floor is None else floor):
                return kind, both
        sure = named.score >= NAME_SURE and named.name not in _NOT_SHOWN
        if not sure:
            return None if kind == MONKEY else (kind, score)
        enough = floor is not None or score >= self.thresholds[named.name]
        return (named.name, joint(score, named.score)) if enough else None

    def _sorted(self, rows: list[tuple[float, int, tuple[float, float, float, float]]]) -> Detections:
        if not rows:
            return no_detections(self.class_names)
        rows.sort(key=lambda row: -row[0])
        return Detections(
            np.array([row[2] for row in rows], np.float32),
            np.array([row[0] for row in rows], np.float32),
            np.array([row[1] for row in rows], np.int64),
            self.class_names,
        )
