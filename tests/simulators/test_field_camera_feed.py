"""The drawn camera and the real one meet in a folder and nowhere else."""

import threading

import cv2
import numpy as np
import pytest

from edge.clock import ManualClock
from edge.sensors.camera.sensor import Camera
from edge.sensors.camera.settings import CameraSettings
from edge.wildlife.tracker import overlap
from simulators.field.camera_feed import KEPT, CameraFeed
from simulators.field.drawing import Scene, Wardrobe, draw_animal
from simulators.field.scenery import DAYLIGHT
from simulators.field.story import FieldStory


def feed(folder, **settings):
    story = FieldStory(np.random.default_rng(2), first_s=1.0, troop=(3, 3))
    return CameraFeed(folder, story, np.random.default_rng(3), **settings)


def test_the_real_camera_follows_the_folder_and_misses_nothing_it_keeps_up_with(tmp_path):
    drawn = feed(tmp_path, size=(160, 90))
    camera = Camera(CameraSettings(source=str(tmp_path), follow=True), ManualClock(1_750_000_000_000))
    camera.open()
    for _ in range(20):
        drawn.upload(drawn.step(0.2))
        assert len(camera.read(0.0)) == 1
    assert camera.counters() == {"frames": 20.0, "skipped": 0.0, "unreadable": 0.0}


def test_only_the_last_few_pictures_lie_in_the_folder_and_never_a_half_one(tmp_path):
    drawn = feed(tmp_path, size=(160, 90))
    for _ in range(3 * KEPT):
        drawn.upload(drawn.step(0.2))
        assert all(cv2.imread(str(path)) is not None for path in tmp_path.glob("*.jpg"))
    assert len(list(tmp_path.iterdir())) == KEPT


def test_pictures_of_an_earlier_run_are_taken_away(tmp_path):
    for _ in range(2):
        drawn = feed(tmp_path, size=(160, 90))
        for _ in range(2 * KEPT):
            newest = drawn.upload(drawn.step(0.2))
            assert newest.exists()
    assert len(list(tmp_path.iterdir())) == KEPT


def test_no_two_pictures_are_alike_even_when_nothing_moves(tmp_path):
    drawn = feed(tmp_path, size=(160, 90))
    first, second = drawn.step(0.0), drawn.step(0.0)
    assert (first != second).any()


def test_the_feed_knows_what_it_shows(tmp_path):
    drawn = feed(tmp_path)
    for _ in range(60):
        picture = drawn.step(0.2)
    assert [box.kind for box in drawn.boxes] == ["monkey"] * 3
    assert all(
        box.x >= 0 and box.y >= 0 and box.x + box.w <= 640 and box.y + box.h <= 360 for box in drawn.boxes
    )
    assert all(20 <= box.h <= 200 for box in drawn.boxes)
    assert picture.shape == (360, 640, 3)


def test_the_feed_runs_until_it_is_stopped(tmp_path):
    drawn = feed(tmp_path, size=(160, 90), fps=50.0)
    stop = threading.Event()
    thread = threading.Thread(target=drawn.run, args=(stop,))
    thread.start()
    camera = Camera(CameraSettings(source=str(tmp_path), follow=True), ManualClock(1_750_000_000_000))
    for _ in range(500):
        if tmp_path.exists() and list(tmp_path.glob("*.jpg")):
            break
        stop.wait(0.01)
    camera.open()
    got = sum(len(camera.read(1.0)) for _ in range(5))
    stop.set()
    thread.join()
    assert got == 5


@pytest.mark.parametrize("height_px", [30.0, 64.0, 100.0, 150.0])
def test_a_resized_body_stands_where_the_drawn_one_does(height_px):
    scene = Scene(640, 360, np.random.default_rng(1), DAYLIGHT)
    drawn, resized = scene.background(), scene.background()
    a = draw_animal(drawn, "monkey", 320, 300, height_px, "left", 0.0, np.random.default_rng(8))
    b = Wardrobe().draw(resized, "monkey", 320, 300, height_px, "left", 0.0, 8)
    corners = [(box.x, box.y, box.x + box.w, box.y + box.h) for box in (a, b)]
    assert overlap(*corners) > 0.85
