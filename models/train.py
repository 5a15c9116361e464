"""Trains a detector on an album's pictures, on processor or GPU, within a given time; stopped, it goes on when run again."""

import copy
import csv
import math
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from models.augment import EARLY, LATE, PAD
from models.dataset import Epoch, batches
from models.pictures import Album, Labelled
from models.yolox.bases import load_base, remeasure
from models.yolox.loss import loss
from models.yolox.network import SIZES, Yolox, cells, decode

_FROZEN = ("stem", "dark2", "dark3")  # edges and fur look alike everywhere; 1,600 pictures only spoil them
_MOMENTUM = 0.9
_DECAY = 5e-4
_AVERAGE = 0.998  # of the weights per step: about the last five epochs of a hundred steps
_PLAIN_SHARE = (
    0.2  # the last fifth goes without mosaic and with exact boxes (the paper's last 15 epochs of 300)
)
_HARD_EVERY = 6  # epochs between looks for pictures in which the network sees monkeys that are none
_HARD_SCORE = 0.25


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a run depends on. ``minutes`` ends it early with the schedule complete; 0 = as many as the epochs take.

    ``network`` is "nano" or "tiny", ``size`` the pictures' side in px, ``device`` "cpu" or "cuda".
    """

    network: str = "nano"
    size: int = 320
    batch: int = 16
    epochs: int = 40
    minutes: float = 0.0
    rate: float = 0.004
    drawn_share: float = 0.15
    seed: int = 7
    threads: int = 2
    device: str = "cpu"


class Trainer:
    """One run in ``folder``: ``last.pt`` after every epoch, ``curves.csv`` with a row per epoch.

    Starts from ``folder/last.pt`` where there is one, otherwise from ``base``.
    """

    def __init__(self, album: Album, base: Path, folder: Path, recipe: Recipe) -> None:
        torch.set_num_threads(recipe.threads)
        torch.manual_seed(recipe.seed)
        self._album, self._folder, self._recipe = album, folder, recipe
        self._hard: frozenset[str] = frozenset()
        self.network = Yolox(len(album.class_names), SIZES[recipe.network])
        self._last = folder / "last.pt"
        self._epoch, self._spent_s, self._step = 0, 0.0, 0
        if not self._last.exists():
            load_base(self.network, base, album.class_names)
            if base.suffix != ".pth":
                remeasure(self.network, self._first_pictures())
        _freeze(self.network)
        self.network.to(recipe.device)
        self._optimizer = _optimizer(self.network, recipe.rate)
        self.average = Average(self.network)
        if self._last.exists():
            self._resume()

    def _first_pictures(self) -> Tensor:
        """Some sixty training pictures, (N, 3, size, size): enough to measure what flows through a network."""
        epoch = Epoch(self._album, self._recipe.size, min(16, len(self._album.pictures)), EARLY, 0, 0.0)
        return torch.cat([pictures for pictures, _ in islice(epoch, 4)])

    def run(self) -> None:
        """Train to the end of the schedule; may be stopped at any time and run again."""
        self._folder.mkdir(parents=True, exist_ok=True)
        while self._progress(0.0) < 1.0:
            began = time.monotonic()
            parts = self._one_epoch(began)
            self._spent_s += time.monotonic() - began
            self._epoch += 1
            self._record(parts)
            torch.save(self._state(), self._last)

    def _one_epoch(self, began: float) -> dict[str, float]:
        plain = self._progress(0.0) >= 1 - _PLAIN_SHARE
        epoch = Epoch(
            self._album, self._recipe.size, self._recipe.batch, LATE if plain else EARLY,
            self._recipe.seed * 1000 + self._epoch, self._recipe.drawn_share, self._hard_ones(),
        )  # fmt: skip
        steps = len(epoch)
        sums: dict[str, float] = {}
        bar = tqdm(batches(epoch), total=steps, desc=f"epoch {self._epoch + 1}", mininterval=5)
        self.network.train()
        _still(self.network)
        for n, (pictures, labels) in enumerate(bar):
            progress = self._progress((n + 1) / steps, time.monotonic() - began)
            self._set_rate(progress, warm=min(1.0, (self._step + 1) / steps))
            for name, value in self._one_step(pictures, labels, plain=plain).items():
                sums[name] = sums.get(name, 0.0) + value / steps
            if progress >= 1.0:
                break
        return sums

    def _hard_ones(self) -> frozenset[str]:
        """Names of pictures without monkeys in which the averaged network sees one; looked for now and then."""
        if self._epoch % _HARD_EVERY == 0 or not self._hard:
            monkey = self._album.class_names.index("monkey")
            quiet = [p for p in self._album.pictures if p.source != "drawn" and not p.holds(monkey)]
            self._hard = mistaken(self.average.network, quiet, monkey, self._recipe.size)
        return self._hard

    def _one_step(self, pictures: Tensor, labels: list[Tensor], *, plain: bool) -> dict[str, float]:
        pictures, labels = pictures.to(self._recipe.device), [b.to(self._recipe.device) for b in labels]
        size = (pictures.shape[2], pictures.shape[3])
        parts = loss(self.network(pictures), labels, size, exact_boxes=plain)
        self._optimizer.zero_grad(set_to_none=True)
        parts["total"].backward()
        # A batch of odd boxes must not undo an epoch.
        nn.utils.clip_grad_norm_(self.network.parameters(), 35.0)
        self._optimizer.step()
        self._step += 1
        self.average.update(self.network, self._step)
        return {name: float(value.detach()) for name, value in parts.items()}

    def _progress(self, within: float, running_s: float = 0.0) -> float:
        """0..1 of the schedule, by epochs or by the minutes allowed, whichever is further on."""
        by_epoch = (self._epoch + within) / self._recipe.epochs
        if not self._recipe.minutes:
            return by_epoch
        return max(by_epoch, (self._spent_s + running_s) / (60 * self._recipe.minutes))

    def _set_rate(self, progress: float, warm: float) -> None:
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
        for group in self._optimizer.param_groups:
            group["lr"] = self._recipe.rate * (0.05 + 0.95 * cosine) * warm**2

    def _record(self, parts: dict[str, float]) -> None:
        path = self._folder / "curves.csv"
        new = not path.exists()
        with path.open("a", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            if new:
                rows.writerow(["epoch", "spent_s", "rate", *parts])
            rate = self._optimizer.param_groups[0]["lr"]
            numbers = [f"{value:.4f}" for value in parts.values()]
            rows.writerow([self._epoch, f"{self._spent_s:.0f}", f"{rate:.6f}", *numbers])

    def _state(self) -> dict[str, Any]:
        return {
            "model": self.network.state_dict(), "average": self.average.network.state_dict(),
            "optimizer": self._optimizer.state_dict(), "epoch": self._epoch, "step": self._step,
            "spent_s": self._spent_s, "class_names": list(self._album.class_names), "network": self.network.size.name,
        }  # fmt: skip

    def _resume(self) -> None:
        state = torch.load(self._last, map_location=self._recipe.device, weights_only=True)
        self.network.load_state_dict(state["model"])
        self.average.network.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._epoch, self._step, self._spent_s = state["epoch"], state["step"], state["spent_s"]


class Average:
    """A running average of a network's weights: what is exported, because it jitters less than the last step."""

    def __init__(self, network: Yolox) -> None:
        self.network = copy.deepcopy(network)
        self.network.eval().requires_grad_(requires_grad=False)

    @torch.no_grad()
    def update(self, network: Yolox, step: int) -> None:
        keep = _AVERAGE * (1 - math.exp(-step / 400))  # short at first: the base weights must not linger
        ours = self.network.state_dict()
        for name, value in network.state_dict().items():
            if value.dtype.is_floating_point:
                ours[name].mul_(keep).add_(value, alpha=1 - keep)


@torch.no_grad()
def mistaken(network: Yolox, quiet: list[Labelled], monkey: int, size: int) -> frozenset[str]:
    """File names of ``quiet`` pictures (without monkeys) in which ``network`` is at least ``_HARD_SCORE`` sure of one."""
    device = next(network.parameters()).device
    grid, stride = (part.to(device) for part in cells(size, size))
    names: set[str] = set()
    for start in range(0, len(quiet), 16):
        some = quiet[start : start + 16]
        pictures = np.stack([_fitted(p.read(), size) for p in some])
        rows = decode(network(torch.from_numpy(pictures).float().to(device)), grid, stride)
        best = (rows[..., 4].sigmoid() * rows[..., 5 + monkey].sigmoid()).amax(dim=1)
        names.update(
            p.path.name for p, score in zip(some, best.tolist(), strict=True) if score >= _HARD_SCORE
        )
    return frozenset(names)


def _fitted(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """(3, size, size) as the edge letterboxes it."""
    ratio = size / max(image.shape[:2])
    extent = max(1, round(image.shape[1] * ratio)), max(1, round(image.shape[0] * ratio))
    canvas = np.full((size, size, 3), PAD, np.uint8)
    canvas[: extent[1], : extent[0]] = cv2.resize(image, extent)
    return canvas.transpose(2, 0, 1)


def _freeze(network: Yolox) -> None:
    for name in _FROZEN:
        getattr(network.backbone.backbone, name).requires_grad_(requires_grad=False)


def _still(network: Yolox) -> None:
    """Keep the backbone's batch statistics: sixteen pictures say less about the world than COCO did."""
    for module in network.backbone.backbone.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def _optimizer(network: Yolox, rate: float) -> torch.optim.SGD:
    """Weight decay on convolutions only; decaying a bias or a batch norm's scale shifts every activation."""
    heavy: list[nn.Parameter] = []
    light: list[nn.Parameter] = []
    for parameter in network.parameters():
        if parameter.requires_grad:
            (heavy if parameter.ndim > 1 else light).append(parameter)
    groups = [{"params": heavy, "weight_decay": _DECAY}, {"params": light, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=rate, momentum=_MOMENTUM, nesterov=True)


def trained(checkpoint: Path) -> tuple[Yolox, tuple[str, ...], dict[str, float]]:
    """The averaged network of a run, its class names, and how far the run came (epochs, minutes)."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    network = Yolox(len(state["class_names"]), SIZES[state.get("network", "nano")])
    network.load_state_dict(state["average"])
    far = {"epochs": float(state["epoch"]), "minutes": round(state["spent_s"] / 60, 1)}
    return network.eval(), tuple(state["class_names"]), far
