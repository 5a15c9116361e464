"""From a line in the configuration to a store of time series."""

from gateway.series.embedded import EmbeddedSeries
from gateway.series.influx import InfluxSeries1, InfluxSeries2
from gateway.series.settings import SeriesKind, SeriesSettings
from gateway.series.store import Series


def open_series(settings: SeriesSettings) -> Series:
    """The store the settings name. A server that is down is met again at each write, not here.

    Raises SeriesUnavailableError for a file that cannot be opened, OSError for an unreadable secret.
    """
    match settings.kind:
        case SeriesKind.EMBEDDED:
            return EmbeddedSeries(settings.file)
        case SeriesKind.INFLUXDB1:
            return InfluxSeries1(settings)
        case SeriesKind.INFLUXDB2:
            return InfluxSeries2(settings)
