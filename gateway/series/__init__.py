"""Time series behind one protocol: InfluxDB, or a SQLite file."""

from gateway.series.opening import open_series
from gateway.series.settings import SeriesKind, SeriesSettings
from gateway.series.store import Point, Series, SeriesError, SeriesRefusedError, SeriesUnavailableError

__all__ = [
    "Point",
    "Series",
    "SeriesError",
    "SeriesKind",
    "SeriesRefusedError",
    "SeriesSettings",
    "SeriesUnavailableError",
    "open_series",
]
