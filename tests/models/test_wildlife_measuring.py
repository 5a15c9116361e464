"""Figures of an eye whose answers are known: it takes red for monkeys and blue for people."""

import json
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.wildlife.card import read_card
from edge.wildlife.detections import Carded, Detections
from edge.wildlife.settings import EyeSettings
from models.wildlife.changes import CHANGES
from models.wildlife.clips import clips_found, events_per_hour, false_per_hour, watch
from models.wildlife.distant import HEIGHT_PX, backgrounds, candidates, cut_out, placed
from models.wildlife.looking import Measuring
from models.wildlife.measuring import (
    Measured,
    grey_key,
    look_at,
    measure_changed,
    measure_far,
    size_key,
)
from models.wildlife.opening import open_folder
from models.wildlife.plates import plate
from models.wildlife.report import as_html
from models.wildlife.subjects import Shown, Subject
from models.wildlife.telling import as_json, as_lines
from models.wildlife.traits import is_grey, sharpness, size_of
from tests.labelled_pictures import coco, film

REPOSITORY = Path(__file__).parents[2]
CARD = REPOSITORY / "models" / "macaque_nano" / "macaque_nano.json"
CLASSES = ("monkey", "person")


class SeesColours:
    """Every red patch is a monkey, every blue one a person; a patch's size is its score."""

    def __init__(self) -> None:
        self.card = read_card(CARD)

    def detect(self, image, floor=None):
        rows = []
        for kind, channel in ((0, 2), (1, 0)):
            plain = image.astype(int)
            mask = (plain[..., channel] - plain[..., 1] > 80).astype(np.uint8)
            count, _, stats, _ = cv2.connectedComponentsWithStats(mask)
            for x, y, w, h, area in stats[1:count]:
                score = min(0.99, 0.6 + area / 30000)
                if area >= 60 and score >= (0.55 if floor is None else floor):
                    rows.append((score, kind, (x, y, x + w, y + h)))
        rows.sort(reverse=True)
        return Detections(
            np.array([row[2] for row in rows], np.float32).reshape(-1, 4),
            np.array([row[0] for row in rows], np.float32),
            np.array([row[1] for row in rows], np.int64),
            CLASSES,
        )


@pytest.fixture
def eye() -> Measuring:
    sees = SeesColours()
    assert isinstance(sees, Carded)
    thresholds = {"monkey": 0.55, "person": 0.3}
    settings = EyeSettings(model=CARD, confirm_hits=3, confirm_of=5, confirm_s=0.4)
    return Measuring(settings, replace_thresholds(sees, thresholds), sees, sees, thresholds)


def replace_thresholds(sees: SeesColours, thresholds: dict[str, float]):
    import msgspec

    sees.card = msgspec.structs.replace(sees.card, thresholds={**sees.card.thresholds, **thresholds})
    return sees.card


def quiet(_what: str) -> None:
    """Nobody watches."""


def measured_of(eye: Measuring, folder: Path) -> Measured:
    measured = Measured(eye.monkey_least, eye.thresholds)
    look_at(eye, open_folder(folder).pictures, measured, quiet)
    return measured


def test_found_and_false_pictures_are_counted_at_the_threshold(eye: Measuring, tmp_path: Path):
    measured = measured_of(eye, coco(tmp_path))
    assert (measured.recall().value, measured.false().value) == (1.0, 0.0)
    assert measured.precision("monkey")[0].value == pytest.approx(1.0)
    assert measured.precision("monkey")[1] == 3
    strict = replace(measured, least=0.75)  # the single monkey of picture "one" has 0.73
    assert strict.recall().value == 0.5
    assert [one.shown.path.name for one in strict.misses(9)] == ["one.png"]


def test_a_red_car_is_a_false_picture_and_is_shown_as_one(eye: Measuring, tmp_path: Path):
    coco(tmp_path)
    cv2.imwrite(str(tmp_path / "images" / "none.png"), np.full((160, 200, 3), (0, 0, 250), np.uint8))
    measured = measured_of(eye, tmp_path)
    assert measured.false().value == 0.5
    assert [one.shown.path.name for one in measured.false_ones(9)] == ["none.png"]


def test_single_monkeys_are_grouped_by_their_share_of_the_picture(eye: Measuring, tmp_path: Path):
    sizes = measured_of(eye, coco(tmp_path)).subjects_by(size_key)
    assert {name: one.value for name, one in sizes.items()} == {"large": 1.0, "huge": 1.0}
    assert (size_of((0, 0, 9, 40), 1080), size_of((0, 0, 9, 100), 1080)) == ("tiny", "small")


def test_a_picture_without_colour_is_grey_and_one_with_a_little_is_not():
    colour = np.full((90, 120, 3), (90, 120, 100), np.uint8)
    assert not is_grey(colour)
    for name in ("grey", "infrared"):
        assert is_grey(CHANGES[name](colour, np.random.default_rng(0))), name


def test_blurring_lowers_sharpness_and_an_empty_box_has_none():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 255, (200, 200, 3), np.uint8)
    box = (50, 50, 150, 150)
    assert sharpness(CHANGES["blurred"](image, rng), box) < sharpness(image, box) / 2
    assert sharpness(image, (300, 300, 400, 400)) == 0.0


def test_an_eye_that_lives_on_colour_loses_everything_without_it(eye: Measuring, tmp_path: Path):
    measured = measured_of(eye, coco(tmp_path))
    measure_changed(eye, measured, 5, 1, quiet)
    assert measured.changed["grey"].recall(measured.least).value == 0.0
    assert measured.changed["grey"].loss(measured.least).value == 1.0
    assert measured.changed["blurred"].recall(measured.least).value == 1.0
    assert {name: len(some) for name, some in measured.by(grey_key).items()} == {"colour": 3, "grey": 1}


def test_a_subject_is_cut_out_and_set_into_a_frame_as_tall_as_asked(tmp_path: Path):
    coco(tmp_path)
    pictures = open_folder(tmp_path).pictures
    rng = np.random.default_rng(2)
    subjects = candidates(pictures, 9, rng)
    assert {subject.box for _, subject in subjects} == {(20, 30, 80, 110), (120, 40, 180, 150)}
    cut_off = Shown(pictures[0].path, "set", "a", (Subject("monkey", (0, 30, 80, 110)),))
    assert candidates([cut_off], 9, rng) == []
    for one in placed(subjects, backgrounds(pictures, 2, rng), HEIGHT_PX, rng):
        x1, y1, x2, y2 = one.box
        assert one.frame.shape == (1080, 1920, 3)
        assert y2 - y1 == pytest.approx(HEIGHT_PX, abs=1.5)
        x, y = round((x1 + x2) / 2), round((y1 + y2) / 2)
        middle = one.frame[y - 3 : y + 3, x - 3 : x + 3, 2]
        red_or_its_grey = 75 if is_grey(one.frame) else 250
        assert np.abs(middle.astype(int) - red_or_its_grey).max() < 20


def test_a_subject_at_the_edge_of_its_picture_can_be_cut_out():
    image = np.full((100, 100, 3), 90, np.uint8)
    cv2.ellipse(image, (50, 60), (30, 50), 0, 0, 360, (0, 0, 250), -1)
    body, mask = cut_out(image, (15, 5, 85, 100))
    assert body.shape[:2] == mask.shape
    assert 0.0 <= mask.min() <= mask.max() <= 1.0


def test_what_cannot_be_told_from_its_surroundings_is_not_cut_out():
    assert cut_out(np.full((100, 100, 3), 90, np.uint8), (20, 20, 80, 80)) is None


def test_far_subjects_are_told_with_and_without_tiles_and_empty_frames_too(eye: Measuring, tmp_path: Path):
    measured = measured_of(eye, coco(tmp_path))
    measure_far(eye, measured, 2, 1, quiet)
    far = measured.far
    assert (len(far.whole), len(far.tiled)) == (2, 2)
    assert far.found(measured.least, tiles=True).value == 1.0
    assert far.false(measured.least).value == 0.0


def test_without_a_frame_to_set_it_into_a_far_subject_is_noted(eye: Measuring, tmp_path: Path):
    coco(tmp_path)
    measured = Measured(eye.monkey_least, eye.thresholds)
    look_at(eye, [one for one in open_folder(tmp_path).pictures if one.subjects], measured, quiet)
    measure_far(eye, measured, 2, 1, quiet)
    assert measured.far is None
    assert "far subjects" in measured.notes[-1]


def test_a_clip_with_a_monkey_is_one_event_and_one_without_is_none(eye: Measuring, tmp_path: Path):
    film(tmp_path / "monkey" / "walks.mp4")
    film(tmp_path / "empty" / "still.mp4", monkey=False)
    watched = [watch(eye, clip) for clip in open_folder(tmp_path).clips]
    told = {one.clip.path.name: [visit.species for visit in one.told] for one in watched}
    assert told == {"walks.mp4": ["monkey"], "still.mp4": []}
    assert events_per_hour(watched).value == pytest.approx(1 / (12 / 3600), rel=0.1)
    assert (clips_found(watched).value, false_per_hour(watched).value) == (1.0, 0.0)
    still = next(one for one in watched if one.clip.path.name == "still.mp4")
    assert 0 < still.looks < still.frames  # where nothing moves it looks now and then


def test_a_monkey_told_of_where_there_is_none_is_a_false_event(eye: Measuring, tmp_path: Path):
    film(tmp_path / "nothing" / "walks.mp4")
    watched = [watch(eye, clip) for clip in open_folder(tmp_path).clips]
    assert [one.false for one in watched] == [1]
    assert false_per_hour(watched).value > 0
    measured = Measured(eye.monkey_least, eye.thresholds, clips=watched)
    assert as_html(measured, "2026-05-01").count("<img") == 1


def test_the_page_stands_alone_and_hides_people(eye: Measuring, tmp_path: Path):
    measured = measured_of(eye, coco(tmp_path))
    measured.least = 0.999  # all is missed, so all is shown
    page = as_html(measured, "2026-05-01")
    assert page.count("<img") == 2
    assert 'src="http' not in page
    assert "見落とした写真" in page
    assert "Worst misses" in page


def test_a_person_in_a_shown_picture_cannot_be_recognised(eye: Measuring, tmp_path: Path):
    coco(tmp_path)
    file = tmp_path / "images" / "two.png"
    image = cv2.imread(str(file))
    image[20:140, 60:90] = np.random.default_rng(0).integers(0, 255, (120, 30, 3))
    cv2.imwrite(str(file), image)
    measured = measured_of(eye, tmp_path)
    two = next(one for one in measured.looked if one.shown.path.name == "two.png")
    shown = plate(two, 0.9)
    data = b64decode(shown.partition(",")[2])
    seen = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert sharpness(seen, (65, 30, 85, 130)) < 0.05 * sharpness(image, (65, 30, 85, 130))


def test_json_and_lines_say_the_same_and_hold_every_picture(eye: Measuring, tmp_path: Path):
    measured = measured_of(eye, coco(tmp_path))
    told = json.loads(json.dumps(as_json(measured)))
    assert told["recall"]["value"] == 1.0
    assert len(told["each"]) == 4
    assert any("100.0 %" in line for line in as_lines(measured))


def test_a_picture_that_is_not_there_is_noted_and_the_others_are_measured(eye: Measuring, tmp_path: Path):
    gone = Shown(tmp_path / "gone.png", "set", "gone", (Subject("monkey", (0, 0, 9, 9)),))
    measured = Measured(eye.monkey_least, eye.thresholds)
    look_at(eye, [gone, *open_folder(coco(tmp_path)).pictures], measured, quiet)
    assert len(measured.looked) == 4
    assert "gone.png" in measured.notes[0]
