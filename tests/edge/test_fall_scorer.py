"""The scorer that ships: found, checked against its card, and of use."""

import shutil

import msgspec
import pytest

from edge.fall.descent import FEATURES
from edge.fall.people_settings import Antenna
from edge.fall.settings import MountSettings
from edge.fall_scorer import DESCENT, SHIPPED, SITTING, Card, ScorerError, scorers_from

FELL = {
    "waited": 0.7, "third_speed": 2.0, "fast": 3.0, "very_fast": 2.5, "end_m": 0.2, "end_low_m": 0.0, "end_share": 0.5,
    "after": 1.5, "after_mean_m": 0.2, "after_middle_m": 0.15, "after_top_m": 0.3, "high_share": 0.02, "tall_share": 0.01,
    "low_share": 0.9, "last": 1.5, "last_m": 0.2, "last_high_share": 0.05, "latest": 1.0, "latest_m": 0.25, "before_m": 1.0,
    "before": 3.5, "rate": -1.0, "seconds_share": 1.0, "height_m": 0.15, "upright_m": 0.8, "moved_m": 0.5, "own_m": 1.0,
    "range_m": 2.5, "drop_m": 0.7,
}  # fmt: skip
SAT = FELL | {
    "third_speed": 0.4, "fast": 1.0, "very_fast": 0.0, "end_m": 0.7, "end_low_m": 0.5, "after_mean_m": 0.6,
    "after_middle_m": 0.6, "after_top_m": 0.9, "high_share": 0.5, "tall_share": 0.2, "low_share": 0.1,
    "last_m": 0.6, "last_high_share": 0.5,
    "latest_m": 0.6, "height_m": 0.55, "drop_m": 0.15, "moved_m": 0.1,
}  # fmt: skip


def row(values: dict[str, float]) -> list[float]:
    return [values.get(name, 0.0) for name in FEATURES]


@pytest.fixture
def copy(tmp_path):
    for card in (SHIPPED / DESCENT, SHIPPED / SITTING):
        for file in (card, card.with_suffix(".onnx")):
            shutil.copy(file, tmp_path / file.name)
    return tmp_path


@pytest.mark.parametrize("tilt_deg", [10.0, 90.0])
def test_the_shipped_scorer_tells_a_plain_fall_from_plain_sitting(tilt_deg):
    score = scorers_from(MountSettings(height_m=2.0, tilt_deg=tilt_deg), Antenna.IWR6843).descent

    assert score(row(FELL)) > score(row(SAT)) + 3.0


def test_an_antenna_it_was_not_trained_for_has_no_scorer():
    assert scorers_from(MountSettings(), Antenna.IWR1843) is None


@pytest.mark.parametrize("card", [DESCENT, SITTING])
def test_a_network_that_is_not_its_cards_is_refused_with_the_mend(copy, card):
    network = (copy / card).with_suffix(".onnx")
    network.write_bytes(network.read_bytes() + b"\0")

    with pytest.raises(ScorerError, match="not the network of this card; install"):
        scorers_from(MountSettings(), Antenna.IWR6843, copy)


@pytest.mark.parametrize("name", [DESCENT, SITTING])
def test_a_card_for_other_features_is_refused(copy, name):
    card = msgspec.json.decode((copy / name).read_bytes(), type=Card)
    (copy / name).write_bytes(msgspec.json.encode(msgspec.structs.replace(card, features=card.features[1:])))

    with pytest.raises(ScorerError, match="other features"):
        scorers_from(MountSettings(), Antenna.IWR6843, copy)


def test_a_card_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ScorerError, match=r"descent\.json"):
        scorers_from(MountSettings(), Antenna.IWR6843, tmp_path)
