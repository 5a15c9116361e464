"""Who stands up: the one who fell, or somebody else."""

from edge.fall.place import Place
from edge.fall.rising import Rising, follow, stands
from edge.fall.scene import Body
from edge.fall.settings import FallSettings

FALL = FallSettings()
FALLEN = Place(0.0, 3.0)
FRAME_S = 0.1


def body(at_s: float, height_m: float, place: Place) -> Body:
    return Body(1, place, height_m, height_m, (height_m,) * 3, 0, 0.0, 0.3, 0.0, at_s)


def see(
    rising: Rising, at_s: float, *seen: tuple[float, Place], seconds: float = 1.0
) -> tuple[Rising, float]:
    for n in range(round(seconds / FRAME_S)):
        height_m, place = seen[n % len(seen)]
        at_s += FRAME_S
        rising = follow(rising, body(at_s, height_m, place), at_s, FALLEN, FALL)
    return rising, at_s


def test_somebody_who_rises_and_walks_off_is_followed_from_the_place():
    rising, at_s = see(Rising(), 0.0, (1.0, FALLEN), seconds=0.5)
    for step in range(1, 6):
        rising, at_s = see(rising, at_s, (1.0, Place(0.0, 3.0 + 0.5 * step)), seconds=0.5)
    assert not rising.company
    assert stands(rising, FALL)


def test_somebody_who_sits_on_the_floor_is_not_up_for_a_flicker():
    rising, _ = see(Rising(), 0.0, (0.85, FALLEN), (0.55, FALLEN), (0.6, FALLEN), seconds=10)
    assert not stands(rising, FALL)


def test_upright_moments_with_long_gaps_are_not_one_standing():
    rising, at_s = Rising(), 0.0
    for _ in range(4):
        rising, at_s = see(rising, at_s, (1.0, FALLEN), seconds=0.3)
        at_s += 5.0
    assert not stands(rising, FALL)


def test_a_body_bent_low_far_from_the_place_changes_nothing():
    rising, at_s = see(Rising(), 0.0, (1.0, FALLEN), seconds=1)
    assert follow(rising, body(at_s + 1, 0.4, Place(3.0, 6.0)), at_s + 1, FALLEN, FALL) is rising


def test_who_measures_taller_must_stand_taller():
    """Where the mount was entered too high, a body that sits on the floor looks half upright."""
    rising = Rising()
    for n in range(40):
        rising = follow(rising, body(0.1 * n, 0.85, FALLEN), 0.1 * n, FALLEN, FALL, upright_m=1.0)
    assert not stands(rising, FALL)
