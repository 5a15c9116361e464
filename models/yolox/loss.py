"""The training loss: overlap of boxes, objectness of cells, class of positive cells, weighed 5 : 1 : 1 as in the paper."""

import torch
from torch import Tensor, nn

from models.yolox.assign import assign
from models.yolox.network import cells, decode

_BOX_WEIGHT = 5.0


def loss(
    raw: Tensor, labels: list[Tensor], size: tuple[int, int], *, exact_boxes: bool = False
) -> dict[str, Tensor]:
    """``raw`` (N, cells, 5 + classes) of pictures ``size`` = height, width; ``labels`` N x (boxes, 5) class, cx, cy, w, h.

    Returns scalars: ``total`` and its parts, each per positive cell. ``exact_boxes`` adds the L1 term of the last epochs.
    """
    grid, stride = (part.to(raw.device) for part in cells(*size))
    decoded = decode(raw, grid, stride)
    chosen, truth, kinds, gains = [], [], [], []
    for n, boxes in enumerate(labels):
        if boxes.shape[0] == 0:
            continue
        found = assign(decoded[n].detach(), boxes, grid, stride)
        chosen.append(found.cells + n * raw.shape[1])
        truth.append(boxes[found.boxes, 1:])
        kinds.append(boxes[found.boxes, 0].long())
        gains.append(found.overlap)
    flat, flat_raw = decoded.reshape(-1, raw.shape[2]), raw.reshape(-1, raw.shape[2])
    objects = torch.zeros(flat.shape[0], device=raw.device)
    if not chosen:
        empty = nn.functional.binary_cross_entropy_with_logits(flat[:, 4], objects, reduction="sum")
        return {"total": empty, "box": empty * 0, "object": empty, "class": empty * 0}
    index, target, kind, gain = torch.cat(chosen), torch.cat(truth), torch.cat(kinds), torch.cat(gains)
    count = max(1, index.numel())
    objects[index] = 1.0
    wanted = nn.functional.one_hot(kind, raw.shape[2] - 5) * gain[:, None]
    bce = nn.functional.binary_cross_entropy_with_logits
    box = (1.0 - _pairwise(flat[index, :4], target) ** 2).sum() / count
    thing = bce(flat[:, 4], objects, reduction="sum") / count
    which = bce(flat[index, 5:], wanted, reduction="sum") / count
    total = _BOX_WEIGHT * box + thing + which
    if exact_boxes:
        where = index % raw.shape[1]
        total = (
            total + (flat_raw[index, :4] - _encode(target, grid[where], stride[where])).abs().sum() / count
        )
    return {"total": total, "box": box, "object": thing, "class": which}


def _pairwise(a: Tensor, b: Tensor) -> Tensor:
    """(M,) IoU of matching rows of cx, cy, w, h."""
    low = torch.maximum(a[:, :2] - a[:, 2:] / 2, b[:, :2] - b[:, 2:] / 2)
    high = torch.minimum(a[:, :2] + a[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2)
    common = (high - low).clamp(min=0).prod(dim=1)
    return common / (a[:, 2:].prod(1) + b[:, 2:].prod(1) - common + 1e-9)


def _encode(boxes: Tensor, grid: Tensor, stride: Tensor) -> Tensor:
    """The raw outputs that would decode to ``boxes``."""
    return torch.cat((boxes[:, :2] / stride - grid, torch.log(boxes[:, 2:] / stride + 1e-8)), dim=1)
