"""Endless training batches from an album: every picture once an epoch, drawn ones no more than asked."""

from collections.abc import Iterator

import cv2
import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from models.augment import Sample, Strength, compose
from models.pictures import Album, Labelled

Batch = tuple[Tensor, list[Tensor]]


class Epoch(IterableDataset[Batch]):
    """One epoch of batches: (N, 3, size, size) float32 BGR 0-255 and N label tensors (boxes, 5) class, cx, cy, w, h px.

    ``drawn_share`` is the share of drawn pictures among all; real ones are all seen once, those with monkeys twice,
    because they are what the product is for, and so are those named in ``hard``: where the network sees a monkey that
    is none.
    """

    def __init__(
        self, album: Album, size: int, batch: int, strength: Strength, seed: int, drawn_share: float,
        hard: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        super().__init__()
        self._hard = hard
        self._album, self._size, self._batch = album, size, batch
        self._strength, self._seed, self._drawn_share = strength, seed, drawn_share
        self._monkey = album.class_names.index("monkey")

    def __len__(self) -> int:
        return len(self._order(np.random.default_rng(self._seed))) // self._batch

    def _order(self, rng: Generator) -> list[Labelled]:
        real = [p for p in self._album.pictures if p.source != "drawn"]
        drawn = [p for p in self._album.pictures if p.source == "drawn"]
        wanted = [*real, *(p for p in real if p.holds(self._monkey) or p.path.name in self._hard)]
        count = min(len(drawn), round(len(wanted) * self._drawn_share / (1 - self._drawn_share)))
        wanted += [drawn[i] for i in rng.permutation(len(drawn))[:count]]
        return [wanted[i] for i in rng.permutation(len(wanted))]

    def __iter__(self) -> Iterator[Batch]:
        cv2.setNumThreads(1)
        rng = np.random.default_rng(self._seed)
        order = self._order(rng)
        for start in range(0, len(order) - self._batch + 1, self._batch):
            made = [self._make(p, order, rng) for p in order[start : start + self._batch]]
            pixels = np.stack([image.transpose(2, 0, 1) for image, _ in made])
            yield torch.from_numpy(pixels).float(), [torch.from_numpy(boxes) for _, boxes in made]

    def _make(self, first: Labelled, order: list[Labelled], rng: Generator) -> Sample:
        queue = [first]

        def draw() -> Sample:
            picture = queue.pop() if queue else order[int(rng.integers(len(order)))]
            return picture.read(), picture.boxes.copy()

        return compose(draw, self._size, self._strength, rng)


def batches(epoch: Epoch) -> DataLoader[Batch]:
    """Batches made in one process beside the training, so that the cores stay busy."""
    return DataLoader(epoch, batch_size=None, num_workers=1, prefetch_factor=4)
