"""Pictures kept for labels: the least sure first, bounded, and never of people."""

import itertools
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from ulid import ULID

from edge.wildlife.detections import Detections, no_detections
from edge.wildlife.eye import Look
from edge.wildlife.keeping import Keeping, Lesson, lesson, quiet
from edge.wildlife.kept_frame import kept_frames
from edge.wildlife.naming import Proof
from edge.wildlife.settings import KeepSettings
from edge.wildlife.tracker import Track

CLASSES = ("monkey", "person")
NOISE = np.random.default_rng(1).integers(0, 256, (360, 640, 3)).astype(np.uint8)
MODEL = ("nano", "ab12")


def track(score=0.9, box=(100.0, 100.0, 160.0, 180.0), *, lasted=True, hits=(True,), proof=None):
    one = Track(1, box, 0.0, 10.0, votes={"monkey": score}, lasted=lasted, proof=proof or Proof())
    one.hits.extend(hits)
    one.scores.append(score)
    return one


def look(*tracks, people=(), faint=()):
    found = no_detections(CLASSES)
    if faint:
        found = Detections(
            np.array([f[2] for f in faint], np.float32),
            np.array([f[1] for f in faint], np.float32),
            np.array([CLASSES.index(f[0]) for f in faint], np.int64),
            CLASSES,
        )
    return Look(list(tracks), list(people), found, 0)


@pytest.fixture
def keeping(tmp_path):
    def make(**table):
        numbers = itertools.count(1)
        return Keeping(
            tmp_path / "kept",
            KeepSettings(every_s=1.0, **table),
            lambda ms: str(ULID.from_int(next(numbers))),
            device="field-1",
        )

    return make


def keep(keeper, seen, told, now_s, people=()):
    if not keeper.due(told, now_s):
        return None
    return keeper.keep(NOISE, seen, list(people), told, now_s, 1000, model=MODEL, visit="v")


def names(tmp_path):
    return [frame.why for _, frame in kept_frames(tmp_path / "kept")]


def test_the_doubtful_teach_more_than_the_sure():
    sure = lesson(look(track()), {}, 10.0)
    proof = Proof(threshold=0.3)
    proof.looks.extend([(SimpleNamespace(name="nothing", score=0.4), 0.25)] * 4)
    doubtful = lesson(look(track(proof=proof)), {}, 10.0)
    faint = lesson(look(faint=[("monkey", 0.6, (0, 0, 50, 50))]), {"monkey": 0.68}, 10.0)
    assert (sure.why, doubtful.why, faint.why) == ("confirmed", "unverified", "unsure")
    assert sure.unsure < faint.unsure
    assert sure.unsure < doubtful.unsure


def test_a_gap_in_a_sure_track_may_be_a_miss():
    assert lesson(look(track(hits=(True, False))), {}, 10.5).why == "missed"
    assert lesson(look(track(hits=(True, False))), {}, 14.0) is None


def test_nothing_in_the_picture_teaches_nothing():
    assert lesson(look(), {}, 0.0) is None
    assert lesson(look(faint=[("person", 0.2, (0, 0, 50, 50))]), {}, 0.0) is None


def test_a_kept_picture_says_what_the_eye_saw(keeping, tmp_path):
    path = keep(keeping(), look(track(0.5)), Lesson("unsure", 0.7), 0.0)
    ((jpg, frame),) = kept_frames(tmp_path / "kept")
    assert jpg == path
    assert (frame.device, frame.why, frame.model, frame.model_sha256, frame.visit) == (
        "field-1",
        "unsure",
        *MODEL,
        "v",
    )
    assert [(b.species, b.score, b.x1, b.y2) for b in frame.detections] == [("monkey", 0.5, 100.0, 180.0)]
    assert cv2.imread(str(jpg)).shape == (frame.height_px, frame.width_px, 3) == (360, 640, 3)


def test_when_it_is_full_the_surest_goes_and_the_next_one_must_be_less_sure(keeping, tmp_path):
    keeper = keeping(frames_most=3)
    for n, unsure in enumerate((0.3, 0.9, 0.5, 0.7)):
        keep(keeper, look(track()), Lesson("unsure", unsure), 10.0 * n)
    assert [round(1 - int(p.name[:3]) / 999, 1) for p, _ in kept_frames(tmp_path / "kept")] == [0.9, 0.7, 0.5]
    assert not keeper.due(Lesson("confirmed", 0.2), 100.0)
    assert keeper.due(Lesson("unsure", 0.6), 100.0)
    assert len(list((tmp_path / "kept").iterdir())) == 6


def test_the_bytes_are_bounded_too_and_known_again_after_a_restart(keeping, tmp_path):
    keeper = keeping(megabytes_most=1)
    for n in range(12):
        keep(keeper, look(track()), Lesson("unsure", 0.5), 10.0 * n)
    size = sum(path.stat().st_size for path in (tmp_path / "kept").glob("*.jpg"))
    assert 400_000 < size <= 1_000_000
    again = keeping(megabytes_most=1)
    for n in range(12):
        keep(again, look(track()), Lesson("unsure", 0.6), 10.0 * n)
    assert sum(path.stat().st_size for path in (tmp_path / "kept").glob("*.jpg")) <= 1_000_000


def test_not_every_picture_of_a_minute_is_kept(keeping, tmp_path):
    keeper = keeping()
    for n in range(20):
        keep(keeper, look(track()), Lesson("unsure", 0.5), 0.2 * n)
    assert len(names(tmp_path)) == 4


def test_a_picture_of_people_alone_is_never_kept(keeping, tmp_path):
    person = (300.0, 50.0, 360.0, 200.0)
    assert keep(keeping(), look(people=[person]), Lesson("unsure", 0.9), 0.0, [person]) is None
    assert keep(keeping(), look(people=[person]), Lesson("sample", 0.9), 0.0, [person]) is None
    assert not (tmp_path / "kept").exists()


def test_an_animal_that_may_be_a_person_is_not_kept(keeping, tmp_path):
    box = (100.0, 100.0, 160.0, 180.0)
    assert keep(keeping(), look(track(0.4, box, lasted=False)), Lesson("unsure", 0.9), 0.0, [box]) is None
    assert not (tmp_path / "kept").exists()


def test_people_beside_the_animal_are_blurred_in_what_is_written(keeping):
    person = (300.0, 50.0, 400.0, 300.0)
    path = keep(keeping(), look(track(), people=[person]), Lesson("unsure", 0.9), 0.0, [person])
    image = cv2.imread(str(path))
    assert cv2.Laplacian(image[60:290, 310:390], cv2.CV_64F).std() < 6
    assert cv2.Laplacian(image[100:180, 100:160], cv2.CV_64F).std() > 60


def test_an_empty_picture_is_a_sample_only_when_nothing_has_stirred_for_long():
    assert quiet(look(), 700.0, 700.0, 1e9).why == "sample"
    assert quiet(look(), 60.0, 700.0, 1e9) is None
    assert quiet(look(), 700.0, 60.0, 1e9) is None
    assert quiet(look(), 700.0, 700.0, 3600.0) is None
    assert quiet(look(people=[(0, 0, 9, 9)]), 700.0, 700.0, 1e9) is None
    assert quiet(look(faint=[("person", 0.2, (0, 0, 9, 9))]), 700.0, 700.0, 1e9) is None


def test_a_folder_that_cannot_be_written_costs_the_picture_only(keeping, tmp_path):
    (tmp_path / "kept").write_text("a file where the folder should be")
    assert keep(keeping(), look(track()), Lesson("unsure", 0.9), 0.0) is None
