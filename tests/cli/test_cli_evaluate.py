"""``mimamori evaluate falls``: figures, a page, JSON, and a status that says whether there was anything to measure."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.evaluate import app
from edge.sensors.readings import PointCloud
from simulators.home.firmware_bytes import encode


def run(*words: str):
    return CliRunner().invoke(app, ["falls", *words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A body that falls to the floor within a second and stays there, as an IWR6843 at 1.2 m, 10 degrees down sends it."""
    rng = np.random.default_rng(1)
    frames = []
    for n in range(400):
        fallen = min(1.0, max(0.0, (n - 150) / 16)) ** 2
        height_m = 1.0 - 0.85 * fallen
        spread = rng.normal(0.0, 0.06, (4, 3))
        speed = rng.normal(0.8 if 0.0 < fallen < 1.0 else 0.0, 0.4, 4)
        up = spread[:, 2] + height_m - 1.2
        y, z = 3.0 + spread[:, 1], up
        tilt = np.radians(10.0)
        points = np.stack(
            [
                spread[:, 0],
                y * np.cos(tilt) - z * np.sin(tilt),
                y * np.sin(tilt) + z * np.cos(tilt),
                speed,
                np.full(4, 18.0),
            ],
            axis=1,
        )
        frames.append(encode(PointCloud(0.0, n + 1, points.astype(np.float32), presence=True)))
    (tmp_path / "r.bin").write_bytes(b"".join(frames))
    notes = {"recordings": [{"file": "r.bin", "complete": True, "falls": [{"at_s": 8.2}],
                             "mount": {"height_m": 1.2, "tilt_deg": 10.0}}]}  # fmt: skip
    (tmp_path / "notes.json").write_text(json.dumps(notes))
    return tmp_path


def test_it_prints_the_fall_and_writes_json_and_a_page(folder: Path, tmp_path: Path):
    figures, page = tmp_path / "f.json", tmp_path / "p.html"
    done = run(str(folder), "--json", str(figures), "--html", str(page))
    assert done.exit_code == 0, done.output
    assert "1 of 1 falls suspected" in done.output
    told = json.loads(figures.read_text())
    assert told["total"]["recall"]["interval"][1] == 1.0
    assert told["recordings"][0]["falls"][0]["suspected_after_s"] < 5.0


def test_the_page_stands_alone_in_both_languages_with_its_pictures(folder: Path, tmp_path: Path):
    page = tmp_path / "p.html"
    run(str(folder), "--html", str(page))
    text = page.read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)=", text)
    assert "転倒検知の評価" in text
    assert "Fall detection, measured" in text
    assert text.count("<svg") >= 2


def test_the_same_recording_gives_the_same_figures_twice(folder: Path):
    assert run(str(folder)).output == run(str(folder)).output


def test_a_folder_without_a_recording_ends_with_status_1_and_says_so(tmp_path: Path):
    (tmp_path / "a.txt").write_text("no recording")
    done = run(str(tmp_path))
    assert done.exit_code == 1
    assert "a.txt" in done.output
    assert "nothing could be evaluated" in done.output


def test_without_a_folder_or_simulated_days_it_asks_for_one():
    done = run()
    assert done.exit_code == 2
    assert "--simulated" in done.output
