"""Rules of a chirp file's space: how the radar hangs, what it sees, where its boxes are, which board it is for. Pure."""

from collections.abc import Iterator
from math import asin, atan2, cos, degrees, hypot, radians, sin, sqrt
from typing import NamedTuple

from edge.sensors.ti.chirp_sheet import Finding, Row, Sheet, Site, error, warning

CEILING_DEG = 60.0
"""From here on a radar looks at heads rather than at faces; stock files know 10-15 and 90."""
FALLEN_M = 0.15
"""Where the middle of a person on the floor is."""
UNSEEN_SHARE = 0.25
STANDING_M = 1.7
BOXES = ("boundaryBox", "staticBoundaryBox", "presenceBoundaryBox")

BOARDS: dict[str, tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]] = {
    "isk": (
        (0, -1, -2, -3, -2, -3, -4, -5, -4, -5, -6, -7),
        (-1, -1, -1, -1, 0, 0, 0, 0, -1, -1, -1, -1),
        (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
    ),
    "ods": (
        (0, 0, -1, -1, -2, -2, -3, -3, -2, -2, -3, -3),
        (0, -1, -1, 0, 0, -1, -1, 0, -2, -3, -3, -2),
        (1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1),
    ),
    "aop": (
        (-1, -1, 0, 0, -3, -3, -2, -2, -1, -1, 0, 0),
        (-1, 0, -1, 0, -3, -2, -3, -2, -3, -2, -3, -2),
        (1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1),
    ),
}
"""TI's IWR6843 boards: where the virtual antennas are across and up, in half wavelengths, and their phases' signs."""


class View(NamedTuple):
    """Where the radar is and how far from its axis it sees, degrees and m."""

    height_m: float
    tilt_deg: float
    left_deg: float
    right_deg: float
    down_deg: float
    up_deg: float
    reach_m: float

    def sees(self, x: float, y: float, z: float) -> bool:
        """Whether a point of the room (z above the floor, y along it away from the radar) is in view."""
        c, s = cos(radians(self.tilt_deg)), sin(radians(self.tilt_deg))
        up = z - self.height_m
        ahead, above = y * c - up * s, y * s + up * c
        distance = sqrt(x * x + ahead * ahead + above * above)
        if not 0.0 < distance <= self.reach_m:
            return False
        azimuth, elevation = degrees(atan2(x, ahead)), degrees(asin(max(-1.0, min(1.0, above / distance))))
        return self.left_deg <= azimuth <= self.right_deg and self.down_deg <= elevation <= self.up_deg


def geometry(sheet: Sheet, site: Site) -> Iterator[Finding]:
    """All rules of this page."""
    position = sheet.row("sensorPosition")
    if position is not None:
        yield from _mount(position, *_hangs(sheet, position), site)
        yield from _angle_method(sheet, position)
    yield from _boxes(sheet)
    yield from _antennas(sheet, site)
    view = _view(sheet, site)
    box = sheet.row("boundaryBox")
    if view is not None and box is not None and _is_box(box):
        yield from _floor_in_view(box, view)


def _hangs(sheet: Sheet, position: Row) -> tuple[float, float]:
    """Height in m and tilt down in degrees, as the chip is told."""
    if sheet.low_power:
        return position.values[2], abs(position.values[4])  # its firmwares differ in the sign
    return position.values[0], position.values[2]


def _mount(position: Row, height_m: float, tilt_deg: float, site: Site) -> Iterator[Finding]:
    if site.height_m is None or site.tilt_deg is None:
        return
    off_m, off_deg = abs(height_m - site.height_m), abs(tilt_deg - abs(site.tilt_deg))
    if off_m <= 0.05 and off_deg <= 1.0:
        return
    make = error if off_m > 0.3 or off_deg > 5.0 else warning
    yield make(
        position.line,
        f"the chip is told {height_m:g} m and {tilt_deg:g} degrees, [mount] says {site.height_m:g} m and"
        f" {site.tilt_deg:g} degrees",
        "the chip's boxes and heights are not where they seem to be",
        "measure both, and write the same into sensorPosition and [mount]",
    )


def _angle_method(sheet: Sheet, position: Row) -> Iterator[Finding]:
    method = sheet.row("dynamicRangeAngleCfg")
    if method is None:
        return
    below_ceiling = position.values[2] >= CEILING_DEG
    for_ceiling = method.values[3] == 2
    if below_ceiling != for_ceiling:
        hangs, meant = ("below the ceiling", "a wall") if below_ceiling else ("on a wall", "the ceiling")
        yield error(
            method.line,
            f"angles are found as for {meant}, and the radar hangs {hangs} (line {position.line})",
            "elevation comes out wrong, and with it every height",
            f"write {2 if below_ceiling else 1} as the fourth value, or mend the tilt in sensorPosition",
        )


def _is_box(row: Row) -> bool:
    x0, x1, y0, y1, z0, z1 = row.values
    return x0 < x1 and y0 < y1 and z0 < z1


def _boxes(sheet: Sheet) -> Iterator[Finding]:
    outer = sheet.row("boundaryBox")
    for name in BOXES:
        for row in sheet.rows(name):
            yield from _one_box(sheet, name, row)
    static = sheet.row("staticBoundaryBox")
    if outer is not None and static is not None and _is_box(outer) and _is_box(static):
        lows_out = any(
            inner < around for inner, around in zip(static.values[::2], outer.values[::2], strict=True)
        )
        highs_out = any(
            inner > around for inner, around in zip(static.values[1::2], outer.values[1::2], strict=True)
        )
        if lows_out or highs_out:
            yield warning(
                static.line,
                f"staticBoundaryBox is larger than boundaryBox (line {outer.line})",
                "no track is kept outside of boundaryBox, so that the rest of it means nothing",
                "make it the room without its walls",
            )


def _one_box(sheet: Sheet, name: str, row: Row) -> Iterator[Finding]:
    if not _is_box(row):
        yield error(
            row.line,
            f"{name} is turned inside out",
            "nothing can be in it",
            "give the smaller one of each pair first: x x y y z z",
        )
        return
    low, high = row.values[4:]
    if sheet.row("sensorPosition") is None or name == "presenceBoundaryBox":
        return  # without a position the box is in the sensor's frame, and nothing is known of the floor
    if low > 0.1:
        yield error(
            row.line,
            f"{name} begins {low:g} m above the floor",
            "somebody who lies on the floor is not in it",
            "let z begin at 0",
        )
    if high < STANDING_M:
        yield warning(
            row.line,
            f"{name} ends {high:g} m above the floor",
            "a standing person's head is not in it, and the height before a fall comes out too low",
            "let z end at 2.5",
        )


def _antennas(sheet: Sheet, site: Site) -> Iterator[Finding]:
    across, up, phases = (sheet.row(name) for name in ("antGeometry0", "antGeometry1", "antPhaseRot"))
    if across is None or up is None:
        return
    board = next(
        (
            name
            for name, (columns, rows, _) in BOARDS.items()
            if across.values == columns and up.values == rows
        ),
        None,
    )
    if board is None:
        yield error(
            across.line,
            "antGeometry0 and antGeometry1 are no TI board's",
            "with the antennas elsewhere the cloud is mirrored or turned",
            f"copy both lines from a file for your board ({', '.join(BOARDS)})",
        )
        return
    if site.board is not None and site.board != board:
        yield error(
            across.line,
            f"the antennas are those of the {board.upper()} board, not of the {site.board.upper()}",
            "the cloud is mirrored or turned",
            f"copy antGeometry0, antGeometry1 and antPhaseRot from a file for the {site.board.upper()}",
        )
    signs = BOARDS[board][2]
    if phases is not None and phases.values not in (signs, tuple(-sign for sign in signs)):
        yield error(
            phases.line,
            f"antPhaseRot is not that of the {board.upper()} board",
            "half of its receivers are added the wrong way round: angles come out wrong",
            f"write {' '.join(str(sign) for sign in signs)}",
        )


def _view(sheet: Sheet, site: Site) -> View | None:
    position, chirp = sheet.row("sensorPosition"), sheet.chirp()
    told = _hangs(sheet, position) if position is not None else (site.height_m, site.tilt_deg)
    height_m = site.height_m if site.height_m is not None else told[0]
    tilt_deg = site.tilt_deg if site.tilt_deg is not None else told[1]
    if height_m is None or tilt_deg is None:
        return None
    both, sides = sheet.row("fovCfg"), sheet.row("aoaFovCfg")
    if both is not None:
        across, up = both.values[1:3]
        limits = (-across, across, -up, up)
    elif sides is not None and len(sides.values) >= 4:
        left, right, down, top = sides.values[-4:]
        limits = (left, right, down, top)
    else:
        return None
    return View(height_m, tilt_deg, *limits, chirp.reach_m if chirp is not None else 1e3)


def _floor_in_view(box: Row, view: View) -> Iterator[Finding]:
    x0, x1, y0, y1, _, _ = box.values
    across = [x0 + (x1 - x0) * (n + 0.5) / 12 for n in range(12)]
    along = [y0 + (y1 - y0) * (n + 0.5) / 24 for n in range(24)]
    seen = sum(view.sees(x, y, FALLEN_M) for x in across for y in along) / (len(across) * len(along))
    middle = (x0 + x1) / 2
    ahead = [y for y in along if view.sees(middle, y, FALLEN_M)]
    if seen < 1 - UNSEEN_SHARE:
        where = f", straight ahead from {min(ahead):.1f} to {max(ahead):.1f} m" if ahead else ""
        make = error if seen < 0.5 else warning
        yield make(
            box.line,
            f"the radar sees {seen:.0%} of the box's floor{where}",
            "who falls in the rest is not seen lying",
            "open the field of view, tilt the radar, hang it elsewhere, or make the box smaller",
        )
    corner = hypot(max(abs(x0), abs(x1)), max(abs(y0), abs(y1)))
    if corner > view.reach_m:
        yield warning(
            box.line,
            f"the box reaches {corner:.1f} m away, the chirps {view.reach_m:.1f} m",
            "nothing is ever seen in its far corners, and what is farther is folded back into the room",
            "make the box smaller, or the slope",
        )
