"""Homes: the room a radar looks into, what stands in it, who lives there and how. Room frame, m; numbers only.

Room frame: x right, y away from the sensor along the floor, z up from the floor; the sensor hangs above (0, 0).
Each spot has a place to stand before it, so that nobody walks through furniture.
"""

from dataclasses import dataclass, replace
from math import atan2, degrees, pi, sqrt
from typing import Any

import numpy as np

from simulators.home.body import Place
from simulators.home.radar import Mirror, Mount, to_sensor
from simulators.home.sensor_kinds import IWR6843_CEILING, IWR6843_WALL, IWRL6432_WALL, SensorKind
from simulators.home.shadows import Box

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Zone:
    """A rectangle of floor: ``kind`` is bed, sofa, bath or door."""

    kind: str
    x_m: Span
    y_m: Span

    def holds(self, place: Place) -> bool:
        """Whether the place is in it."""
        return self.x_m[0] <= place[0] <= self.x_m[1] and self.y_m[0] <= place[1] <= self.y_m[1]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where somebody settles: ``place`` of the hips, ``heading_rad`` there, ``seat_m`` high, ``before`` it one stands."""

    place: Place
    heading_rad: float
    before: Place
    seat_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Habits:
    """How often things happen in a home; chances a day unless named otherwise."""

    wakes_h: float = 6.5
    to_bed_h: float = 22.0
    goes_out: float = 0.6
    visitors: float = 0.25
    naps: float = 0.6
    naps_on_the_floor: float = 0.05
    """Lying down on the bare floor for a while looks like a fall to any sensor: a real trap, and a rare one."""
    night_toilets: float = 1.5
    floor_chores: float = 0.05
    """Of the small things done in a day, those done sitting on the floor."""
    altar: bool = False
    bath_h: float = 20.5
    fan: float = 0.5
    """Of running in an hour of the day."""
    curtain: float = 0.3
    drops_things: float = 1.0
    moves_furniture: float = 0.5
    cat: bool = False
    dog: bool = False
    vacuum: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One home as its radar sees it."""

    name: str
    mount: Mount
    sensor: SensorKind
    x_m: Span
    y_m: Span
    furniture: tuple[Box, ...]
    zones: tuple[Zone, ...]
    spots: dict[str, Spot]
    """door, hub, bed, and of sofa, chair, cushion, altar, kitchen, window, bath what there is."""
    open_x_m: Span
    open_y_m: Span
    """The free middle of the room, where one walks about."""
    habits: Habits = Habits()
    fan: tuple[float, float, float] | None = None
    curtain: tuple[Place, Place] | None = None
    """The two ends of the rail, as places on the floor."""
    mirrors: tuple[Mirror, ...] = ()

    def settings(self) -> dict[str, Any]:
        """The tables of home.toml that say where the sensor hangs and which parts of the floor mean what."""
        return {
            "mount": {"height_m": self.mount.height_m, "tilt_deg": self.mount.tilt_deg},
            "fall": {"pets": self.habits.cat or self.habits.dog},
            "zones": [{"kind": z.kind, "x_m": list(z.x_m), "y_m": list(z.y_m)} for z in self.zones],
        }

    def sees(self, place: Place, up_m: float = 0.15) -> bool:
        """Whether something there lies well inside the sensor's field of view and within its reach."""
        x, y, z = to_sensor(np.array([[place[0], place[1], up_m]]), self.mount)[0]
        distance = sqrt(x * x + y * y + z * z)
        up = abs(degrees(np.arcsin(z / distance)))
        return bool(
            abs(degrees(atan2(x, y))) <= degrees(self.sensor.azimuth_half_rad) * 0.9
            and up <= degrees(self.sensor.elevation_max_rad)
            and distance <= self.reach_m
        )

    @property
    def reach_m(self) -> float:
        """As far as a body on the floor gives points worth the name."""
        return float((0.8 * self.sensor.reach / self.sensor.threshold) ** 0.25)

    def free(self, place: Place, margin_m: float = 0.2) -> bool:
        """Whether there is floor: between the walls, ``margin_m`` from each, and no furniture on it."""
        x, y = place
        if any(
            box.low_m[0] < x < box.high_m[0] and box.low_m[1] < y < box.high_m[1] for box in self.furniture
        ):
            return False
        return (
            self.x_m[0] + margin_m <= place[0] <= self.x_m[1] - margin_m
            and self.y_m[0] + margin_m <= place[1] <= self.y_m[1] - margin_m
        )

    def zone_at(self, place: Place) -> str | None:
        """The kind of the zone there, if any."""
        return next((zone.kind for zone in self.zones if zone.holds(place)), None)


def _walls(x_m: Span, y_m: Span, ceiling_m: float, window: int) -> tuple[Mirror, ...]:
    """Four surfaces that mirror a little, and one of them (by its number) much: a window, a fridge's door."""
    plain = (
        Mirror(0, x_m[0], 0.004),
        Mirror(0, x_m[1], 0.004),
        Mirror(1, y_m[1], 0.004),
        Mirror(2, 0.0, 0.006),
        Mirror(2, ceiling_m, 0.003),
    )
    return tuple(replace(m, share=0.03) if n == window else m for n, m in enumerate(plain))


APARTMENT = Plan(
    name="apartment",
    mount=Mount(1.9, 12.0),
    sensor=IWR6843_WALL,
    x_m=(-2.2, 2.2),
    y_m=(0.0, 5.0),
    furniture=(
        Box("sofa", (1.35, 2.7, 0.0), (2.2, 4.3, 0.42)),
        Box("bed", (-2.2, 3.0, 0.0), (-1.2, 5.0, 0.42)),
        Box("table", (-1.9, 1.5, 0.0), (-1.1, 2.3, 0.7)),
        Box("counter", (0.3, 4.6, 0.0), (1.3, 5.0, 0.9)),
    ),
    zones=(
        Zone("bed", (-2.2, -1.1), (2.9, 5.0)),
        Zone("sofa", (1.25, 2.2), (2.6, 4.4)),
        Zone("door", (1.4, 2.2), (1.5, 2.4)),
    ),
    spots={
        "door": Spot((2.0, 1.9), 0.0, (1.5, 2.0)),
        "hub": Spot((0.0, 3.0), 0.0, (0.0, 3.0)),
        "bed": Spot((-1.7, 3.95), pi / 2, (-0.9, 3.9), 0.42),
        "sofa": Spot((1.65, 3.4), pi, (1.0, 3.4)),
        "chair": Spot((-0.75, 1.9), pi, (-0.35, 2.3)),
        "kitchen": Spot((0.8, 4.3), pi / 2, (0.8, 4.2)),
        "window": Spot((-1.7, 2.75), pi, (-1.6, 2.75)),
    },
    open_x_m=(-0.7, 0.9),
    open_y_m=(2.2, 4.2),
    habits=Habits(cat=True, fan=0.35, visitors=0.2, moves_furniture=0.5),
    fan=(1.95, 4.7, 0.9),
    curtain=((-2.1, 2.4), (-2.1, 2.9)),
    mirrors=_walls((-2.2, 2.2), (0.0, 5.0), 2.4, window=0),
)
"""A wall mount over one room with kitchen, sofa and bed; a cat."""

TATAMI = Plan(
    name="tatami",
    mount=Mount(1.6, 8.0),
    sensor=IWRL6432_WALL,
    x_m=(-1.8, 1.8),
    y_m=(0.0, 3.6),
    furniture=(
        Box("futon", (-1.75, 1.5, 0.0), (-0.75, 3.5, 0.08)),
        Box("low table", (0.1, 2.15, 0.0), (0.9, 2.75, 0.38)),
        Box("altar", (0.75, 3.3, 0.0), (1.35, 3.6, 1.2)),
        Box("chest", (1.4, 1.9, 0.0), (1.8, 2.7, 0.9)),
    ),
    zones=(Zone("bed", (-1.8, -0.65), (1.4, 3.6)), Zone("door", (1.2, 1.8), (0.6, 1.5))),
    spots={
        "door": Spot((1.6, 1.0), 0.0, (1.1, 1.2)),
        "hub": Spot((-0.2, 1.9), 0.0, (-0.2, 1.9)),
        "bed": Spot((-1.25, 2.4), pi / 2, (-0.55, 2.3), 0.08),
        "cushion": Spot((-0.05, 2.45), 0.0, (-0.25, 2.2)),
        "altar": Spot((1.05, 2.95), pi / 2, (1.15, 2.9)),
        "window": Spot((-1.4, 1.2), pi, (-1.2, 1.25)),
    },
    open_x_m=(-0.6, 0.9),
    open_y_m=(1.2, 2.0),
    habits=Habits(
        altar=True,
        floor_chores=0.17,
        dog=True,
        fan=0.4,
        curtain=0.5,
        visitors=0.5,
        wakes_h=5.5,
        to_bed_h=21.0,
        naps_on_the_floor=0.1,
    ),
    fan=(-1.6, 0.9, 0.8),
    curtain=((-1.75, 1.0), (-1.75, 1.6)),
    mirrors=_walls((-1.8, 1.8), (0.0, 3.6), 2.5, window=1),
)
"""A tatami room with futon, altar and low table, a dog, and many visitors; a low-power radar on the wall, which tells
seven elevations and is out of place where people sit on the floor: it shows what that costs."""


def _hung_anew(plan: Plan, name: str, mount: Mount, sensor: SensorKind, along_m: float) -> Plan:
    """The same home with another sensor, ``along_m`` further into the room: everything moves towards the sensor."""

    def near(place: Place) -> Place:
        return place[0], place[1] - along_m

    def span(ends: Span) -> Span:
        return ends[0] - along_m, ends[1] - along_m

    def corner(at: tuple[float, float, float]) -> tuple[float, float, float]:
        return at[0], at[1] - along_m, at[2]

    return replace(
        plan,
        name=name,
        mount=mount,
        sensor=sensor,
        y_m=span(plan.y_m),
        furniture=tuple(Box(box.name, corner(box.low_m), corner(box.high_m)) for box in plan.furniture),
        zones=tuple(replace(zone, y_m=span(zone.y_m)) for zone in plan.zones),
        spots={
            one: replace(spot, place=near(spot.place), before=near(spot.before))
            for one, spot in plan.spots.items()
        },
        open_y_m=span(plan.open_y_m),
        fan=corner(plan.fan) if plan.fan else None,
        curtain=(near(plan.curtain[0]), near(plan.curtain[1])) if plan.curtain else None,
        mirrors=tuple(replace(m, at_m=m.at_m - along_m) if m.axis == 1 else m for m in plan.mirrors),
    )


FARMHOUSE = _hung_anew(TATAMI, "farmhouse", Mount(2.4, 90.0), IWR6843_CEILING, 1.8)
"""The same room under a ceiling radar, which is what one hangs where people sit and sleep on the floor."""

FLAT = Plan(
    name="flat",
    mount=Mount(2.4, 90.0),
    sensor=IWR6843_CEILING,
    x_m=(-2.0, 2.0),
    y_m=(-1.9, 2.1),
    furniture=(
        Box("bed", (1.05, 0.0, 0.0), (2.0, 2.0, 0.45)),
        Box("table", (-2.0, 0.7, 0.0), (-1.35, 1.5, 0.7)),
        Box("counter", (-1.2, -1.9, 0.0), (0.2, -1.5, 0.9)),
    ),
    zones=(
        Zone("bed", (0.95, 2.0), (-0.1, 2.1)),
        Zone("sofa", (-2.0, -1.1), (-0.9, 0.1)),
        Zone("door", (1.0, 2.0), (-1.9, -0.9)),
    ),
    spots={
        "door": Spot((1.7, -1.4), 0.0, (1.2, -1.2)),
        "hub": Spot((0.0, 0.2), 0.0, (0.0, 0.2)),
        "bed": Spot((1.5, 0.95), pi / 2, (0.7, 0.8), 0.45),
        "chair": Spot((-1.0, 1.1), pi, (-0.6, 1.3)),
        "sofa": Spot((-1.5, -0.4), 0.0, (-0.8, -0.4)),
        "kitchen": Spot((-0.5, -1.2), -pi / 2, (-0.5, -1.1)),
        "window": Spot((-0.2, 1.8), pi / 2, (-0.2, 1.7)),
    },
    open_x_m=(-0.7, 0.6),
    open_y_m=(-0.9, 1.4),
    habits=Habits(vacuum=0.5, fan=0.3, visitors=0.15, curtain=0.2, night_toilets=2.0),
    fan=(-1.8, 1.8, 0.9),
    curtain=((-0.8, 2.05), (0.4, 2.05)),
    mirrors=_walls((-2.0, 2.0), (-1.9, 2.1), 2.4, window=3),
)
"""A small flat under a ceiling mount, with a bed, the bathroom's door in view, and a robot vacuum."""

BATHROOM = Plan(
    name="bathroom",
    mount=Mount(2.1, 35.0),
    sensor=replace(IWR6843_CEILING, name="IWR6843ISK-ODS", home_kind="wall_radar"),
    x_m=(-1.0, 1.0),
    y_m=(0.0, 2.6),
    furniture=(),
    zones=(Zone("bath", (-1.0, 1.0), (1.75, 2.6)), Zone("door", (0.4, 1.0), (0.2, 0.9))),
    spots={
        "door": Spot((0.9, 0.5), 0.0, (0.5, 0.7)),
        "hub": Spot((0.0, 1.1), 0.0, (0.0, 1.1)),
        "bath": Spot((0.0, 2.2), 0.0, (0.0, 1.5)),
    },
    open_x_m=(-0.4, 0.4),
    open_y_m=(0.7, 1.4),
    mirrors=_walls((-1.0, 1.0), (0.0, 2.6), 2.3, window=2),
)
"""Washing floor and tub; for falls only, nobody spends the day here."""

PLANS = {plan.name: plan for plan in (APARTMENT, FARMHOUSE, FLAT, BATHROOM, TATAMI)}
HOMES = ("apartment", "farmhouse", "flat", "tatami")
"""Those in which days are lived; the last one's sensor does not suit its room."""
