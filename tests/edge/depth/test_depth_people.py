"""People before a depth camera: heights, ids, things, bumps and doubts, on simulated pictures."""

from dataclasses import replace
from math import pi

import numpy as np
import pytest

from edge.depth.people import DepthPeople
from edge.depth.settings import DepthPeopleSettings
from edge.fall.scene import Doubt
from simulators.home.body import (
    KNEELING,
    LYING,
    SITTING,
    STANDING,
    Change,
    Stance,
    Stay,
    Walk,
    fall,
    get_up,
)
from simulators.home.depth import Hall, Hung
from simulators.home.depth_film import Actor
from simulators.home.poses import lifted
from simulators.home.shadows import Box
from tests.depth_room import FURNITURE, PER_S, bodies, film, somebody, watch

IN = Walk((0.1, 3.0), 1.0)
CHAIR = Box("chair", (-0.1, 2.4, 0.0), (0.4, 2.8, 0.85))


@pytest.fixture(scope="module")
def fallen() -> tuple[list, DepthPeople, Actor]:
    """Somebody walks in, falls forward at 3.2 s, and lies; who watched, and who fell."""
    people, actor = DepthPeople(), somebody((1.3, 2.2), IN, fall(), Stay(1e6, "lying"))
    return watch(film(actor), 6.0, people), people, actor


def test_a_walker_stands_around_nine_tenths_of_a_metre_and_has_a_head(fallen):
    scenes, _, _ = fallen
    upright = [b for b in bodies(scenes) if b.seen_s < 2.9]
    assert 0.85 <= np.median([b.height_m for b in upright]) <= 0.95
    assert 1.40 <= np.median([b.top_m for b in upright]) <= 1.55
    assert 0.6 <= np.median([b.speed_mps for b in upright]) <= 1.2


def test_a_body_on_the_floor_is_low_long_and_keeps_its_id_and_its_standing_height(fallen):
    scenes, _, _ = fallen
    last = scenes[-1].bodies
    assert [b.track for b in last] == [bodies(scenes)[0].track]
    assert last[0].height_m == pytest.approx(0.19, abs=0.05)
    assert last[0].top_m <= 0.4
    assert last[0].spread_m >= 0.9
    assert last[0].standing_m == pytest.approx(0.9, abs=0.06)


@pytest.mark.system
def test_who_lies_still_for_an_hour_is_not_taken_for_furniture(fallen):
    scenes, people, actor = fallen
    hour = watch(film(actor), 3600.0, people, per_s=1 / 40, from_s=6.0)
    assert all(b.track == scenes[-1].bodies[0].track for b in bodies(hour))
    assert all(len(bodies([scene])) == 1 for scene in hour)


def test_the_floor_is_found_within_two_centimetres_and_one_degree_however_the_camera_hangs():
    for hung in (Hung(1.0, 3.0), Hung(1.9, 20.0), Hung(2.2, 40.0, 6.0)):
        people = DepthPeople()
        watch(film(hung=((0.0, hung),)), 1.2, people)
        assert people.floor is not None
        assert people.floor.height_m == pytest.approx(hung.height_m, abs=0.02)
        assert people.floor.tilt_deg == pytest.approx(hung.tilt_deg, abs=1.0)
        assert np.degrees(np.arccos(people.floor.up @ hung.axes()[:, 2])) <= 1.0


def test_a_camera_below_the_ceiling_sees_a_fall_too():
    hall, hung = Hall((-2.0, 2.0), (-1.9, 2.1), 2.4), Hung(2.4, 90.0)
    walker = somebody((0.7, -0.6), Walk((0.0, 0.2), 1.0), fall(), Stay(60, "lying"))
    people = DepthPeople(DepthPeopleSettings(tilt_deg=(60.0, 100.0)))
    seen = bodies(watch(film(walker, furniture=((0.0, ()),), hung=((0.0, hung),), hall=hall), 5.5, people))
    assert max(b.height_m for b in seen) >= 1.0
    assert seen[-1].height_m <= 0.3


@pytest.mark.system
def test_two_who_cross_keep_their_ids():
    one = somebody((1.4, 2.2), Walk((-1.0, 2.8), 1.0), Walk((1.2, 3.2), 1.0))
    other = somebody((-0.9, 2.2), Walk((1.3, 3.4), 1.0), Walk((-0.9, 2.4), 1.0), heading_rad=0.0)
    scenes = watch(film(one, other), 7.0)
    assert {b.track for b in bodies(scenes)} == {b.track for b in scenes[-1].bodies}
    first, last = (sorted(bodies([s]), key=lambda b: b.track) for s in (scenes[23], scenes[-1]))
    assert [b.place.x_m > 0 for b in first] == [b.place.x_m > 0 for b in last]


@pytest.mark.system
def test_one_who_sits_down_and_one_who_lies_on_a_bed_are_higher_than_the_floor():
    sofa = somebody(
        (1.0, 2.4),
        Walk((1.0, 3.4), 1.0),
        Change(SITTING, 1.2, "sitting", forward_m=-0.5, turn_rad=pi / 2),
        Stay(60, ""),
        heading_rad=pi / 2,
    )
    bed = somebody(
        (-0.8, 2.6),
        Walk((-0.9, 3.9), 1.0),
        Change(SITTING, 1.2, "", forward_m=-0.5, turn_rad=-pi / 2),
        Change(lifted(LYING, 0.42), 1.5, "", turn_rad=-pi / 2),
        Stay(60, ""),
        heading_rad=pi / 2,
    )
    last = bodies(watch(film(sofa, bed), 6.5)[-1:])
    left, right = sorted(last, key=lambda b: b.place.x_m)
    assert left.height_m == pytest.approx(0.6, abs=0.08)
    assert left.top_m >= 0.67
    assert right.height_m == pytest.approx(0.66, abs=0.08)
    assert right.top_m >= 1.0


@pytest.mark.system
def test_a_chair_that_was_moved_becomes_room_and_never_a_body():
    def at(share: float) -> tuple[Box, ...]:
        by = (0.7 * share, 0.3 * share, 0.0)
        low, high = (
            tuple(c + d for c, d in zip(end, by, strict=True)) for end in (CHAIR.low_m, CHAIR.high_m)
        )
        return (*FURNITURE, replace(CHAIR, low_m=low, high_m=high))

    pushes = [(0.0, at(0.0)), *((3.0 + 0.1 * n, at(n / 10)) for n in range(11))]
    pusher = somebody(
        (-0.9, 2.2), Walk((-0.4, 2.4), 1.0), Stay(1.0, ""), Walk((0.2, 2.6), 0.6), heading_rad=0.0
    )
    back = somebody((0.2, 2.6), Walk((-0.9, 2.4), 0.7), Stay(1e6, "", 0.2), from_s=4.1)
    people = DepthPeople()
    pushed = watch(film(replace(pusher, until_s=4.0), back, furniture=pushes), 9.0, people)
    later = watch(film(back, furniture=[(0.0, at(1.0))]), 30.0, people, per_s=2.0, from_s=9.0)
    assert {b.track for b in bodies(pushed[45:] + later)} == {bodies(pushed)[-1].track}
    assert later[-1].loose == 0


def test_a_bump_of_the_camera_invents_no_body_and_the_floor_is_found_again():
    people = DepthPeople()
    walker = somebody((1.3, 2.2), Walk((-0.5, 2.4), 0.8), Walk((0.9, 3.0), 0.8), Walk((-0.5, 2.4), 0.8))
    scenes = watch(film(walker, hung=((0.0, Hung()), (3.5, Hung(1.85, 25.0, 3.0)))), 8.0, people)
    assert min(b.height_m for b in bodies(scenes)) >= 0.6
    assert any(Doubt.NO_DATA in s.doubts for s in scenes[35:40])
    assert not scenes[-1].doubts
    assert bodies(scenes[-1:])[0].height_m == pytest.approx(0.9, abs=0.06)
    assert people.floor is not None
    assert people.floor.tilt_deg == pytest.approx(25.0, abs=1.0)


@pytest.mark.system
def test_a_floor_that_drifts_is_followed():
    people = DepthPeople()
    drift = [(float(n), Hung(1.9, 20.0 + 0.05 * n)) for n in range(40)]
    scenes = watch(film(hung=drift), 60.0, people, per_s=1.0)
    assert not any(s.doubts for s in scenes[5:])
    assert people.floor is not None
    assert people.floor.tilt_deg == pytest.approx(22.0, abs=0.6)


def test_who_walks_out_of_the_picture_is_last_seen_upright():
    """What is left of them at its edge is a pair of legs, as low as somebody on the floor."""
    scenes = watch(film(somebody((0.1, 3.0), Walk((1.9, 1.7), 0.8), heading_rad=0.0)), 6.0)
    assert bodies(scenes)
    assert min(b.height_m for s in scenes for b in s.bodies) >= 0.7
    assert not bodies(scenes[-5:])


def test_a_cat_is_no_body():
    cat = np.array(
        [[f, 0.0, z] for f, z in ((0.25, 0.28), (0.15, 0.22), (0.0, 0.22), (-0.15, 0.22), (-0.3, 0.3))]
    )

    class Cat(Actor):
        def parts_m(self, t_s):
            return cat * [-1, 1, 1] + [1.2 - 0.4 * t_s, 2.5, 0.0]

    scenes = watch(film(Cat(Stance((0, 0), 0.0, STANDING), ())), 5.0)
    assert not bodies(scenes)
    assert any(s.loose for s in scenes)


@pytest.mark.system
def test_somebody_hidden_behind_a_helper_is_remembered_and_found_again(fallen):
    _, _, actor = fallen
    helper = somebody(
        (1.3, 2.2),
        Walk((0.1, 2.7), 1.0),
        Change(KNEELING, 1.0, ""),
        Stay(1.0, ""),
        *get_up()[2:],
        Walk((1.2, 2.3), 1.0),
        from_s=6.0,
    )
    scenes = watch(film(actor, helper), 13.0)
    lying = {b.track for b in bodies(scenes[:58])}
    assert lying == {b.track for b in scenes[-1].bodies if b.height_m <= 0.3}
    assert all(lying <= {b.track for b in s.bodies} for s in scenes[30:])


def test_a_frozen_picture_and_a_covered_lens_are_doubts():
    people = DepthPeople()
    frames = list(film().frames(2.0, PER_S))
    for frame in frames:
        people.update(frame)
    still = [people.update(replace(frames[-1], at_s=2.0 + n / PER_S)) for n in range(15)]
    assert Doubt.FROZEN in still[-1].doubts
    dark = people.update(replace(frames[0], at_s=4.0, depth_mm=np.zeros_like(frames[0].depth_mm)))
    assert dark.doubts == {Doubt.NO_DATA}
    assert not people.update(replace(frames[5], at_s=4.1)).doubts


def test_without_a_floor_in_view_nothing_is_said():
    scenes = watch(film(hung=((0.0, Hung(1.9, -14.0)),), hall=Hall(ceiling_m=3.0, y_m=(-0.2, 2.2))), 3.0)
    assert all(s.doubts == {Doubt.NO_DATA} and not s.bodies for s in scenes)
