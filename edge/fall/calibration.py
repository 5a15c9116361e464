"""From the walks of one person to where the sensor really hangs, and whether the file says so. No I/O.

A walking body's middle keeps its height above the floor, so in the sensor's frame it lies on a straight line over the
distance: the slope is the tilt, where it begins the height. What this gives best is the two together, the height at
which a body is shown at the distances walked; alone, a degree of tilt trades for 7 cm of height. A tape beats it in
height; it beats every spirit level on a case that is not square to its antenna.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import asin, atan2, cos, degrees, hypot, radians, sin, sqrt

from edge.fall.mount_fit import MIDDLE, CalibrationError, Fit, below_ceiling, on_wall
from edge.fall.settings import MountSettings
from edge.fall.walks import Points, Walk, WalkFinder

PERSON_M = 1.7
"""Stature of a walker who says nothing; 10 cm more or less move the height by 6 cm on a wall."""
WALKS_MIN = 4
TILT_SYSTEMATIC_DEG = 2.0
"""By so much the slope of a recording changes with the nearest distance used, 1.5 to 2.25 m."""
HEIGHT_SYSTEMATIC = 0.04
"""Of the stature: shoes, posture, and which parts of a body reflect."""
TILT_SD_MAX_DEG = 4.5
"""Measured worse, a verdict would be a guess."""
HEIGHT_SD_MAX_M = 0.3
LEVEL_SD_DEG = 1.0
"""Of a spirit level laid on a board by hand."""
TILT_ENOUGH_DEG = 3.0
"""More walking makes it little better."""
ERROR_MAX_M = 0.25
"""Two standard deviations of what is measured here; a body shown 20 cm too high or low already costs falls."""
CEILING_DEG = 60.0
"""A mount that looks down more steeply hangs below a ceiling; what lies between is a mistake."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Where the sensor hangs, with standard deviations, and what that rests on.

    ``near_m`` to ``far_m`` is what of the distances walked was used; ``spread_m`` how far single walks lie from
    the line; ``roll_deg`` (right side down) is told below a ceiling only; ``middle_m`` the walker's middle height.
    """

    height_m: float
    height_sd_m: float
    tilt_deg: float
    tilt_sd_deg: float
    near_m: float
    far_m: float
    walks: int
    slices: int
    reflections: int
    spread_m: float
    middle_m: float
    roll_deg: float | None = None

    def mount(self, tape_m: float | None = None) -> MountSettings:
        """As the ``[mount]`` table; raises CalibrationError where no home is mounted like that.

        With ``tape_m``, the height a tape says, the tilt is what shows the walker right in the middle of the way.
        """
        height_m, tilt_deg = tape_m or self.height_m, self.tilt_deg
        if tape_m is not None and tilt_deg <= CEILING_DEG:
            y, z = _in_sensor(self, (self.near_m + self.far_m) / 2)
            above = (self.middle_m - tape_m) / hypot(y, z)
            tilt_deg = degrees(atan2(z, y) - asin(max(-1.0, min(1.0, above))))
        try:
            return MountSettings(height_m=round(height_m, 2), tilt_deg=round(min(tilt_deg, 90.0), 1))
        except ValueError as refused:
            raise CalibrationError(
                f"{height_m:.2f} m high and {tilt_deg:.0f} degrees down is no mount of a home:"
                " is the stature right, and did one person walk straight away and back?"
            ) from refused


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a mount fits; ``sentences`` say how well, or what is wrong and then the mends."""

    accepted: bool
    error_m: float
    sentences: tuple[str, ...]


def measure(
    walks: Sequence[Walk],
    person_m: float = PERSON_M,
    *,
    ceiling: bool = False,
    level_deg: float | None = None,
) -> Measured:
    """The mount told by these walks of one person ``person_m`` tall; raises CalibrationError.

    ``level_deg`` is the tilt where a spirit level has told it: then only the height is measured.
    """
    if len(walks) < WALKS_MIN:
        raise CalibrationError(
            f"{len(walks)} walks were seen, {WALKS_MIN} are needed: one person walks straight away from the sensor and"
            " back, twice or more, with nobody else about"
        )

    def fitted(some: Sequence[Walk]) -> Fit:
        return below_ceiling(some, person_m) if ceiling else on_wall(some, person_m, level_deg)

    whole, without = fitted(walks), _without_some(walks, fitted)
    systematic_deg = TILT_SYSTEMATIC_DEG if level_deg is None else LEVEL_SD_DEG
    tilt_sd = hypot(systematic_deg, _jackknife([fit.tilt_deg for fit in without]))
    height_sd = hypot(HEIGHT_SYSTEMATIC * person_m, _jackknife([fit.height_m for fit in without]))
    if len(without) < WALKS_MIN - 1 or tilt_sd > TILT_SD_MAX_DEG or height_sd > HEIGHT_SD_MAX_M:
        raise CalibrationError(
            f"the walks do not agree (tilt {whole.tilt_deg:.0f} +- {tilt_sd:.0f} degrees, height {whole.height_m:.1f}"
            f" +- {height_sd:.1f} m): walk upright and straight, more often, carrying nothing; is somebody else, a fan or"
            " a curtain moving?"
        )
    return Measured(
        whole.height_m,
        height_sd,
        whole.tilt_deg,
        tilt_sd,
        whole.near_m,
        whole.far_m,
        walks=len(walks),
        slices=sum(len(walk.slices) for walk in walks),
        reflections=sum(len(part.reflections) for walk in walks for part in walk.slices),
        spread_m=whole.spread_m,
        middle_m=MIDDLE * person_m,
        roll_deg=whole.roll_deg,
    )


def measure_frames(
    frames: Iterable[tuple[float, Points]],
    person_m: float = PERSON_M,
    *,
    ceiling: bool = False,
    level_deg: float | None = None,
) -> Measured:
    """The same from frames: (at_s, (N, 5) of a PointCloud), oldest first; raises CalibrationError."""
    finder = WalkFinder(ceiling=ceiling)
    for at_s, points in frames:
        finder.take(at_s, points)
    return measure(finder.finish(), person_m, ceiling=ceiling, level_deg=level_deg)


def judge(measured: Measured, mount: MountSettings, file: str = "home.toml") -> Verdict:
    """Whether ``mount`` shows a walker's middle where it is, within ERROR_MAX_M, at every distance walked."""
    ceiling = measured.tilt_deg > CEILING_DEG
    if ceiling != (mount.tilt_deg > CEILING_DEG):
        hangs = "below the ceiling: set tilt_deg = 90" if ceiling else "on a wall: set its tilt_deg"
        return Verdict(accepted=False, error_m=9.9, sentences=(f"the radar hangs {hangs} in {file}",))
    reach = (-measured.far_m, measured.far_m) if ceiling else (measured.near_m, measured.far_m)
    shown = [(shown_height_m(measured, mount, at_m), at_m) for at_m in reach]
    height_m, at_m = max(shown, key=lambda each: abs(each[0] - measured.middle_m))
    error_m = abs(height_m - measured.middle_m)
    if error_m <= ERROR_MAX_M:
        low, high = sorted(height for height, _ in shown)
        fits = (
            f"{file} fits: a walker's middle is shown at {low:.2f} to {high:.2f} m, and is at"
            f" {measured.middle_m:.2f}"
        )
        return Verdict(accepted=True, error_m=error_m, sentences=(fits,))
    wrong = (
        f"{file} shows a walker's middle at {height_m:.2f} m instead of {measured.middle_m:.2f},"
        f" {abs(at_m):.1f} m from the sensor"
    )
    return Verdict(accepted=False, error_m=error_m, sentences=(wrong, *_mends(measured, mount, file)))


def shown_height_m(measured: Measured, mount: MountSettings, at_m: float) -> float:
    """The height at which ``mount`` shows a walker's middle that is really ``at_m`` along the floor."""
    said = radians(mount.tilt_deg)
    y, z = _in_sensor(measured, at_m)
    return z * cos(said) - y * sin(said) + mount.height_m


def _in_sensor(measured: Measured, at_m: float) -> tuple[float, float]:
    """Where the sensor sees a walker's middle that is ``at_m`` along the floor: y and z of its own frame."""
    tilt, up = radians(measured.tilt_deg), measured.middle_m - measured.height_m
    return at_m * cos(tilt) - up * sin(tilt), at_m * sin(tilt) + up * cos(tilt)


def _mends(measured: Measured, mount: MountSettings, file: str) -> list[str]:
    tilt, said = measured.tilt_deg, mount.tilt_deg
    mends = []
    if abs(tilt - said) > max(2.0, measured.tilt_sd_deg):
        way = "up" if tilt > said else "down"
        mends.append(
            f"the radar looks {tilt:.0f} deg down, {file} says {said:g}:"
            f" set tilt_deg = {tilt:.0f} or tilt it {way} by {abs(tilt - said):.0f}"
        )
    if abs(measured.height_m - mount.height_m) > max(0.1, measured.height_sd_m):
        mends.append(
            f"the radar is {measured.height_m:.2f} m above the floor, {file} says {mount.height_m:g}:"
            f" set height_m = {measured.height_m:.2f}, or what a tape says"
        )
    return mends or [f"set height_m = {measured.height_m:.2f} and tilt_deg = {tilt:.0f} together"]


def _without_some(walks: Sequence[Walk], fitted: Callable[[Sequence[Walk]], Fit]) -> list[Fit]:
    """Fits with every twentieth walk (or each one, if they are fewer) left out in turn."""
    groups = min(len(walks), 20)
    fits = []
    for left_out in range(groups):
        try:
            fits.append(fitted([walk for n, walk in enumerate(walks) if n % groups != left_out]))
        except CalibrationError:
            continue  # without its longest walk the rest says nothing
    return fits


def _jackknife(values: Sequence[float]) -> float:
    """Standard deviation of what all values but one group's give; 0 for none."""
    if not values:
        return 0.0
    mean = sum(values) / len(values)
    return sqrt((len(values) - 1) / len(values) * sum((value - mean) ** 2 for value in values))
