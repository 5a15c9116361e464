"""Finds animals in one picture with an ONNX model. Is: preprocessing, the network, per-class thresholds and NMS.

Is not: a decision. One picture proves nothing; tracks and sightings are made of many.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge.wildlife.card import CardError, load_card, model_file
from edge.wildlife.detections import Detections, no_detections

_MOST = 300  # candidates looked at by NMS; a troop is smaller, and NMS is quadratic


class Detector:
    """One model in memory. Not thread-safe: one owner, one ``detect`` at a time, because the input is preallocated.

    Raises ModelMissingError or CardError (what, where, mend) when the model cannot be used.
    """

    def __init__(
        self,
        card_path: Path,
        providers: Sequence[str] = ("CPUExecutionProvider",),
        threads: int = 1,
    ) -> None:
        self.card = load_card(card_path)
        self._session = _session(model_file(card_path, self.card), providers, threads)
        wanted = self._session.get_outputs()[0].shape[-1]
        if wanted != 5 + len(self.card.class_names):
            raise CardError(
                f"{card_path}: class_names: {len(self.card.class_names)} names, the model has "
                f"{wanted - 5}; export the model again, which writes a card that fits"
            )
        self._input = self._session.get_inputs()[0].name
        size = (self.card.input_height_px, self.card.input_width_px)
        self._canvas = np.empty((*size, 3), np.uint8)
        self._blob = np.empty((1, 3, *size), np.float32)
        self._thresholds = np.array(
            [self.card.thresholds[name] for name in self.card.class_names], np.float32
        )

    def detect(self, image: NDArray[np.uint8], floor: float | None = None) -> Detections:
        """Animals in ``image`` (H, W, 3) uint8 BGR, boxes in its px. ``floor`` replaces the card's thresholds.

        Raises ValueError for a picture of another shape or type.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
            raise ValueError(f"picture is {image.dtype} {image.shape}; give uint8 (height, width, 3) BGR")
        ratio = self._fill(image)
        rows = self._session.run(None, {self._input: self._blob})[0][0]
        scores = rows[:, 4:5] * rows[:, 5:]
        kinds = scores.argmax(axis=1)
        best = scores[np.arange(len(rows)), kinds]
        keep = best >= (self._thresholds[kinds] if floor is None else floor)
        if not keep.any():
            return no_detections(self.card.class_names)
        order = np.argsort(-best[keep], kind="stable")[:_MOST]
        boxes = _corners(rows[keep][order, :4], ratio, image.shape[1], image.shape[0])
        scores, kinds = best[keep][order], kinds[keep][order]
        chosen = _suppress(boxes, kinds, self.card.nms_iou)
        return Detections(boxes[chosen], scores[chosen], kinds[chosen], self.card.class_names)

    def _fill(self, image: NDArray[np.uint8]) -> float:
        """Letterbox ``image`` into the top-left of the network's input; returns network px per picture px."""
        high, wide = self._canvas.shape[:2]
        ratio = float(min(high / image.shape[0], wide / image.shape[1]))
        size = max(1, round(image.shape[1] * ratio)), max(1, round(image.shape[0] * ratio))
        self._canvas.fill(self.card.pad_value)
        self._canvas[: size[1], : size[0]] = cv2.resize(image, size)
        np.copyto(self._blob[0], self._canvas.transpose(2, 0, 1))
        return ratio


def _session(onnx: Path, providers: Sequence[str], threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning threads keep a Pi's cores hot between frames; the radar and the uplink need them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(onnx), options, providers=list(providers))
    except Exception as wrong:  # onnxruntime raises its own untyped errors
        raise CardError(f"{onnx}: onnxruntime refuses this model: {wrong}") from wrong


def _corners(rows: NDArray[np.float32], ratio: float, width: int, height: int) -> NDArray[np.float32]:
    """Network cx, cy, w, h to picture x1, y1, x2, y2, cut at its edges."""
    half = rows[:, 2:4] / 2
    boxes = np.concatenate((rows[:, :2] - half, rows[:, :2] + half), axis=1) / ratio
    return np.clip(boxes, 0, (width, height, width, height)).astype(np.float32)


def _suppress(boxes: NDArray[np.float32], kinds: NDArray[np.int64], iou_limit: float) -> list[int]:
    """Rows to keep: of boxes of one class that overlap by more than ``iou_limit``, the first."""
    left = list(range(len(boxes)))
    kept = []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [
            n for n in left
            if kinds[n] != kinds[best] or _overlap(boxes[best], boxes[n]) <= iou_limit
        ]  # fmt: skip
    return kept


def _overlap(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h
    return float(w * h / union)
