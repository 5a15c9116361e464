"""What every detector is turned into: boxes, scores and classes of one picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from edge.wildlife.card import Card


@dataclass(frozen=True, slots=True)
class Detections:
    """``boxes`` (N, 4) float32 x1, y1, x2, y2 in px of the picture; ``scores`` (N,) float32 0..1, highest first.

    ``class_ids`` (N,) int64 index ``class_names``.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    class_ids: NDArray[np.int64]
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.scores)

    def __iter__(self) -> Iterator[tuple[str, float, tuple[float, float, float, float]]]:
        """(class name, score, (x1, y1, x2, y2)) of each detection, highest score first."""
        for box, score, kind in zip(self.boxes, self.scores, self.class_ids, strict=True):
            x1, y1, x2, y2 = (float(v) for v in box)
            yield self.class_names[kind], float(score), (x1, y1, x2, y2)

    def of(self, class_name: str) -> "Detections":
        """Only those of one class; none when the detector does not know the class."""
        wanted = [n for n, name in enumerate(self.class_names) if name == class_name]
        return self.where(np.isin(self.class_ids, wanted))

    def where(self, keep: NDArray[np.bool_]) -> "Detections":
        """Only those marked in ``keep`` (N,)."""
        return Detections(self.boxes[keep], self.scores[keep], self.class_ids[keep], self.class_names)


class FindsAnimals(Protocol):
    """Whatever looks at one picture (H, W, 3) uint8 BGR: an ONNX model, or a drawing that knows what it shows."""

    def detect(self, image: NDArray[np.uint8], floor: float | None = None) -> Detections:
        """Animals and people in the picture; ``floor`` replaces the detector's own thresholds.

        May raise anything, the field reports it.
        """
        ...


@runtime_checkable
class Carded(Protocol):
    """A detector made from a card, whose thresholds and input size can be asked."""

    @property
    def card(self) -> Card: ...


def no_detections(class_names: tuple[str, ...]) -> Detections:
    """The answer for a picture in which nothing was found."""
    return Detections(
        np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64), class_names
    )
