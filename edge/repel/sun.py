"""When the sun rises and sets. Pure.

After the equations of the Astronomical Almanac's low-precision sun (0.01 degrees): within two minutes of the published
times at Japan's latitudes, which hills around a field make meaningless anyway.
"""

import math
from datetime import UTC, date, datetime, timedelta

HORIZON_DEG = -0.833
"""The upper limb on the horizon: 34' of refraction and 16' of the sun's own radius."""
_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)


def daylight(day: date, latitude_deg: float, longitude_deg: float) -> tuple[datetime, datetime] | None:
    """(sunrise, sunset) in UTC of the local ``day`` at a place, east and north positive.

    None where the sun does not both rise and set that day: nobody farms there, and the caller takes it for night.
    """
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - timedelta(hours=longitude_deg / 15)
    declination_rad, equation_min = _sun(noon)
    noon -= timedelta(minutes=equation_min)
    latitude_rad = math.radians(latitude_deg)
    cosine = (math.sin(math.radians(HORIZON_DEG)) - math.sin(latitude_rad) * math.sin(declination_rad)) / (
        math.cos(latitude_rad) * math.cos(declination_rad)
    )
    if not -1.0 < cosine < 1.0:
        return None
    half = timedelta(hours=math.degrees(math.acos(cosine)) / 15)
    return noon - half, noon + half


def _sun(at: datetime) -> tuple[float, float]:
    """(declination in rad, sundial minus clock in minutes)."""
    days = (at - _J2000) / timedelta(days=1)
    mean_deg = (280.460 + 0.9856474 * days) % 360
    anomaly = math.radians((357.528 + 0.9856003 * days) % 360)
    ecliptic = math.radians(mean_deg + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    tilt = math.radians(23.439 - 0.0000004 * days)
    ascension_deg = math.degrees(math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic)))
    apart_deg = (mean_deg - ascension_deg + 180) % 360 - 180
    return math.asin(math.sin(tilt) * math.sin(ecliptic)), 4 * apart_deg
