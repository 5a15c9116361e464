"""What the gateway's tests share: a database in a folder of its own, and one InfluxDB for many tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.database.session import Database
from tests.servers import Server, Servers


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One InfluxDB 1.6.7 for all tests that keep to a database of their own."""
    starter = Servers(tmp_path_factory.mktemp("influxdb"))
    yield starter.influxd()
    starter.end()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
    opened.create()
    yield opened
    opened.close()
