"""The namer: ImageNet's answer summed over the classes of each name, and a correction learnt on crops."""

import torch
from torch import Tensor, nn

from models.namer.names import GROUPS, NAMES
from models.namer.network import FEATURES, EfficientNetLite0


class Namer(nn.Module):
    """Crops (N, 3, 224, 224) float RGB 0-255 to (N, names) probabilities.

    The correction starts at nothing, so a name without crops of ours keeps ImageNet's judgement.
    """

    def __init__(self, network: EfficientNetLite0) -> None:
        super().__init__()
        self.network = network
        self.correction = Correction()

    def forward(self, crops: Tensor) -> Tensor:
        features = self.network.features(crops)
        return self.correction(features, self.network._fc(features)).softmax(dim=1)  # noqa: SLF001 - the checkpoint's name


class Correction(nn.Module):
    """Features (N, 1280) and ImageNet logits (N, 1000) to (N, names) logits."""

    def __init__(self) -> None:
        super().__init__()
        self.learnt = nn.Linear(FEATURES, len(NAMES))
        nn.init.zeros_(self.learnt.weight)
        nn.init.zeros_(self.learnt.bias)
        self.register_buffer("member", _membership())

    def forward(self, features: Tensor, logits: Tensor) -> Tensor:
        shares = logits.softmax(dim=1) @ self.member
        return shares.clamp(min=1e-6).log() + self.learnt(features)


def _membership() -> Tensor:
    member = torch.zeros(sum(len(group) for group in GROUPS.values()), len(NAMES))
    for column, name in enumerate(NAMES):
        member[list(GROUPS[name]), column] = 1.0
    return member
