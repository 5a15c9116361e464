"""The trainer of the fall scorer: from a table to a network that the device reads."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the train extra is not installed")

from edge.fall.descent import FEATURES
from edge.fall_scorer import HOW_SEEN, scorer_of
from models.falls.scorer import Of, TrainingError, read_tables, train

WIDE = len(FEATURES) + len(HOW_SEEN)
SPEED = FEATURES.index("third_speed")


def table(path, *, wide=WIDE, lives=20, looks=100):
    """Lives in which whoever was quick has fallen, and nothing else says so."""
    rng = np.random.default_rng(1)
    rows = rng.normal(0.0, 1.0, (lives * looks, wide)).astype(np.float32)
    np.savez(
        path, rows=rows, fell=rows[:, SPEED] > 1.0, whose=np.repeat(np.arange(lives), looks),
        at_s=np.zeros(len(rows)),
    )  # fmt: skip
    return path


def test_what_was_trained_is_what_the_device_reads_and_tells_the_fallen(tmp_path):
    train([table(tmp_path / "one.npz", lives=50, looks=100)], out=tmp_path, epochs=20, seed=0, threads=1)
    score = scorer_of(tmp_path / "descent.json", (0.0, 0.0))

    quick, slow = [0.0] * len(FEATURES), [0.0] * len(FEATURES)
    quick[SPEED], slow[SPEED] = 2.5, -1.0
    assert score(quick) > 1.0 > -1.0 > score(slow)


def test_tables_of_several_runs_are_told_apart_by_life(tmp_path):
    both = read_tables([table(tmp_path / "one.npz"), table(tmp_path / "two.npz")], Of.DESCENT)

    assert len(set(both.whose.tolist())) == 40


def test_a_table_of_another_version_is_refused(tmp_path):
    old = table(tmp_path / "old.npz", wide=WIDE - 1)

    with pytest.raises(TrainingError, match="other features"):
        train([old], out=tmp_path)


def test_a_table_without_stays_teaches_nothing_of_sitting(tmp_path):
    with pytest.raises(TrainingError, match="other features"):
        train([table(tmp_path / "old.npz")], of=Of.SITTING, out=tmp_path)
