"""Points of a room to the people in it."""

import numpy as np
import pytest

from edge.fall.people import People
from edge.fall.people_settings import Antenna, PeopleSettings
from edge.fall.scene import Doubt, Scene
from edge.fall.settings import MountSettings
from edge.sensors.readings import PointCloud, Target

LEVEL = MountSettings(height_m=1.5, tilt_deg=0.0)
FRAME_S = 0.055
Point = tuple[float, float, float]


class Room:
    """Feeds frames of room-frame points (x, y, height) and keeps the last scene."""

    def __init__(self, settings: PeopleSettings | None = None, mount: MountSettings = LEVEL) -> None:
        self.people = People(mount, settings or PeopleSettings())
        self.rng = np.random.default_rng(1)
        self.at_s = 0.0
        self.frame = 0
        self.scene = Scene(0.0)

    def see(self, *points: Point, doppler: float = 0.3) -> Scene:
        self.at_s += FRAME_S
        self.frame += 1
        noisy = [(x, y, z - 1.5, doppler, 10.0) for x, y, z in points]
        rows = np.array(noisy, np.float32).reshape(-1, 5)
        rows[:, :3] += self.rng.normal(0.0, 0.02, (len(rows), 3)).astype(np.float32)
        self.scene = self.people.update(PointCloud(self.at_s, self.frame, rows))
        return self.scene

    def stay(self, seconds: float, *places: Point, every: int = 1) -> Scene:
        """Bodies around their middles, seen every so many frames."""
        for n in range(round(seconds / FRAME_S)):
            points = [(x, y, z + up) for x, y, z in places for up in (-0.15, 0.0, 0.15)]
            self.see(*(points if n % every == 0 else []))
        return self.scene

    def walk(self, start: Point, goal: Point, mps: float = 0.8) -> Scene:
        steps = round(np.hypot(goal[0] - start[0], goal[1] - start[1]) / mps / FRAME_S)
        for n in range(steps):
            x, y, z = (a + (b - a) * n / steps for a, b in zip(start, goal, strict=True))
            self.see((x, y, z), (x, y, z + 0.2))
        return self.scene

    def quiet(self, seconds: float) -> Scene:
        for _ in range(round(seconds)):
            self.at_s += 1.0 - FRAME_S
            self.see()
        return self.scene


def test_an_empty_room_holds_nobody():
    assert Room().quiet(60) == Scene(pytest.approx(60.0))


def test_three_reflections_of_two_frames_are_a_body_and_those_of_one_are_not():
    room = Room()
    assert room.see((0, 3, 1.0), (0, 3, 1.1), (0, 3, 0.9), (0, 3, 1.0)).bodies == ()
    (body,) = room.see((0, 3, 1.0)).bodies
    assert body.height_m == pytest.approx(1.0, abs=0.1)
    assert body.place.distance_m(type(body.place)(0.0, 3.0)) < 0.1


def test_the_near_field_and_what_is_below_the_floor_or_above_the_ceiling_is_nobody():
    room = Room()
    for _ in range(40):
        room.see((0.0, 0.25, 1.5), (1.0, 3.0, -0.8), (1.0, 3.0, 2.6))
    assert room.scene.bodies == ()


def test_what_lies_behind_a_wall_of_the_room_is_nobody():
    room = Room(PeopleSettings(x_m=(-2.0, 2.0), y_m=(0.0, 5.0)))
    assert room.stay(5, (3.0, 3.0, 1.0), (0.0, 6.0, 1.0)).bodies == ()


def test_a_ceiling_mount_sees_heights_and_places_below_it():
    room = Room(mount=MountSettings(height_m=2.5, tilt_deg=90.0))
    for n in range(20):
        # The sensor's y points down: 1.5 m below it is 1.0 m above the floor.
        rows = np.array([[0.5, 1.5, 0.8, 0.3, 9.0], [0.5, 1.4, 0.8, 0.2, 9.0]], np.float32) + n * 1e-4
        scene = room.people.update(PointCloud(n * FRAME_S, n, rows))
    (body,) = scene.bodies
    assert (body.place.x_m, body.place.y_m) == (pytest.approx(0.5, abs=0.05), pytest.approx(0.8, abs=0.05))
    assert body.height_m == pytest.approx(1.05, abs=0.06)


def test_a_body_that_walks_stays_the_same_body():
    room = Room()
    first = room.stay(2, (0, 2, 1.0)).bodies[0].track
    room.walk((0, 2, 1.0), (1.5, 5, 1.0))
    assert [body.track for body in room.scene.bodies] == [first]
    assert room.scene.bodies[0].speed_mps == pytest.approx(0.8, abs=0.3)


def test_who_lies_down_and_falls_silent_is_remembered_where_they_lay():
    room = Room()
    room.stay(3, (0, 3, 1.0))
    room.stay(3, (0, 3, 0.15))
    (body,) = room.quiet(3600).bodies
    assert body.heights_m == ()
    assert body.height_m < 0.4
    assert body.place.y_m == pytest.approx(3.0, abs=0.1)
    assert Doubt.NO_DATA in room.scene.doubts


def test_who_came_and_sat_down_is_remembered_through_the_night():
    room = Room()
    room.stay(1, (0, 2, 1.0))
    room.walk((0, 2, 1.0), (1.5, 4, 1.0))
    room.stay(5, (1.5, 4, 0.65))
    (body,) = room.quiet(6 * 3600).bodies
    assert body.height_m == pytest.approx(0.65, abs=0.1)


def test_numbers_that_are_none_are_nobody():
    room = Room()
    odd = [
        [np.nan, 1, 1, 0, 9],
        [np.inf, 1, 0, 0, 9],
        [1, np.nan, 0, 0, 9],
        [0, 3, np.nan, 0, 9],
        [0, 3e9, 0, 0, 9],
    ]
    for n in range(20):
        room.people.update(PointCloud(n * FRAME_S, n, np.array(odd, np.float32) + n))
    assert room.quiet(1).bodies == ()


def test_a_room_full_of_strays_does_not_fill_the_memory():
    room = Room()
    for _ in range(300):
        x, y = room.rng.uniform(-4, 4), room.rng.uniform(1, 7)
        for _ in range(4):
            room.see((x, y, 0.2), (x, y, 0.3), (x, y, 0.25))
    assert len(room.scene.bodies) <= 24


def test_who_walks_out_is_forgotten():
    room = Room()
    room.stay(1, (0, 2, 1.0))
    room.walk((0, 2, 1.0), (2, 5, 1.0))
    assert room.quiet(30).bodies == ()


def test_who_fell_silent_and_stirs_again_is_the_same_body():
    room = Room()
    room.stay(3, (0, 3, 1.0))
    track = room.stay(3, (0, 3, 0.2)).bodies[0].track
    room.quiet(600)
    assert [body.track for body in room.stay(2, (0.3, 3.2, 0.2)).bodies] == [track]


def test_two_people_stay_two_when_one_of_them_lies_down():
    room = Room()
    room.stay(3, (-1.0, 3, 1.0))
    room.stay(5, (-1.0, 3, 1.0), (1.0, 2.5, 1.0))
    room.stay(5, (-1.0, 3, 0.2), (1.0, 2.5, 1.0))
    heights = sorted(body.height_m for body in room.stay(5, (1.0, 2.5, 1.0)).bodies)
    assert heights == [pytest.approx(0.2, abs=0.1), pytest.approx(1.0, abs=0.1)]


def test_a_mirror_image_that_moves_only_with_its_body_is_nobody():
    room = Room()
    room.stay(2, (0, 3, 1.0))
    for n in range(400):
        image = [(3.5, 3.0, 1.0)] if n % 6 == 0 else []
        room.see((0, 3, 1.0), (0, 3, 1.1), (0, 3, 0.9), *image)
    assert len(room.scene.bodies) == 1


def test_somebody_farther_away_who_moves_while_the_nearer_one_is_still_is_a_second_body():
    room = Room()
    room.stay(2, (0, 2, 1.0))
    room.stay(2, (0, 2, 1.0), (2, 4, 1.0))
    assert len(room.stay(5, (2, 4, 1.0)).bodies) == 2


def fan(room: Room, seconds: float, *others: Point) -> Scene:
    for n in range(round(seconds / FRAME_S)):
        room.see((2.0, 2.0, 0.8), (2.0, 2.05, 0.9), *others, doppler=0.5 if n % 2 else -0.5)
    return room.scene


def test_a_fan_is_learnt_over_minutes_and_somebody_who_lies_beside_it_is_still_seen():
    room = Room(PeopleSettings(clutter_s=30.0))
    fan(room, 40)
    assert room.scene.bodies == ()
    assert fan(room, 60).bodies == ()
    bodies = fan(room, 3, (1.2, 2.0, 0.2), (1.2, 2.1, 0.2)).bodies
    assert [body.height_m for body in bodies] == [pytest.approx(0.2, abs=0.1)]


def test_a_curtain_is_learnt_though_it_moves_by_fits_and_starts():
    room = Room(PeopleSettings(clutter_s=30.0))
    for _ in range(12):
        fan(room, 9)
        room.quiet(40)
    assert fan(room, 5).bodies == ()


def test_somebody_who_came_and_fidgets_in_a_chair_is_no_fan():
    room = Room(PeopleSettings(clutter_s=30.0))
    room.stay(2, (0.0, 4.0, 1.0))
    room.walk((0.0, 4.0, 1.0), (2.0, 2.0, 1.0))
    assert len(fan(room, 200).bodies) == 1


def test_a_sensor_that_repeats_itself_is_frozen_and_says_nothing_new():
    room = Room()
    rows = np.array([[0.0, 3.0, -0.5, 0.3, 9.0]] * 3, np.float32)
    for n in range(60):
        scene = room.people.update(PointCloud(n * FRAME_S, n, rows))
    assert Doubt.FROZEN in scene.doubts
    assert scene.bodies == ()


def test_reflections_that_never_become_a_body_are_a_doubt():
    room = Room()
    for n in range(2400):
        room.see(*([(n * 0.37 % 4 - 2, 1 + n * 0.61 % 5, 1.0)] if n % 18 == 0 else []))
    assert Doubt.POINTS_WITHOUT_BODY in room.scene.doubts


def test_people_who_all_seem_to_be_below_the_floor_are_a_doubt_about_the_mount():
    room = Room()
    for _ in range(90):
        room.stay(0.5, (0.0, 3.0, -1.5))
        room.quiet(1)
    assert room.scene.bodies == ()
    assert Doubt.POINTS_WITHOUT_BODY in room.scene.doubts


def targets(room: Room, seconds: float, *places: Point) -> Scene:
    for n in range(round(seconds / 0.1)):
        room.at_s += 0.1
        seen = tuple(Target(-1, (x, y + n * 1e-3, z), (0.0, 0.0, 0.0)) for x, y, z in places)
        room.scene = room.people.update(PointCloud(room.at_s, n, np.zeros((0, 5), np.float32), targets=seen))
    return room.scene


def test_a_module_that_gives_targets_and_no_points_is_followed_by_them():
    (body,) = targets(Room(), 2, (0.5, 2.0, -0.5)).bodies
    assert body.height_m == pytest.approx(1.0)
    assert body.place.x_m == pytest.approx(0.5)


def test_a_target_without_a_height_is_never_low():
    (body,) = targets(Room(mount=MountSettings(height_m=1.5, tilt_deg=20.0)), 2, (0.5, 4.0, 0.0)).bodies
    assert body.height_m == 1.0
    assert body.heights_m == ()


def test_a_chip_that_gives_points_is_not_believed_about_targets_that_have_none():
    room = Room()
    room.see((0, 3, 1.0))
    assert targets(room, 5, (1.0, 2.0, 0.0)).bodies == ()


def still(room: Room, seconds: float, swing_db: float, *places: Point, walker: Point | None = None) -> Scene:
    """Echoes without doppler that swing as breath does, 0.25 a second."""
    for n in range(round(seconds / 0.05)):
        room.at_s += 0.05
        snr = 15.0 + swing_db * np.sqrt(2.0) * np.sin(np.pi * n * 0.05 / 2) + room.rng.normal(0.0, 0.1)
        rows = [(x, y, z - 1.5, 0.0, snr) for x, y, z in places]
        if walker is not None:
            rows += [(walker[0], walker[1] + n * 0.04, walker[2] - 1.5, 0.8, 12.0)] * 2
        frame = np.array(rows, np.float32)
        room.scene = room.people.update(PointCloud(room.at_s, n, frame))
    return room.scene


DENSE = PeopleSettings(antenna=Antenna.IWR1843)
LIES_THERE = ((0.0, 2.0, 0.15), (0.1, 2.1, 0.1), (-0.2, 2.0, 0.2))


def test_furniture_is_nobody_however_long_it_stands_there():
    assert still(Room(DENSE), 60, 0.4, *LIES_THERE, (1.0, 3.0, 0.7)).bodies == ()


def test_who_lies_among_furniture_without_moving_is_found_by_breathing():
    (body,) = still(Room(DENSE), 20, 2.0, *LIES_THERE).bodies
    assert body.height_m < 0.3


def test_furniture_that_swings_while_somebody_walks_past_it_is_nobody():
    bodies = still(Room(DENSE), 3, 2.0, *LIES_THERE, walker=(0.0, 1.0, 1.0)).bodies
    assert [body.height_m for body in bodies] == [pytest.approx(1.0, abs=0.1)]


def test_what_an_antenna_is_taken_for_can_be_overruled():
    assert PeopleSettings(antenna=Antenna.IWRL6432).own_m < PeopleSettings().own_m
    assert PeopleSettings(gate_m=0.7).own_m == 0.7
