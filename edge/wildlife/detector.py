"""Finds animals in one picture with an ONNX model. Is: preprocessing, the network, per-class thresholds and NMS.

Is not: a decision. One picture proves nothing; tracks and sightings are made of many.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge.wildlife.card import Card, CardError, load_card, model_file
from edge.wildlife.detections import Detections, no_detections
from edge.wildlife.outputs import Layout, LayoutError, recognise
from edge.wildlife.providers import open_session

_MOST = 300  # candidates looked at by NMS; a troop is smaller, and NMS is quadratic


class Detector:
    """One model in memory. Not thread-safe: one owner, one ``detect`` at a time, because the input is preallocated.

    Raises ModelMissingError, CardError, LayoutError or ProviderError (what, where, mend) when the model cannot be used.
    """

    def __init__(self, card_path: Path, providers: Sequence[str] = ("cpu",), threads: int = 1) -> None:
        self.card = load_card(card_path)
        if self.card.kind != "detector":
            raise CardError(f"{card_path}: kind is {self.card.kind}; give a model that finds boxes")
        self._session = open_session(model_file(card_path, self.card), providers, threads)
        cv2.setNumThreads(
            threads
        )  # of the whole process: waking a second one for a resize costs more than it saves
        size = (self.card.input_height_px, self.card.input_width_px)
        self._input = _input_name(self._session, size, card_path)
        self._blob = np.empty((1, 3, *size), np.float32)
        self._shape: tuple[int, ...] = ()  # of the last picture: a camera's are all alike, and padded alike
        self._thresholds = np.array(
            [self.card.thresholds[name] for name in self.card.class_names], np.float32
        )
        self.layout = self._recognised(card_path)

    def detect(self, image: NDArray[np.uint8], floor: float | None = None) -> Detections:
        """Animals in ``image`` (H, W, 3) uint8 BGR, boxes in its px. ``floor`` replaces the card's thresholds.

        Raises ValueError for a picture of another shape or type.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
            raise ValueError(f"picture is {image.dtype} {image.shape}; give uint8 (height, width, 3) BGR")
        ratio, corner = letterboxed(image, self.card, self._blob, padded=image.shape == self._shape)
        self._shape = image.shape
        lowest = float(self._thresholds.min()) if floor is None else floor
        found = self.layout.read(self._session.run(None, {self._input: self._blob}), lowest)
        keep = found.scores >= (self._thresholds[found.kinds] if floor is None else floor)
        if not keep.any():
            return no_detections(self.card.class_names)
        order = np.argsort(-found.scores[keep], kind="stable")[:_MOST]
        scores, kinds = found.scores[keep][order], found.kinds[keep][order]
        edge = (image.shape[1], image.shape[0]) * 2
        boxes = np.clip((found.boxes[keep][order] - corner) / ratio, 0, edge).astype(np.float32)
        chosen = suppressed(boxes, kinds, self.card.nms_iou) if self.layout.suppress else slice(None)
        return Detections(boxes[chosen], scores[chosen], kinds[chosen], self.card.class_names)

    def _recognised(self, card_path: Path) -> Layout:
        """The layout, from the answer to an empty picture; also wakes the provider, whose first run is slow."""
        size = (self.card.input_height_px, self.card.input_width_px)
        letterboxed(np.full((*size, 3), self.card.pad_value, np.uint8), self.card, self._blob)
        try:
            return recognise(
                self._session.run(None, {self._input: self._blob}), size, len(self.card.class_names)
            )
        except LayoutError as wrong:
            raise LayoutError(f"{model_file(card_path, self.card)}: {wrong}") from wrong


def letterboxed(
    image: NDArray[np.uint8], card: Card, blob: NDArray[np.float32], *, padded: bool = False
) -> tuple[float, NDArray[np.float32]]:
    """Fill ``blob`` (1, 3, H, W) with ``image`` as ``card`` asks; ``padded``: what lies around it is filled already.

    Returns network px per picture px, and the (4,) corner x, y, x, y at which the picture begins.
    """
    high, wide = blob.shape[2:]
    ratio = float(min(high / image.shape[0], wide / image.shape[1]))
    w, h = max(1, round(image.shape[1] * ratio)), max(1, round(image.shape[0] * ratio))
    left, top = ((wide - w) // 2, (high - h) // 2) if card.letterbox == "centre" else (0, 0)
    one = np.float32(1.0 if card.value_range == "0-255" else 1 / 255)
    if not padded:
        blob.fill(card.pad_value * one)
    colours = cv2.split(
        cv2.resize(image, (w, h))
    )  # plane by plane: three times faster than turning pixels round
    if card.channel_order == "RGB":
        colours = colours[::-1]
    for plane, colour in zip(blob[0, :, top : top + h, left : left + w], colours, strict=True):
        if one == 1.0:
            plane[...] = colour
        else:
            np.multiply(colour, one, out=plane)
    return ratio, np.array((left, top, left, top), np.float32)


def _input_name(session: onnxruntime.InferenceSession, size: tuple[int, int], card_path: Path) -> str:
    """The graph's one input; raises LayoutError unless it takes (1, 3, *size) float32."""
    inputs = session.get_inputs()
    shape, kind = inputs[0].shape, inputs[0].type
    fits = len(shape) == 4 and all(
        not isinstance(is_, int) or is_ == want for is_, want in zip(shape, (1, 3, *size), strict=True)
    )
    if len(inputs) != 1 or not fits or kind != "tensor(float)":
        raise LayoutError(
            f"{card_path}: the model takes {', '.join(f'{i.type} {i.shape}' for i in inputs)}, the card says one "
            f"float32 picture [1, 3, {size[0]}, {size[1]}]; export it so, or correct the card's input size"
        )
    return str(inputs[0].name)


def suppressed(boxes: NDArray[np.float32], kinds: NDArray[np.int64], iou_limit: float) -> NDArray[np.int64]:
    """Rows to keep: of boxes of one class that overlap by more than ``iou_limit``, the first."""
    # Classes are moved apart, so that only boxes of one class meet.
    apart = boxes + (kinds * 2.0 * boxes.max(initial=0.0))[:, None]
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    left = np.arange(len(boxes))
    kept = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        low = np.maximum(apart[best, :2], apart[left, :2])
        high = np.minimum(apart[best, 2:], apart[left, 2:])
        shared = np.maximum(high - low, 0.0).prod(axis=1)
        left = left[shared <= iou_limit * (areas[best] + areas[left] - shared)]
    return np.array(kept, np.int64)
