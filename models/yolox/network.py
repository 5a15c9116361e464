"""YOLOX-nano and -tiny: CSP-Darknet backbone, feature pyramid both ways, decoupled head at strides 8, 16 and 32."""

from dataclasses import dataclass
from math import log

import torch
from torch import Tensor, nn

from models.yolox.blocks import ConvUnit, CrossStage, DepthwiseUnit, Focus, PyramidPooling, Unit

STRIDES = (8, 16, 32)
_PRIOR = 0.01  # share of cells that hold an object at the start, so that the loss starts small


@dataclass(frozen=True, slots=True)
class Size:
    """``width`` is that of the stem; ``unit`` what every kernel larger than 1x1 is made of."""

    name: str
    width: int
    unit: Unit
    million: float
    """Parameters."""


NANO = Size("nano", 16, DepthwiseUnit, 0.9)
"""Runs on a Raspberry Pi 4 at a field's five pictures a second."""
TINY = Size("tiny", 24, ConvUnit, 5.0)
"""Six times the work: for a Jetson, a Pi 5, or a Pi 4 that looks once a second."""
SIZES = {size.name: size for size in (NANO, TINY)}


class Darknet(nn.Module):
    """Feature maps at strides 8, 16 and 32 of a (N, 3, H, W) picture; H and W are multiples of 32."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        w, unit = size.width, size.unit
        self.stem = Focus(3, w)
        self.dark2 = nn.Sequential(unit(w, w * 2, 3, 2), CrossStage(w * 2, w * 2, 1, unit))
        self.dark3 = nn.Sequential(unit(w * 2, w * 4, 3, 2), CrossStage(w * 4, w * 4, 3, unit))
        self.dark4 = nn.Sequential(unit(w * 4, w * 8, 3, 2), CrossStage(w * 8, w * 8, 3, unit))
        self.dark5 = nn.Sequential(
            unit(w * 8, w * 16, 3, 2),
            PyramidPooling(w * 16, w * 16),
            CrossStage(w * 16, w * 16, 1, unit, shortcut=False),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        stride_8 = self.dark3(self.dark2(self.stem(x)))
        stride_16 = self.dark4(stride_8)
        return stride_8, stride_16, self.dark5(stride_16)


class Pyramid(nn.Module):
    """The backbone and the paths that carry meaning down to fine cells and position up to coarse ones."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        fine, mid, coarse, unit = size.width * 4, size.width * 8, size.width * 16, size.unit
        self.backbone = Darknet(size)
        self.lateral_conv0 = ConvUnit(coarse, mid, 1)
        self.C3_p4 = CrossStage(mid * 2, mid, 1, unit, shortcut=False)
        self.reduce_conv1 = ConvUnit(mid, fine, 1)
        self.C3_p3 = CrossStage(fine * 2, fine, 1, unit, shortcut=False)
        self.bu_conv2 = unit(fine, fine, 3, 2)
        self.C3_n3 = CrossStage(mid, mid, 1, unit, shortcut=False)
        self.bu_conv1 = unit(mid, mid, 3, 2)
        self.C3_n4 = CrossStage(coarse, coarse, 1, unit, shortcut=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        fine, mid, coarse = self.backbone(x)
        low = self.lateral_conv0(coarse)
        middle = self.C3_p4(torch.cat((_twice(low), mid), dim=1))
        reduced = self.reduce_conv1(middle)
        out_8 = self.C3_p3(torch.cat((_twice(reduced), fine), dim=1))
        out_16 = self.C3_n3(torch.cat((self.bu_conv2(out_8), reduced), dim=1))
        out_32 = self.C3_n4(torch.cat((self.bu_conv1(out_16), low), dim=1))
        return out_8, out_16, out_32


def _twice(x: Tensor) -> Tensor:
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")


class Head(nn.Module):
    """Per cell: box (4), objectness (1) and class logits, one set of layers per stride."""

    def __init__(self, classes: int, size: Size) -> None:
        super().__init__()
        c = size.width * 4
        inputs = (size.width * 4, size.width * 8, size.width * 16)
        self.stems = nn.ModuleList(ConvUnit(i, c, 1) for i in inputs)
        self.cls_convs = nn.ModuleList(_two(c, size.unit) for _ in inputs)
        self.reg_convs = nn.ModuleList(_two(c, size.unit) for _ in inputs)
        self.cls_preds = nn.ModuleList(nn.Conv2d(c, classes, 1) for _ in inputs)
        self.reg_preds = nn.ModuleList(nn.Conv2d(c, 4, 1) for _ in inputs)
        self.obj_preds = nn.ModuleList(nn.Conv2d(c, 1, 1) for _ in inputs)
        for layer in (*self.cls_preds, *self.obj_preds):
            nn.init.constant_(layer.bias, -log((1 - _PRIOR) / _PRIOR))

    def forward(self, features: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """(N, cells, 5 + classes) raw outputs, strides 8, 16, 32 one after the other, each row by row."""
        maps = []
        for level, feature in enumerate(features):
            x = self.stems[level](feature)
            kind = self.cls_preds[level](self.cls_convs[level](x))
            near = self.reg_convs[level](x)
            maps.append(torch.cat((self.reg_preds[level](near), self.obj_preds[level](near), kind), dim=1))
        return torch.cat([m.flatten(2) for m in maps], dim=2).transpose(1, 2)


def _two(channels: int, unit: Unit) -> nn.Sequential:
    return nn.Sequential(unit(channels, channels, 3), unit(channels, channels, 3))


class Yolox(nn.Module):
    """Pictures (N, 3, H, W) float BGR 0-255 to raw outputs (N, cells, 5 + classes); see ``decode``."""

    def __init__(self, classes: int, size: Size = NANO) -> None:
        super().__init__()
        self.size = size
        self.backbone = Pyramid(size)
        self.head = Head(classes, size)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.backbone(x))


def cells(height: int, width: int) -> tuple[Tensor, Tensor]:
    """(cells, 2) grid x, y and (cells, 1) stride in px, in the order of the network's output."""
    grids, strides = [], []
    for stride in STRIDES:
        y, x = torch.meshgrid(torch.arange(height // stride), torch.arange(width // stride), indexing="ij")
        grids.append(torch.stack((x, y), dim=-1).reshape(-1, 2).float())
        strides.append(torch.full((grids[-1].shape[0], 1), float(stride)))
    return torch.cat(grids), torch.cat(strides)


def decode(raw: Tensor, grid: Tensor, stride: Tensor) -> Tensor:
    """Raw outputs to (cx, cy, w, h) in px followed by the untouched logits."""
    centre = (raw[..., :2] + grid) * stride
    size = torch.exp(raw[..., 2:4].clamp(max=10.0)) * stride
    return torch.cat((centre, size, raw[..., 4:]), dim=-1)
