"""Recognises how a detector's graph tells its boxes, and reads them; a layout nobody can be sure of is refused.

Known: YOLOX (decoded in the graph, raw, or raw as three maps), YOLOv5 and v7, YOLOv8 and 11 (either way round), and
networks that need no suppression (YOLOv10, YOLO26, exports with it in the graph). The outputs' shapes tell most of
them apart; YOLOX raw and decoded have one shape, and their values on an empty picture tell.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.wildlife.card import ModelError

Array = NDArray[np.float32]
_STRIDES = (8, 16, 32)
_END_TO_END_MOST = 1000  # rows of a network that suppresses itself: 100 to 300 in every published export
_NEAR = 6.0  # cells: a trained network's cells answer for what lies within two or three of them
_SURE = 0.5  # one reading of the values must fit twice as well as the other


class LayoutError(ModelError, ValueError):
    """The graph's outputs are none that can be read; says why and how to export the model instead."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """``boxes`` (N, 4) x1, y1, x2, y2 in px of the network's input, ``scores`` (N,) 0..1, ``kinds`` (N,) class ids."""

    boxes: Array
    scores: Array
    kinds: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Layout:
    """``read`` takes the graph's outputs and the lowest score of interest; ``suppress``: boxes still overlap."""

    name: str
    read: Callable[[Sequence[Array], float], Candidates]
    suppress: bool = True


def recognise(outputs: Sequence[Array], size: tuple[int, int], classes: int) -> Layout:
    """The layout of ``outputs``, given for an empty picture of ``size`` = height, width px, with ``classes`` names.

    Raises LayoutError with the reason.
    """
    shapes = ", ".join(str(list(o.shape)) for o in outputs)
    first = outputs[0]
    if len(outputs) == len(_STRIDES) and all(o.ndim == 4 for o in outputs):
        return _maps(outputs, size, classes)
    if all(o.ndim == 5 for o in outputs):
        raise LayoutError(
            f"outputs {shapes}: bare YOLOv5 heads; export it with its last layer (without --train)"
        )
    if len(outputs) > 1:
        kind = "a segmentation model" if any(o.ndim == 4 for o in outputs) else "several outputs"
        raise LayoutError(f"outputs {shapes}: {kind}; export a detection model with one output")
    if first.ndim == 2 and first.shape[1] == 7:
        return Layout("end to end, rows of 7", _read_rows_of_7, suppress=False)
    if first.ndim != 3 or first.shape[0] != 1:
        raise LayoutError(f"outputs {shapes}: not one picture's rows; export with a batch of 1")
    return _by_shape(first[0], size, classes, shapes)


def _by_shape(rows: Array, size: tuple[int, int], classes: int, shapes: str) -> Layout:
    count = sum(_cells(size))
    high, wide = rows.shape
    if (high, wide) == (count, 5 + classes):
        return _yolox(rows, size)
    if (high, wide) == (3 * count, 5 + classes):
        return Layout("YOLOv5", _px_checked(rows[:, :4], rows[:, 4:], _read_objectness))
    if (high, wide) == (4 + classes, count):
        return Layout("YOLOv8 or 11", _px_checked(rows[:4].T, rows[4:].T, _read_turned))
    if (high, wide) == (count, 4 + classes):
        return Layout("YOLOv8 or 11, rows first", _px_checked(rows[:, :4], rows[:, 4:], _read_plain))
    if wide == 6 and high <= _END_TO_END_MOST:
        return Layout("end to end, rows of 6", _read_rows_of_6, suppress=False)
    raise LayoutError(f"outputs {shapes}: {_why_not(high, wide, size, classes)}")


def _why_not(high: int, wide: int, size: tuple[int, int], classes: int) -> str:
    count = sum(_cells(size))
    for rows, width, head, family in (
        (count, wide, 5, "YOLOX"), (3 * count, wide, 5, "YOLOv5"), (count, wide, 4, "YOLOv8 or 11"),
    ):  # fmt: skip
        if high == rows and width > head:
            return f"{family} of {width - head} classes, the card names {classes}; write its class names in the card"
    if wide == count and high > 4:
        return (
            f"YOLOv8 or 11 of {high - 4} classes, the card names {classes}; write its class names in the card"
        )
    if high <= _END_TO_END_MOST and wide == 4 + classes:
        return "a transformer's normalised queries; export a YOLO"
    return (
        f"{high} rows fit no YOLO of {size[1]} x {size[0]} px ({count} cells); give the size that it was exported "
        "for, or export it again with one output"
    )


def _cells(size: tuple[int, int]) -> list[int]:
    return [(size[0] // s) * (size[1] // s) for s in _STRIDES]


def _grid(size: tuple[int, int]) -> tuple[Array, Array]:
    """(cells, 2) x, y of each cell and (cells, 1) its stride in px, stride by stride, row by row."""
    grids, strides = [], []
    for s in _STRIDES:
        y, x = np.meshgrid(np.arange(size[0] // s), np.arange(size[1] // s), indexing="ij")
        grids.append(np.stack((x, y), axis=-1).reshape(-1, 2))
        strides.append(np.full((grids[-1].shape[0], 1), s))
    return np.concatenate(grids).astype(np.float32), np.concatenate(strides).astype(np.float32)


def _yolox(rows: Array, size: tuple[int, int]) -> Layout:
    """Decoded centres lie near their cell's place in the picture; raw ones are offsets of a few cells."""
    _scores_checked(rows[:, 4:])
    grid, stride = _grid(size)
    as_decoded = float(np.median(np.abs(rows[:, :2] / stride - grid - 0.5)))
    as_raw = float(np.median(np.abs(rows[:, :2] - 0.5)))
    if as_decoded < min(_NEAR, _SURE * as_raw):
        return Layout("YOLOX, decoded", _read_objectness)
    if as_raw < min(_NEAR, _SURE * as_decoded):
        return Layout("YOLOX, raw", _raw_reader(size))
    raise LayoutError(
        f"boxes lie {as_decoded:.1f} cells from where decoded ones would, {as_raw:.1f} from raw ones: neither; "
        "export the model again, with decoding in the graph"
    )


def _maps(outputs: Sequence[Array], size: tuple[int, int], classes: int) -> Layout:
    shapes = ", ".join(str(list(o.shape)) for o in outputs)
    wanted = [(1, 5 + classes, size[0] // s, size[1] // s) for s in _STRIDES]
    if [tuple(o.shape) for o in outputs] != wanted:
        raise LayoutError(
            f"outputs {shapes}: three maps, but not YOLOX of {classes} classes; export it with one output"
        )
    _scores_checked(np.concatenate([o[0, 4:].reshape(1 + classes, -1) for o in outputs], axis=1))
    raw = _raw_reader(size)

    def read(maps: Sequence[Array], floor: float) -> Candidates:
        rows = np.concatenate([m.reshape(5 + classes, -1) for m in maps], axis=1).T
        return raw([rows[None]], floor)

    return Layout("YOLOX, raw, three maps", read)


def _scores_checked(scores: Array) -> None:
    if scores.min() < -1e-3 or scores.max() > 1 + 1e-3:
        raise LayoutError(
            f"scores reach from {scores.min():.2f} to {scores.max():.2f}: no probabilities; "
            "export the model with its sigmoid in the graph"
        )


def _px_checked(
    boxes: Array, scores: Array, read: Callable[[Sequence[Array], float], Candidates]
) -> Callable[[Sequence[Array], float], Candidates]:
    """``read``, after a look at an empty picture's values: boxes of all cells in 0..1 are no px."""
    _scores_checked(scores)
    if boxes[:, :2].max() <= 2.0:
        raise LayoutError(
            "boxes are shares of the picture, not px (a TensorFlow export); export to ONNX directly"
        )
    return read


def _read_objectness(outputs: Sequence[Array], floor: float) -> Candidates:
    """Rows of cx, cy, w, h px, objectness, classes."""
    rows = outputs[0][0]
    some = rows[rows[:, 4] >= floor]  # a class's share is at most 1, so no other row can reach the floor
    return _best(some[:, :4], some[:, 4:5] * some[:, 5:], floor)


def _read_plain(outputs: Sequence[Array], floor: float) -> Candidates:
    """Rows of cx, cy, w, h px, classes."""
    rows = outputs[0][0]
    return _best(rows[:, :4], rows[:, 4:], floor)


def _read_turned(outputs: Sequence[Array], floor: float) -> Candidates:
    """Columns of cx, cy, w, h px, classes."""
    columns = outputs[0][0]
    some = columns[:, columns[4:].max(axis=0) >= floor].T
    return _best(some[:, :4], some[:, 4:], floor)


def _raw_reader(size: tuple[int, int]) -> Callable[[Sequence[Array], float], Candidates]:
    grid, stride = _grid(size)

    def read(outputs: Sequence[Array], floor: float) -> Candidates:
        rows = outputs[0][0]
        keep = rows[:, 4] >= floor
        some = rows[keep]
        centre = (some[:, :2] + grid[keep]) * stride[keep]
        extent = np.exp(np.minimum(some[:, 2:4], 10.0)) * stride[keep]
        return _best(np.concatenate((centre, extent), axis=1), some[:, 4:5] * some[:, 5:], floor)

    return read


def _read_rows_of_6(outputs: Sequence[Array], floor: float) -> Candidates:
    """x1, y1, x2, y2 px, score, class."""
    rows = outputs[0][0]
    some = rows[rows[:, 4] >= floor]
    return Candidates(some[:, :4], some[:, 4], some[:, 5].astype(np.int64))


def _read_rows_of_7(outputs: Sequence[Array], floor: float) -> Candidates:
    """Batch, x1, y1, x2, y2 px, class, score: YOLOv7's own export."""
    rows = outputs[0]
    some = rows[rows[:, 6] >= floor]
    return Candidates(some[:, 1:5], some[:, 6], some[:, 5].astype(np.int64))


def _best(centred: Array, scores: Array, floor: float) -> Candidates:
    """The likeliest class of each row that reaches ``floor``, its box as corners."""
    kinds = scores.argmax(axis=1)
    best = scores[np.arange(len(scores)), kinds]
    keep = best >= floor
    half = centred[keep, 2:4] / 2
    middle = centred[keep, :2]
    corners = np.concatenate((middle - half, middle + half), axis=1)
    return Candidates(corners.astype(np.float32), best[keep], kinds[keep])
