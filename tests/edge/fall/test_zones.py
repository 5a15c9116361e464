"""Beds, sofas, baths and doors."""

import pytest
from pydantic import ValidationError

from edge.fall.place import Place
from edge.fall.zones import ZoneKind, Zones, ZoneSettings

BED = ZoneSettings(kind="bed", x_m=(-3.0, -1.5), y_m=(1.0, 3.0))
CORNER_BATH = ZoneSettings(kind="bath", corners_m=[(0.0, 0.0), (2.0, 0.0), (0.0, 2.0)])


@pytest.mark.parametrize(
    ("x_m", "y_m", "kind"),
    [
        (-2.0, 2.0, ZoneKind.BED),
        (-1.4, 2.0, None),
        (0.5, 0.5, ZoneKind.BATH),
        (1.5, 1.5, None),  # in the bounding box of the triangle, and outside of it
    ],
)
def test_a_spot_lies_in_a_box_or_a_polygon_or_in_none(x_m: float, y_m: float, kind: ZoneKind | None):
    assert Zones([BED, CORNER_BATH]).kind_at(Place(x_m, y_m)) is kind


def test_the_distance_to_a_zone_is_to_its_edge():
    zones = Zones([BED, CORNER_BATH])
    assert zones.distance_m(ZoneKind.BED, Place(-1.0, 2.0)) == pytest.approx(0.5)
    assert zones.distance_m(ZoneKind.BATH, Place(2.0, 2.0)) == pytest.approx(2**0.5)
    assert zones.distance_m(ZoneKind.BED, Place(-2.0, 2.0)) == 0.0


@pytest.mark.parametrize(
    ("shape", "mend"),
    [
        ({}, "either x_m and y_m, or corners_m"),
        ({"x_m": [0, 1]}, "either x_m and y_m, or corners_m"),
        ({"x_m": [0, 1], "y_m": [0, 1], "corners_m": [[0, 0], [1, 0], [0, 1]]}, "either"),
        ({"corners_m": [[0, 0], [1, 0]]}, "at least three corners"),
        ({"x_m": [1, 0], "y_m": [0, 1]}, "swap the two"),
    ],
)
def test_a_zone_has_one_shape(shape: dict[str, list[float]], mend: str):
    with pytest.raises(ValidationError, match=mend):
        ZoneSettings.model_validate({"kind": "sofa", **shape})
