"""docs/configuration.md names every key of every file with its default, and no other."""

import re
import typing
from collections.abc import Iterator
from datetime import time
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from pydantic.fields import FieldInfo

from cloud.settings import CitySettings
from contract.configuration import Settings
from edge.field_settings import FieldSettings
from edge.home_settings import HomeSettings
from gateway.alerts.policy import LadderSettings
from gateway.registry import RegistryFile

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
FILES = {"home": HomeSettings, "field": FieldSettings, "city": CitySettings, "registry": RegistryFile}
FILLED_IN = {
    "database.url": "`gateway.sqlite` in `data_directory`",
    "series.file": "`series.sqlite` in `data_directory`",
}
"""Defaults that the gateway's file takes from data_directory."""


def tables(model: type[Settings], path: str, *, many: bool = False) -> Iterator[tuple[str, type[Settings]]]:
    """(heading, model) of a model and of every table below it."""
    yield (f"[[{path}]]" if many else f"[{path}]" if path else ""), model
    for name, key in model.model_fields.items():
        for inner in _models(key.annotation):
            below = f"{path}.{key.alias or name}".strip(".")
            yield from tables(inner, below, many=_repeats(key.annotation))


def _models(annotation: Any) -> Iterator[type[Settings]]:
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _models(part)


def _repeats(annotation: Any) -> bool:
    return typing.get_origin(annotation) in {list, tuple}


def written(key: FieldInfo, path: str) -> str:
    """The default as the page writes it."""
    if path in FILLED_IN:
        return FILLED_IN[path]
    if key.is_required():
        return "required"
    value = key.get_default(call_default_factory=True)
    if value is None:
        return "none"
    return _ladder(value) if isinstance(value, LadderSettings) else f"`{_toml(value)}`"


def _ladder(value: LadderSettings) -> str:
    steps = ", ".join(f"{step.role} {step.wait_s:g} s" for step in value.steps)
    rounds = f"{value.rounds} round" + ("s" if value.rounds > 1 else "")
    return f"{steps}; {rounds}" + (f"; then {', '.join(value.then)}" if value.then else "")


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, int | float):
        return f"{value:.10g}"
    if isinstance(value, list | tuple):
        return "[]" if not value else str(list(value))
    return f'"{value.value if isinstance(value, Enum) else value}"'


def rows(heading: str) -> dict[str, str]:
    """Key -> default of the section whose heading names the table."""
    found = re.search(
        rf"^### [^\n]*`{re.escape(heading)}`[^\n]*\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
    assert found, f"docs/configuration.md has no section for {heading}"
    lines = re.findall(r"^\| `(\w+)` \| (.*?) \|", found[1], re.MULTILINE)
    return dict(lines)


def every_table() -> list[tuple[str, str, type[Settings]]]:
    found = {}
    for file, model in FILES.items():
        for heading, table in tables(model, ""):
            found[heading or f"{file}.toml"] = table
    return [(heading, heading.strip("[]"), table) for heading, table in found.items()]


@pytest.mark.parametrize(("heading", "path", "table"), every_table(), ids=str)
def test_every_key_stands_on_the_page_with_its_default_and_no_other_does(
    heading: str, path: str, table: type[Settings]
):
    expected = {
        key.alias or name: written(key, f"{path}.{name}")
        for name, key in table.model_fields.items()
        if not list(_models(key.annotation)) or _shown_in_its_parent(key)
    }
    if expected:
        assert rows(heading) == expected


def _shown_in_its_parent(key: FieldInfo) -> bool:
    """Ladders and their steps are also values people write in one line."""
    inner = {model.__name__ for model in _models(key.annotation)}
    return bool(inner & {"LadderSettings", "StepSettings"})


def test_no_section_describes_a_table_that_no_file_has():
    named = set(
        re.findall(r"`(\[+[a-z._]+\]+|\w+\.toml)`", "\n".join(re.findall(r"^### .*", PAGE, re.MULTILINE)))
    )
    assert named <= {heading for heading, _, _ in every_table()}
