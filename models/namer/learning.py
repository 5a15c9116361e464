"""Learns the namer's correction: features of every crop once, kept on disk, then one convex fit over all of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from edge.wildlife.detector import Detector
from edge.wildlife.providers import open_session
from models.export import as_onnx
from models.namer.crops import NOT_MONKEY, crops
from models.namer.names import NAMES
from models.namer.naming import Correction
from models.namer.network import SIDE_PX, EfficientNetLite0
from models.pictures import Album

_CHUNK = 50  # pictures a file: seconds of work, all that an interruption loses
_STIFFNESS = (
    1e-3  # of the correction's weights: least loss, of 1e-3 to 1e-1, on every fifth of the chunks learnt from
)
_MONKEYS_SHARE = 0.25  # of the weight: enough that raccoons by the hundred do not make the namer shy
_STEPS = 60
LEARNT_HOW: dict[str, str | int | float] = {
    "network": "EfficientNet-Lite0, 4.7 M parameters, as published",
    "learnt": "a linear correction of 10 names, L-BFGS; a monkey takes ImageNet and it",
    "stiffness": _STIFFNESS,
    "looks_per_box": 3,
}


@dataclass(frozen=True, slots=True)
class Looked:
    """``features`` (N, 1280), ``logits`` (N, 1000), ``names`` (N,) with NOT_MONKEY where only that is known."""

    features: NDArray[np.float32]
    logits: NDArray[np.float32]
    names: NDArray[np.int64]


class Features(nn.Module):
    """Crops (N, 3, 224, 224) RGB 0-255 to features (N, 1280) and ImageNet logits (N, 1000)."""

    def __init__(self, network: EfficientNetLite0) -> None:
        super().__init__()
        self.network = network

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network.features(crops)
        return features, self.network._fc(features)  # noqa: SLF001 - the checkpoint's name


def look(
    album: Album, network: EfficientNetLite0, detector: Detector | None, folder: Path, seed: int
) -> Looked:
    """Features of the crops of ``album``; ``folder`` keeps them, so an interrupted run goes on where it was."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx = folder / "features.onnx"
    if not onnx.exists():
        sample = torch.zeros(1, 3, SIDE_PX, SIDE_PX)
        as_onnx(Features(network).eval(), sample, onnx, ["crop"], ["features", "logits"])
    cv2.setNumThreads(1)
    session = open_session(onnx, threads=1)
    chunks = [album.pictures[n : n + _CHUNK] for n in range(0, len(album.pictures), _CHUNK)]
    for number, chunk in enumerate(tqdm(chunks, desc="crops", mininterval=5)):
        path = folder / f"crops-{number:03}.npz"
        if path.exists():
            continue
        found = [c for made in crops(Album(album.class_names, chunk), detector, seed + number) for c in made]
        rows = [session.run(None, {"crop": _blob(c.pixels)}) for c in found]
        partial = path.with_suffix(".part.npz")
        np.savez(
            partial,
            features=np.concatenate([r[0] for r in rows]),
            logits=np.concatenate([r[1] for r in rows]),
            names=np.array([c.name for c in found], np.int64),
        )
        partial.rename(path)
    return _together(islice(sorted(folder.glob("crops-*[0-9].npz")), len(chunks)))


def _blob(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.ascontiguousarray(pixels[:, :, ::-1].transpose(2, 0, 1)[None], np.float32)


def _together(paths: Iterator[Path]) -> Looked:
    parts = [np.load(path) for path in paths]
    return Looked(*(np.concatenate([p[key] for p in parts]) for key in ("features", "logits", "names")))


def fit(looked: Looked, stiffness: float = _STIFFNESS) -> Correction:
    """The correction under which ``looked`` is likeliest."""
    correction = Correction()
    features, logits = torch.from_numpy(looked.features), torch.from_numpy(looked.logits)
    names, weight = torch.from_numpy(looked.names), torch.from_numpy(_weights(looked.names))
    optimizer = torch.optim.LBFGS(
        correction.parameters(), max_iter=_STEPS, history_size=10, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        optimizer.zero_grad()
        total = (weight * unlikeliness(correction.learnt_logits(features, logits), names)).sum()
        total = total + stiffness * correction.learnt.weight.square().sum()
        total.backward()
        return total

    optimizer.step(closure)
    return correction.eval()


def unlikeliness(answers: Tensor, names: Tensor) -> Tensor:
    """(N,) minus log of the probability of the right name, or of any but a monkey where only that is known."""
    log = answers.log_softmax(dim=1)
    monkey = log[:, NAMES.index("monkey")]
    other = torch.log1p(-monkey.exp().clamp(max=1 - 1e-6))
    return -torch.where(names == NOT_MONKEY, other, log.gather(1, names.clamp(min=0)[:, None])[:, 0])


def _weights(names: NDArray[np.int64]) -> NDArray[np.float32]:
    """Each crop's share, ``_MONKEYS_SHARE`` of all for the monkeys together."""
    monkeys = names == NAMES.index("monkey")
    share = np.where(
        monkeys, _MONKEYS_SHARE / max(1, monkeys.sum()), (1 - _MONKEYS_SHARE) / max(1, (~monkeys).sum())
    )
    return share.astype(np.float32)
