"""Golden pictures: what a model must know before it is trusted."""

import cv2
import numpy as np
import pytest

from edge.wildlife.detections import Detections, no_detections
from edge.wildlife.naming import Namer
from edge.wildlife.self_test import SelfTestError, golden_beside, self_test

CLASSES = ("monkey", "person", "bear")
COLOUR = {"monkey": (0, 0, 250), "person": (0, 250, 0), "bear": (250, 0, 0)}


class ByColour:
    """Sees an animal where a picture has its colour; blind to those in ``blind``."""

    def __init__(self, *blind):
        self.blind = blind

    def detect(self, image, floor=None):
        for n, name in enumerate(CLASSES):
            rows, cols = np.nonzero((np.abs(image.astype(int) - COLOUR[name]) < 40).all(axis=2))
            if len(rows) and name not in self.blind:
                box = np.array([[cols.min(), rows.min(), cols.max(), rows.max()]], np.float32)
                return Detections(box, np.ones(1, np.float32), np.array([n]), CLASSES)
        return no_detections(CLASSES)


class Crops:
    def __init__(self, sure, grey=0.01):
        self.sure, self.grey = sure, grey

    def name(self, image, boxes):
        value = self.grey if len(np.unique(image)) == 1 else self.sure

        class Named:
            name, score, monkey = "monkey", value, value

        return [Named()] * len(boxes)


@pytest.fixture
def golden(tmp_path):
    for what in ("monkey", "verified_monkey", "person", "nothing"):
        folder = tmp_path / "golden" / what
        folder.mkdir(parents=True)
        image = np.full((120, 160, 3), 90, np.uint8)
        if what != "nothing":
            image[40:80, 50:90] = COLOUR[what.removeprefix("verified_")]
        cv2.imwrite(str(folder / "1.png"), image)
    return tmp_path / "golden"


def test_a_model_that_knows_every_golden_picture_is_trusted(golden):
    self_test(ByColour(), golden, Namer(Crops(0.9), 0.3))


@pytest.mark.parametrize("blind", ["monkey", "person"])
def test_a_model_that_misses_one_is_not(golden, blind):
    with pytest.raises(SelfTestError, match=f"misses the {blind}"):
        self_test(ByColour(blind), golden)


def test_a_verifier_that_misses_the_monkey_it_must_know_is_not_trusted(golden):
    with pytest.raises(SelfTestError, match="verifier misses"):
        self_test(ByColour(), golden, Namer(Crops(0.01), 0.3))
    self_test(ByColour(), golden)


def test_a_verifier_that_calls_grey_a_monkey_is_not_trusted():
    with pytest.raises(SelfTestError, match="grey"):
        self_test(ByColour(), None, Namer(Crops(0.9, grey=0.8), 0.3))
    with pytest.raises(SelfTestError, match="numbers"):
        self_test(ByColour(), None, Namer(Crops(0.9, grey=float("nan")), 0.3))


def test_a_monkey_in_a_picture_of_nothing_is_a_ghost(golden):
    (golden / "monkey" / "1.png").rename(golden / "nothing" / "2.png")
    with pytest.raises(SelfTestError, match="shows none"):
        self_test(ByColour(), golden)


def test_a_picture_that_cannot_be_read_and_a_folder_without_any_are_told(golden, tmp_path):
    (golden / "monkey" / "1.png").write_bytes(b"broken")
    with pytest.raises(SelfTestError, match="cannot be read"):
        self_test(ByColour(), golden)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(SelfTestError, match="no golden picture"):
        self_test(ByColour(), empty)


def test_the_golden_pictures_that_come_with_a_model_lie_beside_its_card(golden):
    assert golden_beside(golden.parent / "card.json") == golden
    assert golden_beside(golden / "monkey" / "card.json") is None
