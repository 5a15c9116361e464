"""Whatever layout a YOLO tells its boxes in, the edge reads the same animals; what it cannot be sure of it refuses."""

import numpy as np
import pytest

from edge.wildlife.outputs import LayoutError, recognise

SIZE = (64, 96)
CLASSES = 3
STRIDES = (8, 16, 32)
BOX = np.array([20.0, 10.0, 60.0, 50.0])  # x1, y1, x2, y2
CENTRED = np.array([40.0, 30.0, 40.0, 40.0])
KIND, SCORE = 2, 0.81


def grid():
    cells = [(x, y, s) for s in STRIDES for y in range(SIZE[0] // s) for x in range(SIZE[1] // s)]
    return np.array(cells, np.float32)


def decoded(extra_rows: int = 1):
    """Every cell answers for its own place, none of them sure."""
    cells = grid()
    rows = np.zeros((len(cells), 4), np.float32)
    rows[:, :2] = (cells[:, :2] + 0.5) * cells[:, 2:]
    rows[:, 2:] = cells[:, 2:] * 2
    return np.tile(rows, (extra_rows, 1))


def with_animal(rows, heads: int, at: int = 7):
    """``rows`` of boxes with ``heads`` score columns before the classes, one of them sure of one animal."""
    out = np.concatenate((rows, np.zeros((len(rows), heads + CLASSES), np.float32)), axis=1)
    out[at, :4] = CENTRED
    out[at, 4 : 4 + heads] = 0.9
    out[at, 4 + heads + KIND] = SCORE / 0.9 if heads else SCORE
    return out


def raw(at: int = 7):
    rows = with_animal(np.zeros((len(grid()), 4), np.float32), 1, at)
    x, y, s = grid()[at]
    rows[at, :2] = CENTRED[:2] / s - (x, y)
    rows[at, 2:4] = np.log(CENTRED[2:] / s)
    return rows


def maps():
    rows, out, start = raw(), [], 0
    for s in STRIDES:
        high, wide = SIZE[0] // s, SIZE[1] // s
        part = rows[start : start + high * wide]
        out.append(part.T.reshape(1, 5 + CLASSES, high, wide))
        start += high * wide
    return out


def rows_of_6():
    rows = np.zeros((300, 6), np.float32)
    rows[0] = (*BOX, SCORE, KIND)
    return [rows[None]]


LAYOUTS = {
    "YOLOX, decoded": lambda: [with_animal(decoded(), 1)[None]],
    "YOLOX, raw": lambda: [raw()[None]],
    "YOLOX, raw, three maps": maps,
    "YOLOv5": lambda: [with_animal(decoded(3), 1)[None]],
    "YOLOv8 or 11": lambda: [with_animal(decoded(), 0).T[None]],
    "YOLOv8 or 11, rows first": lambda: [with_animal(decoded(), 0)[None]],
    "end to end, rows of 6": rows_of_6,
    "end to end, rows of 7": lambda: [np.array([[0, *BOX, KIND, SCORE]], np.float32)],
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_is_recognised_and_gives_the_same_animal(name):
    outputs = LAYOUTS[name]()
    layout = recognise(outputs, SIZE, CLASSES)
    assert layout.name == name
    assert layout.suppress == (not name.startswith("end"))
    found = layout.read(outputs, 0.3)
    assert found.kinds.tolist() == [KIND]
    assert found.scores == pytest.approx([SCORE], abs=1e-5)
    np.testing.assert_allclose(found.boxes, [BOX], atol=1e-3)


@pytest.mark.parametrize("name", LAYOUTS)
def test_below_the_floor_nothing_is_read(name):
    outputs = LAYOUTS[name]()
    assert len(recognise(outputs, SIZE, CLASSES).read(outputs, 0.9).scores) == 0


def test_an_untrained_raw_network_is_not_taken_for_a_decoded_one():
    rows = np.random.default_rng(0).normal(0, 1.5, (len(grid()), 5 + CLASSES)).astype(np.float32)
    rows[:, 4:] = 0.01
    assert recognise([rows[None]], SIZE, CLASSES).name == "YOLOX, raw"


CELLS = len(grid())
REFUSED = {
    "of 5 classes, the card names 3": [with_animal(decoded(), 1)[None][:, :, [*range(8), 7, 7]]],
    "YOLOv8 or 11 of 2 classes": [np.zeros((1, 6, CELLS), np.float32)],
    "no probabilities": [np.concatenate((decoded(), np.full((CELLS, 4), -3.0, np.float32)), axis=1)[None]],
    "shares of the picture": [np.full((1, 4 + CLASSES, CELLS), 0.5, np.float32)],
    "segmentation": [np.zeros((1, 39, CELLS), np.float32), np.zeros((1, 32, 16, 24), np.float32)],
    "bare YOLOv5 heads": [np.zeros((1, 3, 8, 12, 8), np.float32)],
    "three maps, but not YOLOX": [np.zeros((1, 67, SIZE[0] // s, SIZE[1] // s), np.float32) for s in STRIDES],
    "batch of 1": [np.zeros((4, 8, CELLS), np.float32)],
    "transformer": [np.zeros((1, 300, 7), np.float32)],
    "fit no YOLO of 96 x 64": [np.zeros((1, 8400, 8), np.float32)],
    "neither": [np.concatenate((np.tile([[1000.0, 700.0, 8, 8]], (CELLS, 1)), np.zeros((CELLS, 4))), axis=1)[None]],
}  # fmt: skip


@pytest.mark.parametrize("why", REFUSED)
def test_what_cannot_be_read_for_certain_is_refused_with_the_reason(why):
    with pytest.raises(LayoutError, match=why):
        recognise([np.asarray(o, np.float32) for o in REFUSED[why]], SIZE, CLASSES)
