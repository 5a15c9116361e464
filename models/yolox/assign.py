"""SimOTA: which cells answer for which labelled box, decided by what the network predicts now (the paper's section 2.3)."""

from dataclasses import dataclass

import torch
from torch import Tensor

_CENTRE_RADIUS = (
    1.5  # cells around a box's centre that may answer for it, in strides (the paper's code uses 1.5 or 2.5)
)
_CANDIDATES = 10  # a box's count of cells = the sum of its ten best overlaps
_OVERLAP_WEIGHT = 3.0  # of the overlap cost against the class cost
_FAR = 1e5  # cost of a cell that does not lie in both the box and its centre region


@dataclass(frozen=True, slots=True)
class Assignment:
    """``cells`` (M,) indices of positive cells, ``boxes`` (M,) the box each answers for, ``overlap`` (M,) their IoU."""

    cells: Tensor
    boxes: Tensor
    overlap: Tensor


def overlap(a: Tensor, b: Tensor) -> Tensor:
    """(N, M) IoU of (N, 4) and (M, 4) boxes given as cx, cy, w, h."""
    low = torch.maximum((a[:, :2] - a[:, 2:] / 2)[:, None], (b[:, :2] - b[:, 2:] / 2)[None])
    high = torch.minimum((a[:, :2] + a[:, 2:] / 2)[:, None], (b[:, :2] + b[:, 2:] / 2)[None])
    common = (high - low).clamp(min=0).prod(dim=2)
    return common / (a[:, 2:].prod(1)[:, None] + b[:, 2:].prod(1)[None] - common + 1e-9)


@torch.no_grad()
def assign(predicted: Tensor, labels: Tensor, grid: Tensor, stride: Tensor) -> Assignment:
    """``predicted`` (cells, 5 + classes) decoded, ``labels`` (boxes, 5) = class, cx, cy, w, h; both px.

    No box, or no cell within reach, gives an empty assignment.
    """
    near, both = _reach(labels[:, 1:], grid, stride)
    index = near.nonzero(as_tuple=True)[0]
    if index.numel() == 0:
        none = torch.zeros(0, dtype=torch.long, device=predicted.device)
        return Assignment(none, none, torch.zeros(0, device=predicted.device))
    some = predicted[index]
    iou = overlap(labels[:, 1:], some[:, :4])
    cost = (
        _class_cost(some, labels[:, 0].long())
        + _OVERLAP_WEIGHT * -torch.log(iou + 1e-8)
        + _FAR * ~both[:, index]
    )
    match = _match(cost, iou)
    taken = match.any(dim=0)
    owner = match[:, taken].float().argmax(dim=0)
    return Assignment(index[taken], owner, iou[:, taken].gather(0, owner[None])[0])


def _reach(boxes: Tensor, grid: Tensor, stride: Tensor) -> tuple[Tensor, Tensor]:
    """(cells,) bool: in some box or centre region; (boxes, cells) bool: in both of that box."""
    centre = (grid + 0.5) * stride
    offset = (centre[None] - boxes[:, None, :2]).abs()
    in_box = (offset < boxes[:, None, 2:] / 2).all(dim=2)
    in_middle = (offset < _CENTRE_RADIUS * stride[None]).all(dim=2)
    return (in_box | in_middle).any(dim=0), in_box & in_middle


def _class_cost(some: Tensor, kinds: Tensor) -> Tensor:
    """(boxes, cells) binary cross entropy of the joint score against each box's class."""
    score = (some[:, 5:].sigmoid() * some[:, 4:5].sigmoid()).sqrt().clamp(1e-7, 1 - 1e-7)
    absent = -torch.log1p(-score)
    present = -torch.log(score)
    return absent.sum(dim=1)[None] - absent[:, kinds].T + present[:, kinds].T


def _match(cost: Tensor, iou: Tensor) -> Tensor:
    """(boxes, cells) bool: each box takes its cheapest cells; a cell that several want goes to the cheapest box."""
    boxes, count = cost.shape
    best = iou.topk(min(_CANDIDATES, count), dim=1).values
    wanted = best.sum(dim=1).int().clamp(min=1, max=count)
    order = cost.argsort(dim=1).argsort(dim=1)
    match = order < wanted[:, None]
    crowded = match.sum(dim=0) > 1
    if crowded.any():
        winner = cost[:, crowded].argmin(dim=0)
        match[:, crowded] = torch.arange(boxes, device=cost.device)[:, None] == winner[None]
    return match
