"""An eye that is told what was drawn: stands in for the network where the network is not what is tried."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from edge.sensors.camera.watch import is_flat
from edge.wildlife.detections import Detections, no_detections
from simulators.field.drawing import Box

CLASSES = ("monkey", "person", "deer", "raccoon", "cat", "dog", "bear", "boar", "other_animal")
SCORE = 0.9


class DrawnEye:
    """Finds exactly what ``boxes()`` says the last picture shows; nothing in a picture of one colour."""

    def __init__(self, boxes: Callable[[], Sequence[Box]]) -> None:
        self._boxes = boxes

    def detect(self, image: NDArray[np.uint8], floor: float | None = None) -> Detections:  # noqa: ARG002 - it is sure of all it sees
        """``image`` (H, W, 3) uint8 BGR."""
        known = [] if is_flat(image) else [box for box in self._boxes() if box.kind in CLASSES]
        if not known:
            return no_detections(CLASSES)
        return Detections(
            np.array([(b.x, b.y, b.x + b.w, b.y + b.h) for b in known], np.float32),
            np.full(len(known), SCORE, np.float32),
            np.array([CLASSES.index(b.kind) for b in known], np.int64),
            CLASSES,
        )
