"""A home lived in: physics as rules, the truth beside the clouds, the same seed the same bytes."""

from itertools import islice, pairwise

import numpy as np
import pytest

from simulators.home.actors import Actor, Log
from simulators.home.acts import SEATED_FIDGETS, Away, Pen, Step, idle
from simulators.home.body import (
    CHEST,
    FEET,
    HEAD,
    HIPS,
    LYING,
    SITTING,
    STANDING,
    STRENGTH,
    Stance,
    Stay,
    Walk,
    at,
    still,
)
from simulators.home.clips import KINDS, fall_clip, fall_clips
from simulators.home.falls import kinds_of
from simulators.home.firmware_bytes import encode
from simulators.home.life import SimulatedHome
from simulators.home.plans import APARTMENT, HOMES, PLANS
from simulators.home.radar import Clouds, Mirror, Mount, RadarModel, Scatterers, beyond_near_field, to_world
from simulators.home.sensor_kinds import IWR6843_CEILING, IWR6843_WALL, IWRL6432_WALL, SensorKind
from simulators.home.shadows import Box, behind_itself

FRAMES = 600
WALL, CEILING = Mount(1.8, 10.0), Mount(2.4, 90.0)


def walker(kind: SensorKind, stance: Stance = Stance((-1.0, 3.0), 0.0, STANDING)) -> Scatterers:  # noqa: B008 - frozen
    """To the right and back, again and again."""
    step = kind.frame_period_s
    t = np.arange(-1, FRAMES) * step
    there = Walk((1.0, stance.place[1]), 0.8)
    lasts = there.duration_s(stance)
    parts = there.motion(np.abs((t % (2 * lasts)) - lasts), stance).parts_m()
    return Scatterers(parts[1:], parts[:-1], STRENGTH)


def resting(stance: Stance) -> Scatterers:
    parts = still(stance, FRAMES).parts_m()
    return Scatterers(parts, parts, STRENGTH)


def seen(
    mover: Scatterers | None,
    kind: SensorKind = IWR6843_WALL,
    mount: Mount = WALL,
    *,
    mirrors: tuple[Mirror, ...] = (),
    boxes: tuple[Box, ...] = (),
) -> Clouds:
    model = RadarModel(mount, np.random.default_rng(1), kind, mirrors)
    return model.clouds(FRAMES, [mover] if mover else [], boxes, near_field=False)


def room(clouds: Clouds, mount: Mount = WALL) -> np.ndarray:
    return to_world(clouds.points[:, :3].astype(np.float64), mount)


def test_a_body_that_keeps_still_vanishes_with_the_clutter_and_one_that_walks_does_not() -> None:
    moving, quiet = seen(walker(IWR6843_WALL)), seen(resting(Stance((0.0, 3.0), 0.0, STANDING)))
    assert len(moving.points) > 1.5 * FRAMES
    assert len(quiet.points) < 0.1 * FRAMES


def test_a_low_power_radar_sees_a_body_that_only_breathes() -> None:
    lying = Stance((0.0, 1.8), 0.0, LYING)
    assert len(seen(resting(lying), IWRL6432_WALL).points) > 5 * len(seen(resting(lying)).points)


def test_a_low_power_radar_tells_elevation_in_steps_and_the_middle_one_as_exactly_nothing() -> None:
    points = seen(walker(IWRL6432_WALL), IWRL6432_WALL).points
    sine = points[:, 2] / np.linalg.norm(points[:, :3], axis=1)
    steps = sine / IWRL6432_WALL.elevation_step
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-4)
    assert 0.1 < np.mean(points[:, 2] == 0.0) < 0.6


def test_doppler_comes_in_the_chirps_steps_and_never_as_none_at_all() -> None:
    doppler = seen(walker(IWR6843_WALL)).points[:, 3]
    steps = doppler / IWR6843_WALL.doppler_step_mps
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-4)
    assert np.abs(np.rint(steps)).min() == 1.0
    assert (doppler > 0).any()
    assert (doppler < 0).any()


def test_every_detection_clears_the_chirps_threshold_and_a_farther_body_gives_fewer() -> None:
    counts = []
    for far_m in (2.5, 4.5, 7.5):
        points = seen(walker(IWR6843_WALL, Stance((-1.0, far_m), 0.0, STANDING))).points
        assert points[:, 4].min() >= 10 * np.log10(IWR6843_WALL.threshold) - 1e-4
        counts.append(len(points))
    assert counts[0] > counts[1] > 4 * counts[2]


def test_a_ceiling_mount_sees_heads_as_high_as_they_are_and_feet_below() -> None:
    stance = Stance((-1.0, 0.6), 0.0, STANDING)
    heights = room(seen(walker(IWR6843_CEILING, stance), IWR6843_CEILING, CEILING), CEILING)[:, 2]
    assert 1.2 < np.percentile(heights, 95) < 1.7
    assert 0.7 < np.median(heights) < 1.25


def test_from_a_ceiling_head_and_shoulders_hide_what_is_below_them_and_a_body_on_the_floor_hides_nothing() -> (
    None
):
    eye = np.array([0.0, 0.0, CEILING.height_m])
    upright, lying = (Stance((0.0, 0.1), 0.0, pose).parts_m()[None] for pose in (STANDING, LYING))
    hidden = behind_itself(eye, upright)[0]
    assert not hidden[HEAD]
    assert hidden[[CHEST, HIPS, FEET.start]].all()
    assert not behind_itself(eye, lying).any()


def test_who_sits_and_moves_is_seldom_seen_by_the_legs_alone() -> None:
    rng = np.random.default_rng(1)
    seat = Stance((0.0, 3.0), -np.pi / 2, SITTING)
    acts = idle(rng, 2700.0, "sitting", often=0.9, groups=SEATED_FIDGETS)
    parts = acts.motion(np.arange(int(2700.0 / 0.055) + 1) * 0.055, seat).parts_m()
    sitter = Scatterers(parts[1:], parts[:-1], STRENGTH)
    clouds = RadarModel(WALL, np.random.default_rng(2), IWR6843_WALL, ()).clouds(
        len(parts) - 1, [sitter], (), near_field=False
    )
    heights = np.split(room(clouds, WALL)[:, 2], clouds.starts[18:-1:18])
    middles = np.array([np.median(second) for second in heights if len(second) > 3])
    assert np.mean(middles < 0.5) < 0.12


def test_two_spots_nearer_than_a_cell_are_one_point() -> None:
    walked = seen(walker(IWR6843_WALL))
    for n in range(FRAMES):
        points = walked.points[walked.starts[n] : walked.starts[n + 1]]
        distance = np.linalg.norm(points[:, :3], axis=1)
        cells = (
            np.rint(distance / IWR6843_WALL.range_cell_m),
            np.rint(np.arctan2(points[:, 0], points[:, 1]) / IWR6843_WALL.azimuth_cell_rad),
        )
        assert len(set(zip(*cells, strict=True))) == len(points)


def test_a_ghost_stands_behind_the_wall_and_never_without_a_body() -> None:
    wall = (Mirror(0, 2.0, 0.3),)
    assert len(seen(None, mirrors=wall).points) < 0.02 * FRAMES
    plain, mirrored = seen(walker(IWR6843_WALL)), seen(walker(IWR6843_WALL), mirrors=wall)
    assert (room(plain)[:, 0] > 1.6).mean() < 0.02
    assert (room(mirrored)[:, 0] > 1.6).mean() > 0.05


def test_furniture_hides_what_is_behind_it_and_not_what_lies_on_it() -> None:
    lower = (Box("cupboard", (-2.0, 2.0, 0.0), (2.0, 2.2, 0.9)),)
    behind = room(seen(walker(IWR6843_WALL), boxes=lower))[:, 2]
    before = room(seen(walker(IWR6843_WALL)))[:, 2]
    assert (behind < 0.4).sum() < 0.35 * (before < 0.4).sum()
    stance = Stance((0.0, 3.0), 0.0, LYING + np.array([0.0, 0.0, 0.45]))
    parts = at(Stay(1.0, "lying"), 0.0, stance).parts_m()
    bed = (Box("bed", (-1.0, 2.5, 0.0), (1.0, 3.5, 0.42)),)
    stirred = Scatterers(parts[None].repeat(FRAMES, 0), parts[None].repeat(FRAMES, 0), STRENGTH, 0.2)
    assert len(seen(stirred, boxes=bed).points) > 0.9 * len(seen(stirred).points)


def test_who_went_out_comes_back_as_she_was() -> None:
    class OutAndIn:
        def next(self, t_s: float, stance: Stance) -> list[Step]:
            pen = Pen(stance).do(Away(20.0))
            return pen.do(idle(np.random.default_rng(1), 20.0, "standing", often=1.0)).steps

    actor = Actor("resident", "person", OutAndIn(), Stance((0.0, 3.0), 0.0, STANDING), Log())
    assert actor.look(np.arange(1.0, 10.0), 0.055) is None
    look = actor.look(np.arange(25.0, 35.0), 0.055)
    assert look is not None
    assert np.isfinite(look.where_m).all()


@pytest.mark.parametrize("plan", ["apartment", "farmhouse"])
def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(plan: str) -> None:
    def sent(seed: int) -> list[bytes]:
        home = SimulatedHome(plan, seed, starts_h=7.0)
        return [encode(cloud) for _, cloud in islice(home, 1500)]

    assert sent(3) == sent(3)
    assert sent(3) != sent(4)


def test_time_never_goes_back_and_no_second_is_without_a_frame() -> None:
    home = SimulatedHome("apartment", 2, days=0.04, starts_h=5.8)
    times = [at_s for at_s, _ in home]
    steps = np.diff(times)
    assert steps.min() > 0.05
    assert steps.max() < 1.2
    assert len(times) < 0.9 * 0.04 * 86_400 / home.plan.sensor.frame_period_s


def test_the_truth_is_the_residents_without_gap_and_agrees_with_the_body() -> None:
    home = SimulatedHome("flat", 5, days=0.1, starts_h=7.5)
    for chunk in home.chunks():
        for look in chunk.movers:
            if look.who == "resident":
                heads = look.where_m[:, 0, 2]
                assert np.nanmax(heads) < 1.9
    hers = [doing for doing in home.truth if doing.who == "resident"]
    assert all(one.until_s == other.from_s for one, other in pairwise(hers))
    assert {"walking", "standing"} <= {doing.act for doing in hers}
    assert home.falls == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_clip_has_exactly_one_fall_of_its_kind_in_view_and_the_body_goes_down_with_it(kind: str) -> None:
    plan = next(plan.name for plan in PLANS.values() if kind in kinds_of(plan))
    home = fall_clip(kind, plan, 7)
    heads, times = [], []
    for chunk in home.chunks():
        for look in chunk.movers:
            times.append(chunk.at_s)
            heads.append(look.where_m[:, 0, 2])
    (fall,) = home.falls
    height = np.interp(
        [fall.at_s, fall.down_s + 0.1, fall.up_s], np.concatenate(times), np.concatenate(heads)
    )
    assert fall.kind == kind
    assert fall.seen
    assert height[0] > 0.75
    assert height[1] < 0.75
    assert height[2] > 1.3
    assert fall.at_s < fall.down_s < fall.up_s
    lay_s = fall.up_s - fall.down_s
    assert (lay_s < 75.0) == (kind == "recovered")


def test_clips_hold_every_kind_and_every_home_in_turn() -> None:
    clips = list(fall_clips(82, 1))
    assert {kind for kind, _, _ in clips} == set(KINDS)
    assert {plan for _, plan, _ in clips} == set(PLANS)
    assert len({seed for _, _, seed in clips}) == 82


@pytest.mark.parametrize("name", HOMES)
def test_every_spot_of_a_home_is_between_its_walls_and_its_floor_is_in_view(name: str) -> None:
    plan = PLANS[name]
    for spot in plan.spots.values():
        for x, y in (spot.place, spot.before):
            assert plan.x_m[0] <= x <= plan.x_m[1]
            assert plan.y_m[0] <= y <= plan.y_m[1]
    middle = (sum(plan.open_x_m) / 2, sum(plan.open_y_m) / 2)
    assert plan.sees(middle)
    assert plan.free(middle)
    assert plan.zone_at(plan.spots["bed"].place) == "bed"


def test_crosstalk_is_nearer_than_anything_that_lives() -> None:
    empty = RadarModel(WALL, np.random.default_rng(1)).clouds(FRAMES, [], ())
    near = ~beyond_near_field(empty.points)
    assert 0.1 * FRAMES < near.sum() < 0.4 * FRAMES
    assert (~near).sum() < 0.02 * FRAMES


@pytest.mark.system
@pytest.mark.parametrize("name", HOMES)
def test_a_whole_day_has_sleep_meals_and_walks_and_no_fall(name: str) -> None:
    home = SimulatedHome(name, 11)
    for _ in home.chunks():
        pass
    spent_s: dict[str, float] = {}
    for doing in home.truth:
        if doing.who == "resident":
            spent_s[doing.act] = spent_s.get(doing.act, 0.0) + doing.until_s - doing.from_s
    assert 4 * 3600 < spent_s["sleeping"] < 12 * 3600
    assert spent_s["eating"] > 900
    assert spent_s["walking"] > 200
    assert home.falls == []


def test_a_day_with_falls_asked_for_has_some_and_each_ends_standing() -> None:
    home = SimulatedHome(APARTMENT, 3, days=0.2, starts_h=8.0, falls_per_day=30.0)
    for _ in home.chunks():
        pass
    assert len(home.falls) >= 3
    assert all(fall.up_s is not None and fall.kind in KINDS for fall in home.falls[:-1])
