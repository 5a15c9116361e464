"""The model files a field was given, and whether somebody has put others in their place."""

import logging
from collections.abc import Callable
from pathlib import Path

from edge.field_model import Networks

log = logging.getLogger(__name__)

Stamp = tuple[tuple[int, int, int], ...]


class ModelFiles:
    """NewModels of cards on disk; whoever swaps them writes the card last. ``make`` builds the networks anew."""

    def __init__(self, cards: list[Path], make: Callable[[], Networks]) -> None:
        self._cards = cards
        self._make = make
        self._seen = self._stamp()

    def changed(self) -> bool:
        return self._stamp() != self._seen

    def load(self) -> Networks:
        """Raises ModelError and what onnxruntime raises."""
        self._seen = self._stamp()
        return self._make()

    def refused(self, why: str) -> None:
        log.error("the new model is not used: %s: install another, or go back to the one before", why)

    def _stamp(self) -> Stamp:
        return tuple(_of(card) for card in self._cards)


def _of(card: Path) -> tuple[int, int, int]:
    try:
        told = card.stat()
    except OSError:
        return 0, 0, 0
    return told.st_ino, told.st_mtime_ns, told.st_size
