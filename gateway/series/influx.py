"""Time series in InfluxDB.

Version 1 (what Debian and Raspberry Pi OS install) is written through ``/write``; versions 2 and 3 through
``influxdb_client``. Both are read in InfluxQL.

Tested against: InfluxDB 1.6.7 itself for version 1. For version 2 no server could be had where this was
written: its write path is tested against VictoriaMetrics' ``/api/v2/write``, a third party's implementation
of the same endpoint, and its reading through ``/query`` is the code tested against 1.6.7.
"""

import base64
from collections.abc import Sequence

from gateway.series.influxql import Connection, means, name, refusal, unreachable, words_of
from gateway.series.line_protocol import lines
from gateway.series.settings import SeriesSettings
from gateway.series.store import Point, SeriesUnavailableError, check_window


class _InfluxSeries:
    """What both versions share: reading."""

    def __init__(self, connection: Connection, database: str) -> None:
        self._connection = connection
        self._database = database

    def query(
        self, device: str, measurement: str, field: str, since_ms: int, until_ms: int, every_ms: int
    ) -> list[tuple[int, float]]:
        check_window(every_ms)
        question = means(device, measurement, field, since_ms, until_ms, every_ms)
        return [
            (int(at_ms), float(mean))
            for series in self._connection.ask(self._database, question)
            for at_ms, mean in series["values"]
        ]

    def close(self) -> None:
        self._connection.close()


class InfluxSeries1(_InfluxSeries):
    """InfluxDB 1.x; the database is created at the first write if it is missing and the user may."""

    def __init__(self, settings: SeriesSettings) -> None:
        """Raises OSError if the password file cannot be read; does not connect yet."""
        super().__init__(Connection(settings.url, _basic(settings), settings.timeout_s), settings.database)

    def write(self, points: Sequence[Point]) -> None:
        if not points:
            return
        body = lines(points).encode()
        try:
            self._send(body)
        except SeriesUnavailableError as error:
            if "database not found" not in str(error):
                raise
            self._connection.send("POST", "/query", {"q": f"CREATE DATABASE {name(self._database)}"})
            self._send(body)

    def _send(self, body: bytes) -> None:
        self._connection.send("POST", "/write", {"db": self._database, "precision": "ms"}, body)


class InfluxSeries2(_InfluxSeries):
    """InfluxDB 2.x and 3.x; the bucket must exist."""

    def __init__(self, settings: SeriesSettings) -> None:
        """Raises OSError if the token file cannot be read; does not connect yet."""
        # 833 modules and more than a second of processor time: only where it is used.
        from influxdb_client.client.influxdb_client import InfluxDBClient  # noqa: PLC0415
        from influxdb_client.client.write_api import SYNCHRONOUS  # noqa: PLC0415

        token = settings.token_file.read_text().strip() if settings.token_file is not None else ""
        super().__init__(Connection(settings.url, f"Token {token}", settings.timeout_s), settings.database)
        self._url = settings.url
        self._client = InfluxDBClient(
            settings.url, token, org=settings.org or "", timeout=round(settings.timeout_s * 1000)
        )
        self._writer = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, points: Sequence[Point]) -> None:
        if not points:
            return
        from influxdb_client.rest import ApiException  # noqa: PLC0415
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        try:
            self._writer.write(self._database, record=lines(points), write_precision="ms")  # type: ignore[arg-type]
        except ApiException as error:
            if not error.status:
                raise unreachable(self._url, error) from error
            raise refusal(self._url, error.status, words_of(error.body)) from error
        except (HTTPError, OSError) as error:
            raise unreachable(self._url, error) from error

    def close(self) -> None:
        self._client.close()  # type: ignore[no-untyped-call]
        super().close()


def _basic(settings: SeriesSettings) -> str | None:
    if settings.username is None or settings.password_file is None:
        return None
    pair = f"{settings.username}:{settings.password_file.read_text().strip()}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
