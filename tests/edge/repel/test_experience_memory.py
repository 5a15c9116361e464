"""What a season has taught outlives the process, and a broken file costs only that."""

import random
from pathlib import Path

from edge.repel.chooser import Chooser
from edge.repel.experience_memory import ExperienceMemory
from edge.repel.outcome import Outcome
from edge.repel.settings import RepelSettings

NOW_MS = 1_782_885_600_000
SETTINGS = RepelSettings.model_validate({
    "outputs": [
        {"name": "horn", "stimulus": "horn", "pin": 2},
        {"name": "strobe", "stimulus": "strobe", "pin": 3},
    ],
    "dwelling_m": 300.0,
    "control_share": 0.0,
})  # fmt: skip


def taught() -> Chooser:
    chooser = Chooser(SETTINGS, random.Random(1))
    for n in range(12):
        choice = chooser.choose(NOW_MS + n * 3_600_000)
        chooser.tried(choice)
        chooser.found(choice, Outcome.LEFT if choice.stimulus == "horn" else Outcome.STAYED, NOW_MS)
    return chooser


def test_what_was_learnt_is_known_after_a_restart(tmp_path: Path):
    chooser = taught()
    ExperienceMemory(tmp_path / "new" / "learned.json").keep(chooser.experience)
    known = ExperienceMemory(tmp_path / "new" / "learned.json").read()
    assert known == chooser.experience
    again = Chooser(SETTINGS, random.Random(2), known)
    assert again.rates(NOW_MS) == chooser.rates(NOW_MS)
    assert again.rates(NOW_MS)["horn"].mean > again.rates(NOW_MS)["strobe"].mean


def test_a_broken_file_is_begun_anew_and_said(tmp_path: Path, caplog):
    path = tmp_path / "learned.json"
    path.write_text('{"tallies": {"horn": ')
    assert ExperienceMemory(path).read().tallies == {}
    assert "learned.json is unreadable" in caplog.text


def test_a_file_that_cannot_be_written_stops_nothing(tmp_path: Path, caplog):
    (tmp_path / "file").write_text("")
    ExperienceMemory(tmp_path / "file" / "learned.json").keep(taught().experience)
    assert "cannot be written" in caplog.text
