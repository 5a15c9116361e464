"""A configuration file read into one frozen model, or refused with file, line, key, value and mend."""

import re
import tomllib
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError


class Settings(BaseModel):
    """Base of every configuration model: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a configuration file."""

    file: str
    line: int | None
    key: str
    value: str
    mend: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key} = {self.value}: {self.mend}"


class ConfigurationError(ValueError):
    """A configuration that cannot be used; ``problems`` holds every reason found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


SettingsT = TypeVar("SettingsT", bound=Settings)
_URL_PASSWORD = re.compile(r"://[^/@\s]+@")
_SECRET = re.compile(r"password|secret|token|key", re.IGNORECASE)


def parse(text: str, model: type[SettingsT], file: str) -> SettingsT:
    """TOML text -> model; raises ConfigurationError naming every problem, never printing a secret."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        problem = Problem(file, int(line[1]) if line else None, "(syntax)", "?", f"{error}")
        raise ConfigurationError([problem]) from error
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        problems = [
            Problem(
                file,
                line_of(text, tuple(detail["loc"])),
                ".".join(str(part) for part in detail["loc"]) or "(file)",
                _shown(detail["loc"], detail["type"], detail["input"]),
                _mend(detail["type"], detail["msg"]),
            )
            for detail in error.errors(include_url=False)
        ]
        raise ConfigurationError(problems) from error


def _shown(location: tuple[int | str, ...], kind: str, value: object) -> str:
    if kind == "missing":
        return "(missing)"
    if any(_SECRET.search(str(part)) for part in location):
        return "(hidden)"
    text = _URL_PASSWORD.sub("://(hidden)@", repr(value))
    return text if len(text) <= 60 else text[:57] + "..."


def _mend(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "unknown key: remove it or mend its spelling"
    if kind == "missing":
        return "add this key"
    return message.removeprefix("Value error, ")


def line_of(text: str, location: tuple[int | str, ...]) -> int | None:
    """Line number, from 1, of a key in TOML text; of the nearest table above it if it is not there."""
    keys = [part for part in location if isinstance(part, str)]
    wanted_row = next((part for part in location if isinstance(part, int)), 0)
    best: tuple[int, int] | None = None
    table: list[str] = []
    rows: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$", line)
        if header:
            name = header[2].replace('"', "")
            table = name.split(".")
            if header[1] == "[[":
                rows[name] = rows.get(name, -1) + 1
            path = table
        else:
            key = re.match(r"\s*\"?([A-Za-z0-9_.-]+)\"?\s*=", line)
            if not key:
                continue
            path = [*table, *key[1].split(".")]
        if rows.get(".".join(table), wanted_row) != wanted_row:
            continue
        depth = len(path)
        if path == keys[:depth] and (best is None or depth > best[0]):
            best = (depth, number)
    return best[1] if best else None
