"""The trainer learns, can be stopped and gone on with, and what it exports answers as it did in torch."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the train extra is not installed: pip install .[train]")

from edge.wildlife.detector import Detector
from models.export import write_card, write_onnx
from models.pictures import open_album
from models.shipping import export_run
from models.train import Recipe, Trainer
from models.yolox.assign import assign, overlap
from models.yolox.bases import load_base
from models.yolox.loss import loss
from models.yolox.network import Yolox, cells, decode

CLASSES = 3


@pytest.fixture(autouse=True)
def one_thread():
    """Torch's threads spin while they wait for each other: beside other work they cost minutes, alone they win nothing."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_an_export_answers_as_the_network_does(tmp_path: Path):
    torch.manual_seed(0)
    assert write_onnx(Yolox(CLASSES).eval(), 96, tmp_path / "tiny.onnx") < 5e-2


def test_each_box_is_answered_for_by_cells_near_it_and_by_no_other_box_s():
    grid, stride = cells(96, 96)
    labels = torch.tensor([[0, 24.0, 24.0, 30.0, 30.0], [1, 70.0, 60.0, 40.0, 50.0]])
    predicted = torch.zeros(grid.shape[0], 5 + CLASSES)
    predicted[:, :4] = torch.cat(((grid + 0.5) * stride, stride.expand(-1, 2) * 4), dim=1)
    found = assign(predicted, labels, grid, stride)
    assert set(found.boxes.tolist()) == {0, 1}
    assert len(set(found.cells.tolist())) == len(found.cells)
    centres = ((grid + 0.5) * stride)[found.cells]
    reach = (centres - labels[found.boxes, 1:3]).abs().max(dim=1).values
    assert (reach <= 48).all()


def test_overlap_of_a_box_with_itself_is_one_and_with_a_far_one_none():
    boxes = torch.tensor([[10.0, 10.0, 8.0, 8.0], [80.0, 80.0, 8.0, 8.0]])
    assert torch.allclose(overlap(boxes, boxes), torch.eye(2), atol=1e-5)


def test_steps_on_one_picture_lower_its_loss():
    torch.manual_seed(0)
    network = Yolox(CLASSES)
    picture = torch.rand(2, 3, 96, 96) * 255
    labels = [torch.tensor([[1.0, 40.0, 40.0, 40.0, 40.0]]), torch.zeros(0, 5)]
    optimizer = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9)
    losses = []
    for _ in range(60):
        total = loss(network(picture), labels, (96, 96))["total"]
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        losses.append(float(total.detach()))
    assert min(losses[-5:]) < 0.7 * losses[0], losses


def test_decoding_puts_a_zero_answer_at_its_cell():
    grid, stride = cells(64, 64)
    rows = decode(torch.zeros(1, grid.shape[0], 5 + CLASSES), grid, stride)
    assert torch.allclose(rows[0, :, :2], grid * stride)
    assert torch.allclose(rows[0, :, 2:4], stride.expand(-1, 2))


def test_a_foreign_checkpoint_is_refused_by_name(tmp_path: Path):
    path = tmp_path / "other.pth"
    torch.save({"model": {"layer.weight": torch.zeros(3)}}, path)
    with pytest.raises(ValueError, match=r"other\.pth"):
        load_base(Yolox(CLASSES), path, ("monkey", "person", "bear"))


@pytest.mark.system
def test_a_run_goes_on_where_it_was_stopped_and_ends_in_a_model_the_edge_reads(
    tmp_path: Path, shared_data: Path
):
    album = open_album([shared_data / "wildlife" / "train.json"])
    few = album.only(frozenset(p.path.name for p in album.pictures[:48]))
    base = shared_data / "wildlife" / "base" / "yolox_nano_coco.pth"
    run = tmp_path / "run"
    first = Trainer(few, base, run, Recipe(size=96, batch=8, epochs=2, threads=1))
    first._one_epoch(0.0)
    Trainer(few, base, run, Recipe(size=96, batch=8, epochs=1, threads=1)).run()
    Trainer(few, base, run, Recipe(size=96, batch=8, epochs=2, threads=1)).run()
    assert len((run / "curves.csv").read_text().splitlines()) == 3
    card = export_run(run / "last.pt", tmp_path / "out", "small", 96)
    found = Detector(card).detect(np.full((60, 90, 3), 114, np.uint8))
    assert found.class_names == few.class_names
    assert write_card(Detector(card).card, tmp_path / "out") == card
