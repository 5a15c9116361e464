"""Names what a box shows, with a second network that looks at the crop alone. Is: a name and its probability.

Is not: a detector; it is asked about a box that another network proposed. It is what keeps a horn from sounding at a
raccoon: a proposal and a name err in different ways, so both together err seldom.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.wildlife.boxes import BoxPx
from edge.wildlife.card import CardError, load_card, model_file
from edge.wildlife.providers import open_session

_AROUND = 1.15  # of the box's longer side: a detector's box cuts off tails and ears
_PAD = 127  # what the network takes for zero


@dataclass(frozen=True, slots=True)
class Named:
    """``name`` is the likeliest, ``score`` its probability 0..1, ``monkey`` that of a monkey."""

    name: str
    score: float
    monkey: float


class Verifier:
    """One naming network in memory; not thread-safe: one owner, because its input is preallocated.

    Raises ModelMissingError, CardError or ProviderError (what, where, mend) when the model cannot be used.
    """

    def __init__(self, card_path: Path, providers: Sequence[str] = ("cpu",), threads: int = 1) -> None:
        self.card = load_card(card_path)
        if self.card.kind != "namer":
            raise CardError(
                f"{card_path}: kind is {self.card.kind}, a verifier needs a namer; give a model that names crops"
            )
        self._session = open_session(model_file(card_path, self.card), providers, threads)
        self._input = self._session.get_inputs()[0].name
        self._monkey = self.card.class_names.index("monkey")
        self._blob = np.empty((1, 3, self.card.input_height_px, self.card.input_width_px), np.float32)

    @property
    def threshold(self) -> float:
        """Least mean probability of a monkey over several looks at one animal, whichever detector proposed it."""
        return self.card.thresholds["monkey"]

    def threshold_with(self, detector_name: str) -> float:
        """Least joint score of a monkey beside the detector whose card has that name.

        Raises CardError where the two were never measured together.
        """
        try:
            return self.card.joint[detector_name]
        except KeyError:
            raise CardError(
                f"{self.card.name}: joint: no threshold beside the detector {detector_name}; "
                "measure the two together, which writes one"
            ) from None

    def name(self, image: NDArray[np.uint8], boxes: Sequence[BoxPx] | NDArray[np.float32]) -> list[Named]:
        """What each of ``boxes`` (x1, y1, x2, y2 px) of ``image`` (H, W, 3) uint8 BGR shows."""
        return [self._named(self.probabilities(image, box)) for box in boxes]

    def probabilities(
        self, image: NDArray[np.uint8], box: BoxPx | NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """(names,) probabilities, summing to 1, in the order of the card's class names."""
        crop = cut(image, box, self._blob.shape[2])
        np.copyto(self._blob[0], crop[:, :, ::-1].transpose(2, 0, 1))
        return np.asarray(self._session.run(None, {self._input: self._blob})[0][0], np.float32)

    def _named(self, shares: NDArray[np.float32]) -> Named:
        best = int(shares.argmax())
        return Named(self.card.class_names[best], float(shares[best]), float(shares[self._monkey]))


def cut(image: NDArray[np.uint8], box: BoxPx | NDArray[np.float32], side_px: int) -> NDArray[np.uint8]:
    """A (side, side, 3) square around ``box``, moved into the picture where it fits, else padded."""
    x1, y1, x2, y2 = (float(v) for v in box)
    side = max(8.0, max(x2 - x1, y2 - y1) * _AROUND)
    left = _inside((x1 + x2 - side) / 2, side, image.shape[1])
    top = _inside((y1 + y2 - side) / 2, side, image.shape[0])
    ratio = side_px / side
    if ratio < 1:  # warpAffine has no area filter: shrink what is needed first, or stripes appear
        x, y = max(0, int(left)), max(0, int(top))
        part = image[y : int(top + side) + 1, x : int(left + side) + 1]
        size = max(1, round(part.shape[1] * ratio)), max(1, round(part.shape[0] * ratio))
        image = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
        shift = np.array([[1, 0, (x - left) * ratio], [0, 1, (y - top) * ratio]], np.float32)
    else:
        shift = np.array([[ratio, 0, -left * ratio], [0, ratio, -top * ratio]], np.float32)
    padded = cv2.warpAffine(image, shift, (side_px, side_px), borderValue=(_PAD, _PAD, _PAD))
    return np.asarray(padded, np.uint8)


def _inside(start: float, side: float, length: int) -> float:
    return (length - side) / 2 if side >= length else min(max(0.0, start), length - side)
