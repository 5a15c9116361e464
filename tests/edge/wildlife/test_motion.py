"""What opens the eye and what does not."""

import numpy as np
import pytest

from edge.wildlife.motion import MotionGate

PERIOD_S = 0.2


class Wood:
    """A field with a tree that sways in gusts, under a sensor's noise; ``light`` scales everything."""

    def __init__(self, seed=3, size=(640, 360)):
        self.rng = np.random.default_rng(seed)
        wide, high = size
        coarse = self.rng.integers(80, 160, (high // 8, wide // 8)).astype(np.uint8)
        self.ground = np.kron(coarse, np.ones((8, 8), np.uint8)).astype(np.float32)
        self.noise = self.rng.normal(0, 3.0, (high + 9, wide + 9)).astype(np.float32)
        self.at_s = 0.0
        self.light = 1.0
        self.wind = 6.0

    def picture(self, *animals):
        """Animals are (x, y, side, level)."""
        self.at_s += PERIOD_S
        grey = self.ground.copy()
        gust = self.wind * (0.6 + 0.4 * np.sin(self.at_s / 7.0)) * np.sin(self.at_s * 2.1)
        tree = grey[20:240, 400:600]
        tree[:] = np.roll(tree, round(float(gust)), axis=1)
        for x, y, side, level in animals:
            grey[y : y + side, x : x + side] = level
        dx, dy = self.rng.integers(0, 9, 2)
        noisy = grey * self.light + self.noise[dy : dy + grey.shape[0], dx : dx + grey.shape[1]]
        return np.repeat(np.clip(noisy, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def watch(gate, wood, seconds, *animals):
    """Share of pictures in which something moved."""
    looks = [bool(gate.moving(wood.picture(*animals), wood.at_s)) for _ in range(round(seconds / PERIOD_S))]
    return sum(looks) / len(looks)


def test_the_first_picture_moves_for_nothing_is_known():
    assert MotionGate().moving(Wood().picture(), 0.0) == [(0.0, 0.0, 640.0, 360.0)]


def test_a_swaying_tree_opens_it_at_first_and_then_no_more():
    gate, wood = MotionGate(), Wood()
    watch(gate, wood, 40)
    assert watch(gate, wood, 60) < 0.05


def test_an_animal_that_walks_opens_it_beside_the_swaying_tree_and_mostly_before_it():
    gate, wood = MotionGate(), Wood()
    watch(gate, wood, 60)
    seen = []
    for n in range(40):
        x = 40 + 12 * n
        moved = gate.moving(wood.picture((x, 200, 40, 20)), wood.at_s)
        seen.append(any(b[0] < x + 40 and b[2] > x and b[1] < 240 and b[3] > 200 for b in moved))
    assert all(seen[:28])
    assert sum(seen[28:]) >= 6


def test_a_small_animal_far_away_opens_it_in_a_full_hd_picture():
    gate, wood = MotionGate(), Wood(size=(1920, 1080))
    watch(gate, wood, 2)
    moved = gate.moving(wood.picture((1000, 700, 40, 20)), wood.at_s)
    assert any(b[0] <= 1005 and b[2] >= 1035 and b[1] <= 705 and b[3] >= 735 for b in moved)


def test_a_cloud_is_no_motion():
    gate, wood = MotionGate(), Wood()
    wood.wind = 0.0
    watch(gate, wood, 20)
    moved = 0
    for n in range(25):
        wood.light = 1.0 - 0.012 * n
        moved += bool(gate.moving(wood.picture(), wood.at_s))
    assert moved <= 2


def test_a_lamp_that_goes_on_is_one_motion_of_the_whole_and_then_known():
    gate, wood = MotionGate(), Wood()
    wood.wind = 0.0
    watch(gate, wood, 10)
    wood.ground = 255.0 - wood.ground
    assert gate.moving(wood.picture(), wood.at_s) == [(0.0, 0.0, 640.0, 360.0)]
    assert watch(gate, wood, 5) == 0.0


@pytest.mark.system
@pytest.mark.parametrize("level", [10, 240])
def test_what_stays_sinks_into_the_background_and_moves_again_when_it_leaves(level):
    gate, wood = MotionGate(), Wood()
    wood.wind = 0.0
    watch(gate, wood, 20)
    stays = (100, 200, 40, level)
    assert watch(gate, wood, 5, stays) == 1.0
    watch(gate, wood, 180, stays)
    assert watch(gate, wood, 5, stays) == 0.0
    assert watch(gate, wood, 1) == 1.0
