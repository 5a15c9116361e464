"""The simulated depth camera: geometry, a real sensor's faults, and films."""

import cv2
import numpy as np
import pytest

from simulators.home.body import STANDING, Stance, Stay, Walk
from simulators.home.depth import DepthCamera, Hall, Hung, Lens
from simulators.home.depth_film import Actor, Film, export
from simulators.home.shadows import Box

LENS = Lens(160, 120, 146.0)
LEVEL = Hung(1.5, 0.0)
NOBODY: list = []


def camera(hung: Hung = LEVEL, seed: int = 0, lens: Lens = LENS) -> DepthCamera:
    return DepthCamera(np.random.default_rng(seed), lens, hung, Hall())


def middle(depth_mm: np.ndarray) -> np.ndarray:
    patch = depth_mm[55:65, 75:85]
    return patch[patch > 0]


def test_the_far_wall_is_as_far_as_it_is_whatever_the_tilt():
    assert np.median(middle(camera().frame(0.0, 0, NOBODY).depth_mm)) == pytest.approx(5000, abs=60)
    down = camera(Hung(1.5, 40.0)).frame(0.0, 0, NOBODY).depth_mm
    assert np.median(middle(down)) == pytest.approx(1500 / np.sin(np.radians(40)), abs=40)


def test_noise_and_steps_grow_with_the_square_of_the_distance():
    near, far = Box("near", (-1.0, 1.5, 0.0), (1.0, 2.0, 2.4)), Box("far", (-2.0, 4.5, 0.0), (2.0, 5.0, 2.4))
    spread = [np.std(middle(camera().frame(0.0, 0, NOBODY, [box]).depth_mm)) for box in (near, far)]
    assert 5 <= spread[1] / spread[0] <= 14
    steps = np.unique(middle(camera().frame(0.0, 0, NOBODY, [far]).depth_mm))
    assert np.median(np.diff(steps)) == pytest.approx(2.87 * 4.5**2, rel=0.2)


def test_a_person_is_where_they_stand_and_throws_a_shadow_to_their_left():
    exact = camera(seed=1).frame(0.0, 0, [Stance((0.0, 2.5), -np.pi / 2, STANDING).parts_m()]).depth_mm
    chest = exact[60 + round(146 * (1.5 - 1.18) / 2.5), 80]
    assert float(chest) == pytest.approx(2380, abs=80)
    rows = exact[66:90]
    body = (rows > 0) & (rows < 3000)
    holes = rows == 0
    left = [holes[r, : np.flatnonzero(body[r])[0]][-4:].sum() for r in range(len(rows)) if body[r].any()]
    right = [holes[r, np.flatnonzero(body[r])[-1] + 1 :][:4].sum() for r in range(len(rows)) if body[r].any()]
    assert sum(left) > 4 * sum(right)


def test_nothing_is_measured_nearer_than_half_a_metre_or_beyond_the_sensors_reach():
    close = Box("close", (-1.0, 0.3, 0.0), (1.0, 0.4, 2.4))
    assert not camera().frame(0.0, 0, NOBODY, [close]).depth_mm.any()


def test_two_frames_never_agree_to_the_last_bit_and_a_seed_repeats_them():
    one, other = camera(seed=3), camera(seed=3)
    first, second = (one.frame(0.0, n, NOBODY).depth_mm for n in range(2))
    assert not np.array_equal(first, second)
    assert np.array_equal(first, other.frame(0.0, 0, NOBODY).depth_mm)


def test_an_actor_acts_in_a_row_then_keeps_still_and_goes():
    actor = Actor(Stance((0.0, 2.0), 0.0, STANDING), [Walk((1.0, 2.0), 1.0), Stay(1.0, "")], 2.0, until_s=9.0)
    assert actor.parts_m(1.9) is None
    assert actor.parts_m(2.5)[3, 0] == pytest.approx(0.5, abs=0.05)
    assert np.allclose(actor.parts_m(5.0), actor.parts_m(8.0))
    assert actor.parts_m(9.1) is None


def test_a_film_is_written_as_16_bit_pictures_with_notes(tmp_path):
    film = Film(camera(), [], [(0.0, ()), (0.2, [Box("wardrobe", (-1.0, 2.0, 0.0), (1.0, 2.5, 2.0))])])
    assert export(film.frames(0.4, 10.0), tmp_path, 0.1, full_scale_mm=6000.0) == 4
    pictures = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted(tmp_path.glob("*.png"))]
    assert all(p.dtype == np.uint16 and p.shape == (120, 160) for p in pictures)
    assert np.median(middle(pictures[0])) * 6000 / 65535 == pytest.approx(5000, abs=60)
    assert np.median(middle(pictures[3])) * 6000 / 65535 == pytest.approx(2000, abs=30)
    assert "scale_mm" in (tmp_path / "camera.toml").read_text()
