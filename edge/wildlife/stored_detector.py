"""The detector of a field whose models are installed while it runs: swaps between two pictures, and goes back by itself.

Is: one FindsAnimals that never changes its model in the middle of a picture. Is not: a reason to trust it; the field's
own self-test goes on as before.
"""

import atexit
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from edge.clock import Clock
from edge.wildlife.card import Card, ModelError
from edge.wildlife.detections import Carded, Detections, FindsAnimals
from edge.wildlife.model_store import Chosen, ModelStore

log = logging.getLogger(__name__)

LOOK_EVERY_S = 10.0
PROVED_AFTER_S = 600.0
PROVED_AFTER_PICTURES = 100
FAILURES_ALLOWED = 3
"""One after the other, of a model on trial."""

Load = Callable[[Path], FindsAnimals]
"""A card to a detector with its providers and threads; may raise anything."""
Test = Callable[[FindsAnimals, Path], None]
"""Golden pictures, given the detector and its card's path; raises when it cannot be trusted."""


class StoredDetector:
    """The model in use of a store. One owner, one ``detect`` at a time.

    Raises ModelError at the beginning when no installed model can be used. ``trouble`` says why a model was given up,
    until another one has proved itself; ``model`` is the version in use.
    """

    def __init__(self, store: ModelStore, load: Load, test: Test, clock: Clock) -> None:
        self._store, self._load, self._test, self._clock = store, load, test, clock
        self._chosen, self.detector = self._loaded(store.begin())
        self._failures = self._pictures = 0
        self._since_s = self._look_s = clock.monotonic_s()
        self._stamp_ns, self._trouble = 0, ""
        self._afresh()
        # A look with `edge check`, a restart by hand: only what ends a process by force speaks against a model.
        atexit.register(self.close)

    def close(self) -> None:
        """Say that this process ends in order; also done by itself when it does."""
        atexit.unregister(self.close)
        with suppress(OSError, ModelError):
            self._store.ended(self._chosen.version)

    @property
    def model(self) -> str:
        return self._chosen.version

    @property
    def card_path(self) -> Path:
        """Where the card of the model in use lies; golden pictures that came with it lie beside."""
        return self._chosen.card

    @property
    def trouble(self) -> str | None:
        return self._trouble or None

    @property
    def card(self) -> Card:
        """Of the model in use. Raises AttributeError where what was loaded has none."""
        return cast("Carded", self.detector).card

    def detect(self, image: NDArray[np.uint8], floor: float | None = None) -> Detections:
        """As the model in use answers; raises what it raises."""
        if self._clock.monotonic_s() >= self._look_s:
            self._follow()
        try:
            found = self.detector.detect(image, floor)
        except Exception as wrong:
            self._failures += 1
            if self._chosen.trial and self._failures >= FAILURES_ALLOWED:
                self._give_up(f"it fails on pictures: {wrong}")
            raise
        self._failures = 0
        self._pictures += 1
        if self._chosen.trial:
            self._prove()
        return found

    def _afresh(self) -> None:
        self._failures = self._pictures = 0
        self._since_s = self._clock.monotonic_s()
        self._look_s = self._since_s + LOOK_EVERY_S
        self._stamp_ns = self._store.stamp_ns()
        self._trouble = self._store.state().trouble

    def _prove(self) -> None:
        lasted_s = self._clock.monotonic_s() - self._since_s
        if self._pictures < PROVED_AFTER_PICTURES or lasted_s < PROVED_AFTER_S:
            return
        self._store.proved(self._chosen.version)
        log.info("the model %s has proved itself", self._chosen.version)
        self._chosen = Chosen(self._chosen.card, self._chosen.version, trial=False)
        self._afresh()

    def _follow(self) -> None:
        """A model that was installed meanwhile, once it has passed its test here; else the one in use."""
        self._look_s = self._clock.monotonic_s() + LOOK_EVERY_S
        if self._store.stamp_ns() == self._stamp_ns:
            return
        try:
            if self._store.state().current != self._chosen.version:
                self._chosen, self.detector = self._loaded(self._store.begin())
                log.info("going on with the model %s", self._chosen.version)
        except (ModelError, OSError) as wrong:
            log.error("the store offers no model that can be used, the one in use stays: %s", wrong)  # noqa: TRY400 - known causes
        self._afresh()

    def _loaded(self, chosen: Chosen) -> tuple[Chosen, FindsAnimals]:
        """The model of ``chosen``; where it cannot be loaded, or is on trial and fails its test, the one before it.

        One that has proved itself, or that nothing is before, is kept: the field's own test says what is wrong with it.
        """
        before = self._store.state().previous
        try:
            detector = self._load(chosen.card)
            if chosen.trial and before is not None:
                self._test(detector, chosen.card)
        except Exception as wrong:
            if before is None:
                raise
            older = self._store.roll_back(f"it fails its test: {wrong}", chosen.version)
            return older, self._load(older.card)
        return chosen, detector

    def _give_up(self, why: str) -> None:
        try:
            self._chosen, self.detector = self._loaded(self._store.roll_back(why, self._chosen.version))
        except (ModelError, OSError) as wrong:
            log.error("no model to go back to: %s", wrong)  # noqa: TRY400 - known causes
        self._afresh()
