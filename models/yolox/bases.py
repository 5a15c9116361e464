"""What a network starts from: COCO's YOLOX-nano, MegaDetector-lite's tiny, or an ONNX file that we shipped."""

from math import log
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from edge.wildlife.card import load_card, model_file
from edge.wildlife.providers import open_session
from models.yolox.network import Yolox, cells, decode

_COCO_CLASSES = 80
# Where a class of ours starts from a COCO class (its index among the 80); the others start from a bear.
_COCO_START = {
    "person": 0, "cat": 15, "dog": 16, "bear": 21, "deer": 17, "other_animal": 19, "raccoon": 15, "monkey": 21,
}  # fmt: skip
_BEAR = 21
_PRIOR = 0.01
_TOLERANCE = 0.5  # px and score: ours is a few thousandths, another network's is hundreds of px


class BaseError(ValueError):
    """A checkpoint that is none of this network; says which and what would be."""


def load_base(network: Yolox, base: Path, classes: tuple[str, ...]) -> None:
    """Load ``base`` (.pth, .onnx or a card) into ``network``, whose classes have those names; raises BaseError."""
    if base.suffix == ".json":
        base = model_file(base, load_card(base))
    if base.suffix == ".onnx":
        _load_onnx(network, base)
        return
    state = torch.load(base, map_location="cpu", weights_only=True)
    state = state.get("model", state) if isinstance(state, dict) else {}
    heads = [key for key in state if key.startswith("head.cls_preds.")]
    known = {state[key].shape[0] for key in heads}
    if known == {1}:
        _from_one_class(state, heads, classes)
    elif known == {_COCO_CLASSES}:
        rows = [_COCO_START.get(name, _BEAR) for name in classes]
        for key in heads:
            state[key] = state[key][rows].clone()
    try:
        network.load_state_dict(state)
    except RuntimeError as wrong:
        raise BaseError(
            f"{base}: not a YOLOX-{network.size.name} checkpoint of 80 COCO classes or of one: {wrong}"
        ) from wrong


def _from_one_class(state: dict[str, Tensor], heads: list[str], classes: tuple[str, ...]) -> None:
    """The one class becomes each of our animals; a person starts from the prior, for MegaDetector-lite knows none."""
    for key in heads:
        state[key] = state[key].repeat(len(classes), *(1 for _ in state[key].shape[1:]))
        if "person" in classes:
            bias = key.endswith("bias")
            state[key][classes.index("person")] = -log((1 - _PRIOR) / _PRIOR) if bias else 0.0
    stem = "backbone.backbone.stem.conv.conv.weight"
    # It was learnt on RGB; our pictures are BGR, three channels for each of the four corners.
    order = [corner * 3 + colour for corner in range(4) for colour in (2, 1, 0)]
    state[stem] = state[stem][:, order].clone()


def _load_onnx(network: Yolox, path: Path) -> None:
    """Fill ``network`` from an export of ours, whose batch norms lie in its convolutions.

    The norms then change nothing; ``remeasure`` makes them fit for training.
    """
    graph = onnx.load(str(path)).graph
    values = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    for node in graph.node:
        if node.op_type == "Identity" and node.input[0] in values:  # the exporter stores equal weights once
            values[node.output[0]] = values[node.input[0]]
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    layers = _in_order(network)
    try:
        for node, (conv, norm) in zip(nodes, layers, strict=True):
            _fill(conv, norm, [torch.from_numpy(values[name].copy()) for name in node.input[1:]])
    except (ValueError, KeyError, RuntimeError) as wrong:
        classes = network.head.cls_preds[0].out_channels
        raise BaseError(
            f"{path}: not an export of a YOLOX-{network.size.name} of {classes} classes: {wrong}"
        ) from wrong
    difference = _difference(network, path)
    if difference > _TOLERANCE:
        raise BaseError(
            f"{path}: answers differently once loaded (by {difference:.3g}): not an export of ours"
        )


def _fill(conv: nn.Conv2d, norm: nn.BatchNorm2d | None, stored: list[Tensor]) -> None:
    weight, bias = stored
    if weight.shape != conv.weight.shape:
        raise ValueError(f"a convolution of {tuple(weight.shape)} where {tuple(conv.weight.shape)} is")
    conv.weight.data.copy_(weight)
    if norm is None:
        assert conv.bias is not None  # noqa: S101 - a convolution without a norm has one
        conv.bias.data.copy_(bias)
        return
    norm.reset_running_stats()
    norm.running_var.fill_(1.0 - norm.eps)
    norm.weight.data.fill_(1.0)
    norm.bias.data.copy_(bias)


def _in_order(network: Yolox) -> list[tuple[nn.Conv2d, nn.BatchNorm2d | None]]:
    """Convolutions with the norms behind them, in the order in which a picture meets them, as an export has them."""
    met: list[nn.Module] = []
    kinds = (nn.Conv2d, nn.BatchNorm2d)
    hooks = [
        module.register_forward_hook(lambda m, _in, _out: met.append(m))
        for module in network.modules()
        if isinstance(module, kinds)
    ]
    was_training = network.training
    with torch.no_grad():
        network.eval()(torch.zeros(1, 3, 64, 64))
    network.train(was_training)
    for hook in hooks:
        hook.remove()
    pairs: list[tuple[nn.Conv2d, nn.BatchNorm2d | None]] = []
    for module in met:
        if isinstance(module, nn.Conv2d):
            pairs.append((module, None))
        elif isinstance(module, nn.BatchNorm2d):
            pairs[-1] = (pairs[-1][0], module)
    return pairs


def _difference(network: Yolox, path: Path) -> float:
    session = open_session(path)
    high, wide = session.get_inputs()[0].shape[2:]
    picture = np.random.default_rng(0).uniform(0, 255, (1, 3, high, wide)).astype(np.float32)
    with torch.no_grad():
        rows = decode(network.eval()(torch.from_numpy(picture)), *cells(high, wide))[0]
    answer = session.run(None, {session.get_inputs()[0].name: picture})[0][0]
    ours = torch.cat((rows[:, :4], rows[:, 4:].sigmoid()), dim=1).numpy()
    network.train()
    return float(np.abs(ours - answer).max()) if answer.shape == ours.shape else float("inf")


@torch.no_grad()
def remeasure(network: Yolox, pictures: Tensor) -> None:
    """Give every batch norm the statistics of ``pictures`` (N, 3, H, W) without changing any answer.

    An export's norms say nothing of what flows through them; training that trusts them would start with a jolt.
    """
    measured: dict[nn.BatchNorm2d, tuple[Tensor, Tensor]] = {}

    def take(module: nn.Module, given: tuple[Tensor, ...], _out: Tensor) -> None:
        assert isinstance(module, nn.BatchNorm2d)  # noqa: S101 - told to the type checker
        measured[module] = (given[0].mean(dim=(0, 2, 3)), given[0].var(dim=(0, 2, 3)))

    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    hooks = [m.register_forward_hook(take) for m in norms]
    network.eval()(pictures)
    network.train()
    for hook in hooks:
        hook.remove()
    for norm, (mean, var) in measured.items():
        assert norm.running_mean is not None  # noqa: S101 - ours keep statistics
        assert norm.running_var is not None  # noqa: S101
        was = torch.sqrt(norm.running_var + norm.eps)
        scale = norm.weight / was  # what the norm did: scale * (x - its mean) + bias
        shift = norm.bias - scale * norm.running_mean
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(var)
        norm.weight.copy_(scale * torch.sqrt(var + norm.eps))
        norm.bias.copy_(shift + scale * mean)
