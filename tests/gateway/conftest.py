"""What the gateway's tests share: a database in a folder of its own, and messages of made-up devices."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.database.session import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
    opened.create()
    yield opened
    opened.close()
