"""What tests of whole processes share."""

from collections.abc import Iterator

import pytest

from cli.broker import mosquitto_path
from tests.system.hall import Hall


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """One for all tests of a module: each sends as a device of its own."""
    if mosquitto_path() is None:
        pytest.skip("no mosquitto on this machine (apt install mosquitto)")
    started = Hall(tmp_path_factory.mktemp("hall"))
    try:
        started.start()
        yield started
    finally:
        started.stop()
