"""Links that fail without a word: a cable pulled out of the network, a serial line that spoils what it carries."""

from pathlib import Path

import pytest

from cli.demo.site import HOME_DEVICE
from gateway.series import SeriesSettings, open_series
from tests.faults.outcome import ANSWERED, story_s, told_once
from tests.system.story import telling

pytestmark = [pytest.mark.system, pytest.mark.timeout(420)]


def test_a_pulled_cable_and_a_line_that_spoils_every_tenth_frame_neither_lose_nor_double_a_fall(
    tmp_path: Path,
):
    """Both in one story, to save a minute: the broker stands still for 20 s from the fall on."""
    with telling(tmp_path / "town", bad_line=0.1) as tale:
        tale.town.begin()

        def pull_and_plug(_seen: object) -> None:
            now_s = story_s(tale)
            if 12.0 <= now_s < 32.0:
                tale.town.broker.freeze()
            elif now_s >= 32.0:
                tale.town.broker.thaw()

        missing = tale.tell(ANSWERED, pull_and_plug)
        tale.town.broker.thaw()
        assert not missing, tale.last_words()
        told_once(tale)
        series = open_series(SeriesSettings(file=tmp_path / "town" / "series.sqlite"))
        try:
            skipped = series.query(
                HOME_DEVICE, "radar", "bytes_skipped", 0, 4_000_000_000_000, 4_000_000_000_000
            )
        finally:
            series.close()
        assert skipped, "nothing was told of the line"
        assert skipped[0][1] > 0
