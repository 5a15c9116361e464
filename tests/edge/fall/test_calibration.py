"""A mount measured from walks: of a made-up walker whose mount is known, and of real recordings."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.fall.calibration import Measured, judge, measure_frames
from edge.fall.mount_fit import CalibrationError
from edge.fall.settings import MountSettings
from edge.sensors.ti.frames import FrameParser
from tests.walking import ACROSS, AWAY_AND_BACK, STATURE_M, walker


def with_crosstalk(frames: Iterator[tuple[float, np.ndarray]]) -> Iterator[tuple[float, np.ndarray]]:
    """Each frame with the antenna's own leakage, and with the mirror image of the body behind the wall."""
    for at_s, points in frames:
        leak = np.array([[0.0, 0.2, 0.1, 3.5, 7.0]], np.float32)
        image = points[:2].copy()
        image[:, 0] = 5.0 - image[:, 0]
        yield at_s, np.concatenate([points, leak, image])


def measured(mount: MountSettings) -> Measured:
    return measure_frames(walker(mount, AWAY_AND_BACK), STATURE_M)


@pytest.mark.parametrize(("height_m", "tilt_deg"), [(1.8, 10.0), (1.4, 18.0), (1.0, 0.0), (2.2, 25.0)])
def test_a_mount_on_a_wall_is_told_by_walking_away_and_back(height_m: float, tilt_deg: float):
    found = measured(MountSettings(height_m=height_m, tilt_deg=tilt_deg))
    assert found.tilt_deg == pytest.approx(tilt_deg, abs=2.0)
    assert found.height_m == pytest.approx(height_m, abs=0.12)
    assert found.height_sd_m < 0.15
    assert (found.walks, found.near_m) == (5, pytest.approx(2.0))


def test_crosstalk_and_a_mirror_image_change_nothing():
    mount = MountSettings(height_m=1.8, tilt_deg=10.0)
    found = measure_frames(with_crosstalk(walker(mount, AWAY_AND_BACK)), STATURE_M)
    assert found.tilt_deg == pytest.approx(10.0, abs=2.0)
    assert found.height_m == pytest.approx(1.8, abs=0.12)


@pytest.mark.parametrize("tilt_deg", [90.0, 84.0])
def test_below_a_ceiling_the_crowns_tell_height_and_lean(tilt_deg: float):
    mount = MountSettings(height_m=2.5, tilt_deg=tilt_deg)
    found = measure_frames(walker(mount, ACROSS), STATURE_M, ceiling=True)
    assert found.height_m == pytest.approx(2.5, abs=0.12)
    assert found.tilt_deg == pytest.approx(tilt_deg, abs=2.5)
    assert found.roll_deg == pytest.approx(0.0, abs=2.5)
    assert judge(found, mount).accepted


def test_the_right_mount_is_accepted_and_says_how_well_it_fits():
    mount = MountSettings(height_m=1.4, tilt_deg=18.0)
    verdict = judge(measured(mount), mount)
    assert verdict.accepted
    assert "fits" in verdict.sentences[0]


def test_a_wrong_tilt_is_refused_with_what_to_set_or_turn():
    found = measured(MountSettings(height_m=1.4, tilt_deg=18.0))
    verdict = judge(found, MountSettings(height_m=1.4, tilt_deg=10.0))
    assert not verdict.accepted
    assert any("home.toml says 10: set tilt_deg = 1" in sentence for sentence in verdict.sentences)
    assert any("or tilt it up by" in sentence for sentence in verdict.sentences)
    assert not any("height_m" in sentence for sentence in verdict.sentences)


def test_a_wrong_height_is_refused_with_what_to_set():
    found = measured(MountSettings(height_m=1.4, tilt_deg=10.0))
    verdict = judge(found, MountSettings(height_m=2.0, tilt_deg=10.0), "kitchen.toml")
    assert not verdict.accepted
    assert any("kitchen.toml says 2: set height_m = 1." in sentence for sentence in verdict.sentences)
    assert not any("tilt_deg" in sentence for sentence in verdict.sentences)


def test_a_tape_fixes_the_height_and_the_tilt_follows():
    found = measured(MountSettings(height_m=1.4, tilt_deg=18.0))
    mount = found.mount(tape_m=1.4)
    assert mount.height_m == 1.4
    assert mount.tilt_deg == pytest.approx(18.0, abs=1.5)
    assert judge(found, mount).accepted


def test_a_ceiling_mount_is_not_taken_for_a_wall():
    found = measured(MountSettings(height_m=1.4, tilt_deg=10.0))
    verdict = judge(found, MountSettings(height_m=2.4, tilt_deg=90.0))
    assert not verdict.accepted
    assert "on a wall" in verdict.sentences[0]


@pytest.mark.parametrize(
    ("corners", "says"),
    [
        ([(0.0, 1.5), (0.0, 4.5)], "1 walks were seen, 4 are needed"),
        ([(0.0, 1.2), (0.0, 2.6)] * 4, "of useful distance were walked"),
        ([(0.0, 3.0)] * 2, "0 walks were seen"),
    ],
)
def test_too_little_walking_is_refused_with_how_to_walk(corners: list[tuple[float, float]], says: str):
    with pytest.raises(CalibrationError, match=says):
        measure_frames(walker(MountSettings(), corners), STATURE_M)


def test_walks_that_do_not_agree_are_refused():
    frames: list[tuple[float, np.ndarray]] = []
    for n, tilt_deg in enumerate((0.0, 12.0, 24.0, 36.0)):
        there_and_back = walker(MountSettings(height_m=1.8, tilt_deg=tilt_deg), AWAY_AND_BACK[:3], seed=n)
        frames += [(100.0 * n + at_s, points) for at_s, points in there_and_back]
    with pytest.raises(CalibrationError, match="do not agree"):
        measure_frames(frames, STATURE_M)


def test_a_radar_that_tells_elevation_in_steps_needs_a_level_and_tells_its_height_then():
    hangs = MountSettings(height_m=1.25, tilt_deg=0.0)
    coarse = list(walker(hangs, AWAY_AND_BACK, steps_deg=14.4))
    with pytest.raises(CalibrationError, match="--level"):
        measure_frames(coarse, STATURE_M)
    found = measure_frames(coarse, STATURE_M, level_deg=0.0)
    assert found.height_m == pytest.approx(1.25, abs=0.12)
    assert (found.tilt_deg, judge(found, hangs).accepted) == (0.0, True)


def test_a_recording_without_doppler_is_measured_too():
    mount = MountSettings(height_m=1.8, tilt_deg=10.0)
    frames = [(at_s, np.where([1, 1, 1, 0, 1], points, 0)) for at_s, points in walker(mount, AWAY_AND_BACK)]
    assert measure_frames(frames, STATURE_M).tilt_deg == pytest.approx(10.0, abs=2.0)


def capture(path: Path) -> Iterator[tuple[float, np.ndarray]]:
    parser = FrameParser()
    clouds = [*parser.feed(path.read_bytes()), *parser.finish()]
    return ((0.055 * number, cloud.points) for number, cloud in enumerate(clouds))


def test_the_walking_recording_hung_steeper_and_lower_than_its_chirp_file_says(shared_data: Path):
    found = measure_frames(capture(shared_data / "radar/iwr6843_uart/walking_a.bin"))
    assert 17.0 <= found.tilt_deg <= 20.0
    assert 1.3 <= found.height_m <= 1.5
    assert found.walks >= 20
    assert not judge(found, MountSettings(height_m=2.0, tilt_deg=10.0)).accepted
    assert judge(found, MountSettings(height_m=1.4, tilt_deg=18.0)).accepted


def test_a_recording_with_few_walks_tells_no_tilt_but_with_a_level_a_height(shared_data: Path):
    frames = list(capture(shared_data / "radar/iwr6843_uart/falls_a.bin"))
    with pytest.raises(CalibrationError, match="do not agree"):
        measure_frames(frames)
    assert measure_frames(frames, level_deg=8.0).height_m == pytest.approx(1.2, abs=0.15)
