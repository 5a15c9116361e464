"""From depth pictures to what the city is told: the shipped perception and the shipped decision."""

from math import pi

import numpy as np
import pytest

from contract.messages import FallPhase
from edge.clock import ManualClock
from edge.depth.people import DepthPeople
from edge.fall.zones import ZoneSettings
from edge.sensors.depth.sensor import depth_from
from edge.sensors.depth.settings import DepthSettings
from simulators.home.body import (
    KNEELING,
    LYING,
    SITTING,
    STANDING,
    Change,
    Stay,
    Walk,
    fall,
    get_up,
    sit_down,
)
from simulators.home.depth import Hung, Lens
from simulators.home.depth_film import export
from simulators.home.poses import BENDING, BOWING, CROUCHING, SEIZA, lifted
from tests.depth_room import SMALL, film, somebody, told, watch

IN = Walk((0.1, 3.0), 1.0)
BED = ZoneSettings(kind="bed", x_m=(-2.2, -1.1), y_m=(2.9, 5.0))
STILL = Stay(1e6, "")

DAILY = {
    "bends to the floor and rises": [Change(BENDING, 0.8, ""), Stay(2.0, ""), Change(STANDING, 0.8, "")],
    "crouches quickly and stays": [Change(CROUCHING, 0.6, ""), Stay(1e6, "", 0.05)],
    "sits down": [sit_down(), STILL],
    "kneels, sits on the heels and bows": [
        *(Change(KNEELING, 1.2, ""), Change(SEIZA, 0.8, ""), Change(BOWING, 0.8, ""), Stay(3.0, "")),
        *(Change(SEIZA, 0.8, ""), Stay(1e6, "", 0.05)),
    ],
}


@pytest.mark.parametrize("seconds", [0.55, 0.9, 1.3])
def test_a_fall_is_suspected_within_three_seconds_of_losing_balance(seconds):
    scenes = watch(film(somebody((0.9, 2.5), IN, fall(seconds), STILL)), 6.5)
    first = told(scenes)[0]
    assert (first.kind, first.phase) == ("fast_fall", FallPhase.SUSPECTED)
    lost_s = 1.5 + np.hypot(0.8, 0.5)
    assert len(told([s for s in scenes if s.at_s <= lost_s + 3.0])) == 1


@pytest.mark.system
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("hung", [Hung(1.0, 3.0), Hung(1.9, 20.0), Hung(2.2, 35.0, 4.0)], ids=str)
@pytest.mark.parametrize("heading_rad", [0.4, 2.0, -1.5, -2.7], ids=lambda h: f"heading{h}")
def test_a_fall_is_suspected_wherever_it_goes_and_however_the_camera_hangs(hung, heading_rad, seed):
    rng = np.random.default_rng(seed)
    where = (float(rng.uniform(-0.5, 0.8)), float(rng.uniform(2.6, 3.4)))
    to = (where[0] + 0.3 * np.cos(heading_rad), where[1] + 0.3 * np.sin(heading_rad))
    start = (where[0] - 0.5 * np.cos(heading_rad), where[1] - 0.5 * np.sin(heading_rad))
    faller = somebody(
        start, Walk(to, 0.8), fall(float(rng.uniform(0.5, 1.2))), STILL, heading_rad=heading_rad
    )
    scenes = watch(film(faller, hung=((0.0, hung),), seed=seed), 7.0)
    assert [f.kind for f in told(scenes)] == ["fast_fall"]


@pytest.mark.system
@pytest.mark.parametrize("what", DAILY)
@pytest.mark.parametrize("hung", [Hung(1.0, 3.0), Hung(1.9, 20.0), Hung(2.2, 35.0)], ids=str)
def test_daily_life_alarms_nobody(what, hung):
    scenes = watch(film(somebody((1.0, 2.4), IN, *DAILY[what]), hung=((0.0, hung),)), 40.0)
    assert any(s.bodies for s in scenes)
    assert not told(scenes)


@pytest.mark.system
def test_lying_down_on_a_bed_is_no_fall_with_or_without_a_zone_for_it():
    sleeper = somebody(
        (-0.8, 2.6),
        Walk((-0.9, 3.9), 1.0),
        Change(SITTING, 1.2, "", forward_m=-0.5, turn_rad=-pi / 2),
        Change(lifted(LYING, 0.42), 1.5, "", turn_rad=-pi / 2),
        STILL,
        heading_rad=pi / 2,
    )
    scenes = watch(film(sleeper), 30.0)
    assert not told(scenes)
    assert not told(scenes, [BED])


@pytest.mark.system
def test_who_slides_down_slowly_is_asked_about_after_a_while():
    slide = [Change(CROUCHING, 4.0, ""), Change(LYING, 4.0, ""), STILL]
    scenes = watch(film(somebody((0.9, 2.5), IN, *slide)), 40.0)
    assert [f.kind for f in told(scenes)] == ["slow_slide"]


@pytest.mark.system
def test_who_gets_up_again_takes_the_question_back():
    scenes = watch(film(somebody((0.9, 2.5), IN, fall(), Stay(4.0, ""), *get_up(), Stay(1e6, "", 0.1))), 20.0)
    assert [f.phase for f in told(scenes)] == [FallPhase.SUSPECTED, FallPhase.CANCELLED]


@pytest.mark.system
def test_the_second_persons_fall_is_seen_too():
    helper = somebody((-0.9, 2.2), Stay(1.0, ""), Walk((-0.6, 2.5), 0.7), Stay(1e6, "", 0.1), heading_rad=0.0)
    scenes = watch(film(somebody((0.9, 2.5), IN, fall(), STILL), helper), 8.0)
    assert [f.kind for f in told(scenes)] == ["fast_fall"]


@pytest.mark.system
def test_a_bump_alarms_nobody():
    walker = somebody((1.3, 2.2), *(Walk(to, 0.7) for _ in range(6) for to in ((-0.5, 2.4), (0.9, 3.0))))
    for hung in (Hung(1.85, 26.0, 3.0), Hung(1.9, 10.0), Hung(1.7, 20.0), Hung(1.9, 40.0)):
        assert not told(watch(film(walker, hung=((0.0, Hung()), (5.0, hung))), 16.0))


def test_a_folder_of_pictures_says_what_the_camera_said(tmp_path):
    """The whole chain runs on files as real recordings are, scale and lens read from beside them."""
    shown = film(somebody((0.9, 2.5), IN, fall(), STILL), lens=SMALL)
    export(shown.frames(6.0, 10.0), tmp_path, period_s=0.1, full_scale_mm=7000.0)
    sensor = depth_from(DepthSettings(kind="folder", source=str(tmp_path)), ManualClock(0))
    sensor.open()
    people = DepthPeople()
    scenes = [people.update(frame) for _ in range(60) for frame in sensor.read(0.0)]
    assert len(scenes) == 60
    with pytest.raises(EOFError):
        sensor.read(0.0)
    assert [f.kind for f in told(scenes)] == ["fast_fall"]


@pytest.mark.system
def test_a_full_picture_says_what_a_small_one_says():
    faller = somebody((0.9, 2.5), IN, fall(), STILL)
    big, small = (watch(film(faller, lens=lens), 6.0) for lens in (Lens(640, 480, 584.0), SMALL))
    assert big[-1].bodies[0].height_m == pytest.approx(small[-1].bodies[0].height_m, abs=0.03)
    assert [f.kind for f in told(big)] == [f.kind for f in told(small)] == ["fast_fall"]
