"""An int8 twin is a model of its own: with its card, in int8, and nearly of the same mind."""

from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the train extra is not installed: pip install .[train]")
onnx = pytest.importorskip("onnx", reason="the train extra is not installed: pip install .[train]")

from edge.wildlife.card import read_card
from edge.wildlife.detector import Detector
from models.compact import as_int8
from models.export import write_card, write_onnx
from models.pictures import Album, Labelled
from models.yolox.network import Yolox

REPOSITORY = Path(__file__).parents[2]
CLASSES = ("monkey", "person", "other_animal")


@pytest.mark.system
def test_an_int8_twin_has_its_own_card_and_answers_nearly_the_same(tmp_path: Path):
    torch.manual_seed(0)
    shipped = read_card(REPOSITORY / "models" / "macaque_nano" / "macaque_nano.json")
    write_onnx(Yolox(len(CLASSES)).eval(), 64, tmp_path / "small.onnx")
    card = msgspec.structs.replace(
        shipped, name="small", file="small.onnx", class_names=CLASSES, thresholds=dict.fromkeys(CLASSES, 0.4),
        input_height_px=64, input_width_px=64,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    pictures = []
    for n in range(4):
        cv2.imwrite(str(tmp_path / f"{n}.png"), rng.integers(0, 255, (48, 64, 3), np.uint8))
        pictures.append(Labelled(tmp_path / f"{n}.png", "own", f"{n}", np.zeros((0, 5), np.float32)))
    album = Album(CLASSES, tuple(pictures))
    twin = as_int8(write_card(card, tmp_path), album, tmp_path / "int8")
    told = read_card(twin)
    assert (told.name, told.precision, told.joint) == ("small_int8", "int8", {})
    assert told.figures.recall == {}  # its own are measured, never the other's copied
    graph = onnx.load(str(twin.with_suffix(".onnx"))).graph
    assert "QuantizeLinear" in {node.op_type for node in graph.node}
    image = album.pictures[0].read()
    full, small = (Detector(c).detect(image, floor=0.0) for c in (tmp_path / "small.json", twin))
    assert abs(float(full.scores[0]) - float(small.scores[0])) < 0.02
