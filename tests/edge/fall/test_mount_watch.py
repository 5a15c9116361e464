"""The doubt that a sensor no longer hangs as its file says, from days of ordinary walking."""

import re
from pathlib import Path

import numpy as np
import pytest

from edge.fall.mount_watch import CHECK_EVERY_S, MountWatch
from edge.fall.people import People
from edge.fall.people_settings import PeopleSettings
from edge.fall.place import Place
from edge.fall.scene import Body, Scene
from edge.fall.settings import MountSettings
from edge.sensors.readings import PointCloud
from edge.sensors.ti.frames import FrameParser
from tests.walking import ACROSS, AWAY_AND_BACK, walker

SAID = MountSettings(height_m=1.8, tilt_deg=10.0)


class Life:
    """Somebody walks up and down every hour; ``hangs`` is the truth, ``says`` the file."""

    def __init__(self, says: MountSettings) -> None:
        self.watch = MountWatch(says)
        self.people = People(says, PeopleSettings())
        self.at_s = 0.0

    def days(self, hangs: MountSettings, walks: int = 8) -> "Life":
        corners = ACROSS if hangs.tilt_deg > 60 else AWAY_AND_BACK
        frames = list(walker(hangs, corners))
        for _ in range(walks):
            for since_s, points in frames:
                self.watch.see(self.people.update(PointCloud(self.at_s + since_s, 0, points)))
            self.at_s += 2.0 * CHECK_EVERY_S
        return self


def test_a_mount_that_is_right_is_not_doubted():
    assert Life(SAID).days(SAID).watch.wrong() is None


def test_a_sensor_that_was_turned_up_or_down_is_doubted_with_where_it_looks_now():
    turned = Life(SAID).days(MountSettings(height_m=1.8, tilt_deg=18.0)).watch.wrong()
    assert turned is not None
    assert re.search(
        "has been turned, it looks about (1[5-9]|2[01]) degrees down and .mount. says 10", turned
    )


@pytest.mark.parametrize("hangs", [{"height_m": 1.2, "tilt_deg": 10.0}, {"height_m": 1.8, "tilt_deg": 2.0}])
def test_a_sensor_that_shows_people_too_low_is_doubted(hangs: dict[str, float]):
    low = Life(SAID).days(MountSettings.model_validate(hangs)).watch.wrong()
    assert low is not None
    assert "moved or turned" in low


def test_the_doubt_ends_when_the_sensor_hangs_right_again():
    life = Life(SAID).days(MountSettings(height_m=1.8, tilt_deg=19.0))
    assert life.watch.wrong() is not None
    assert life.days(SAID).watch.wrong() is None


def test_a_single_day_with_little_walking_is_not_enough_for_a_doubt():
    turned = MountSettings(height_m=1.8, tilt_deg=22.0)
    assert Life(SAID).days(turned, walks=2).watch.wrong() is None


def test_below_a_ceiling_a_right_mount_is_not_doubted():
    ceiling = MountSettings(height_m=2.4, tilt_deg=90.0)
    assert Life(ceiling).days(ceiling).watch.wrong() is None


def test_cats_and_people_who_stand_or_are_not_alone_count_for_nothing():
    watch = MountWatch(SAID)
    for n in range(40_000):
        place = Place(0.0, 2.0 + n % 30 / 10)
        cat = Body(1, place, 0.2, 0.3, (0.2,), 1, 0.8, 0.2, 0.0, n * 0.1)
        standing = Body(2, place, 1.9, 2.1, (1.9,), 0, 0.0, 0.2, 0.0, n * 0.1)
        guest = Body(3, place, 1.9, 2.1, (1.9,), 0, 0.8, 0.2, 0.0, n * 0.1)
        watch.see(Scene(n * 0.1, ((cat,), (standing,), (guest, guest))[n % 3]))
    assert watch.wrong() is None


@pytest.mark.parametrize(
    ("height_m", "tilt_deg", "doubted"), [(1.43, 18.1, 0), (2.0, 10.0, 1), (1.4, 10.0, 1)]
)
@pytest.mark.system
def test_the_walking_recording_doubts_its_chirp_files_mount_and_no_other(
    shared_data: Path, height_m: float, tilt_deg: float, doubted: int
):
    mount = MountSettings(height_m=height_m, tilt_deg=tilt_deg)
    watch, people = MountWatch(mount), People(mount, PeopleSettings())
    parser = FrameParser()
    recording = (shared_data / "radar/iwr6843_uart/walking_a.bin").read_bytes()
    clouds = [*parser.feed(recording), *parser.finish()]
    for turn in range(5):  # the same three minutes again, hours later: two checks must agree
        for n, cloud in enumerate(clouds):
            at_s = 10.0 * turn * CHECK_EVERY_S + 0.055 * n
            watch.see(people.update(PointCloud(at_s, n, np.asarray(cloud.points))))
    watch.see(Scene(1e9, (Body(1, Place(0.0, 3.0), 1.0, 1.3, (1.0,), 0, 0.8, 0.2, 0.0, 1e9),)))
    assert (watch.wrong() is not None) == bool(doubted)
