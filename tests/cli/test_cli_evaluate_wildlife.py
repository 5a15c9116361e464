"""``mimamori evaluate wildlife``: the shipped model on the simulator's drawings; figures, a page, JSON, and a status."""

import json
from pathlib import Path

import pytest

from simulators.field.export import export
from tests.cli.conftest import Run
from tests.labelled_pictures import film

REPOSITORY = Path(__file__).parents[2]
MODEL = REPOSITORY / "models" / "macaque_nano" / "macaque_nano.json"
QUICK = ("--model", MODEL, "--far", 0, "--changed", 0)


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    export(folder, count=12, first=900_000)
    return folder


def test_it_prints_figures_and_writes_both_reports(run: Run, drawings: Path, tmp_path: Path):
    page, figures = tmp_path / "p.html", tmp_path / "f.json"
    done = run("evaluate", "wildlife", drawings, *QUICK, "--html", page, "--json", figures)
    assert done.status == 0, done.err
    assert "model: macaque_nano" in done.out
    assert "AP50 monkey" in done.out
    told = json.loads(figures.read_text())
    assert told["pictures"] == 12
    assert told["recall"]["value"] > 0.5
    assert told["threshold"] == pytest.approx(json.loads(MODEL.read_text())["thresholds"]["monkey"])
    assert "サルを見分ける目の評価" in page.read_text(encoding="utf-8")


def test_the_eye_of_a_field_s_file_is_the_one_that_is_measured(run: Run, drawings: Path, tmp_path: Path):
    file = tmp_path / "field.toml"
    file.write_text(
        f'device = "cam-0001"\ndata_directory = "{tmp_path}"\n[camera]\nsource = "{tmp_path}"\n[eye]\nmodel = "{MODEL}"\n'
    )
    done = run("evaluate", "wildlife", drawings, "--field", file, "--far", 0, "--changed", 0)
    assert done.status == 0, done.err
    assert "model: macaque_nano" in done.out
    refused = run("evaluate", "wildlife", drawings, "--field", file, "--model", MODEL)
    assert refused.status == 2


def test_clips_alone_are_watched_and_told_an_hour(run: Run, tmp_path: Path):
    film(tmp_path / "empty" / "still.mp4", monkey=False)
    done = run("evaluate", "wildlife", tmp_path, *QUICK)
    assert done.status == 0, done.err
    assert "false monkey events an hour: 0" in done.out


def test_a_folder_in_which_nothing_can_be_measured_ends_with_status_1(run: Run, tmp_path: Path):
    (tmp_path / "a.txt").write_text("no label")
    done = run("evaluate", "wildlife", tmp_path, *QUICK)
    assert done.status == 1
    assert "nothing could be measured" in done.err


def test_a_model_that_is_not_there_is_an_error_with_a_mend(run: Run, drawings: Path, tmp_path: Path):
    done = run("evaluate", "wildlife", drawings, "--model", tmp_path / "no.json")
    assert done.status == 1
    assert "no such model card" in done.err
