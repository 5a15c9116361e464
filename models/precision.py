"""Average precision at IoU 0.5, counted by pycocotools so that it compares with what others report."""

import contextlib
import io
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from edge.wildlife.detections import Detections
from models.pictures import Album

_FLOOR = 0.01  # a curve needs the unsure answers too; below this they change nothing


class Detecting(Protocol):
    """What can be measured: the edge's own ``Detector``."""

    def detect(self, image: NDArray[np.uint8], floor: float | None = None) -> Detections: ...


def average_precision(album: Album, detector: Detecting) -> dict[str, float]:
    """AP50 per class name that has at least one labelled box in ``album``; 0..1."""
    rows: list[dict[str, Any]] = []
    for number, picture in enumerate(album.pictures, start=1):
        for kind, score, (x1, y1, x2, y2) in detector.detect(picture.read(), floor=_FLOOR):
            if kind not in album.class_names:  # a verifier knows names that nobody drew a box of
                continue
            rows.append({
                "image_id": number, "category_id": album.class_names.index(kind) + 1,
                "bbox": [x1, y1, x2 - x1, y2 - y1], "score": score,
            })  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints its progress
        truth = COCO()
        truth.dataset = _tree(album)
        truth.createIndex()
        if not rows:
            return dict.fromkeys(_labelled(album), 0.0)
        judge = COCOeval(truth, truth.loadRes(rows), "bbox")
        judge.params.iouThrs = np.array([0.5])
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][0, :, :, 0, -1]  # (101 recalls, classes), all areas, 100 boxes
    points = {name: precision[:, n] for n, name in enumerate(album.class_names)}
    return {name: float(points[name].mean()) for name in _labelled(album)}


def _labelled(album: Album) -> list[str]:
    return [name for n, name in enumerate(album.class_names) if any(p.holds(n) for p in album.pictures)]


def _tree(album: Album) -> dict[str, Any]:
    """The album as pycocotools wants it; ids from 1, because it takes an id of 0 for "no match"."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, picture in enumerate(album.pictures, start=1):
        images.append({"id": number})
        for kind, x, y, w, h in picture.boxes.tolist():
            annotations.append({
                "id": len(annotations) + 1, "image_id": number, "category_id": int(kind) + 1,
                "bbox": [x, y, w, h], "area": w * h, "iscrowd": 0,
            })  # fmt: skip
    names = [{"id": n, "name": name} for n, name in enumerate(album.class_names, start=1)]
    return {"images": images, "annotations": annotations, "categories": names}
