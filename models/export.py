"""Writes a trained network as ONNX with its card, and checks that onnxruntime answers as torch does."""

import hashlib
import warnings
from pathlib import Path

import msgspec
import numpy as np
import torch
from torch import Tensor, nn

from edge.wildlife.card import Card
from edge.wildlife.providers import open_session
from models.yolox.network import Yolox, cells, decode

_OPSET = 13  # the newest that TensorRT 8 and onnxruntime 1.10, the oldest in use on Jetson, both read
_TOLERANCE = 5e-2  # px and score: float32 sums differ in order between the two runtimes


class ExportError(RuntimeError):
    """The exported file does not answer as the network does."""


class Decoded(nn.Module):
    """The network with boxes in px and scores 0..1 in its graph: (1, 3, H, W) to (1, cells, 5 + classes)."""

    def __init__(self, network: Yolox, height: int, width: int) -> None:
        super().__init__()
        self.network = network
        grid, stride = cells(height, width)
        self.register_buffer("grid", grid)
        self.register_buffer("stride", stride)

    def forward(self, x: Tensor) -> Tensor:
        rows = decode(self.network(x), self.grid, self.stride)
        return torch.cat((rows[..., :4], rows[..., 4:].sigmoid()), dim=-1)


def as_onnx(network: nn.Module, sample: Tensor, path: Path, inputs: list[str], outputs: list[str]) -> float:
    """Write ``path`` for inputs shaped as ``sample``; returns the largest difference between onnxruntime and torch.

    Raises ExportError when that exceeds the tolerance.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # The newer exporter cannot write an opset as old as the one that Jetsons read.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network, (sample,), str(path), opset_version=_OPSET, dynamo=False,
            input_names=inputs, output_names=outputs,
        )  # fmt: skip
    with torch.no_grad():
        expected = network(sample)
    first = expected[0] if isinstance(expected, tuple) else expected
    answer = open_session(path).run(None, {inputs[0]: sample.numpy()})[0]
    difference = float(np.abs(answer - first.numpy()).max())
    if difference > _TOLERANCE:
        raise ExportError(f"{path}: onnxruntime differs from torch by {difference:.3g}; do not ship it")
    return difference


def write_onnx(network: Yolox, size: int, path: Path) -> float:
    """Write ``path`` for square inputs of ``size`` px; returns the largest difference to torch, raises ExportError."""
    decoded = Decoded(network, size, size).eval()
    sample = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (1, 3, size, size))).float()
    return as_onnx(decoded, sample, path, ["picture"], ["animals"])


def write_card(card: Card, folder: Path) -> Path:
    """Write ``card`` beside its ONNX file with that file's sha256; returns the card's path."""
    onnx = folder / card.file
    sealed = msgspec.structs.replace(card, sha256=hashlib.sha256(onnx.read_bytes()).hexdigest())
    path = onnx.with_suffix(".json")
    path.write_bytes(msgspec.json.format(msgspec.json.encode(sealed), indent=2) + b"\n")
    return path
