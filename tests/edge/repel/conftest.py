"""A mock pin driver, and outputs whose timeline can be read back."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.repel.outputs import Outputs
from edge.repel.settings import OutputSettings


@pytest.fixture(autouse=True)
def mock_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")


@pytest.fixture
def timeline_file(tmp_path: Path) -> Path:
    return tmp_path / "timeline.jsonl"


@pytest.fixture
def timeline(timeline_file: Path) -> Callable[[], list[tuple[str, bool, str]]]:
    """(output, on, why) of every pin change, as the pins' own process wrote it."""

    def read() -> list[tuple[str, bool, str]]:
        if not timeline_file.exists():
            return []
        rows = [json.loads(line) for line in timeline_file.read_text().splitlines()]
        return [(row["output"], row["on"], row["why"]) for row in rows]

    return read


@pytest.fixture
def outputs(timeline_file: Path) -> Iterator[Outputs]:
    """A horn that may be on for 0.3 s and a strobe, active low, for 10 s."""
    made = Outputs(
        [
            OutputSettings(name="horn", stimulus="horn", pin=17, max_on_s=0.3),
            OutputSettings(name="strobe", stimulus="strobe", pin=27, active_high=False, max_on_s=10),
        ],
        timeline_file,
    )
    made.open()
    yield made
    made.close()
