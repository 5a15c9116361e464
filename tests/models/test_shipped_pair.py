"""The shipped detector and verifier belong together, pass their golden pictures, and their cards say what is doubtful."""

from pathlib import Path

import pytest

from edge.wildlife.card import load_card
from edge.wildlife.detector import Detector
from edge.wildlife.naming import Namer
from edge.wildlife.self_test import golden_beside, self_test
from edge.wildlife.verified import CheckedDetector
from edge.wildlife.verifier import Verifier

MODELS = Path(__file__).parents[2] / "models"
DETECTOR = MODELS / "macaque_nano" / "macaque_nano.json"
VERIFIER = MODELS / "animal_names" / "animal_names.json"


def test_the_shipped_pair_knows_its_golden_pictures():
    detector, verifier = Detector(DETECTOR), Verifier(VERIFIER)
    namer = Namer(verifier, verifier.threshold_with(detector.card.name))
    self_test(detector, golden_beside(DETECTOR), namer)


def test_the_shipped_pair_was_measured_together():
    checked = CheckedDetector(Detector(DETECTOR), Verifier(VERIFIER))
    assert 0.1 < checked.threshold < 0.6
    assert "boar" in checked.class_names


@pytest.mark.parametrize("path", [DETECTOR, VERIFIER], ids=lambda p: p.stem)
def test_a_shipped_card_states_figures_with_counts_and_what_is_doubtful(path: Path):
    card = load_card(path)
    assert card.figures.recall["all"].of > 50
    assert card.doubts
    assert any("boar" in doubt for doubt in card.doubts)


def test_the_verifier_s_card_says_which_names_it_had_crops_of():
    card = load_card(VERIFIER)
    assert card.boxes["boar"] == 0
    assert card.boxes["monkey"] > 1000
    assert card.figures.conditions["grey"].of == card.figures.conditions["as they are"].of
