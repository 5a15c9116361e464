"""Figures are counted as the card says, with the detector that runs on the edge."""

from pathlib import Path

import numpy as np
import pytest

from edge.wildlife.card import load_card
from edge.wildlife.detections import Detections

pytest.importorskip("pycocotools", reason="the train extra is not installed: pip install .[train]")

from models.measure import choose_thresholds, false_alarms, recall, wilson
from models.pictures import Album, Labelled
from models.precision import average_precision

REPOSITORY = Path(__file__).parents[2]
CLASSES = ("monkey", "person")


class Told:
    """A detector that knows its answers by the picture's grey level."""

    def __init__(self, answers: dict[int, list[tuple[float, tuple[float, float, float, float]]]]) -> None:
        self.answers = answers

    def detect(self, image, floor=None):
        found = [
            a for a in self.answers.get(int(image[0, 0, 0]), []) if a[0] >= (0.5 if floor is None else floor)
        ]
        return Detections(
            np.array([box for _, box in found], np.float32).reshape(-1, 4),
            np.array([score for score, _ in found], np.float32),
            np.zeros(len(found), np.int64),
            CLASSES,
        )


def album(tmp_path, pictures: dict[int, list[list[float]]]) -> Album:
    import cv2

    made = []
    for grey, boxes in pictures.items():
        path = tmp_path / f"{grey}.png"
        cv2.imwrite(str(path), np.full((100, 100, 3), grey, np.uint8))
        made.append(Labelled(path, "own", path.name, np.array(boxes, np.float32).reshape(-1, 5)))
    return Album(CLASSES, tuple(made))


MONKEY = [0, 10, 10, 40, 40]
FOUND = (10.0, 10.0, 50.0, 50.0)


def test_an_interval_is_wilson_s():
    """Wilson (1927); 8 of 10: 0.490 to 0.943 (any table of score intervals)."""
    eight = wilson(8, 10)
    assert (round(eight.low, 3), round(eight.high, 3)) == (0.490, 0.943)
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


def test_recall_and_false_alarms_count_pictures(tmp_path):
    seen = album(tmp_path, {1: [MONKEY], 2: [MONKEY], 3: [], 4: []})
    eye = Told({1: [(0.9, FOUND)], 3: [(0.8, FOUND)]})
    assert (recall(seen, eye)["all"].hits, recall(seen, eye)["all"].of) == (1, 2)
    assert (false_alarms(seen, eye)["own"].hits, false_alarms(seen, eye)["own"].of) == (1, 2)


def test_the_threshold_lets_one_quiet_picture_in_a_hundred_speak(tmp_path):
    quiet = {grey: [] for grey in range(1, 201)}
    scores = {grey: [(grey / 250, FOUND)] for grey in range(1, 201)}
    chosen = choose_thresholds(album(tmp_path, quiet), Told(scores))["monkey"]
    alarms = sum(score >= chosen for [(score, _)] in scores.values())
    assert 1 <= alarms <= 2


def test_precision_is_one_for_a_perfect_eye_and_none_for_a_blind_one(tmp_path):
    seen = album(tmp_path, {1: [MONKEY], 2: [MONKEY]})
    perfect = Told({1: [(0.9, FOUND)], 2: [(0.9, FOUND)]})
    assert average_precision(seen, perfect) == {"monkey": pytest.approx(1.0)}
    assert average_precision(seen, Told({})) == {"monkey": 0.0}


def test_the_shipped_model_is_the_one_its_card_describes_and_says_what_is_doubtful():
    card = load_card(REPOSITORY / "models" / "macaque_nano" / "macaque_nano.json")
    assert card.class_names[0] == "monkey"
    assert card.data
    assert card.doubts
    assert card.figures.recall["all"].of > 50
    assert "drawn" in " ".join(source.name for source in card.data)
