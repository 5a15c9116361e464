"""Signs of a minute, driven by scenes with a made-up clock."""

from itertools import count, pairwise

import numpy as np
import pytest

from edge.fall.place import Place
from edge.fall.scene import Body, Doubt, Scene
from edge.fall.zones import ZoneKind, Zones, ZoneSettings
from edge.sensors.readings import PointCloud, Vitals
from edge.signs.signs import Signs

FRAME_S = 0.1
START_MS = 1_700_000_000_000
BED = ZoneSettings(kind=ZoneKind.BED, x_m=(1.0, 2.5), y_m=(3.0, 5.0))
IN_BED = Place(1.8, 4.0)
CHAIR = Place(0.0, 3.0)
EMPTY_CLOUD = np.zeros((0, 5), np.float32)


class Minutes:
    """A room in which what is told happens, and the samples that came out."""

    def __init__(self, *, still_seen: bool = False, zones: bool = True) -> None:
        self.signs = Signs(Zones([BED]) if zones else None, still_seen=still_seen)
        self.at_s = 100.0
        self.got: list = []

    def frame(
        self,
        *bodies: Body,
        every_s: float = FRAME_S,
        doubts: frozenset[Doubt] = frozenset(),
        vitals: Vitals | None = None,
    ) -> None:
        self.at_s += every_s
        cloud = PointCloud(self.at_s, 0, EMPTY_CLOUD, vitals=vitals)
        self.signs.see(Scene(self.at_s, bodies, doubts=doubts), cloud)
        self.got += self.signs.samples(self.at_s, START_MS + round(1000 * self.at_s))

    def body(
        self,
        place: Place,
        *,
        reflections: int = 2,
        height_m: float = 1.0,
        speed_mps: float = 0.0,
        track: int = 1,
    ) -> Body:
        return Body(
            track, place, height_m, height_m * 1.4, (height_m,) * reflections, 0, speed_mps, 0.3, 100.0, self.at_s
        )  # fmt: skip

    def still(self, seconds: float, place: Place = CHAIR, **how) -> "Minutes":
        for _ in range(round(seconds / FRAME_S)):
            self.frame(self.body(place, **how))
        return self

    def empty(self, seconds: float, *, every_s: float = FRAME_S) -> "Minutes":
        for _ in range(round(seconds / every_s)):
            self.frame(every_s=every_s)
        return self

    def walk(
        self,
        start: Place,
        end: Place,
        speed_mps: float = 0.8,
        *,
        height_m: float = 1.0,
        also: tuple[Body, ...] = (),
    ) -> "Minutes":
        frames = round(start.distance_m(end) / speed_mps / FRAME_S)
        rng = np.random.default_rng(1)
        for n in range(frames + 1):
            x = start.x_m + (end.x_m - start.x_m) * n / frames + rng.normal(0, 0.03)
            y = start.y_m + (end.y_m - start.y_m) * n / frames + rng.normal(0, 0.03)
            self.frame(self.body(Place(x, y), speed_mps=speed_mps, height_m=height_m), *also)
        return self

    def of(self, measurement: str) -> list[dict[str, float]]:
        return [sample.fields for sample in self.got if sample.measurement == measurement]


def test_an_empty_room_is_told_as_empty_once_a_minute():
    room = Minutes().empty(125)
    assert room.of("occupancy") == [{"occupied": 0.0, "quality": pytest.approx(1.0, abs=0.02)}] * 2
    assert {fields["index"] for fields in room.of("activity")} == {0}
    assert room.of("gait") == []


def test_one_frame_a_second_of_an_empty_room_is_no_lack_of_quality():
    assert Minutes().empty(65, every_s=1.0).of("occupancy")[0]["quality"] > 0.95


def test_a_minute_without_a_frame_is_not_told_at_all():
    room = Minutes().empty(61)
    room.signs.samples(room.at_s + 100, START_MS)
    assert room.signs.samples(room.at_s + 200, START_MS) == []


def test_half_a_minute_of_silence_halves_the_quality():
    room = Minutes().still(30)
    room.at_s += 28
    assert room.still(3).of("occupancy")[0]["quality"] == pytest.approx(0.55, abs=0.06)


def test_doubts_of_the_sensor_cost_quality():
    room = Minutes()
    for _ in range(620):
        room.frame(doubts=frozenset({Doubt.FROZEN}))
    assert room.of("occupancy")[0]["quality"] < 0.05


def test_somebody_who_is_only_remembered_is_there_and_does_not_stir():
    room = Minutes().still(61, reflections=0)
    assert room.of("occupancy")[0]["occupied"] == pytest.approx(1.0, abs=0.02)
    assert room.of("activity")[0]["index"] == 0


def test_way_is_counted_and_a_wandering_place_is_not():
    room = Minutes()
    for n in range(600):
        room.frame(room.body(Place(0.1 * (n % 2), 1.5)))
    room.walk(Place(0.0, 1.5), Place(0.0, 4.5)).walk(Place(0.0, 4.5), Place(0.0, 1.5)).empty(60)
    first, second = room.of("activity")
    assert first["moved_m"] < 0.6
    assert second["moved_m"] == pytest.approx(6.0, abs=0.8)


def test_a_cat_is_neither_a_person_nor_active():
    room = Minutes()
    for n in range(610):
        room.frame(room.body(Place(0.0, 2.0 + n % 20 / 10), height_m=0.2, speed_mps=1.0))
    assert room.of("occupancy")[0]["occupied"] == 0.0
    assert room.of("activity")[0]["moved_m"] == 0.0


@pytest.mark.parametrize("speed_mps", [0.5, 0.8, 1.2])
def test_a_straight_walk_gives_a_gait_speed(speed_mps: float):
    room = Minutes().still(5, Place(0.0, 1.2)).walk(Place(0.0, 1.2), Place(1.0, 5.0), speed_mps)
    (gait,) = room.still(60, Place(1.0, 5.0)).of("gait")
    assert gait["speed_mps"] == pytest.approx(speed_mps, rel=0.12)
    assert gait["length_m"] > 2.5
    assert 0.5 <= gait["quality"] <= 1.0


def test_a_gait_speed_is_stamped_with_the_walks_own_end():
    room = Minutes().walk(Place(0.0, 1.2), Place(0.0, 5.0)).still(60, Place(0.0, 5.0))
    (sample,) = [sample for sample in room.got if sample.measurement == "gait"]
    assert sample.at_ms < START_MS + 1000 * (100 + 10)


@pytest.mark.parametrize(
    ("why", "corners"),
    [
        ("too short", [Place(0.0, 2.0), Place(0.0, 3.2)]),
        ("to and fro", [Place(0.0, 2.0), Place(0.0, 3.5), Place(0.0, 2.0), Place(0.0, 3.5)]),
        ("round the table", [Place(0.0, 2.0), Place(1.2, 2.0), Place(1.2, 3.2), Place(0.0, 3.2)]),
    ],
)
def test_what_is_no_straight_walk_gives_no_gait_speed(why: str, corners: list[Place]):
    room = Minutes()
    for start, end in pairwise(corners):
        room.walk(start, end)
    assert room.still(60, corners[-1]).of("gait") == [], why


def test_with_somebody_else_about_no_gait_speed_is_told():
    room = Minutes()
    guest = room.body(Place(2.0, 2.0), track=2)
    room.walk(Place(0.0, 1.2), Place(0.0, 5.0), also=(guest,)).still(60, Place(0.0, 5.0))
    assert room.of("gait") == []


def test_time_in_bed_and_restlessness_there():
    room = Minutes().still(10)
    for second in count():
        if room.of("bed"):
            break
        room.still(0.5, IN_BED, reflections=1 if second % 10 == 0 else 0, height_m=0.4)
    (bed,) = room.of("bed")
    assert bed["in_bed"] == pytest.approx(50 / 60, abs=0.03)
    assert bed["restless"] == pytest.approx(0.1, abs=0.03)


def test_without_a_bed_zone_nothing_is_said_of_a_bed():
    assert Minutes(zones=False).still(61, IN_BED).of("bed") == []


def test_a_sensor_that_sees_who_keeps_still_tells_movement_by_place():
    room = Minutes(still_seen=True).still(61, IN_BED, height_m=0.4)
    assert room.of("bed")[0]["restless"] == 0.0
    assert room.of("activity")[0]["index"] == 0


def test_breathing_is_the_median_of_what_can_be():
    room = Minutes()
    for n in range(610):
        told = Vitals(breaths_per_min=0.0 if n % 7 == 0 else 15.0 + n % 3, heartbeats_per_min=64.0)
        room.frame(room.body(IN_BED), vitals=told if n % 10 == 0 else None)
    (breathing,) = room.of("respiration")
    assert breathing["breaths_per_min"] == pytest.approx(16.0, abs=1.0)
    assert breathing["heartbeats_per_min"] == 64.0
    assert breathing["quality"] > 0.9


def test_breathing_that_jumps_about_is_of_little_quality():
    room = Minutes()
    for n in range(610):
        room.frame(room.body(IN_BED), vitals=Vitals(breaths_per_min=8.0 + 25.0 * (n // 10 % 2)))
    assert room.of("respiration")[0]["quality"] < 0.3


def test_without_vital_signs_nothing_is_said_of_breathing():
    assert Minutes().still(61).of("respiration") == []
