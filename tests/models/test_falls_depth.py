"""A folder of depth pictures is evaluated as any recording is."""

import json
from pathlib import Path

from models.falls.measuring import measure
from models.falls.opening import open_folder
from simulators.home.body import Stay, Walk, fall
from simulators.home.depth_film import export
from tests.depth_room import SMALL, film, somebody


def test_a_fall_in_depth_pictures_is_found_and_timed(tmp_path: Path):
    shown = film(somebody((0.9, 2.5), Walk((0.1, 3.0), 1.0), fall(), Stay(1e6, "")), lens=SMALL)
    export(shown.frames(6.0, 10.0), tmp_path / "evening", period_s=0.1, full_scale_mm=7000.0)
    notes = {"recordings": [{"file": "evening", "complete": True, "falls": [{"at_s": 2.4, "kind": "faint"}]}]}
    (tmp_path / "notes.json").write_text(json.dumps(notes))
    (result,) = measure(open_folder(tmp_path)).results
    assert result.kind == "depth"
    assert 0.0 < result.events[0].suspected_s < 3.0
    assert result.events[0].confirmed_s is not None
    assert result.alarms == ()
