"""The verbs as a shell calls them, in this process; and a small site's files, written by the product itself."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import cli.main
from cli.demo.site import PLAYED, Site
from tests.running import environment


@dataclass(frozen=True, slots=True)
class Said:
    """What a verb said, and its exit status."""

    status: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in environment().items():
        monkeypatch.setenv(name, value)

    def call(*verb: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["mimamori", *map(str, verb)])
        capsys.readouterr()
        try:
            cli.main.main()
        except SystemExit as end:
            status = int(end.code or 0)
        else:
            status = 0
        return Said(status, *capsys.readouterr())

    return call


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """home.toml, field.toml, city.toml and registry.toml of the demo."""
    made = Site(tmp_path / "site", web_port=18080, broker_port=18830)
    made.directory.mkdir()
    model = made.directory / "model.json"
    made.write(PLAYED, model, made.directory / "verifier.json", "")
    return made


def spoil(file: Path, old: str, new: str) -> None:
    """Replace one piece of a file."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file.name}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(file: Path, piece: str) -> int:
    """The number of the line a piece of a file begins in."""
    text = file.read_text(encoding="utf-8")
    return text[: text.index(piece)].count("\n") + 1
