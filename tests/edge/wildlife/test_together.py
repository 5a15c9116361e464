"""A second detector adds the animals that the first one does not tell of, and never a monkey or a person."""

from types import SimpleNamespace

import numpy as np
import pytest

from edge.wildlife.card import CardError
from edge.wildlife.detections import Detections
from edge.wildlife.together import Together

PICTURE = np.zeros((100, 200, 3), np.uint8)
HERE, THERE = (10.0, 10.0, 60.0, 60.0), (120.0, 10.0, 180.0, 70.0)
OWN = ("monkey", "person", "other_animal")


class Finds:
    def __init__(self, names, *found):
        self.card = SimpleNamespace(
            name="eyes", class_names=names, nms_iou=0.45, thresholds=dict.fromkeys(names, 0.4)
        )
        self.found = sorted(found, key=lambda f: -f[1])

    def detect(self, image, floor=None):
        some = [f for f in self.found if f[1] >= (0.4 if floor is None else floor)]
        return Detections(
            np.array([f[2] for f in some], np.float32).reshape(-1, 4),
            np.array([f[1] for f in some], np.float32),
            np.array([self.card.class_names.index(f[0]) for f in some], np.int64),
            self.card.class_names,
        )


def seen(own, more, floor=None):
    both = Together(Finds(OWN, *own), Finds(("other_animal",), *more))
    return [(kind, round(score, 2)) for kind, score, _ in both.detect(PICTURE, floor)]


def test_what_the_first_misses_the_second_adds():
    found = seen([("monkey", 0.9, HERE)], [("other_animal", 0.6, THERE)])
    assert found == [("monkey", 0.9), ("other_animal", 0.6)]


def test_a_monkey_that_the_first_tells_of_is_not_told_again_as_an_animal():
    assert seen([("monkey", 0.7, HERE)], [("other_animal", 0.95, HERE)]) == [("monkey", 0.7)]


def test_a_doubtful_monkey_stays_beside_the_animal_for_a_second_look():
    found = seen([("monkey", 0.2, HERE)], [("other_animal", 0.9, HERE)], floor=0.05)
    assert found == [("other_animal", 0.9), ("monkey", 0.2)]


def test_one_animal_of_both_is_one_box():
    assert seen([("other_animal", 0.3, HERE)], [("other_animal", 0.9, HERE)], floor=0.05) == [
        ("other_animal", 0.9)
    ]


def test_either_may_find_nothing():
    assert seen([], []) == []
    assert seen([], [("other_animal", 0.6, THERE)]) == [("other_animal", 0.6)]


def test_the_second_one_s_threshold_lies_where_the_first_one_s_does():
    second = Finds(("other_animal",), ("other_animal", 0.2, THERE), ("other_animal", 0.6, HERE))
    second.card.thresholds["other_animal"] = 0.2
    both = Together(Finds(OWN), second)
    assert [round(s, 2) for _, s, _ in both.detect(PICTURE, 0.05)] == [0.7, 0.4]


def test_a_second_detector_with_classes_of_its_own_is_refused():
    with pytest.raises(CardError, match="lynx is none of eyes"):
        Together(Finds(OWN), Finds(("lynx",)))
