"""The whole way of a field's own frames: kept, labelled, learnt from, compared, signed or refused, in use on the device."""

import itertools
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("pycocotools", reason="the train extra is not installed: pip install .[train]")

import cli.main
from edge.clock import ManualClock
from edge.wildlife.card import read_card
from edge.wildlife.detector import Detector
from edge.wildlife.kept_frame import KeptFrame, keep_frame
from edge.wildlife.model_file import read_signers
from edge.wildlife.model_store import ModelStore
from edge.wildlife.self_test import golden_beside, self_test
from edge.wildlife.stored_detector import StoredDetector
from models.labelling.book import LabelBook
from models.labelling.boxes import Box
from models.labelling.retraining import COMPARISON
from simulators.field.drawing import draw_sample

pytestmark = pytest.mark.system

SHIPPED = Path(__file__).parents[2] / "models" / "macaque_nano" / "macaque_nano.json"
NOON_MS, DAY_MS = 1_764_039_600_000, 86_400_000
FRAMES, DAYS = 80, 10

Run = Callable[..., int]


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of drawn frames in which somebody has drawn every box."""
    if not SHIPPED.exists():
        pytest.skip("no trained model in models/macaque_nano (python -m models train, or take a release)")
    folder = tmp_path_factory.mktemp("field")
    truth = {}
    seeds = itertools.count(9000)
    for n in range(FRAMES):
        picture, boxes = np.full((270, 480, 3), 60 + n, np.uint8), []
        while n % 2 and not any(box[0] == "monkey" for box in boxes):
            picture, boxes = draw_sample(np.random.default_rng(next(seeds)), (480, 270))
        frame = KeptFrame(
            device="cam-1", at_ms=NOON_MS + n // 2 % DAYS * DAY_MS + n, width_px=480, height_px=270, why="unsure",
            model="m", model_sha256="s", detections=[],
        )  # fmt: skip
        keep_frame(folder / "cam-1.kept", f"f{n:03d}", frame, cv2.imencode(".jpg", picture)[1].tobytes())
        truth[f"f{n:03d}"] = [Box(kind, *map(float, box)) for kind, *box in boxes]
    sys.argv = ["mimamori", "models", "label", str(folder / "book"), "--frames", str(folder / "cam-1.kept")]
    sys.argv += ["--model", str(SHIPPED), "--no-serve"]
    with pytest.raises(SystemExit, match="0"):
        cli.main.main()
    book = LabelBook(folder / "book")
    for name, boxes in truth.items():
        book.save(name, "done", boxes, f"request-{name}", 1)
    book.close()
    return folder / "book"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(*verb: object) -> int:
        monkeypatch.setattr(sys, "argv", ["mimamori", "models", *map(str, verb)])
        try:
            cli.main.main()
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    return call


@pytest.fixture
def candidate(tmp_path: Path) -> Callable[..., Path]:
    """The shipped model under another name, with some of its thresholds changed."""

    def made(name: str, **thresholds: float) -> Path:
        out = tmp_path / name
        out.mkdir()
        shutil.copy(SHIPPED.parent / read_card(SHIPPED).file, out)
        told = json.loads(SHIPPED.read_text())
        told["thresholds"] |= thresholds
        (out / f"{name}.json").write_text(json.dumps(told))
        return out / f"{name}.json"

    return made


def compare(run: Run, labelled: Path, card: Path) -> int:
    return run(
        "train", labelled, "--model", SHIPPED, "--out", card.parent, "--name", card.stem, "--compare-only"
    )


def test_a_deafer_model_is_refused_on_the_field_s_own_days_and_never_signed(labelled, run, candidate, capsys):
    card = candidate("deaf", monkey=0.999)
    assert compare(run, labelled, card) == 1
    said = capsys.readouterr()
    assert "verdict: worse: monkeys found" in said.out
    assert f"the field keeps {SHIPPED}" in said.err
    assert json.loads((card.parent / COMPARISON).read_text())["refused"]
    assert run("key", card.parent / "k.key") == 0
    assert run("sign", card, "--key", card.parent / "k.key") == 1


def test_a_model_that_is_as_good_goes_to_the_field_and_sees(labelled, run, candidate, tmp_path, capsys):
    card = candidate("twin")
    assert compare(run, labelled, card) == 0
    assert "verdict: as good" in capsys.readouterr().out
    golden = card.parent / "golden" / "monkey"
    golden.mkdir(parents=True)
    seen = next(
        path
        for path in sorted((labelled / "images").iterdir())
        if len(Detector(SHIPPED).detect(cv2.imread(str(path))).of("monkey"))
    )
    shutil.copy(seen, golden)
    assert run("key", tmp_path / "k.key", "--name", "city") == 0
    (tmp_path / "signers.txt").write_text(capsys.readouterr().out)
    assert run("sign", card, "--key", tmp_path / "k.key") == 0
    field = tmp_path / "field.toml"
    field.write_text(
        f'device = "cam-0001"\ndata_directory = "{tmp_path}"\n[broker]\nport = 9\n[camera]\nsource = "{tmp_path}"\n'
        f'[eye]\nmodel = "{tmp_path}/store"\nsigners = "{tmp_path}/signers.txt"\n'
    )
    assert run("install", field, card.with_suffix(".mimamori-model")) == 0
    store = ModelStore(tmp_path / "store", read_signers(tmp_path / "signers.txt"))
    eye = StoredDetector(
        store, Detector, lambda found, path: self_test(found, golden_beside(path)), ManualClock(0)
    )
    assert len(eye.detect(cv2.imread(str(seen))).of("monkey"))


def test_training_goes_through_the_trainer_s_own_command_and_ends_in_a_verdict(labelled, run, tmp_path):
    pytest.importorskip("torch", reason="the train extra is not installed: pip install .[train]")
    out = tmp_path / "run"
    status = run("train", labelled, "--model", SHIPPED, "--out", out, "--epochs", 1, "--threads", 1)
    told = json.loads((out / COMPARISON).read_text())
    assert told["new_sha256"] == read_card(out / "macaque_nano.json").sha256
    assert status == int(told["refused"])
    asked = {pair["name"]: pair["frames"] for pair in told["pairs"]}
    assert min(asked["monkeys found"], asked["no monkey, none reported"]) >= 10
