"""Covered, moved and dark cameras; and all that is none of these."""

from functools import cache

import cv2
import numpy as np
import pytest

from edge.sensors.camera.settings import CameraSettings
from edge.sensors.camera.view import KnownView
from edge.sensors.camera.watch import CameraWatch
from simulators.field.drawing import Scene
from simulators.field.scenery import DAYLIGHT, Light

SETTINGS = CameraSettings(source="x")


WIDE, HIGH = 320, 180


@cache
def exposures(seed, light=DAYLIGHT):
    """A few pictures of one drawn field, larger than what is shown of it, so that the camera can be turned."""
    scene, rng = Scene(450, 250, np.random.default_rng(seed), light), np.random.default_rng(seed)
    return [scene.expose(scene.background(), rng) for _ in range(3)]


class Pole:
    """A camera on a pole in a drawn field, one picture a second."""

    def __init__(self, seed=2, file=None):
        self.shots = exposures(seed)
        self.x, self.y = 65, 35
        self.watch = CameraWatch(SETTINGS, 0.0, KnownView(file))
        self.at_s = 0.0

    def look(self, seconds, change=None):
        for _ in range(seconds):
            self.at_s += 1.0
            shot = self.shots[int(self.at_s) % 3][self.y : self.y + HIGH, self.x : self.x + WIDE]
            self.watch.saw(np.ascontiguousarray(shot if change is None else change(shot)), "", self.at_s)
        return self.watch.faults(self.at_s)


def scaled(factor, offset=0.0):
    return lambda image: np.clip(image * factor + offset, 0, 255).astype(np.uint8)


def cloth(image):
    out = cv2.GaussianBlur(image, (0, 0), 20)
    return np.clip(out * 0.4 + 60 + np.random.default_rng(0).normal(0, 2, out.shape), 0, 255).astype(np.uint8)


def leaf(image):
    out = image.copy()
    out[100:, 200:] = cv2.GaussianBlur(out[100:, 200:], (0, 0), 15)
    return out


def shade(image):
    ramp = np.linspace(0.5, 1.0, image.shape[1])[None, :, None]
    return np.clip(image * ramp, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_a_cloth_before_the_lens_is_told_and_its_end_too(seed):
    pole = Pole(seed)
    assert pole.look(40) == []
    assert pole.look(15, cloth) == []
    assert pole.look(8, cloth) == ["camera_covered"]
    assert pole.look(5) == []


@pytest.mark.parametrize("shift", [(30, 0), (-30, 5), (60, 30), (0, -25)])
def test_a_pushed_camera_is_told_within_half_a_minute(shift):
    pole = Pole()
    assert pole.look(40) == []
    pole.x, pole.y = pole.x + shift[0], pole.y + shift[1]
    assert pole.look(29) == ["camera_moved"]


def test_a_camera_that_looks_elsewhere_is_told():
    pole = Pole()
    pole.look(40)
    pole.shots = exposures(99)
    assert pole.look(29) == ["camera_moved"]


def test_a_push_while_the_device_was_off_is_told_after_it(tmp_path):
    file = tmp_path / "view.npz"
    pole = Pole(file=file)
    pole.look(40)
    after = Pole(file=file)
    after.x += 40
    assert after.look(29) == ["camera_moved"]
    assert Pole(file=file).look(29) == []


@pytest.mark.parametrize("change", [leaf, shade, scaled(0.5), scaled(1.3), scaled(0.8, 20)])
def test_a_leaf_a_shadow_and_the_days_light_are_no_fault(change):
    pole = Pole()
    pole.look(40)
    assert pole.look(40, change) == []


def test_a_pole_that_trembles_in_the_wind_is_no_fault():
    pole = Pole()
    pole.look(40)
    for n in range(40):
        pole.x = 65 + (n % 5) - 2
        assert pole.look(1) == []


def test_infrared_at_night_is_a_view_of_its_own():
    pole = Pole()
    pole.look(40)
    day, pole.shots = pole.shots, exposures(2, Light(0.6, grey=True, noise=6.0, haze=0.1, blur_px=0.8))
    assert pole.look(60) == []
    pole.shots = day
    assert pole.look(30) == []


def test_darkness_that_lasts_is_told_and_is_not_taken_for_a_cover():
    pole = Pole()
    pole.look(40)
    assert pole.look(15, scaled(0.12)) == []
    assert pole.look(10, scaled(0.12)) == ["camera_dark"]
    assert pole.look(5) == []


def test_an_unreadable_memory_of_the_view_is_begun_anew(tmp_path):
    file = tmp_path / "view.npz"
    file.write_bytes(b"not a zip")
    assert Pole(file=file).look(40) == []
