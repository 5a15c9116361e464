"""Where on the ground an animal is, from a camera whose hanging is known or measured by marks."""

from math import cos, radians, sin

import numpy as np
import pytest

from edge.wildlife.ground import Hung, Mark, MountError, hung_from, size_of, velocity
from edge.wildlife.settings import CameraMountSettings

POLE = Hung(height_m=3.5, tilt_deg=14.0, across_deg=62.0, bearing_deg=100.0)
SHAPE = (1920.0, 1080.0)


def pixel(hung, place):
    right, down = hung.seen_at(place)
    return (right + 0.5) * SHAPE[0], down * SHAPE[0] + SHAPE[1] / 2


def mark(hung, distance_m, bearing_deg, noise=(0.0, 0.0)):
    turn = radians(bearing_deg - hung.bearing_deg)
    x, y = pixel(hung, (distance_m * sin(turn), distance_m * cos(turn)))
    return Mark(x / SHAPE[0] + noise[0], y / SHAPE[1] + noise[1], distance_m, bearing_deg)


@pytest.mark.parametrize("place", [(0.0, 8.0), (-6.0, 15.0), (10.0, 30.0), (-3.0, 55.0)])
def test_a_place_on_the_ground_is_found_again_from_its_pixel(place):
    assert POLE.place(*pixel(POLE, place), *SHAPE) == pytest.approx(place, abs=1e-6)


def test_the_middle_of_the_picture_is_where_the_axis_meets_the_ground():
    assert POLE.place(960, 540, *SHAPE) == pytest.approx((0.0, 3.5 / np.tan(radians(14.0))))


def test_nothing_above_the_horizon_has_a_place():
    assert POLE.place(960, 0, *SHAPE) is None
    assert Hung(3.5, 0.0, 62.0, 0.0).place(960, 540, *SHAPE) is None


@pytest.mark.parametrize(
    ("way", "heading"),
    [
        ((0.0, 0.7), 100.0),
        ((0.0, -0.7), 280.0),
        ((0.7, 0.0), 190.0),
        ((-0.7, 0.0), 10.0),
        ((0.5, 0.5), 145.0),
    ],
)
def test_a_heading_is_that_of_the_way_over_the_ground(way, heading):
    path = [(0.2 * n, (2.0 + way[0] * 0.2 * n, 20.0 + way[1] * 0.2 * n)) for n in range(12)]
    assert POLE.heading_deg(velocity(path)) == pytest.approx(heading)


def test_a_feeding_animal_whose_box_trembles_has_no_heading():
    rng = np.random.default_rng(2)
    path = [(0.2 * n, (2.0 + rng.normal(0, 0.3), 20.0 + rng.normal(0, 0.8))) for n in range(15)]
    assert velocity(path) is None


@pytest.mark.parametrize(("tall_m", "size"), [(0.3, "small"), (0.55, "medium"), (1.1, "large")])
def test_the_size_is_that_of_the_body_however_far_away_it_stands(tall_m, size):
    for ahead_m in (8.0, 25.0, 50.0):
        x, y = pixel(POLE, (1.0, ahead_m))
        # The top of a post of that height, projected: down from the axis by its height less the camera's.
        t = radians(POLE.tilt_deg)
        top = Hung(POLE.height_m - tall_m, POLE.tilt_deg, POLE.across_deg, 0.0)
        height_px = y - pixel(top, (1.0, ahead_m))[1]
        feet = POLE.place(x, y, *SHAPE)
        assert size_of(POLE.tall_m(feet, height_px, SHAPE[0])) == size
        assert POLE.tall_m(feet, height_px, SHAPE[0]) == pytest.approx(tall_m, rel=0.12), t


MARKS = [(8.0, 80.0), (12.0, 118.0), (20.0, 95.0), (35.0, 108.0)]


def test_marks_tell_how_the_camera_hangs():
    found, miss = hung_from([mark(POLE, *one) for one in MARKS], SHAPE)
    assert miss < 1e-4
    assert (found.height_m, found.tilt_deg, found.across_deg, found.bearing_deg) == pytest.approx(
        (3.5, 14.0, 62.0, 100.0), rel=0.01
    )


def test_marks_read_a_few_pixels_wrong_give_headings_within_degrees():
    rng = np.random.default_rng(4)
    wrong = [mark(POLE, *one, noise=rng.normal(0, 0.004, 2)) for one in MARKS]
    found, _ = hung_from(wrong, SHAPE)
    x0, y0 = pixel(POLE, (0.0, 20.0))
    x1, y1 = pixel(POLE, (2.0, 22.0))
    a, b = found.place(x0, y0, *SHAPE), found.place(x1, y1, *SHAPE)
    assert found.heading_deg((b[0] - a[0], b[1] - a[1])) == pytest.approx(145.0, abs=10.0)


def test_too_few_marks_and_marks_that_disagree_are_refused_with_the_mend():
    with pytest.raises(MountError, match="at least 3"):
        hung_from([mark(POLE, *one) for one in MARKS[:2]], SHAPE)
    swapped = [mark(POLE, *one) for one in MARKS]
    swapped[0], swapped[3] = (
        Mark(swapped[3].x, swapped[3].y, 8.0, 80.0),
        Mark(swapped[0].x, swapped[0].y, 35.0, 108.0),
    )
    with pytest.raises(MountError, match="measure"):
        hung_from(swapped, SHAPE)


def test_the_file_tells_the_mount_by_numbers_or_marks_not_both():
    numbers = {"height_m": 3.5, "tilt_deg": 14.0, "across_deg": 62.0}
    assert CameraMountSettings(**numbers).hung(100.0) == POLE
    assert CameraMountSettings(**numbers).hung(None) is None
    marks = [
        vars(m) if hasattr(m, "__dict__") else {f: getattr(m, f) for f in m.__slots__}
        for m in (mark(POLE, *one) for one in MARKS)
    ]
    assert CameraMountSettings(marks=marks).hung(None).tilt_deg == pytest.approx(14.0, abs=0.2)
    with pytest.raises(ValueError, match="not both"):
        CameraMountSettings(marks=marks, **numbers)
    with pytest.raises(ValueError, match="give height_m"):
        CameraMountSettings(height_m=3.0)
