"""A monkey takes two networks: the detector proposes, the verifier names, and one threshold decides over both."""

from types import SimpleNamespace

import numpy as np
import pytest

from edge.wildlife.card import CardError
from edge.wildlife.detections import Detections
from edge.wildlife.joint import joint
from edge.wildlife.verified import CheckedDetector
from edge.wildlife.verifier import Named, Verifier, cut

NAMES = ("monkey", "person", "bear", "boar", "raccoon", "other_animal", "nothing")
OWN = ("monkey", "person", "bear", "raccoon", "other_animal")
PICTURE = np.zeros((100, 200, 3), np.uint8)
BOX = (10.0, 10.0, 60.0, 60.0)


class Proposes:
    """A detector that gives ``found`` = (class, score), one box each."""

    def __init__(self, *found):
        self.found = found
        self.card = SimpleNamespace(
            name="eyes",
            thresholds={"monkey": 0.7, "person": 0.25, "bear": 0.45, "raccoon": 0.45, "other_animal": 0.45},
        )

    def detect(self, image, floor=None):
        some = sorted((f for f in self.found if f[1] >= (floor or 0.0)), key=lambda f: -f[1])
        return Detections(
            np.array([BOX] * len(some), np.float32).reshape(-1, 4),
            np.array([s for _, s in some], np.float32),
            np.array([OWN.index(k) for k, _ in some], np.int64),
            OWN,
        )


class Names:
    """A verifier that gives every crop the same shares of probability."""

    def __init__(self, **shares):
        self.shares, self.asked = shares, 0
        self.card = SimpleNamespace(name="names", class_names=NAMES, joint={"eyes": 0.3})

    def threshold_with(self, name):
        return Verifier.threshold_with(self, name)

    def name(self, image, boxes):
        self.asked += len(boxes)
        best = max(self.shares, key=lambda n: self.shares[n])
        return [Named(best, self.shares[best], self.shares.get("monkey", 0.0)) for _ in boxes]


def seen(detector, verifier, floor=None):
    return [(k, round(s, 2)) for k, s, _ in CheckedDetector(detector, verifier).detect(PICTURE, floor)]


def test_a_monkey_that_both_half_see_is_a_monkey():
    assert seen(Proposes(("monkey", 0.2)), Names(monkey=0.8)) == [("monkey", 0.4)]


def test_a_detector_that_is_sure_cannot_carry_a_monkey_alone():
    assert seen(Proposes(("monkey", 0.95)), Names(monkey=0.01, nothing=0.9)) == []


def test_a_verifier_that_is_sure_makes_no_monkey_of_another_animal():
    assert seen(Proposes(("raccoon", 0.9)), Names(monkey=0.99)) == [("raccoon", 0.9)]


def test_a_raccoon_taken_for_a_monkey_gets_its_name():
    assert seen(Proposes(("monkey", 0.9)), Names(monkey=0.05, raccoon=0.9)) == [("raccoon", 0.9)]


def test_a_boar_is_named_though_the_detector_knows_none():
    assert seen(Proposes(("other_animal", 0.64)), Names(boar=0.64)) == [("boar", 0.64)]


def test_a_name_is_told_only_of_what_was_proposed_surely_enough():
    assert seen(Proposes(("monkey", 0.3)), Names(raccoon=0.99)) == []


def test_a_person_is_never_taken_away_and_costs_no_second_look():
    verifier = Names(monkey=0.99)
    assert seen(Proposes(("person", 0.3)), verifier) == [("person", 0.3)]
    assert verifier.asked == 0


def test_an_animal_that_the_verifier_is_unsure_of_keeps_its_class():
    assert seen(Proposes(("bear", 0.6)), Names(raccoon=0.4, nothing=0.35)) == [("bear", 0.6)]


def test_a_floor_gives_every_candidate_with_its_joint_score():
    assert seen(Proposes(("monkey", 0.1)), Names(monkey=0.1), floor=0.05) == [("monkey", 0.1)]


def test_two_networks_that_were_never_measured_together_are_refused():
    verifier = Names(monkey=0.9)
    verifier.card.joint = {}
    with pytest.raises(CardError, match="no threshold beside the detector eyes"):
        CheckedDetector(Proposes(), verifier)


def test_the_joint_score_lies_between_the_two():
    assert joint(0.25, 0.64) == pytest.approx(0.4)
    assert joint(0.9, 0.0) == 0.0


def test_a_crop_is_the_square_around_its_box_and_padded_only_where_the_picture_ends():
    picture = np.zeros((100, 300, 3), np.uint8)
    picture[20:60, 250:290] = 255
    crop = cut(picture, (250, 20, 290, 60), 46)
    assert crop.shape == (46, 46, 3)
    assert 0.7 < (crop > 127).mean() < 0.85  # the box's 40 px of a side of 46
    assert (cut(picture, (0, 0, 300, 100), 224)[0] == 127).all()  # wider than high: bands above and below
