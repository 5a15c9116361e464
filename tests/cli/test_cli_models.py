"""A model on its way: signed on a desk, checked and tried on the device, given up by hand; a worse one goes nowhere."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.wildlife.card import read_card
from edge.wildlife.detector import Detector
from edge.wildlife.model_store import ModelStore
from models.labelling.retraining import COMPARISON
from tests.cli.conftest import Run

SHIPPED = Path(__file__).parents[2] / "models" / "macaque_nano"


class Desk:
    """A copy of the shipped model, a key, and a field that takes what is signed with it."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.run, self.folder = run, folder
        self.card = self.copied("first")
        self.key, self.signers = folder / "models.key", folder / "signers.txt"
        self.signers.write_text(run("models", "key", self.key, "--name", "city").out)
        self.field = folder / "field.toml"
        self.field.write_text(
            f'device = "cam-0001"\ndata_directory = "{folder}"\n[broker]\nport = 9\n[camera]\nsource = "{folder}"\n'
            f'[eye]\nmodel = "{folder}/store"\nsigners = "{self.signers}"\n'
        )

    def copied(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        for file in (*SHIPPED.glob("macaque_nano.json"), *SHIPPED.glob("macaque_nano.onnx")):
            shutil.copy(file, folder / file.name)
        card = folder / "macaque_nano.json"
        told = json.loads(card.read_text())
        told["name"] = name
        card.write_text(json.dumps(told))
        return card

    def signed(self, card: Path) -> Path:
        said = self.run("models", "sign", card, "--key", self.key)
        assert said.status == 0, said.err
        return card.with_suffix(".mimamori-model")

    def in_use(self) -> str:
        store = ModelStore(self.folder / "store", {})
        return store.state().current or ""


@pytest.fixture
def desk(tmp_path: Path, run: Run) -> Desk:
    if not SHIPPED.exists():
        pytest.skip("no trained model in models/macaque_nano (python -m models train, or take a release)")
    return Desk(tmp_path, run)


def test_a_signed_model_is_installed_shown_and_given_up_by_hand(desk: Desk):
    first = desk.run("models", "install", desk.field, desk.signed(desk.card))
    assert "signed by city: in use, on trial" in first.out
    old = desk.in_use()
    assert Detector(desk.folder / "store" / old / "macaque_nano.json").card.name == "first"
    desk.run("models", "install", desk.field, desk.signed(desk.copied("second")))
    assert desk.in_use() != old
    back = desk.run("models", "rollback", desk.field, "--why", "foxes")
    assert (back.status, back.out) == (0, f"{old}: in use again\n")
    shown = desk.run("models", "show", desk.field).out
    assert f"in use: {old}" in shown
    assert ": foxes" in shown


def test_a_model_whose_golden_picture_it_misses_stays_out(desk: Desk):
    golden = desk.card.parent / "golden" / "monkey"
    golden.mkdir(parents=True)
    cv2.imwrite(str(golden / "grey.png"), np.full((90, 160, 3), 90, np.uint8))
    said = desk.run("models", "install", desk.field, desk.signed(desk.card))
    assert said.status == 1
    assert "misses the monkey of grey.png" in said.err
    assert desk.in_use() == ""


def test_a_model_of_a_stranger_stays_out(desk: Desk):
    file = desk.signed(desk.card)
    desk.signers.write_text(desk.run("models", "key", desk.folder / "other.key", "--name", "other").out)
    said = desk.run("models", "install", desk.field, file)
    assert said.status == 1
    assert "signed by none of other" in said.err


def test_a_key_is_never_overwritten_and_never_readable_by_others(desk: Desk):
    assert desk.key.stat().st_mode & 0o077 == 0
    before = desk.key.read_bytes()
    again = desk.run("models", "key", desk.key)
    assert (again.status, "give another name" in again.err) == (1, True)
    assert desk.key.read_bytes() == before


@pytest.mark.parametrize("refused", [True, False])
def test_a_model_that_was_found_worse_is_not_signed(desk: Desk, refused):
    told = {
        "new_sha256": read_card(desk.card).sha256, "old_sha256": "x", "verdict": "worse" if refused else "better",
        "refused": refused, "why": "monkeys found: loses 3 frames, gains 1", "pairs": [],
    }  # fmt: skip
    (desk.card.parent / COMPARISON).write_text(json.dumps(told))
    said = desk.run("models", "sign", desk.card, "--key", desk.key)
    assert said.status == int(refused)
    assert ("loses 3 frames" in said.err) == refused


def test_a_comparison_of_another_model_says_nothing_of_this_one(desk: Desk):
    told = {"new_sha256": "x", "old_sha256": "y", "verdict": "worse", "refused": True, "why": "", "pairs": []}
    (desk.card.parent / COMPARISON).write_text(json.dumps(told))
    assert desk.run("models", "sign", desk.card, "--key", desk.key).status == 0


def test_a_field_without_signers_is_told_what_to_add(desk: Desk):
    desk.field.write_text(desk.field.read_text().replace("signers", "# signers"))
    said = desk.run("models", "show", desk.field)
    assert said.status == 1
    assert "eye.signers" in said.err
