"""``mimamori evaluate descents``: simulated bodies that came down, with what they really did."""

import numpy as np
from typer.testing import CliRunner

from cli.main import app
from edge.fall.descent import FEATURES
from edge.fall.sitting import FEATURES as SITTING
from edge.fall_scorer import HOW_SEEN


def test_a_table_holds_looks_at_the_fallen_and_at_others_with_whose_they_are(tmp_path):
    out = tmp_path / "table.npz"

    run = CliRunner().invoke(
        app,
        ["evaluate", "descents", str(out), "--days", "0", "--falls", "2", "--seed", "7", "--workers", "1"],
    )

    assert run.exit_code == 0, run.output
    with np.load(out) as table:
        assert table["rows"].shape[1] == len(FEATURES) + len(HOW_SEEN)
        assert np.isfinite(table["rows"]).all()
        assert set(table["whose"].tolist()) == {0, 1}
        assert 0 < table["fell"].sum() < len(table["fell"])
        assert table["stays_rows"].shape[1] == len(SITTING) + len(HOW_SEEN)
        assert table["stays_fell"].any()
