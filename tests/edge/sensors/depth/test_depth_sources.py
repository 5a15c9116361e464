"""Depth cameras and folders as sensors; the vendors' packages are stood in for by the few calls that are used of them."""

import ast
import itertools
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from contract.configuration import ConfigurationError, parse
from edge.clock import ManualClock, SystemClock
from edge.sensors.depth.drivers import Grabbed, sixteen_bits
from edge.sensors.depth.files import decode_depth, lens, to_mm
from edge.sensors.depth.sensor import DepthCamera, depth_from
from edge.sensors.depth.settings import DepthSettings
from edge.sensors.readings import SensorLostError

EDGE = Path(__file__).resolve().parents[4] / "edge"
LENS = ((500.0, 500.0), (31.5, 23.5))


def picture(fill: int = 30_000, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (fill + rng.integers(0, 50, (48, 64))).astype(np.uint16)


def folder_of(tmp_path: Path, *pictures: np.ndarray, notes: str = "") -> Path:
    for n, counts in enumerate(pictures):
        cv2.imwrite(str(tmp_path / f"frame-{n:03d}.png"), counts)
    if notes:
        (tmp_path / "camera.toml").write_text(notes)
    return tmp_path


def opened(folder: Path, clock: ManualClock | None = None, **more: Any):
    sensor = depth_from(DepthSettings(kind="folder", source=str(folder), **more), clock or ManualClock(0))
    sensor.open()
    return sensor


# --- folders ----------------------------------------------------------------------------------------


def test_counts_become_millimetres_by_the_scale_of_the_recording(tmp_path):
    sensor = opened(folder_of(tmp_path, picture()), scale_mm=6000 / 65535)
    (frame,) = sensor.read(0.0)
    assert frame.depth_mm.dtype == np.uint16
    assert np.abs(frame.depth_mm - picture() * (6000 / 65535)).max() <= 0.51


def test_notes_beside_the_pictures_say_scale_lens_and_pace_and_the_file_overrules_them(tmp_path):
    notes = "scale_mm = 0.1\nfocal_px = [50.0, 51.0]\ncentre_px = [30.0, 20.0]\nperiod_s = 0.2\n"
    clock = ManualClock(0)
    sensor = opened(folder_of(tmp_path, picture(), picture(seed=1), notes=notes), clock)
    first, second = (sensor.read(0.0)[0] for _ in range(2))
    assert (first.focal_px, first.centre_px) == ((50.0, 51.0), (30.0, 20.0))
    assert first.depth_mm.max() <= 3005
    assert second.at_s - first.at_s == pytest.approx(0.2)
    assert opened(tmp_path, focal_px=70.0).read(0.0)[0].focal_px == (70.0, 70.0)
    with pytest.raises(EOFError):
        sensor.read(0.0)


def test_a_lens_nobody_knows_is_taken_for_57_degrees_wide(tmp_path):
    (frame,) = opened(folder_of(tmp_path, picture())).read(0.0)
    assert 2 * np.degrees(np.arctan(32 / frame.focal_px[0])) == pytest.approx(57, abs=0.5)
    assert frame.centre_px == (31.5, 23.5)


def test_a_picture_that_is_cut_or_of_8_bits_is_counted_and_the_next_one_given(tmp_path):
    folder_of(tmp_path, picture(), picture(seed=1), picture(seed=2))
    first = tmp_path / "frame-000.png"
    first.write_bytes(first.read_bytes()[:-40])
    cv2.imwrite(str(tmp_path / "frame-001.png"), np.zeros((48, 64, 3), np.uint8))
    sensor = opened(tmp_path)
    assert np.array_equal(sensor.read(0.0)[0].depth_mm, picture(seed=2))
    assert sensor.counters()["unreadable"] == 2


@pytest.mark.parametrize(
    ("notes", "says"),
    [("scale_mm = 'big'", "scale_mm"), ("focal_px = [1.0]", "focal_px"), ("][", "camera.toml")],
)
def test_notes_that_are_no_use_are_refused_with_their_name(tmp_path, notes, says):
    folder_of(tmp_path, picture(), notes=notes)
    with pytest.raises(SensorLostError, match=says):
        opened(tmp_path)


def test_a_folder_that_is_not_there_or_empty_says_so(tmp_path):
    with pytest.raises(SensorLostError, match="mend source"):
        opened(tmp_path / "nowhere")
    with pytest.raises(SensorLostError, match="16-bit"):
        opened(tmp_path).read(0.0)


def test_beyond_what_16_bits_hold_nothing_was_measured():
    assert to_mm(np.array([[0, 100, 65535]], np.uint16), 10.0).tolist() == [[0, 1000, 0]]


def test_bytes_of_anything_are_a_picture_or_nothing():
    rng = np.random.default_rng(0)
    whole = cv2.imencode(".png", picture())[1].tobytes()
    for _ in range(15):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), 5):
            data[at] = rng.integers(256)
        result = decode_depth(bytes(data))
        assert result is None or result.dtype == np.uint16


# --- live cameras -----------------------------------------------------------------------------------


class Driver:
    """Gives what it is told to, one picture each time it is let."""

    def __init__(self, pictures) -> None:
        self.pictures = iter(pictures)
        self.closed = threading.Event()

    def grab(self):
        threading.Event().wait(0.002)
        counts = next(self.pictures, None)
        if counts is None:
            raise SensorLostError("the depth camera has stopped: check its cable and power")
        return Grabbed(counts, *LENS)

    def close(self) -> None:
        self.closed.set()


def live(pictures, clock=None, **more: Any) -> tuple[DepthCamera, Driver]:
    driver = Driver(pictures)
    settings = DepthSettings(kind="v4l2", frames_per_s=60.0, **more)
    camera = DepthCamera(settings, clock or SystemClock(), lambda _settings: driver)
    camera.open()
    return camera, driver


def frames_of(camera: DepthCamera, reads: int) -> list:
    return [frame for _ in range(reads) for frame in camera.read(0.1)]


def test_the_newest_picture_is_given_and_a_lost_camera_is_told_and_let_go():
    camera, driver = live([picture(seed=n) for n in range(4)])
    assert driver.closed.wait(5)
    (frame,) = camera.read(1.0)
    assert np.array_equal(frame.depth_mm, picture(seed=3))
    assert (frame.focal_px, frame.centre_px) == LENS
    with pytest.raises(SensorLostError, match="cable"):
        frames_of(camera, 3)
    assert camera.counters()["skipped"] == 3
    camera.close()


@pytest.mark.parametrize(
    ("pictures", "why"), [(np.zeros((48, 64), np.uint16), "uncover"), (picture(), "repeats")]
)
def test_a_covered_and_a_frozen_camera_fall_silent_and_say_why(pictures, why):
    clock = ManualClock(0)
    camera, _ = live(itertools.repeat(pictures), clock, silent_after_s=2.0)
    given = []
    for _ in range(8):
        clock.advance(1.0)
        given.append(len(camera.read(1.0)))
    camera.close()
    assert given[0] == 1
    assert given[-1] == 0
    assert why in (camera.trouble() or "")


def test_v4l2_bytes_become_16_bits_and_colour_is_refused():
    counts = picture()
    as_bytes = counts.astype("<u2").view(np.uint8)
    for shape in ((48, 128), (48, 64, 2), (1, 48 * 128)):
        assert np.array_equal(sixteen_bits(as_bytes.reshape(shape), 64, Path("/dev/video9")), counts)
    with pytest.raises(SensorLostError, match="colour camera"):
        sixteen_bits(np.zeros((48, 64, 3), np.uint8), 64, Path("/dev/video9"))


@pytest.mark.parametrize(
    ("kind", "mend"),
    [("openni", "WITH_OPENNI2"), ("realsense", "pip install pyrealsense2"), ("oak", "pip install depthai")],
)
def test_a_camera_whose_package_is_absent_says_what_to_install(kind, mend, monkeypatch):
    for module in ("pyrealsense2", "depthai"):
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(cv2.videoio_registry, "hasBackend", lambda _backend: False)
    sensor = depth_from(DepthSettings(kind=kind), SystemClock())
    with pytest.raises(SensorLostError, match=mend):
        sensor.open()


def test_a_node_that_is_not_there_says_so():
    sensor = depth_from(DepthSettings(kind="v4l2", source="/dev/video77"), SystemClock())
    with pytest.raises(SensorLostError, match="plug it in"):
        sensor.open()


def realsense(counts: np.ndarray) -> SimpleNamespace:
    class Config:
        def enable_device(self, serial):
            assert serial == "123"

        def enable_stream(self, stream, width, height, form, rate):
            assert (stream, width, height, form, rate) == ("depth", 64, 48, "z16", 60)

    class Pipeline:
        def start(self, config):
            drawn = SimpleNamespace(fx=500.0, fy=500.0, ppx=31.5, ppy=23.5)
            stream = SimpleNamespace(
                as_video_stream_profile=lambda: SimpleNamespace(get_intrinsics=lambda: drawn)
            )
            sensor = SimpleNamespace(get_depth_scale=lambda: 0.00025)
            device = SimpleNamespace(first_depth_sensor=lambda: sensor)
            return SimpleNamespace(get_device=lambda: device, get_stream=lambda _s: stream)

        def wait_for_frames(self, _timeout_ms):
            depth = SimpleNamespace(get_data=lambda: counts)
            return SimpleNamespace(get_depth_frame=lambda: depth)

        def stop(self):
            pass

    streams, formats = SimpleNamespace(depth="depth"), SimpleNamespace(z16="z16")
    return SimpleNamespace(config=Config, pipeline=Pipeline, stream=streams, format=formats)


def test_a_realsense_gives_its_own_scale_and_lens(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyrealsense2", realsense(picture(8000)))
    settings = DepthSettings(kind="realsense", source="123", width=80, height=60, frames_per_s=60.0)
    sensor = depth_from(settings.model_copy(update={"width": 64, "height": 48}), SystemClock())
    sensor.open()
    (frame,) = sensor.read(2.0)
    sensor.close()
    assert 2000 <= frame.depth_mm.min() <= frame.depth_mm.max() <= 2013
    assert (frame.focal_px, frame.centre_px) == LENS


def oak(counts: np.ndarray) -> SimpleNamespace:
    class Node:
        def build(self, *_args):
            return self

        def requestOutput(self, size, **_how):  # noqa: N802 - the vendor's spelling
            assert size == (64, 48)
            return self

        @property
        def depth(self):
            queue = SimpleNamespace(get=lambda: SimpleNamespace(getFrame=lambda: counts))
            return SimpleNamespace(createOutputQueue=lambda **_how: queue)

    pipeline = SimpleNamespace(create=lambda _node: Node(), start=lambda: None, stop=lambda: None)
    matrix = [[500.0, 0, 31.5], [0, 500.0, 23.5], [0, 0, 1]]
    calibration = SimpleNamespace(getCameraIntrinsics=lambda _socket, _w, _h: matrix)
    return SimpleNamespace(
        node=SimpleNamespace(Camera=Node, StereoDepth=Node),
        CameraBoardSocket=SimpleNamespace(CAM_B=1, CAM_C=2),
        ImgFrame=SimpleNamespace(Type=SimpleNamespace(GRAY8=0)),
        Device=lambda *_a: SimpleNamespace(readCalibration=lambda: calibration),
        Pipeline=lambda _device: pipeline,
    )


def test_an_oak_gives_millimetres_and_its_calibrated_lens(monkeypatch):
    monkeypatch.setitem(sys.modules, "depthai", oak(picture(2500)))
    settings = DepthSettings(kind="oak").model_copy(update={"width": 64, "height": 48})
    sensor = depth_from(settings, SystemClock())
    sensor.open()
    (frame,) = sensor.read(2.0)
    sensor.close()
    assert np.array_equal(frame.depth_mm, picture(2500))
    assert (frame.focal_px, frame.centre_px) == LENS


# --- settings and promises --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ('kind = "folder"', "write source"),
        ('kind = "openni"\nsource = "/dev/video0"', "write 0"),
        ('kind = "v4l2"\n[mount]\ntilt_deg = [40.0, 10.0]', "smaller number first"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_with_the_mend(text, mend):
    with pytest.raises(ConfigurationError, match=mend):
        parse(text, DepthSettings, "depth.toml")


def test_one_focal_length_serves_both_directions():
    assert lens((48, 64), 50.0, None)[0] == (50.0, 50.0)


def test_nothing_that_handles_a_depth_picture_can_write_or_send_one():
    modules = [*EDGE.glob("depth/*.py"), *EDGE.glob("sensors/depth*.py")]
    writing = {"imwrite", "imencode", "write_bytes", "write_text", "save", "savez", "tofile", "dump"}
    sending = {"socket", "paho", "http", "urllib", "requests", "edge.uplink", "edge.outbox"}
    assert len(modules) >= 10
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                assert called not in writing, f"{module.name}: {called}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
                assert not sending & set(names), f"{module.name}: {names}"
