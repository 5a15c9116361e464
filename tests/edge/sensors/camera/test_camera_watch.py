"""A camera that does not show the world is found out within half a minute."""

import numpy as np
import pytest

from edge.sensors.camera.settings import CameraSettings
from edge.sensors.camera.watch import CameraWatch

SETTINGS = CameraSettings(source="pictures")
RNG = np.random.default_rng(1)


def field_view():
    return RNG.integers(0, 256, (90, 160, 3), np.uint8)


def show(watch, pictures, start_s, scene=""):
    """Five pictures a second; returns the first second at which each fault stood, and the faults at the end."""
    first = {}
    for n, picture in enumerate(pictures):
        now_s = start_s + n * 0.2
        watch.saw(picture, scene, now_s)
        for code in watch.faults(now_s):
            first.setdefault(code, now_s - start_s)
    return first, watch.faults(now_s)


def test_a_living_camera_has_no_fault():
    assert show(CameraWatch(SETTINGS, 0.0), (field_view() for _ in range(300)), 0.0) == ({}, [])


@pytest.mark.parametrize("level", [0, 114, 255])
def test_pictures_of_one_colour_are_garbage_and_a_good_view_clears_it(level):
    watch = CameraWatch(SETTINGS, 0.0)
    flat = np.clip(RNG.normal(level, 0.6, (90, 160, 3)), 0, 255).astype(np.uint8)
    first, _ = show(watch, [flat] * 200, 0.0)
    assert list(first) == ["camera_garbage"]
    assert first["camera_garbage"] <= 30
    assert show(watch, [field_view() for _ in range(20)], 40.0)[1] == []


def test_the_same_picture_again_and_again_is_a_frozen_camera():
    watch = CameraWatch(SETTINGS, 0.0)
    first, _ = show(watch, [field_view()] * 160, 0.0)
    assert list(first) == ["camera_frozen"]
    assert first["camera_frozen"] <= 30
    assert show(watch, [field_view() for _ in range(20)], 40.0)[1] == []


def test_a_still_shown_for_a_few_seconds_each_is_not_frozen():
    watch = CameraWatch(SETTINGS, 0.0)
    for n in range(40):
        assert show(watch, [field_view()] * 12, n * 2.4, scene=f"{n}.jpg") == ({}, [])


def test_a_camera_without_pictures_is_silent_and_with_unreadable_ones_garbage():
    watch = CameraWatch(SETTINGS, 0.0)
    assert watch.faults(9.0) == []
    assert watch.faults(10.0) == ["sensor_silent"]
    watch.refused(3.0, 10.0)
    assert watch.faults(11.0) == ["camera_garbage"]
    watch.saw(field_view(), "", 12.0)
    assert watch.faults(12.0) == []


def test_one_bad_picture_accuses_nobody():
    watch = CameraWatch(SETTINGS, 0.0)
    pictures = [field_view() if n % 10 else np.zeros((90, 160, 3), np.uint8) for n in range(200)]
    assert show(watch, pictures, 0.0) == ({}, [])
