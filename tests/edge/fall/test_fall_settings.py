"""What [fall] means for each kind of sensor and each sensitivity."""

import pytest

from edge.fall.settings import FallSettings, SensorKind


@pytest.mark.parametrize("kind", SensorKind)
def test_what_the_file_names_holds_for_every_kind_of_sensor_and_sensitivity(kind: SensorKind):
    for sensitivity in ("low", "normal", "high"):
        given = FallSettings(sensitivity=sensitivity, drop_m=0.6, points_min=9)
        fall = given.for_sensor(kind)
        assert (fall.drop_m, fall.points_min) == (0.6, 9)


def test_a_depth_camera_has_values_of_its_own():
    wall, depth = (FallSettings().for_sensor(kind) for kind in (SensorKind.WALL_RADAR, SensorKind.DEPTH))
    assert wall == FallSettings()
    assert depth.drop_m < wall.drop_m
    assert depth.quick_m > 0.0


def test_a_higher_sensitivity_asks_for_less_and_a_lower_one_for_more():
    low, normal, high = (
        FallSettings(sensitivity=level).for_sensor(SensorKind.WALL_RADAR)
        for level in ("low", "normal", "high")
    )
    assert high.drop_m < normal.drop_m < low.drop_m
    assert high.points_min < normal.points_min < low.points_min
    assert high.long_lie_s < normal.long_lie_s < low.long_lie_s
    assert isinstance(high.points_min, int)
