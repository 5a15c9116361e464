"""Building blocks of the network: shapes are (N, C, H, W) throughout."""

import torch
from torch import Tensor, nn


class ConvUnit(nn.Module):
    """Convolution, batch norm, SiLU; ``same`` padding, so only the stride changes H and W."""

    def __init__(self, into: int, out: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(into, out, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False)
        # The published models were trained with these two numbers; other ones shift every activation.
        self.bn = nn.BatchNorm2d(out, eps=1e-3, momentum=0.03)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.silu(self.bn(self.conv(x)))


class DepthwiseUnit(nn.Module):
    """A depthwise convolution and a 1x1 one: what makes "nano" nano."""

    def __init__(self, into: int, out: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.dconv = ConvUnit(into, into, kernel, stride, groups=into)
        self.pconv = ConvUnit(into, out, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.pconv(self.dconv(x))


Unit = type[ConvUnit] | type[DepthwiseUnit]
"""What a size is made of wherever a kernel looks around."""


class Residual(nn.Module):
    """1x1 then 3x3 convolution, added to its input where asked."""

    def __init__(self, channels: int, unit: Unit, *, shortcut: bool) -> None:
        super().__init__()
        self.conv1 = ConvUnit(channels, channels, 1)
        self.conv2 = unit(channels, channels, 3)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(self.conv1(x))
        return x + y if self.shortcut else y


class CrossStage(nn.Module):
    """Cross-stage partial block: half the channels pass through ``depth`` residuals, half go round them."""

    def __init__(self, into: int, out: int, depth: int, unit: Unit, *, shortcut: bool = True) -> None:
        super().__init__()
        half = out // 2
        self.conv1 = ConvUnit(into, half, 1)
        self.conv2 = ConvUnit(into, half, 1)
        self.conv3 = ConvUnit(out, out, 1)
        self.m = nn.Sequential(*(Residual(half, unit, shortcut=shortcut) for _ in range(depth)))

    def forward(self, x: Tensor) -> Tensor:
        return self.conv3(torch.cat((self.m(self.conv1(x)), self.conv2(x)), dim=1))


class PyramidPooling(nn.Module):
    """Max pools of 5, 9 and 13 beside the input, so that the deepest cells see the whole picture."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.conv1 = ConvUnit(into, into // 2, 1)
        self.m = nn.ModuleList(nn.MaxPool2d(k, 1, k // 2) for k in (5, 9, 13))
        self.conv2 = ConvUnit(into // 2 * 4, out, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        return self.conv2(torch.cat([x, *(pool(x) for pool in self.m)], dim=1))


class Focus(nn.Module):
    """Four neighbouring pixels become channels: half the size without losing a pixel."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.conv = ConvUnit(into * 4, out, 3)

    def forward(self, x: Tensor) -> Tensor:
        # The order (top-left, bottom-left, top-right, bottom-right) is the checkpoints'.
        corners = (x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2])
        return self.conv(torch.cat(corners, dim=1))
