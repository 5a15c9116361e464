"""The eye that is measured is the one that a field's file describes: a card, or the signed model in use in a store."""

from pathlib import Path

import pytest

from edge.wildlife.card import ModelError, ModelMissingError
from edge.wildlife.model_file import read_signers
from edge.wildlife.model_store import ModelStore
from edge.wildlife.settings import EyeSettings
from models.labelling.signing import new_key, read_key, sign
from models.wildlife.looking import eye_from

MODELS = Path(__file__).parents[2] / "models"
CARD = MODELS / "macaque_nano" / "macaque_nano.json"


def store_of(folder: Path) -> EyeSettings:
    """A store in which the shipped model is in use, as `mimamori models install` leaves it."""
    key, signers = folder / "key.pem", folder / "signers"
    signers.write_text(new_key(key, "city") + "\n")
    sign([CARD], read_key(key), folder / "model.mimamori", 1_700_000_000_000)
    store = ModelStore(folder / "store", read_signers(signers))
    store.install(folder / "model.mimamori", lambda _card: None)
    return EyeSettings(model=folder / "store", signers=signers)


def test_a_card_is_measured_at_its_own_thresholds():
    eye = eye_from(EyeSettings(model=CARD))
    assert eye.monkey_least == eye.card.thresholds["monkey"]
    assert eye.held_apart == CARD.parent / "held_apart.txt"
    assert eye.described()["model"].startswith("macaque_nano (")


def test_a_second_detector_is_named_with_what_is_measured():
    eye = eye_from(EyeSettings(model=CARD, second=MODELS / "animal_tiny" / "animal_tiny.json"))
    assert list(eye.described()) == ["model", "second"]
    assert eye.described()["second"].startswith("animal_tiny (")


def test_of_a_store_the_signed_model_in_use_is_measured_and_nothing_in_it_changes(tmp_path: Path):
    settings = store_of(tmp_path)
    before = (settings.model / "in_use.json").read_bytes()
    assert eye_from(settings).card.name == "macaque_nano"
    assert (settings.model / "in_use.json").read_bytes() == before


def test_a_store_whose_model_was_changed_is_not_measured(tmp_path: Path):
    settings = store_of(tmp_path)
    (card,) = settings.model.rglob("macaque_nano.json")
    card.chmod(0o644)
    card.write_text(card.read_text().replace("Apache", "apache"))
    with pytest.raises(ModelError):
        eye_from(settings)


def test_a_store_without_signers_or_without_a_model_says_what_to_do(tmp_path: Path):
    (tmp_path / "store").mkdir()
    with pytest.raises(ModelMissingError, match="set signers"):
        eye_from(EyeSettings(model=tmp_path / "store"))
    (tmp_path / "signers").write_text(new_key(tmp_path / "key.pem", "city") + "\n")
    with pytest.raises(ModelMissingError, match="install one"):
        eye_from(EyeSettings(model=tmp_path / "store", signers=tmp_path / "signers"))
