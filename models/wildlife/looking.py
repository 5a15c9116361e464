"""The eye that is measured: the edge's own networks, put together as a field's file would have them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.wildlife.card import Card, ModelMissingError, load_card
from edge.wildlife.detections import Detections
from edge.wildlife.detector import Detector
from edge.wildlife.joint import CANDIDATE_FLOOR
from edge.wildlife.model_file import check_folder, read_signers
from edge.wildlife.model_store import ModelStore
from edge.wildlife.naming import Namer
from edge.wildlife.settings import EyeSettings
from edge.wildlife.tiles import Tiled
from edge.wildlife.together import Together, detector_of
from edge.wildlife.verified import CheckedDetector
from edge.wildlife.verifier import Verifier
from models.wildlife.subjects import MONKEY, Image

HELD_APART = "held_apart.txt"
"""Beside a model: names of the pictures it has not learnt from."""
FLOOR = CANDIDATE_FLOOR
"""Curves need the unsure answers too; below this nothing is looked at twice."""


class Looks(Protocol):
    """One picture in, everything from ``floor`` on out."""

    def detect(self, image: Image, floor: float | None = None) -> Detections: ...


@dataclass(frozen=True, slots=True)
class Measuring:
    """What is measured. ``thresholds``: from which score the field believes each class."""

    settings: EyeSettings
    card: Card
    detector: Detector | Together
    look: Looks
    thresholds: Mapping[str, float]
    namer: Namer | None = None
    namer_card: Card | None = None

    @property
    def monkey_least(self) -> float:
        return self.thresholds[MONKEY]

    @property
    def tile_px(self) -> int:
        """Side of the parts that are looked at closely."""
        return self.settings.tile_px or max(self.card.input_width_px, self.card.input_height_px) // 2

    def tiled(self) -> Looks:
        """The same eye looking at every part of a large picture as well."""
        return Tiled(self.look, self.tile_px)

    @property
    def held_apart(self) -> Path:
        """Where the names of the pictures lie that the detector has not learnt from, if it says."""
        return self.settings.model.parent / HELD_APART

    def described(self) -> dict[str, str]:
        """Which models, by name and digest, for the report."""
        second = None if self.settings.second is None else load_card(self.settings.second)
        cards = {"model": self.card, "second": second, "verifier": self.namer_card}
        return {key: f"{one.name} ({one.sha256[:12]})" for key, one in cards.items() if one is not None}


def eye_from(settings: EyeSettings) -> Measuring:
    """Raises ModelError (what, where, mend) when a model cannot be used."""
    settings = settings.model_copy(update={"model": _card_in_use(settings)})
    detector = detector_of(settings.model, settings.second, settings.providers, settings.threads)
    if settings.verifier is None:
        return Measuring(settings, detector.card, detector, detector, detector.card.thresholds)
    verifier = Verifier(settings.verifier, settings.providers, settings.threads)
    both = CheckedDetector(detector, verifier)
    namer = Namer(verifier, both.threshold)
    return Measuring(settings, detector.card, detector, both, both.thresholds, namer, verifier.card)


def _card_in_use(settings: EyeSettings) -> Path:
    """The model's card; of a folder of signed models that of the one in use, its signature checked."""
    if not settings.model.is_dir():
        return settings.model
    if settings.signers is None:
        raise ModelMissingError(f"{settings.model}: a folder of signed models: set signers in [eye]")
    signers = read_signers(settings.signers)
    version = ModelStore(settings.model, signers).state().current
    if version is None:
        raise ModelMissingError(f"{settings.model}: no model: install one with `mimamori models install`")
    folder = settings.model / version
    return folder / check_folder(folder, signers).manifest.card
