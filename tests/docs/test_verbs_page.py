"""docs/verbs.md names every verb with its arguments and options, and no other; so do all pages that show a command."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from cli.main import app

REPOSITORY = Path(__file__).parents[2]
PAGES = [
    REPOSITORY / "README.md", REPOSITORY / "README.ja.md", REPOSITORY / "SECURITY.md",
    *(REPOSITORY / "docs").glob("*.md"),
    *(file for file in (REPOSITORY / "firmware_configs").rglob("*") if file.suffix in {".md", ".toml", ".yaml"}),
]  # fmt: skip


def verbs(command=None, path: str = "mimamori") -> Iterator[tuple[str, object]]:
    command = command or typer.main.get_command(app)
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, inner in command.commands.items():
        yield from verbs(inner, f"{path} {name}")


VERBS = dict(verbs())
GROUPS = {path.rsplit(" ", 1)[0] for path in VERBS}


def signature(path: str) -> str:
    arguments = [
        f"{one.name.upper()}..." if one.nargs == -1 else one.name.upper()
        for one in VERBS[path].params
        if one.param_type_name == "argument"
    ]
    return " ".join([path, *arguments])


def options(path: str) -> set[str]:
    params = [one for one in VERBS[path].params if one.param_type_name == "option"]
    return {option for one in params for option in one.opts} - {"--help"}


def test_every_verb_stands_on_the_page_once_and_no_other_does():
    page = (REPOSITORY / "docs" / "verbs.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| `(mimamori [^`]+)` \|", page, re.MULTILINE)
    assert sorted(shown) == sorted(signature(path) for path in VERBS)


@pytest.mark.parametrize("path", VERBS)
def test_every_option_of_a_verb_stands_in_its_row_and_no_other_does(path: str):
    page = (REPOSITORY / "docs" / "verbs.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| `{signature(path)}` |"))
    assert set(re.findall(r"`(--[\w-]+)`", row)) == options(path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_command_that_a_page_shows_exists_with_its_options(page: Path):
    """In code: between backticks or in a fenced block."""
    text = page.read_text(encoding="utf-8")
    code = re.findall(r"```\n(.*?)```", text, re.DOTALL) + re.findall(r"`([^`\n]+)`", text)
    lines = [line for block in code for line in re.findall(r"\bmimamori (?!mimamori\b)[a-z][^\n|&;]*", block)]
    for line in lines:
        words = line.split()
        path = next(
            (" ".join(words[:n]) for n in (3, 2) if " ".join(words[:n]) in VERBS | dict.fromkeys(GROUPS)),
            None,
        )
        assert path is not None, f"{line}: no such verb"
        if path in VERBS:
            used = {word.split("=")[0] for word in words if word.startswith("--")} - {"--help"}
            assert used <= options(path), line
