"""Two detectors as one: the field's own, and a second that knows fewer names and sees more.

MegaDetector-lite finds what moves at night before a trail camera and calls it an animal, which is all it knows; the
field's detector knows monkeys and people. Together they miss less, at the cost of both.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.wildlife.card import Card, CardError
from edge.wildlife.detections import Detections
from edge.wildlife.detector import Detector, suppressed

_SAME = 0.5  # intersection over union from which two boxes are one animal


class Together:
    """``detect`` as either detector's; class names, thresholds and card are the first one's.

    Is: every box of the first, and those of the second where the first tells of nothing. Is not: a vote; a monkey or a
    person is proposed by the first alone. Raises CardError where the second has a class that the first does not know.
    """

    def __init__(self, first: Detector, second: Detector) -> None:
        unknown = [name for name in second.card.class_names if name not in first.card.class_names]
        if unknown:
            raise CardError(
                f"{second.card.name}: class {', '.join(unknown)} is none of {first.card.name}; give a second detector "
                "whose classes the first one knows"
            )
        self._first, self._second = first, second
        self._ids = np.array([first.card.class_names.index(n) for n in second.card.class_names], np.int64)
        self._least = np.array([first.card.thresholds[n] for n in first.card.class_names], np.float32)
        self._least_second = np.array(
            [second.card.thresholds[n] for n in second.card.class_names], np.float32
        )

    @property
    def card(self) -> Card:
        """The first one's."""
        return self._first.card

    def detect(self, image: NDArray[np.uint8], floor: float | None = None) -> Detections:
        """As ``Detector.detect``; each at its own card's thresholds, or both at ``floor``."""
        own, more = self._first.detect(image, floor), self._second.detect(image, floor)
        told = own.boxes[own.scores >= self._least[own.class_ids]]
        more = replace(more, scores=self._on_first_scale(more))
        new = more.where(_overlaps(more.boxes, told).max(axis=1, initial=0.0) < _SAME)
        boxes = np.concatenate((own.boxes, new.boxes))
        scores = np.concatenate((own.scores, new.scores))
        kinds = np.concatenate((own.class_ids, self._ids[new.class_ids]))
        order = np.argsort(-scores, kind="stable")
        boxes, scores, kinds = boxes[order], scores[order], kinds[order]
        kept = suppressed(boxes, kinds, self.card.nms_iou)
        return Detections(boxes[kept], scores[kept], kinds[kept], own.class_names)

    def _on_first_scale(self, more: Detections) -> NDArray[np.float32]:
        """The second one's scores, bent so that its threshold lies where the first one's of that class does."""
        own, other = self._least[self._ids[more.class_ids]], self._least_second[more.class_ids]
        above = own + (1 - own) * (more.scores - other) / np.maximum(1 - other, 1e-6)
        return np.where(more.scores >= other, above, more.scores * own / np.maximum(other, 1e-6)).astype(
            np.float32
        )


def detector_of(
    card: Path, second: Path | None, providers: Sequence[str] = ("cpu",), threads: int = 1
) -> Detector | Together:
    """The detector of ``card``, with a second one where there is one; raises what ``Detector`` and ``Together`` raise."""
    first = Detector(card, providers, threads)
    return first if second is None else Together(first, Detector(second, providers, threads))


def _overlaps(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, M) intersection over union."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.maximum(high - low, 0.0).prod(axis=2)
    areas = [(c[:, 2:] - c[:, :2]).prod(axis=1) for c in (a, b)]
    return np.asarray(shared / np.maximum(areas[0][:, None] + areas[1][None] - shared, 1e-6), np.float32)
