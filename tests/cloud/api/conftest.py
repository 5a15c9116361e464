"""A village and browsers that visit its pages."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cloud.api.app import create_app
from tests.cloud.api.village import Village


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Village]:
    made = Village(tmp_path, demo=True)
    yield made
    made.close()


@pytest.fixture
def visit(village: Village) -> Iterator[Callable[..., TestClient]]:
    """``visit()`` is a stranger's browser, ``visit(person)`` one that came by that person's sign-in link.

    The application's lifespan is not entered: these pages need no broker.
    """
    app = create_app(village.settings, village.database, now_ms=village.now_ms)

    def browser(person_id: str | None = None) -> TestClient:
        client = TestClient(app, raise_server_exceptions=False)
        if person_id is not None:
            assert client.get(village.sign_in(person_id)).status_code == 200
        return client

    yield browser
    app.state.city.close_series()
