"""Points to bodies to the posture that a page shows."""

import numpy as np
import pytest

from edge.fall.people import People
from edge.fall.people_settings import PeopleSettings
from edge.fall.posture import KEEP_S, Posture, RoomPosture
from edge.fall.settings import AskSettings, FallSettings, MountSettings
from edge.fall.watcher import FallWatcher, Now
from edge.sensors.readings import PointCloud

LEVEL = MountSettings(height_m=1.5, tilt_deg=0.0)
FRAME_S = 0.1


class Room:
    """One radar, from points to what is shown."""

    def __init__(self) -> None:
        self.people = People(LEVEL, PeopleSettings())
        self.watcher = FallWatcher(FallSettings(), AskSettings(), [], lambda _ms: "01J" + "0" * 23)
        self.posture = RoomPosture(FallSettings())
        self.at_s = 0.0
        self.frames = 0

    def see(self, *heights_m: float, seconds: float = FRAME_S) -> Posture:
        for _ in range(round(seconds / FRAME_S)):
            self.at_s += FRAME_S
            self.frames += 1
            rows = [[0.001 * (self.frames % 7), 3.0, z - LEVEL.height_m, 0.1, 10.0] for z in heights_m]
            cloud = PointCloud(self.at_s, self.frames, np.array(rows, np.float32).reshape(-1, 5))
            scene = self.people.update(cloud)
            self.watcher.step(scene, Now(self.at_s, 0))
            self.posture.see(scene, self.watcher.fresh)
        return self.posture.posture


def test_no_points_ever_is_an_empty_room():
    assert Room().see(seconds=60) is Posture.EMPTY


@pytest.mark.parametrize(
    ("height_m", "posture"), [(1.0, Posture.STANDING), (0.65, Posture.SITTING), (0.2, Posture.LYING)]
)
def test_a_body_seen_for_a_while_has_a_posture(height_m: float, posture: Posture):
    assert Room().see(height_m, height_m + 0.1, height_m, seconds=2) is posture


@pytest.mark.parametrize(
    ("height_m", "after"), [(1.0, Posture.EMPTY), (0.65, Posture.UNKNOWN), (0.2, Posture.LYING)]
)
def test_silence_is_not_stillness(height_m: float, after: Posture):
    room = Room()
    before = room.see(height_m, height_m, height_m, seconds=2)
    assert room.see(seconds=KEEP_S / 2) is before
    assert room.see(seconds=KEEP_S) is after


def test_a_posture_of_a_moment_is_not_shown():
    room = Room()
    room.see(1.0, 1.0, 1.1, seconds=3)
    room.see(0.4, 0.4, 0.4, seconds=0.5)
    assert room.see(1.0, 1.0, 1.1, seconds=1) is Posture.STANDING
