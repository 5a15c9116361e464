"""Looking closely at parts of a large picture."""

import numpy as np
import pytest

from edge.wildlife.detections import Detections, no_detections
from edge.wildlife.tiles import Gaze, Tiled, grid, look

CLASSES = ("monkey", "person")


class ShortSighted:
    """Sees bright squares that are at least ``least`` px tall once the picture is shrunk to ``side``."""

    def __init__(self, side=416, least=20.0):
        self.side, self.least = side, least
        self.asked = []

    def detect(self, image, floor=None):
        self.asked.append(image.shape[:2])
        ratio = min(1.0, self.side / max(image.shape[:2]))
        bright = (image[:, :, 0] > 200).astype(np.uint8)
        boxes = []
        rows = np.flatnonzero(bright.any(axis=1))
        if len(rows):
            cols = np.flatnonzero(bright.any(axis=0))
            box = (cols[0], rows[0], cols[-1] + 1, rows[-1] + 1)
            if (box[3] - box[1]) * ratio >= self.least:
                boxes.append(box)
        if not boxes:
            return no_detections(CLASSES)
        return Detections(
            np.array(boxes, np.float32), np.full(1, 0.8, np.float32), np.zeros(1, np.int64), CLASSES
        )


def picture(width, height, *squares):
    image = np.zeros((height, width, 3), np.uint8)
    for x, y, side in squares:
        image[y : y + side, x : x + side] = 255
    return image


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (3840, 2160), (1280, 720), (1080, 1920)])
def test_tiles_cover_every_pixel_and_an_animal_cut_by_one_is_whole_in_another(width, height):
    tiles = grid(width, height, 416, 416)
    covered = np.zeros((height, width), bool)
    for x1, y1, x2, y2 in tiles:
        assert 0 <= x1 < x2 <= width
        assert 0 <= y1 < y2 <= height
        covered[y1:y2, x1:x2] = True
    assert covered.all()
    rng = np.random.default_rng(1)
    for _ in range(200):
        x, y = rng.integers(0, width - 60), rng.integers(0, height - 60)
        assert any(a <= x and b <= y and x + 60 <= c and y + 60 <= d for a, b, c, d in tiles)


def test_a_picture_that_the_network_sees_whole_is_not_cut_up():
    assert grid(640, 360, 208, 416) == []
    assert grid(320, 180, 416, 416) == []


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (3840, 2160)])
def test_an_animal_of_40_px_is_found_by_tiles_and_not_without(width, height):
    eye = ShortSighted()
    image = picture(width, height, (width - 300, height - 200, 40))
    assert len(eye.detect(image)) == 0
    found = Tiled(eye, 416, 416).detect(image)
    assert found.boxes.tolist() == [[width - 300, height - 200, width - 260, height - 160]]


def test_an_animal_on_the_seam_is_one_animal_and_whole():
    eye = ShortSighted()
    tiles = grid(1920, 1080, 416, 416)
    seam = int(tiles[0][2])
    found = Tiled(eye, 416, 416).detect(picture(1920, 1080, (seam - 15, 100, 60)))
    assert found.boxes.tolist() == [[seam - 15, 100, seam + 45, 160]]


def test_an_animal_larger_than_a_tile_is_taken_from_the_whole_picture():
    found = Tiled(ShortSighted(), 416, 416).detect(picture(1920, 1080, (600, 100, 700)))
    assert found.boxes.tolist() == [[600, 100, 1300, 800]]


def test_no_more_tiles_are_looked_at_than_allowed_and_the_followed_come_first():
    gaze = Gaze(416, 416, 3)
    followed = (1500.0, 800.0, 1540.0, 840.0)
    moving = [(100.0 * n, 100.0, 100.0 * n + 30, 130.0) for n in range(8)]
    tiles = gaze.choose(1920, 1080, [followed], moving)
    assert len(tiles) == 3
    x1, y1, x2, y2 = tiles[0]
    assert x1 <= 1500
    assert x2 >= 1540
    assert y1 <= 800
    assert y2 >= 840


def test_with_nothing_to_see_the_whole_grid_is_looked_at_in_turn():
    gaze, tiles = Gaze(416, 416, 1), grid(1920, 1080, 416, 416)
    looked = {gaze.choose(1920, 1080, [], [])[0] for _ in tiles}
    assert looked == set(tiles)


def test_where_more_are_followed_than_can_be_looked_at_each_has_its_turn():
    gaze = Gaze(300, 416, 2)  # one round an animal, one of the grid
    far_apart = [(400.0 * n, 100.0, 400.0 * n + 30, 130.0) for n in range(5)]
    seen = set()
    for _ in range(10):
        for x1, _, x2, _ in gaze.choose(2200, 1080, far_apart, []):
            seen |= {n for n, box in enumerate(far_apart) if x1 <= box[0] and box[2] <= x2}
    assert seen == set(range(5))


def test_looking_at_no_tile_is_the_detector_alone():
    eye = ShortSighted()
    look(eye, picture(1920, 1080), [])
    assert eye.asked == [(1080, 1920)]
