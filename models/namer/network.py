"""EfficientNet-Lite0 in plain torch (Tan and Le 2019, arXiv 1905.11946; "Lite": no squeeze, ReLU6 throughout).

Parameter names follow the published checkpoint (Apache-2.0) so that it loads; the code is ours.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

SIDE_PX = 224
FEATURES = 1280
IMAGENET_CLASSES = 1000
_NORM_EPS = 1e-3  # what the checkpoint was trained with; torch's default shifts every activation
# (blocks, kernel, stride of the first, growth, channels out) of the seven stages, the paper's table 1.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class PaddedConv(nn.Conv2d):
    """A convolution padded as the checkpoint's makers did: at stride 2 the odd row goes below and right."""

    def __init__(self, into: int, out: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(into, out, kernel, stride, groups=groups, bias=False)
        before = (kernel - stride) // 2
        self._room = (before, kernel - stride - before) * 2 if kernel > 1 else (0, 0, 0, 0)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(nn.functional.pad(x, self._room) if any(self._room) else x)


class Block(nn.Module):
    """Widen by 1x1, look around by depthwise, narrow by 1x1; added to its input where the shapes agree."""

    def __init__(self, into: int, out: int, kernel: int, stride: int, growth: int) -> None:
        super().__init__()
        wide = into * growth
        self._grows = growth > 1
        if self._grows:
            self._expand_conv = PaddedConv(into, wide, 1)
            self._bn0 = nn.BatchNorm2d(wide, eps=_NORM_EPS)
        self._depthwise_conv = PaddedConv(wide, wide, kernel, stride, groups=wide)
        self._bn1 = nn.BatchNorm2d(wide, eps=_NORM_EPS)
        self._project_conv = PaddedConv(wide, out, 1)
        self._bn2 = nn.BatchNorm2d(out, eps=_NORM_EPS)
        self._adds = stride == 1 and into == out

    def forward(self, x: Tensor) -> Tensor:
        y = x
        if self._grows:
            y = nn.functional.relu6(self._bn0(self._expand_conv(y)))
        y = nn.functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self._adds else y


class EfficientNetLite0(nn.Module):
    """Crops (N, 3, 224, 224) float RGB 0-255 to (N, 1000) ImageNet logits; ``features`` gives what they rest on."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = PaddedConv(3, 32, 3, 2)
        self._bn0 = nn.BatchNorm2d(32, eps=_NORM_EPS)
        blocks, into = [], 32
        for count, kernel, stride, growth, out in _STAGES:
            for n in range(count):
                blocks.append(Block(into, out, kernel, stride if n == 0 else 1, growth))
                into = out
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = PaddedConv(into, FEATURES, 1)
        self._bn1 = nn.BatchNorm2d(FEATURES, eps=_NORM_EPS)
        self._fc = nn.Linear(FEATURES, IMAGENET_CLASSES)

    def features(self, crops: Tensor) -> Tensor:
        """(N, 1280) of ``crops``."""
        x = (crops - 127.0) / 128.0  # the checkpoint's own scale, not the mean and deviation of torchvision
        x = nn.functional.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        return nn.functional.relu6(self._bn1(self._conv_head(x))).mean(dim=(2, 3))

    def forward(self, crops: Tensor) -> Tensor:
        return self._fc(self.features(crops))


def load_imagenet(checkpoint: Path) -> EfficientNetLite0:
    """The published weights, ready to answer. Raises ValueError naming a checkpoint of another network."""
    network = EfficientNetLite0()
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    try:
        network.load_state_dict(state)
    except (RuntimeError, AttributeError, TypeError) as wrong:
        raise ValueError(f"{checkpoint}: not an EfficientNet-Lite0 checkpoint: {wrong}") from wrong
    return network.eval()
