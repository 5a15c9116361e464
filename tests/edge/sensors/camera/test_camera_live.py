"""Running cameras: RTSP that breaks and comes back, programs that write pictures, and slow readers."""

import sys
import threading
import time

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from edge.clock import SystemClock
from edge.sensors.camera.sensor import Camera
from edge.sensors.camera.settings import CameraSettings
from edge.sensors.readings import SensorLostError
from simulators.field.rtsp_camera import RtspCamera


class Counting:
    """Pictures that grow brighter, one level a picture."""

    def __init__(self):
        self.level = 0

    def __call__(self):
        self.level = min(250, self.level + 1)
        return np.full((96, 160, 3), self.level, np.uint8)


def level(pictures):
    return round(float(pictures[0].image.mean()))


def wait_for_picture(camera, patience_s=8.0):
    until_s = time.monotonic() + patience_s
    while time.monotonic() < until_s:
        try:
            if pictures := camera.read(0.2):
                return pictures
        except SensorLostError:
            time.sleep(0.1)
            camera.open()
    raise AssertionError("no picture came")


def read_on(camera, seconds):
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        camera.read(0.1)


@pytest.fixture
def opened():
    cameras = []

    def make(**table):
        camera = Camera(CameraSettings(**table), SystemClock())
        cameras.append(camera)
        camera.open()
        return camera

    yield make
    for camera in cameras:
        camera.close()


@pytest.mark.system
def test_a_slow_reader_of_rtsp_gets_the_newest_picture_never_an_old_one(opened):
    shown = Counting()
    server = RtspCamera(shown, fps=20)
    camera = opened(source=server.address)
    wait_for_picture(camera)
    for _ in range(3):
        time.sleep(0.6)
        now = shown.level
        assert level(camera.read(1.0)) >= now - 4
    assert camera.counters()["skipped"] > 20
    server.close()


@pytest.mark.system
def test_an_rtsp_camera_that_hangs_up_is_lost_and_found_again_at_its_address(opened):
    server = RtspCamera(Counting())
    camera = opened(source=server.address)
    wait_for_picture(camera)
    port = server.port
    server.close()
    with pytest.raises(SensorLostError, match="stopped"):
        read_on(camera, 12)
    again = RtspCamera(Counting(), port=port)
    camera.open()
    assert wait_for_picture(camera)
    again.close()


WRITER = """
import sys, time
data = open(sys.argv[1], "rb").read()
for n in range(int(sys.argv[2])):
    sys.stdout.buffer.write(b"some noise between" + data)
    sys.stdout.buffer.flush()
    time.sleep(0.02)
time.sleep(float(sys.argv[3]))
"""


def writer(tmp_path, count, then_s=0.0, level=120):
    jpg = tmp_path / "one.jpg"
    cv2.imwrite(str(jpg), np.full((96, 160, 3), level, np.uint8))
    return (sys.executable, "-c", WRITER, str(jpg), str(count), str(then_s))


def test_a_program_that_writes_jpegs_is_a_camera_and_lost_when_it_ends(opened, tmp_path):
    camera = opened(command=writer(tmp_path, 10))
    assert level(wait_for_picture(camera)) == 120
    with pytest.raises(SensorLostError, match="stopped"):
        read_on(camera, 5)


def test_a_program_that_hangs_is_ended_with_the_camera(opened, tmp_path):
    before = threading.active_count()
    camera = opened(command=writer(tmp_path, 2, then_s=600))
    wait_for_picture(camera)
    begun_s = time.monotonic()
    camera.close()
    assert time.monotonic() - begun_s < 5
    until_s = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < until_s:
        time.sleep(0.05)
    assert threading.active_count() == before


def test_a_program_that_is_not_there_says_what_to_mend(opened):
    camera = opened(command=("no-such-camera-program",))
    with pytest.raises(SensorLostError, match="install it"):
        camera.read(2.0)


def test_a_camera_has_one_source():
    with pytest.raises(ValidationError, match="one of them"):
        CameraSettings(source=0, command=("rpicam-vid",))
    with pytest.raises(ValidationError, match="one of them"):
        CameraSettings()
