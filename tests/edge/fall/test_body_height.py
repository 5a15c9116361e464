"""Points to heights and postures."""

import numpy as np
import pytest

from edge.fall.posture import KEEP_S, BodyHeight, Posture
from edge.fall.room import body_points, to_room
from edge.fall.settings import FallSettings, MountSettings

LEVEL = MountSettings(height_m=1.5, tilt_deg=0.0)
FRAME_S = 0.1
EMPTY = np.zeros((0, 5), np.float32)


def cloud(*heights_m: float, y_m: float = 3.0) -> np.ndarray:
    return np.array([[0.0, y_m, z - LEVEL.height_m, 0.1, 10.0] for z in heights_m], np.float32)


class Room:
    def __init__(self) -> None:
        self.body = BodyHeight(LEVEL, FallSettings())
        self.at_s = 0.0

    def see(self, points: np.ndarray, seconds: float = FRAME_S):
        for _ in range(round(seconds / FRAME_S)):
            self.at_s += FRAME_S
            reading = self.body.update(self.at_s, points)
        return reading


def test_a_sensor_that_looks_down_sees_the_floor_ahead_as_floor():
    mount = MountSettings(height_m=2.0, tilt_deg=15.0)
    drop = 2.0 / np.sin(np.radians(15.0))
    on_axis = np.array([[0.0, drop, 0.0, 0.0, 9.0]], np.float32)
    assert to_room(on_axis, mount)[0, 2] == pytest.approx(0.0, abs=1e-5)


def test_the_near_field_and_unresolved_elevation_tell_no_height():
    near = [0.0, 0.25, 0.05, 3.5, 5.0]
    unresolved = [0.0, 3.0, 0.0, 0.1, 10.0]
    body = [0.0, 3.0, -0.4, 0.1, 10.0]
    kept = body_points(np.array([near, unresolved, body], np.float32), LEVEL)
    assert kept[:, 2] == pytest.approx([1.1])


def test_a_ghost_of_one_frame_gives_no_height_however_many_points_it_has():
    assert Room().see(cloud(1.0, 1.1, 0.9, 1.0, 1.2, 0.8)).height_m is None


def test_one_ghost_point_among_a_body_does_not_move_it():
    room = Room()
    room.see(cloud(1.0, 1.0, 0.9), 1)
    assert room.see(cloud(1.0, 2.1, 0.9)).height_m == pytest.approx(1.0, abs=0.11)


def test_no_points_ever_is_an_empty_room():
    assert Room().see(EMPTY, 60).posture is Posture.EMPTY


@pytest.mark.parametrize(
    ("height_m", "posture"), [(1.0, Posture.STANDING), (0.65, Posture.SITTING), (0.2, Posture.LYING)]
)
def test_a_body_seen_for_a_while_has_a_posture(height_m: float, posture: Posture):
    assert Room().see(cloud(height_m, height_m + 0.1, height_m), 2).posture is posture


@pytest.mark.parametrize(
    ("height_m", "after"), [(1.0, Posture.EMPTY), (0.65, Posture.UNKNOWN), (0.2, Posture.LYING)]
)
def test_silence_is_not_stillness(height_m: float, after: Posture):
    room = Room()
    before = room.see(cloud(height_m, height_m, height_m), 2).posture
    assert room.see(EMPTY, KEEP_S / 2).posture is before
    assert room.see(EMPTY, KEEP_S).posture is after


def test_old_points_are_not_mixed_with_new_ones():
    room = Room()
    room.see(cloud(1.0, 1.0, 1.0), 1)
    room.see(EMPTY, 1)
    assert room.see(cloud(0.2, 0.2, 0.2)).height_m is None
    assert room.see(cloud(0.2, 0.2, 0.2)).height_m == pytest.approx(0.2, abs=0.01)
