"""A device takes only models that somebody it knows has signed, tries them, and goes back by itself."""

import hashlib
import json
import os
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from edge.clock import ManualClock
from edge.wildlife.card import ModelMissingError
from edge.wildlife.detections import no_detections
from edge.wildlife.model_file import SignatureError, check_file, read_signers
from edge.wildlife.model_store import STARTS_ON_TRIAL, ModelRefusedError, ModelStore
from edge.wildlife.stored_detector import (
    FAILURES_ALLOWED,
    LOOK_EVERY_S,
    PROVED_AFTER_PICTURES,
    PROVED_AFTER_S,
    StoredDetector,
)
from models.labelling.signing import new_key, read_key, sign

PICTURE = np.full((36, 64, 3), 90, np.uint8)


class Workshop:
    """Where models are made and signed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = folder / "models.key"
        self.signers = folder / "signers.txt"
        self.signers.write_text(f"# who may\n\n{new_key(self.key, 'city')}\n")

    def card(self, name: str) -> Path:
        folder = self.folder / name
        (folder / "golden" / "monkey").mkdir(parents=True)
        (folder / "golden" / "monkey" / "a.jpg").write_bytes(b"golden")
        onnx = folder / f"{name}.onnx"
        onnx.write_bytes(name.encode() * 1000)
        card = folder / f"{name}.json"
        sha = hashlib.sha256(onnx.read_bytes()).hexdigest()
        card.write_text(json.dumps({"name": name, "file": onnx.name, "sha256": sha}))
        return card

    def signed(self, name: str) -> Path:
        out = self.folder / f"{name}.mimamori-model"
        sign([self.card(name)], read_key(self.key), out, made_ms=1)
        return out

    def store(self) -> ModelStore:
        return ModelStore(self.folder / "store", read_signers(self.signers))


class Eye:
    """A network of which it is known how it fails."""

    def __init__(self, card: Path, failing: set[str]) -> None:
        self.name = card.stem
        self._failing = failing

    def detect(self, image, floor=None):
        if self.name in self._failing:
            raise RuntimeError(f"{self.name} fails")
        return no_detections(("monkey",))


class Field:
    """A device's process, as far as its eye goes; ``failing`` names models whose pictures fail."""

    def __init__(self, store: ModelStore, clock: ManualClock | None = None) -> None:
        self.store, self.clock = store, clock or ManualClock(0)
        self.failing: set[str] = set()
        self.untrusted: set[str] = set()
        self.begin()

    def begin(self) -> None:
        self.eye = StoredDetector(self.store, lambda card: Eye(card, self.failing), self.test, self.clock)

    def test(self, eye, card: Path) -> None:
        assert (card.parent / "golden").is_dir()
        if eye.name in self.untrusted:
            raise ValueError(f"misses the monkey with {eye.name}")

    def looks(self, times: int = 1, every_s: float = 0.2) -> str:
        for _ in range(times):
            self.clock.advance(every_s)
            self.eye.detect(PICTURE)
        return self.eye.detector.name


def passes(_card: Path) -> None:
    """A model that nothing is wrong with."""


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture
def field(workshop: Workshop) -> Field:
    store = workshop.store()
    store.install(workshop.signed("old"), passes)
    field = Field(store)
    store.proved(field.eye.model)
    field.begin()
    return field


def test_a_signed_model_comes_with_its_card_network_and_golden_pictures(workshop: Workshop):
    store = workshop.store()
    found = store.install(workshop.signed("old"), passes)
    chosen = store.begin()
    assert (found.signer, found.manifest.name) == ("city", "old")
    assert chosen.card.read_bytes() == (workshop.folder / "old" / "old.json").read_bytes()
    assert (chosen.card.parent / "golden" / "monkey" / "a.jpg").read_bytes() == b"golden"


def rewritten(file: Path, change) -> Path:
    """``file`` with each entry as ``change(name, data)`` gives it, None leaving it out."""
    out = file.with_name("changed.mimamori-model")
    with zipfile.ZipFile(file) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            data = change(name, before.read(name))
            if data is not None:
                after.writestr(name, data)
    return out


@pytest.mark.parametrize(
    "change",
    [
        lambda name, data: b"x" + data[1:] if name == "old.onnx" else data,
        lambda name, data: data + b" " if name == "old.json" else data,
        lambda name, data: data.replace(b"old.onnx", b"new.onnx") if name == "manifest.json" else data,
        lambda name, data: bytes(64) if name == "manifest.sig" else data,
        lambda name, data: None if name == "manifest.sig" else data,
        lambda name, data: None if name == "old.onnx" else data,
        lambda name, data: data[:-1] if name == "golden/monkey/a.jpg" else data,
    ],
    ids=["network", "card", "manifest", "signature", "unsigned", "missing", "golden"],
)
def test_a_changed_file_is_refused_and_leaves_the_store_as_it_was(workshop: Workshop, change):
    store = workshop.store()
    with pytest.raises(SignatureError):
        store.install(rewritten(workshop.signed("old"), change), passes)
    with pytest.raises(ModelMissingError, match="models install"):
        store.begin()


def test_what_was_smuggled_in_is_refused(workshop: Workshop):
    file = workshop.signed("old")
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("../../evil.so", b"x")
    with pytest.raises(SignatureError, match="nobody signed"):
        check_file(file, read_signers(workshop.signers))


def test_a_file_that_unpacks_to_more_than_it_is_is_refused(workshop: Workshop):
    file = workshop.folder / "bomb.mimamori-model"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", bytes(1_000_000))
    with pytest.raises(SignatureError, match="packed otherwise"):
        check_file(file, read_signers(workshop.signers))


def test_a_file_cut_off_anywhere_is_refused(workshop: Workshop):
    file = workshop.signed("old")
    whole = file.read_bytes()
    for length in range(0, len(whole), 397):
        file.write_bytes(whole[:length])
        with pytest.raises(SignatureError):
            check_file(file, read_signers(workshop.signers))


def test_damaged_bytes_are_refused_or_changed_nothing_that_counts(workshop: Workshop):
    file, signers = workshop.signed("old"), read_signers(workshop.signers)
    whole, rng = file.read_bytes(), random.Random(1)
    version, refused = check_file(file, signers).version, 0
    for _ in range(120):
        harmed = bytearray(whole)
        harmed[rng.choice((rng.randrange(len(whole)), -1 - rng.randrange(500)))] = rng.randrange(256)
        file.write_bytes(harmed)
        try:
            assert check_file(file, signers).version == version
        except SignatureError:
            refused += 1
    assert 60 < refused < 120


def test_another_s_key_opens_nothing(workshop: Workshop, tmp_path: Path):
    (tmp_path / "other").mkdir()
    stranger = Workshop(tmp_path / "other")
    with pytest.raises(SignatureError, match="signed by none of city"):
        workshop.store().install(stranger.signed("old"), passes)


def test_a_key_that_others_may_read_signs_nothing(workshop: Workshop):
    workshop.key.chmod(0o644)
    with pytest.raises(SignatureError, match="chmod 600"):
        read_key(workshop.key)


def test_a_line_that_is_no_key_is_named(workshop: Workshop):
    workshop.signers.write_text("# nobody\ncity no-key\n")
    with pytest.raises(SignatureError, match=r"signers\.txt:2"):
        read_signers(workshop.signers)


def test_a_model_that_fails_its_test_is_never_in_use(field: Field, workshop: Workshop):
    def fails(card: Path) -> None:
        raise ValueError(f"misses the monkey with {card.stem}")

    with pytest.raises(ModelRefusedError, match="misses the monkey with new"):
        field.store.install(workshop.signed("new"), fails)
    assert field.looks(100) == "old"
    assert not field.store.state().trial


def test_a_running_field_takes_a_new_model_up_between_two_pictures(field: Field, workshop: Workshop):
    field.store.install(workshop.signed("new"), passes)
    assert field.looks() == "old"
    field.clock.advance(LOOK_EVERY_S)
    assert field.looks() == "new"
    assert field.eye.trouble is None


def test_a_model_that_fails_its_test_on_the_device_gives_way_to_the_old_one(field: Field, workshop: Workshop):
    field.untrusted.add("new")
    file = workshop.signed("new")
    field.store.install(file, passes)
    field.clock.advance(LOOK_EVERY_S)
    assert field.looks() == "old"
    assert "misses the monkey with new" in (field.eye.trouble or "")
    with pytest.raises(ModelRefusedError, match="--again"):
        field.store.install(file, passes)
    field.store.install(file, passes, again=True)


def test_a_model_on_trial_that_fails_on_pictures_gives_way_to_the_old_one(field: Field, workshop: Workshop):
    field.store.install(workshop.signed("new"), passes)
    field.clock.advance(LOOK_EVERY_S)
    assert field.looks() == "new"
    field.failing.add("new")
    for _ in range(FAILURES_ALLOWED):
        with pytest.raises(RuntimeError, match="new fails"):
            field.looks()
    assert field.looks() == "old"
    assert "fails on pictures" in (field.eye.trouble or "")


def test_a_model_that_has_proved_itself_is_not_given_up_for_what_happens_later(
    field: Field, workshop: Workshop
):
    field.store.install(workshop.signed("new"), passes)
    field.clock.advance(LOOK_EVERY_S)
    field.looks(PROVED_AFTER_PICTURES + 1, every_s=PROVED_AFTER_S / PROVED_AFTER_PICTURES)
    assert not field.store.state().trial
    field.failing.add("new")
    for _ in range(5):
        with pytest.raises(RuntimeError):
            field.looks()
    assert field.eye.detector.name == "new"


def test_a_model_that_ends_its_process_is_given_up_with_nobody_there(field: Field, workshop: Workshop):
    field.store.install(workshop.signed("new"), passes)
    for _ in range(STARTS_ON_TRIAL):
        field.begin()  # and the process is killed
        assert field.eye.detector.name == "new"
    field.begin()
    assert field.eye.detector.name == "old"
    assert "processes ended" in (field.eye.trouble or "")


def test_a_first_model_is_kept_for_there_is_nothing_to_go_back_to(workshop: Workshop):
    store = workshop.store()
    store.install(workshop.signed("first"), passes)
    for _ in range(3 * STARTS_ON_TRIAL):
        assert Field(store).eye.detector.name == "first"


def test_a_process_that_ends_in_order_says_nothing_against_a_model(field: Field, workshop: Workshop):
    field.store.install(workshop.signed("new"), passes)
    for _ in range(3 * STARTS_ON_TRIAL):
        field.begin()
        field.eye.close()
    assert field.eye.detector.name == "new"
    assert field.store.state().starts == 0


@pytest.mark.system
def test_a_process_that_is_killed_counts_and_one_that_ends_by_itself_does_not(workshop: Workshop):
    store = workshop.store()
    store.install(workshop.signed("new"), passes)
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom edge.clock import ManualClock\n"
        "from edge.wildlife.model_file import read_signers\nfrom edge.wildlife.model_store import ModelStore\n"
        "from edge.wildlife.stored_detector import StoredDetector\n"
        "store = ModelStore(Path(sys.argv[1]), read_signers(Path(sys.argv[2])))\n"
        "eye = StoredDetector(store, lambda card: card, lambda found, card: None, ManualClock(0))\n"
        "if sys.argv[3] == 'killed':\n    os.kill(os.getpid(), 9)\n"
    )
    counted = []
    for end in ("in order", "killed", "in order"):
        arguments = [sys.executable, "-c", code, str(store.folder), str(workshop.signers), end]
        subprocess.run(arguments, env={**os.environ, "PYTHONPATH": "."}, check=False)
        counted.append(store.state().starts)
    assert counted == [0, 1, 1]


def test_a_model_that_rots_on_the_card_gives_way_to_the_one_before_it(field: Field, workshop: Workshop):
    field.store.install(workshop.signed("new"), passes)
    field.begin()
    rotten = field.store.folder / field.eye.model / "new.onnx"
    rotten.write_bytes(b"?" + rotten.read_bytes()[1:])
    field.begin()
    assert field.eye.detector.name == "old"
    assert "not the bytes that were signed" in (field.eye.trouble or "")


def test_a_technician_goes_back_by_hand_and_the_running_field_follows(field: Field, workshop: Workshop):
    field.store.install(workshop.signed("new"), passes)
    field.clock.advance(LOOK_EVERY_S)
    assert field.looks() == "new"
    field.store.roll_back("too many foxes")
    field.clock.advance(LOOK_EVERY_S)
    assert field.looks() == "old"
    with pytest.raises(ModelMissingError, match="no model before"):
        field.store.roll_back("again")
    assert field.looks() == "old"


def test_old_models_do_not_fill_the_card(field: Field, workshop: Workshop):
    for n in range(4):
        field.store.install(workshop.signed(f"m{n}"), passes)
    assert len([p for p in field.store.folder.iterdir() if p.is_dir()]) <= 3
    assert field.store.begin().card.stem == "m3"


KILLED_AT = """
import os, sys
from pathlib import Path
from edge.wildlife import model_store
from edge.wildlife.model_file import read_signers
left = int(sys.argv[4])
def counted(inner):
    def call(*args, **kwargs):
        global left
        left -= 1
        if left < 0:
            os._exit(9)
        return inner(*args, **kwargs)
    return call
model_store._sync = counted(model_store._sync)
Path.replace = counted(Path.replace)
Path.rename = counted(Path.rename)
store = model_store.ModelStore(Path(sys.argv[1]), read_signers(Path(sys.argv[2])))
store.install(Path(sys.argv[3]), lambda card: None)
"""


@pytest.mark.system
def test_killed_at_any_step_of_an_install_the_old_model_or_the_new_one_is_whole(
    field: Field, workshop: Workshop
):
    file = workshop.signed("new")
    seen = set()
    for steps in (0, 3, 6, 7, 8, 9, 10, 11, 12, 40):
        arguments = [str(field.store.folder), str(workshop.signers), str(file), str(steps)]
        done = subprocess.run(
            [sys.executable, "-c", KILLED_AT, *arguments], env={**os.environ, "PYTHONPATH": "."}, check=False
        )
        assert done.returncode in {0, 9}
        seen.add(field.store.begin().card.stem)
        if field.store.begin().card.stem == "new":
            break
    assert seen == {"old", "new"}
