"""One threshold for two networks: midway between the quiet and the heard, and on the quiet side where they overlap."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.wildlife.detections import Detections

pytest.importorskip("pycocotools", reason="the train extra is not installed: pip install .[train]")

from models.measure import conditions
from models.pairing import joint_threshold
from models.pictures import Album, Labelled

CLASSES = ("monkey", "person")
MONKEY = [[0, 10, 10, 40, 40]]


class Told:
    """Sees a monkey in every picture, as sure as the picture's grey level says."""

    def __init__(self, *, colour_only=False):
        self.colour_only = colour_only

    def detect(self, image, floor=None):
        score = int(image[0, 0, 0]) / 250
        hit = not self.colour_only or bool((image[..., 0] != image[..., 2]).any())
        return Detections(
            np.array([[0, 0, 9, 9]][: int(hit)], np.float32).reshape(-1, 4),
            np.array([score][: int(hit)], np.float32),
            np.zeros(int(hit), np.int64),
            CLASSES,
        )


def album(folder: Path, shown: dict[int, list[list[float]]]) -> Album:
    made = []
    for grey, boxes in shown.items():
        path = folder / f"{grey}.png"
        picture = np.full((60, 60, 3), grey, np.uint8)
        picture[..., 2] = 200
        cv2.imwrite(str(path), picture)
        made.append(Labelled(path, "own", path.name, np.array(boxes, np.float32).reshape(-1, 5)))
    return Album(CLASSES, tuple(made))


def test_the_joint_threshold_lies_midway_between_the_quiet_and_the_heard(tmp_path: Path):
    quiet = {grey: [] for grey in range(1, 11)}  # the loudest scores 10 / 250
    heard = dict.fromkeys(range(160, 180), MONKEY)  # 95 % of them reach 161 / 250
    chosen = joint_threshold(album(tmp_path, {**quiet, **heard}), Told())
    assert chosen == pytest.approx(((10 / 250) * (161 / 250)) ** 0.5, abs=1e-3)


def test_where_they_overlap_the_quiet_ones_stay_quiet(tmp_path: Path):
    quiet = {grey: [] for grey in range(100, 120)}
    heard = dict.fromkeys(range(60, 80), MONKEY)
    assert joint_threshold(album(tmp_path, {**quiet, **heard}), Told()) > 119 / 250


def test_recall_in_grey_is_counted_on_the_same_pictures(tmp_path: Path):
    seen = conditions(album(tmp_path, dict.fromkeys(range(50, 54), MONKEY)), Told(colour_only=True))
    assert (seen["as they are"].hits, seen["as they are"].of) == (4, 4)
    assert (seen["grey"].hits, seen["grey"].of) == (0, 4)
    assert set(seen) == {"as they are", "grey", "infrared", "blurred", "rain"}
