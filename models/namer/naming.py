"""The namer: ImageNet's answer summed over the classes of each name, and a correction learnt on crops."""

import torch
from torch import Tensor, nn

from models.namer.names import GROUPS, NAMES
from models.namer.network import FEATURES, EfficientNetLite0


class Namer(nn.Module):
    """Crops (N, 3, 224, 224) float RGB 0-255 to (N, names) probabilities, see ``Correction``."""

    def __init__(self, network: EfficientNetLite0) -> None:
        super().__init__()
        self.network = network
        self.correction = Correction()

    def forward(self, crops: Tensor) -> Tensor:
        features = self.network.features(crops)
        return self.correction(features, self.network._fc(features))  # noqa: SLF001 - the checkpoint's name


class Correction(nn.Module):
    """Features (N, 1280) and ImageNet logits (N, 1000) to (N, names) probabilities.

    A monkey takes both judgements, ImageNet's and what was learnt: their geometric mean; the other names share the rest as
    was learnt. The correction starts at nothing, and never touches a name without crops: boar stays ImageNet's.
    """

    def __init__(self) -> None:
        super().__init__()
        self.learnt = nn.Linear(FEATURES, len(NAMES))
        nn.init.zeros_(self.learnt.weight)
        nn.init.zeros_(self.learnt.bias)
        self.register_buffer("member", _membership())
        self.register_buffer("taught", torch.tensor([float(name != "boar") for name in NAMES]))
        self._monkey = NAMES.index("monkey")

    def learnt_logits(self, features: Tensor, logits: Tensor) -> Tensor:
        """(N, names) of the learnt judgement alone: what is fitted."""
        return self._shares(logits).clamp(min=1e-6).log() + self.learnt(features) * self.taught

    def forward(self, features: Tensor, logits: Tensor) -> Tensor:
        m = self._monkey
        learnt = self.learnt_logits(features, logits).softmax(dim=1)
        both = (self._shares(logits)[:, m : m + 1] * learnt[:, m : m + 1]).sqrt()
        others = learnt * ((1 - both) / (1 - learnt[:, m : m + 1]).clamp(min=1e-6))
        return torch.cat((others[:, :m], both, others[:, m + 1 :]), dim=1)

    def _shares(self, logits: Tensor) -> Tensor:
        return logits.softmax(dim=1) @ self.member


def _membership() -> Tensor:
    member = torch.zeros(sum(len(group) for group in GROUPS.values()), len(NAMES))
    for column, name in enumerate(NAMES):
        member[list(GROUPS[name]), column] = 1.0
    return member
