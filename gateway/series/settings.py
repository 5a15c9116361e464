"""The ``[series]`` table: where the time series go."""

from enum import StrEnum
from pathlib import Path

from pydantic import Field, model_validator

from contract.configuration import Settings

TIMEOUT_S = 5.0
"""A store on the city's own network answers a batch in milliseconds; a stopped one is found out soon."""


class SeriesKind(StrEnum):
    """``embedded``: a SQLite file. ``influxdb1``: what ``apt install influxdb`` gives. ``influxdb2``: 2.x and 3.x."""

    EMBEDDED = "embedded"
    INFLUXDB1 = "influxdb1"
    INFLUXDB2 = "influxdb2"


class SeriesSettings(Settings):
    """One line chooses the store; a secret is only ever a file, readable by this user alone."""

    kind: SeriesKind = SeriesKind.EMBEDDED
    file: Path = Path("series.sqlite")
    """embedded: the SQLite file; in the gateway's file it defaults to one in ``data_directory``."""
    url: str = Field(default="http://127.0.0.1:8086", pattern=r"^https?://[^@\s]+$")
    """InfluxDB's address without a user or password in it."""
    database: str = Field(default="mimamori", pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    """InfluxDB 1: the database, created where the user may. InfluxDB 2: the bucket, which must exist."""
    org: str | None = None
    token_file: Path | None = None
    username: str | None = None
    password_file: Path | None = None
    timeout_s: float = Field(default=TIMEOUT_S, gt=0, le=60)

    @model_validator(mode="after")
    def _complete(self) -> "SeriesSettings":
        if self.kind is SeriesKind.INFLUXDB2 and (self.org is None or self.token_file is None):
            raise ValueError(
                'kind = "influxdb2" needs org and token_file: make a token in InfluxDB and name its file'
            )
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file go together: give both or neither")
        return self
