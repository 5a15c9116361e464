"""Hits, misses and the figures made of them are counted as others count them."""

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wildlife.detections import Detections
from models.wildlife.matching import (
    Matched,
    average_precision,
    difference,
    match,
    precision_interval,
    recall_at,
    threshold_at,
)
from models.wildlife.subjects import Subject

CLASSES = ("monkey", "person")


def found(*rows: tuple[str, float, tuple[float, float, float, float]]) -> Detections:
    ordered = sorted(rows, key=lambda row: -row[1])
    return Detections(
        np.array([row[2] for row in ordered], np.float32).reshape(-1, 4),
        np.array([row[1] for row in ordered], np.float32),
        np.array([CLASSES.index(row[0]) for row in ordered], np.int64),
        CLASSES,
    )


BODY = Subject("monkey", (10, 10, 50, 50))


def test_a_second_box_on_one_body_is_false():
    one = match(found(("monkey", 0.9, (10, 10, 50, 50)), ("monkey", 0.8, (12, 12, 50, 50))), "monkey", [BODY])
    assert one.hits == (True, False)
    assert one.best == (pytest.approx(0.9),)


def test_a_box_that_overlaps_by_less_than_half_is_a_miss_and_false():
    one = match(found(("monkey", 0.9, (30, 10, 70, 50))), "monkey", [BODY])
    assert (one.hits, one.best) == ((False,), (0.0,))


def test_a_person_found_is_no_monkey_found():
    one = match(found(("person", 0.9, (10, 10, 50, 50))), "monkey", [BODY])
    assert (one.scores, one.best) == ((), (0.0,))


def test_what_lies_on_a_vague_subject_is_neither_right_nor_wrong():
    crowd = Subject("monkey", (10, 10, 50, 50), vague=True)
    one = match(found(("monkey", 0.9, (10, 10, 50, 50))), "monkey", [crowd])
    assert one == Matched((), (), (), ())


@given(st.integers(0, 2**32 - 1))
def test_average_precision_is_that_of_pycocotools(seed: int):
    coco = pytest.importorskip("pycocotools.coco", reason="the train extra is not installed")
    from pycocotools.cocoeval import COCOeval

    rng = np.random.default_rng(seed)
    images, annotations, rows, matched = [], [], [], []
    for number in range(1, 5):
        images.append({"id": number})
        subjects, answers = [], []
        for _ in range(rng.integers(0, 4)):
            x, y = rng.integers(0, 80, 2)
            subjects.append(Subject("monkey", (x, y, x + 20, y + 20)))
            annotations.append({"id": len(annotations) + 1, "image_id": number, "category_id": 1,
                                "bbox": [float(x), float(y), 20.0, 20.0], "area": 400.0, "iscrowd": 0})  # fmt: skip
            if rng.random() < 0.8:
                dx, dy = rng.integers(-6, 7, 2)
                answers.append(("monkey", float(rng.random()), (x + dx, y + dy, x + dx + 20, y + dy + 20)))
        for _ in range(rng.integers(0, 3)):
            x, y = rng.integers(0, 80, 2)
            answers.append(("monkey", float(rng.random()), (x, y, x + 25, y + 15)))
        detections = found(*answers)
        rows += [{"image_id": number, "category_id": 1, "score": score, "bbox": [x1, y1, x2 - x1, y2 - y1]}
                 for _, score, (x1, y1, x2, y2) in detections]  # fmt: skip
        matched.append(match(detections, "monkey", subjects))
    if not annotations or not rows:
        return
    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco.COCO()
        truth.dataset = {
            "images": images,
            "annotations": annotations,
            "categories": [{"id": 1, "name": "monkey"}],
        }
        truth.createIndex()
        judge = COCOeval(truth, truth.loadRes(rows), "bbox")
        judge.params.iouThrs = np.array([0.5])
        judge.evaluate()
        judge.accumulate()
    theirs = float(judge.eval["precision"][0, :, 0, 0, -1].mean())
    scores = np.array([score for one in matched for score in one.scores])
    hits = np.array([hit for one in matched for hit in one.hits], bool)
    ours = average_precision(scores, hits, sum(len(one.subjects) for one in matched))
    assert ours == pytest.approx(theirs, abs=1e-6)


def test_the_interval_of_ap50_holds_the_figure_and_is_wide_where_little_was_counted():
    matched = [Matched((0.9,), (n % 3 != 0,), (0.9 if n % 3 else 0.0,), (BODY,)) for n in range(60)]
    few = precision_interval(matched[:6], [str(n) for n in range(6)])
    many = precision_interval(matched, [str(n) for n in range(60)])
    assert few.low <= few.value <= few.high
    assert few.high - few.low > many.high - many.low > 0.0


def test_pictures_of_one_scene_count_as_one_when_chance_is_reckoned():
    matched = [Matched((0.9,), (n % 3 != 0,), (0.9 if n % 3 else 0.0,), (BODY,)) for n in range(60)]
    alone = precision_interval(matched, [str(n) for n in range(60)])
    grouped = precision_interval(matched, [str(n % 3) for n in range(60)])
    assert grouped.high - grouped.low > alone.high - alone.low


def test_without_a_subject_there_is_no_precision():
    assert precision_interval([Matched((0.9,), (False,), (), ())], ["a"]) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200), st.floats(0.0, 0.5))
def test_no_more_pictures_are_false_at_a_threshold_than_was_allowed(scores: list[float], rate: float):
    quiet = np.array(scores)
    least = threshold_at(quiet, rate)
    assert (quiet >= least).sum() <= rate * len(quiet) + 1e-6


def test_recall_at_a_rate_is_that_of_the_pictures_above_its_threshold():
    shown, quiet = np.array([0.9, 0.8, 0.4, 0.1]), np.array([0.5] + [0.0] * 99)
    at = recall_at(shown, quiet, 0.0, list("abcd"), [str(n) for n in range(100)])
    assert at.value == 0.5
    assert recall_at(shown, quiet, 0.01, list("abcd"), [str(n) for n in range(100)]).value == 1.0
    assert at.low <= 0.5 <= at.high


def test_a_loss_is_what_was_found_before_and_not_after():
    before, after = np.array([True, True, True, False]), np.array([True, False, True, False])
    assert difference(before, after, list("abcd")).value == 0.25
    assert difference(before, before, list("abcd")).high == 0.0
