"""What the trainer learns from: the split, label files, and what augmentation does to boxes."""

import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch", reason="the train extra is not installed: pip install .[train]")

from models.augment import EARLY, LATE, Strength, compose, far_away, grey, infrared, rain, weather
from models.dataset import Epoch
from models.pictures import DataError, open_album
from models.split import Member, held_apart

CLASSES = ("monkey", "person")


def members(count: int, groups: int) -> list[Member]:
    return [
        Member(f"{n}.jpg", f"source-{n % 3}", f"group-{n % groups}", monkeys=n % 4 == 0) for n in range(count)
    ]


@given(count=st.integers(0, 200), groups=st.integers(1, 60))
def test_pictures_of_one_scene_never_part(count: int, groups: int):
    every = members(count, groups)
    apart = held_apart(every)
    sides: dict[tuple[str, str], set[bool]] = {}
    for member in every:
        sides.setdefault((member.source, member.group), set()).add(member.file_name in apart)
    assert all(len(side) == 1 for side in sides.values())


def test_the_split_is_the_same_in_every_run_and_in_any_order():
    every = members(120, 40)
    assert held_apart(every) == held_apart(every[::-1])
    assert 0.05 < len(held_apart(every)) / len(every) < 0.3


def test_every_source_gives_something_to_the_part_held_apart():
    every = members(120, 40)
    apart = held_apart(every)
    assert {m.source for m in every if m.file_name in apart} == {m.source for m in every}


def label_file(folder, **changes):
    (folder / "images").mkdir(exist_ok=True)
    picture = np.full((40, 60, 3), 90, np.uint8)
    cv2.imwrite(str(folder / "images" / "a.png"), picture)
    tree = {
        "images": [{"id": 1, "file_name": "a.png", "source": "own", "group": "g"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 0, "bbox": [10, 5, 20, 30]}],
        "categories": [{"id": n, "name": name} for n, name in enumerate(CLASSES)],
        **changes,
    }
    path = folder / "labels.json"
    path.write_text(json.dumps(tree))
    return path


def test_a_label_file_becomes_pictures_with_boxes(tmp_path):
    [picture] = open_album([label_file(tmp_path)]).pictures
    assert picture.read().shape == (40, 60, 3)
    assert picture.boxes.tolist() == [[0, 10, 5, 20, 30]]
    assert picture.holds(0)
    assert not picture.holds(1)


@pytest.mark.parametrize("missing", ["images", "annotations", "categories"])
def test_a_file_that_is_no_label_file_is_named(tmp_path, missing):
    path = label_file(tmp_path, **{missing: None})
    with pytest.raises(DataError, match=r"labels\.json"):
        open_album([path])


def test_a_picture_that_cannot_be_read_is_named(tmp_path):
    [picture] = open_album([label_file(tmp_path)]).pictures
    (tmp_path / "images" / "a.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"a\.png"):
        picture.read()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.sampled_from([64, 128]), strength=st.sampled_from([EARLY, LATE]))
def test_boxes_stay_inside_the_picture_and_keep_their_class(seed: int, size: int, strength: Strength):
    rng = np.random.default_rng(seed)
    boxes = np.array([[1, 20, 10, 40, 30], [0, 70, 40, 25, 20]], np.float32)

    def draw():
        return rng.integers(0, 255, (72, 128, 3), np.uint8), boxes.copy()

    image, made = compose(draw, size, strength, rng)
    assert image.shape == (size, size, 3)
    assert image.dtype == np.uint8
    assert set(made[:, 0].tolist()) <= {0.0, 1.0}
    low, high = made[:, 1:3] - made[:, 3:5] / 2, made[:, 1:3] + made[:, 3:5] / 2
    assert (low >= -1e-3).all()
    assert (high <= size + 1e-3).all()


def test_a_bright_square_stays_under_its_box():
    """The label moves with the picture: the brightest patch is where the box says."""
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[30:60, 20:70] = 255
    boxes = np.array([[0, 20, 30, 50, 30]], np.float32)
    plain = Strength(mosaic=0.0, smallest=0.9, largest=1.0)
    seen = 0
    for seed in range(20):
        image, made = compose(lambda: (picture.copy(), boxes.copy()), 128, plain, np.random.default_rng(seed))
        for _, x, y, w, h in made:
            inside = image[int(y - h / 3) : int(y + h / 3), int(x - w / 3) : int(x + w / 3)]
            assert inside.mean() > 100
            seen += 1
    assert seen == 20


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_weather_keeps_a_picture_s_shape_and_harms_no_other_copy(seed: int):
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 255, (60, 90, 3), np.uint8)
    before = picture.copy()
    assert weather(picture, rng).shape == picture.shape
    assert (picture == before).all()


def test_night_has_no_colour_and_rain_is_brighter_than_what_it_falls_on():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 120, (60, 90, 3), np.uint8)
    for dark in (grey(picture), infrared(picture, rng)):
        assert (dark[..., 0] == dark[..., 2]).all()
    assert rain(picture, rng).max() > 200


def test_distance_takes_detail_and_leaves_the_size():
    picture = np.indices((64, 64)).sum(axis=0) % 2 * np.uint8(255)
    far = far_away(np.repeat(picture[..., None], 3, axis=2).astype(np.uint8), 16)
    assert far.shape == (64, 64, 3)
    assert far.std() < 20


def test_a_distant_animal_is_small_and_under_its_box():
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[10:90, 30:70] = 255
    plain = Strength(mosaic=0.0, smallest=0.9, largest=1.0, distant=1.0)
    empty = (np.zeros((100, 100, 3), np.uint8), np.zeros((0, 5), np.float32))
    given_ = (picture, np.array([[0, 30, 10, 40, 80]], np.float32))
    seen = 0
    for seed in range(30):
        queue = [given_]
        image, boxes = compose(
            lambda queue=queue: queue.pop() if queue else empty, 128, plain, np.random.default_rng(seed)
        )
        for _, x, y, w, h in boxes:
            seen += 1
            assert h <= 71
            middle = image[int(y - h / 4) : int(y + h / 4) + 1, int(x - w / 4) : int(x + w / 4) + 1]
            assert middle.max() > 60
    assert seen > 15


def test_what_fooled_the_network_comes_twice(tmp_path):
    (tmp_path / "images").mkdir()
    album = open_album([label_file(tmp_path, annotations=[])])
    once = Epoch(album, 64, 1, EARLY, 0, 0.0)
    twice = Epoch(album, 64, 1, EARLY, 0, 0.0, frozenset({"a.png"}))
    assert (len(once), len(twice)) == (1, 2)
