"""docs/wire.md and docs/wire.schema.json say what the code says."""

import json
import re
from pathlib import Path

import pytest

from contract.schema import MESSAGE_OF, json_schema
from contract.topics import QOS, Lane

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "wire.md").read_text(encoding="utf-8")
DEFINITIONS = json_schema()["$defs"]


def section(name: str) -> str:
    found = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/wire.md has no section {name}"
    return found[1]


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_part_of_the_wire_stands_on_the_page_and_nothing_else_does(name: str):
    text = section(name)
    if "enum" in DEFINITIONS[name]:
        assert sorted(re.findall(r"`([a-z_]+)`", text)) == sorted(DEFINITIONS[name]["enum"])
    else:
        assert re.findall(r"^\| `(\w+)`", text, re.MULTILINE) == list(DEFINITIONS[name]["properties"])


def test_no_section_describes_what_the_code_does_not_have():
    assert set(re.findall(r"^### (\w+)", PAGE, re.MULTILINE)) == set(DEFINITIONS)


@pytest.mark.parametrize("lane", Lane)
def test_every_lane_stands_on_the_page_with_its_quality_of_service_and_message(lane: Lane):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{lane}` |"))
    cells = [cell.strip() for cell in row.split("|")]
    assert cells[3] == str(QOS[lane])
    assert cells[5] == MESSAGE_OF[lane].__name__


def test_the_exported_schema_is_the_code_s():
    kept = json.loads((REPOSITORY / "docs" / "wire.schema.json").read_text(encoding="utf-8"))
    assert kept == json_schema(), "write it again: mimamori schema > docs/wire.schema.json"
