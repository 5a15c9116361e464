"""``mimamori repel``: a countdown that may be vetoed, what forbids a test, secrets, and the proofs."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from edge.repel.dose_memory import DoseMemory, dose_file
from edge.repel.safety import SafetyState
from edge.repel.signed_words import read_key
from tests.cli.conftest import Run, spoil

pytestmark = pytest.mark.system  # each starts the processes that own the outputs

DEVICE = "field-1"


@contextmanager
def hands(monkeypatch: pytest.MonkeyPatch, *, press: bool) -> Iterator[None]:
    """A keyboard: Enter is pressed at once, or never."""
    there, here = os.pipe()
    if press:
        os.write(here, b"\n")
    with os.fdopen(there) as keyboard:
        monkeypatch.setattr(sys, "stdin", keyboard)
        yield
    os.close(here)


@pytest.fixture
def field_file(tmp_path: Path) -> Path:
    file = tmp_path / "field.toml"
    file.write_text(
        f"""
device = "{DEVICE}"
data_directory = "{tmp_path}"
[camera]
source = 0
[eye]
model = "eye.json"
[repel]
hours = {{ from = "00:00", to = "00:00" }}
daylight_only = false
trust_unsynced_clock = true
dwelling_m = 300
timeline_file = "{tmp_path}/timeline.jsonl"
[[repel.outputs]]
name = "horn"
stimulus = "horn"
pin = 17
max_on_s = 0.4
[[repel.outputs]]
name = "dog"
stimulus = "dog"
kind = "sound"
files = ["one.wav", "two.wav"]
""",
        encoding="utf-8",
    )
    return file


def timeline(field_file: Path) -> list[dict[str, object]]:
    file = field_file.with_name("timeline.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_after_the_countdown_one_output_fires_for_no_longer_than_its_maximum_and_is_counted(
    run: Run, field_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hands(monkeypatch, press=False):
        said = run("repel", "test", field_file, "--output", "horn", "--seconds", 5, "--countdown", 3)
    assert said.status == 0, said.out + said.err
    assert [line for line in said.out.splitlines() if line.endswith("...")] == ["3 ...", "2 ...", "1 ..."]
    on, off = timeline(field_file)
    assert (on["output"], on["on"], off["on"], off["why"]) == ("horn", True, False, "timer")
    assert float(str(off["at_s"])) - float(str(on["at_s"])) <= 0.4
    today = datetime.now(ZoneInfo("Asia/Tokyo")).date()
    assert dict(DoseMemory(dose_file(field_file.parent, DEVICE)).read().shots) == {today: 1}


def test_enter_vetoes_and_so_does_a_keyboard_that_is_not_there(
    run: Run, field_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hands(monkeypatch, press=True):
        said = run("repel", "test", field_file, "--output", "horn")
    assert (said.status, said.out.splitlines()[-1]) == (1, "vetoed: nothing was switched on")
    with Path(os.devnull).open() as nobody:
        monkeypatch.setattr(sys, "stdin", nobody)
        said = run("repel", "test", field_file, "--output", "horn")
    assert (said.status, said.out.splitlines()[-1]) == (1, "vetoed: nothing was switched on")
    assert timeline(field_file) == []


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("dwelling_m = 300", "dwelling_m = 150", "houses are nearer"),
        ("daylight_only = false", "daily_dose = 0\ndaylight_only = false", "daily_dose is used up"),
        ("daylight_only = false", "", "outside [repel] hours"),
    ],
)
def test_what_protects_the_neighbours_forbids_a_test_too(
    run: Run, field_file: Path, old: str, new: str, reason: str
) -> None:
    spoil(field_file, old, new)
    said = run("repel", "test", field_file, "--output", "horn")
    assert said.status == 1
    assert reason in said.out
    assert timeline(field_file) == []


def test_a_muted_field_is_not_tested_and_an_unknown_output_is_told_with_those_there_are(
    run: Run, field_file: Path
) -> None:
    DoseMemory(dose_file(field_file.parent, DEVICE)).keep(SafetyState(muted_until_ms=1 << 50))
    said = run("repel", "test", field_file, "--output", "horn")
    assert said.status == 1
    assert "muted" in said.out
    said = run("repel", "test", field_file, "--output", "siren")
    assert said.status == 1
    assert "it has: horn, dog" in said.err


def test_a_mocked_sound_takes_its_files_in_turn_and_the_timeline_says_which(
    run: Run, field_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hands(monkeypatch, press=False):
        said = run("repel", "test", field_file, "--output", "dog", "--countdown", 3)
    assert said.status == 0, said.out + said.err
    assert [(row["output"], row["on"], row["file"]) for row in timeline(field_file)] == [
        ("dog", True, "one.wav"),
        ("dog", False, "one.wav"),
    ]


def test_a_secret_is_made_once_for_its_user_alone(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "key"
    assert run("repel", "key", file).status == 0
    assert file.stat().st_mode & 0o077 == 0
    first = read_key(file)
    assert len(first) == 64
    again = run("repel", "key", file)
    assert (again.status, "give another name" in again.err) == (1, True)
    assert read_key(file) == first


def test_a_short_proof_plays_kills_and_says_what_came_of_it(run: Run) -> None:
    said = run("repel", "prove", "--histories", 50, "--kills", 1, "--victim", "owner", "--workers", 1)
    assert said.status == 0, said.out + said.err
    assert "50 histories, 2000 looks:" in said.out
    assert "0 rules broken" in said.out
    assert "kill -9 of owner while the output is on, pins of a file: off within 1 s in 1 of 1;" in said.out


def test_a_proof_of_the_kernel_alone_kills_nobody(run: Run) -> None:
    said = run("repel", "prove", "--histories", 2, "--kills", 0, "--victim", "owner", "--workers", 1)
    assert said.status == 0, said.out + said.err
    assert "kill -9" not in said.out
