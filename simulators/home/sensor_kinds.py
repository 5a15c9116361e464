"""The radars a simulated home may hang up: what each board and its chirp file can tell apart. Numbers only."""

from dataclasses import dataclass
from math import inf, radians


@dataclass(frozen=True, slots=True)
class SensorKind:
    """One board with one chirp file. Ranges in m, angles in rad, speeds in m/s, power ratios linear.

    ``reach`` is the mean ratio of a moving chest 1 m away on the axis, before the two limits below; it falls with
    the fourth power of range. ``contrast`` is the mean ratio a body can reach over its own side lobes, which is what
    the detector's neighbouring cells hold near by. ``slowest_mps`` is the speed at which clutter removal takes half.
    """

    name: str
    home_kind: str
    """What the fall room calls it: wall_radar or ceiling_radar."""
    frame_period_s: float
    threshold: float
    reach: float
    contrast: float
    slowest_mps: float
    still_chance: float
    """Of one part of a living body that keeps still to be seen in one frame: breath, and the blood's own motion."""
    range_cell_m: float
    azimuth_cell_rad: float
    range_error_m: float
    azimuth_error_rad: float
    elevation_error_rad: float
    azimuth_max_rad: float
    elevation_max_rad: float
    """The angle search ends here: what lies beyond is told to be at the edge."""
    azimuth_half_rad: float
    elevation_half_rad: float
    """Where the antennas' gain, out and back, has fallen to a quarter."""
    doppler_step_mps: float
    doppler_max_mps: float
    points_max: int
    elevation_step: float = 0.0
    """Of the sine of elevation, where the antenna has too few rows to say more; its middle step is sent as exactly 0."""
    near_field_chance: float = 0.0
    """Of a frame to hold the antennas' own crosstalk."""
    stray_chance: float = 0.002
    outlier_chance: float = 0.05
    """Of an angle to be a side lobe's."""


IWR6843_WALL = SensorKind(
    name="IWR6843ISK",
    home_kind="wall_radar",
    frame_period_s=0.055,
    threshold=5.0,
    reach=4500.0,
    contrast=4.5,
    slowest_mps=0.1,
    still_chance=0.002,
    range_cell_m=0.084,
    azimuth_cell_rad=0.1,
    range_error_m=0.04,
    azimuth_error_rad=0.03,
    elevation_error_rad=0.06,
    azimuth_max_rad=radians(70.0),
    elevation_max_rad=radians(30.0),
    azimuth_half_rad=radians(50.0),
    elevation_half_rad=radians(26.0),
    doppler_step_mps=0.0696,
    doppler_max_mps=3.9,
    points_max=40,
    near_field_chance=0.23,
)
"""People tracking at 18 frames/s with the chirp file that ships: elevation searched to 30 degrees."""

IWRL6432_WALL = SensorKind(
    name="IWRL6432AOP",
    home_kind="wall_radar",
    frame_period_s=0.264,
    threshold=15.8,
    reach=1100.0,
    contrast=inf,
    slowest_mps=0.02,
    still_chance=0.08,
    range_cell_m=0.15,
    azimuth_cell_rad=0.3,
    range_error_m=0.03,
    azimuth_error_rad=0.04,
    elevation_error_rad=0.11,
    azimuth_max_rad=radians(75.0),
    elevation_max_rad=radians(50.0),
    azimuth_half_rad=radians(60.0),
    elevation_half_rad=radians(50.0),
    doppler_step_mps=0.1,
    doppler_max_mps=3.2,
    points_max=16,
    elevation_step=0.244,
    stray_chance=0.01,
)
"""Low power, 3.8 frames/s; its slow chirps find a body that only breathes, and its two rows tell seven elevations."""

IWR6843_CEILING = SensorKind(
    name="IWR6843ISK-ODS",
    home_kind="ceiling_radar",
    frame_period_s=0.055,
    threshold=5.0,
    reach=4500.0,
    contrast=8.0,
    slowest_mps=0.07,
    still_chance=0.002,
    range_cell_m=0.084,
    azimuth_cell_rad=0.15,
    range_error_m=0.04,
    azimuth_error_rad=0.05,
    elevation_error_rad=0.05,
    azimuth_max_rad=radians(64.0),
    elevation_max_rad=radians(64.0),
    azimuth_half_rad=radians(60.0),
    elevation_half_rad=radians(60.0),
    doppler_step_mps=0.0696,
    doppler_max_mps=3.9,
    points_max=40,
    near_field_chance=0.1,
)
"""Overhead: the square antenna sees as far along as across."""
