"""What every page needs: the city's memory, its links, the live lane and the open streams."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import Request

from cloud.api.live import LiveWatch
from cloud.api.sessions import Sessions
from cloud.api.streams import Changes, Streams
from cloud.links import Links
from cloud.settings import CitySettings
from gateway.database.session import Database
from gateway.series import Series, SeriesError, open_series

log = logging.getLogger(__name__)


@dataclass
class City:
    """Made once by ``create_app``; shared by all threads that answer requests."""

    settings: CitySettings
    database: Database
    links: Links
    sessions: Sessions
    live: LiveWatch
    now_ms: Callable[[], int]
    changes: Changes
    streams: Streams = field(default_factory=Streams)
    _series: Series | None = None

    @property
    def secure(self) -> bool:
        """Whether cookies travel by https only."""
        return self.settings.web.public_url.startswith("https:")

    def day(
        self, device: str, measurement: str, name: str, every_ms: int, hours: int = 24
    ) -> list[tuple[int, float]]:
        """Means of the last day, oldest first; raises SeriesError where the store does not answer."""
        until_ms = self.now_ms()
        return self._store().query(
            device, measurement, name, until_ms - hours * 3_600_000, until_ms, every_ms
        )

    def close_series(self) -> None:
        """Give the store's connections back."""
        if self._series is not None:
            self._series.close()
            self._series = None

    def _store(self) -> Series:
        """Opened when a page first asks: a store that is down must not keep alerts from being shown."""
        if self._series is None:
            try:
                self._series = open_series(self.settings.series)
            except OSError as error:
                raise SeriesError(f"cannot open the store of time series: {error}") from error
        return self._series


def city_of(request: Request) -> City:
    """The city this request is answered for."""
    found = request.app.state.city
    assert isinstance(found, City)  # noqa: S101 - put there by create_app, told to the type checker
    return found
