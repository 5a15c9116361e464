"""Pictures from folders, growing folders, videos, streams and nothing at all."""

import os
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from edge.clock import ManualClock, SystemClock
from edge.sensors.camera.sensor import Camera, ReplayCamera
from edge.sensors.camera.settings import CameraSettings
from edge.sensors.readings import SensorLostError

NOW_MS = 1_750_000_000_000


def picture(level, size=(72, 128)):
    """A picture whose mean tells which one it is."""
    return np.full((*size, 3), level, np.uint8)


def upload(folder, name, level, age_s=0.0):
    path = folder / name
    cv2.imwrite(str(path), picture(level))
    at = time.time() - age_s
    os.utime(path, (at, at))
    return path


def level_of(pictures):
    return [round(float(p.image.mean())) for p in pictures]


def camera(source, **settings):
    opened = Camera(CameraSettings(source=str(source), **settings), ManualClock(NOW_MS))
    opened.open()
    return opened


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "field.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10.0, (128, 72))
    for n in range(5):
        writer.write(picture(50 * n))
    writer.release()
    return path


def test_the_newest_picture_wins_and_older_ones_are_counted(tmp_path):
    for n in range(5):
        upload(tmp_path, f"{n}.jpg", 40 * n, age_s=5 - n)
    eye = camera(tmp_path, follow=True)
    assert level_of(eye.read(0.0)) == [160]
    assert list(eye.read(0.0)) == []
    upload(tmp_path, "5.png", 200)
    assert level_of(eye.read(0.0)) == [200]
    assert eye.counters() == {"frames": 2.0, "skipped": 4.0, "unreadable": 0.0}


def test_a_half_written_picture_is_left_until_it_is_whole(tmp_path):
    whole = upload(tmp_path, "0.jpg", 100, age_s=3)
    data = cv2.imencode(".jpg", picture(180))[1].tobytes()
    growing = tmp_path / "1.jpg"
    growing.write_bytes(data[: len(data) // 2])
    eye = camera(tmp_path, follow=True)
    assert level_of(eye.read(0.0)) == [100]
    whole.unlink()
    growing.write_bytes(data)
    assert level_of(eye.read(0.0)) == [180]
    assert eye.counters()["unreadable"] == 0


def test_a_picture_that_never_becomes_whole_is_counted_once(tmp_path):
    (tmp_path / "0.jpg").write_bytes(b"\xff\xd8 not a picture")
    (tmp_path / "1.png").write_bytes(b"")
    clock = ManualClock(NOW_MS)
    eye = Camera(CameraSettings(source=str(tmp_path), follow=True), clock)
    eye.open()
    for _ in range(10):
        assert list(eye.read(0.0)) == []
        clock.advance(1.0)
    assert eye.counters()["unreadable"] == 2
    upload(tmp_path, "2.jpg", 90)
    assert level_of(eye.read(0.0)) == [90]


def test_pictures_deleted_while_the_folder_is_read_crash_nothing(tmp_path):
    stop = threading.Event()

    def write_and_prune():
        n = 0
        while not stop.is_set():
            upload(tmp_path, f"{n:05d}.jpg", n % 256)
            (tmp_path / f"{n - 2:05d}.jpg").unlink(missing_ok=True)
            n += 1

    writer = threading.Thread(target=write_and_prune)
    writer.start()
    eye = camera(tmp_path, follow=True)
    got = sum(len(eye.read(0.05)) for _ in range(60))
    stop.set()
    writer.join()
    assert got > 10


def test_a_folder_that_disappears_is_a_lost_sensor_and_is_found_again(tmp_path):
    folder = tmp_path / "uploads"
    folder.mkdir()
    upload(folder, "0.jpg", 10)
    eye = camera(folder, follow=True)
    eye.read(0.0)
    (folder / "0.jpg").unlink()
    folder.rmdir()
    with pytest.raises(SensorLostError, match="uploads"):
        eye.read(0.0)
    with pytest.raises(SensorLostError):
        eye.open()
    folder.mkdir()
    eye.open()
    assert list(eye.read(0.0)) == []


def test_opening_again_does_not_make_an_old_picture_new(tmp_path):
    upload(tmp_path, "0.jpg", 10)
    eye = camera(tmp_path, follow=True)
    assert len(eye.read(0.0)) == 1
    eye.close()
    eye.open()
    assert list(eye.read(0.0)) == []


def test_a_finite_folder_is_shown_in_order_at_its_pace_and_ends(tmp_path):
    for n in (2, 0, 1):
        upload(tmp_path, f"{n}.jpg", 50 * n)
    (tmp_path / "note.txt").write_text("no picture")
    (tmp_path / "1b.jpg").write_bytes(b"broken")
    clock = ManualClock(NOW_MS)
    eye = Camera(CameraSettings(source=str(tmp_path), period_s=0.5), clock)
    eye.open()
    got = []
    for _ in range(5):
        got += level_of(eye.read(0.0))
        assert list(eye.read(0.0)) == [] or len(got) == 3
        clock.advance(0.5)
        if len(got) == 3:
            break
    assert got == [0, 50, 100]
    with pytest.raises(EOFError):
        eye.read(0.0)
    assert eye.counters()["unreadable"] == 1


def test_a_camera_mounted_on_its_side_is_turned(tmp_path):
    upload(tmp_path, "0.jpg", 10)
    (shown,) = camera(tmp_path, follow=True, rotate_deg=90).read(0.0)
    assert shown.image.shape == (128, 72, 3)


def test_unrelated_stills_are_scenes_of_their_own_shown_long_enough_to_decide(tmp_path):
    for n in range(3):
        upload(tmp_path, f"{n}.jpg", 50 * n)
    clock = ManualClock(NOW_MS)
    replay = ReplayCamera(tmp_path, clock, period_s=0.2, dwell=12)
    replay.open()
    shown = [replay.read(0.0)[0] for _ in range(36)]
    assert [p.scene for p in shown[::12]] == ["0.jpg", "1.jpg", "2.jpg"]
    assert shown[11].at_s - shown[0].at_s == pytest.approx(2.2)
    with pytest.raises(EOFError):
        replay.read(0.0)


def test_the_pictures_of_one_folder_may_also_follow_each_other(tmp_path):
    for place in ("hill", "river"):
        (tmp_path / place).mkdir()
        for n in range(2):
            upload(tmp_path / place, f"{n}.jpg", 50 * n)
    replay = ReplayCamera(tmp_path, ManualClock(NOW_MS), scenes="folder")
    replay.open()
    assert [replay.read(0.0)[0].scene for _ in range(4)] == ["hill", "hill", "river", "river"]


def test_a_video_is_one_scene_and_brings_its_own_period(video):
    clock = ManualClock(NOW_MS)
    replay = ReplayCamera(video, clock)
    replay.open()
    shown = [replay.read(0.0)[0] for _ in range(5)]
    assert shown[4].at_s - shown[0].at_s == pytest.approx(0.4)
    assert {p.scene for p in shown} == {"field.avi"}
    with pytest.raises(EOFError):
        replay.read(0.0)
    replay.close()


def test_a_file_that_is_no_video_says_so(tmp_path):
    (tmp_path / "field.mp4").write_bytes(b"no video at all")
    with pytest.raises(SensorLostError, match="convert"):
        camera(tmp_path / "field.mp4")


def test_a_source_that_is_not_there_says_what_to_mend(tmp_path):
    with pytest.raises(SensorLostError, match="source"):
        camera(tmp_path / "nowhere")
    with pytest.raises(SensorLostError, match="plug"):
        Camera(CameraSettings(source=97), SystemClock()).open()


def test_following_is_refused_for_a_live_camera():
    with pytest.raises(ValidationError, match="remove it"):
        CameraSettings(source="rtsp://camera/stream", follow=True)


def how_it_is_lost(eye):
    """Read until the camera is lost; returns what it says."""
    for _ in range(60):
        try:
            eye.read(1.0)
        except SensorLostError as lost:
            return str(lost)
    return "it is not"


@pytest.fixture
def web(tmp_path):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_stream_gives_its_newest_picture_counts_the_rest_and_is_lost_at_its_end(video, web):
    eye = camera(f"{web}/{video.name}")
    assert "stopped" in how_it_is_lost(eye)
    eye.close()
    assert eye.counters()["frames"] + eye.counters()["skipped"] >= 4


def test_an_address_that_does_not_answer_is_lost_and_its_password_is_not_told():
    eye = camera("http://user:hush@127.0.0.1:9/stream")
    why = how_it_is_lost(eye)
    eye.close()
    assert "127.0.0.1" in why
    assert "hush" not in why
