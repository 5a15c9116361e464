"""A YOLO that was trained elsewhere gets a card, if it can be read, and then finds what it says it finds."""

from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the train extra is not installed: pip install .[train]")
from onnx import TensorProto, helper, numpy_helper

from edge.wildlife.card import CardError
from edge.wildlife.detector import Detector
from edge.wildlife.outputs import LayoutError
from models.adopting import adopted

SIDE = 64
CELLS = sum((SIDE // s) ** 2 for s in (8, 16, 32))


def yolo_v8(path: Path, *, names: str = "", rows: int = 4 + 2) -> Path:
    """A graph that finds one monkey at (8, 8)-(40, 40), the brighter the picture the surer."""
    table = np.zeros((1, rows, CELLS), np.float32)
    table[0, 0] = table[0, 1] = np.linspace(4, SIDE - 4, CELLS)
    table[0, :4, 5] = (24, 24, 32, 32)
    sure = np.zeros_like(table)
    sure[0, 4, 5] = 1.0
    nodes = [
        helper.make_node("ReduceMax", ["images"], ["most"], keepdims=0),
        helper.make_node("Mul", ["sure", "most"], ["scored"]),
        helper.make_node("Add", ["table", "scored"], ["output0"]),
    ]
    graph = helper.make_graph(
        nodes,
        "yolo",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, rows, CELLS])],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(sure, "sure")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    if names:
        helper.set_model_props(model, {"names": names})
    onnx.save(model, str(path))
    return path


def test_a_yolo_of_others_is_recognised_and_finds_what_it_finds(tmp_path: Path):
    model = yolo_v8(tmp_path / "theirs.onnx", names="{0: 'monkey', 1: 'person'}")
    card, layout = adopted(model, [], 640, "RGB", "0-1", "AGPL-3.0")
    assert layout == "YOLOv8 or 11"
    found = Detector(card).detect(np.full((32, 64, 3), 255, np.uint8))
    assert [kind for kind, _, _ in found] == ["monkey"]
    assert found.scores[0] == pytest.approx(1.0, abs=1e-3)
    np.testing.assert_allclose(found.boxes, [[8, 8, 40, 32]], atol=1e-3)
    assert Detector(card).card.licence == "AGPL-3.0"


def test_values_are_scaled_as_the_card_says(tmp_path: Path):
    model = yolo_v8(tmp_path / "theirs.onnx", names="{0: 'monkey', 1: 'person'}")
    card, _ = adopted(model, [], 640, "RGB", "0-1", "own")
    dim = Detector(card).detect(np.full((64, 64, 3), 128, np.uint8))
    assert dim.scores[0] == pytest.approx(128 / 255, abs=1e-2)


def test_without_class_names_they_are_asked_for(tmp_path: Path):
    with pytest.raises(CardError, match="--names"):
        adopted(yolo_v8(tmp_path / "theirs.onnx"), [], 640, "RGB", "0-1", "own")


def test_one_that_cannot_be_read_leaves_no_card(tmp_path: Path):
    model = yolo_v8(tmp_path / "theirs.onnx", rows=6)
    with pytest.raises(LayoutError, match=r"theirs\.onnx: .*of 2 classes, the card names 3"):
        adopted(model, ["monkey", "person", "dog"], 640, "RGB", "0-1", "own")
    assert list(tmp_path.glob("*.json")) == []


def test_pictures_of_two_shapes_are_padded_anew(tmp_path: Path):
    """The graph's score is the brightest px: white left over from a wider picture would show."""
    model = yolo_v8(tmp_path / "theirs.onnx", names="{0: 'monkey', 1: 'person'}")
    card, _ = adopted(model, [], 640, "RGB", "0-1", "own")
    detector = Detector(card)
    dark = np.full((64, 32, 3), 100, np.uint8)
    fresh = float(detector.detect(dark, floor=0.1).scores[0])
    detector.detect(np.full((32, 64, 3), 255, np.uint8))
    detector.detect(np.full((32, 64, 3), 255, np.uint8))
    assert (
        float(detector.detect(dark, floor=0.1).scores[0]) == pytest.approx(fresh) == pytest.approx(114 / 255)
    )
