"""What the two README files show is there: folders, links, commands, and a snippet that runs."""

import contextlib
import io
import itertools
import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
READMES = ["README.md", "README.ja.md"]
PAGES = sorted(
    str(file.relative_to(REPOSITORY))
    for file in [
        *REPOSITORY.glob("*.md"),
        *(REPOSITORY / "docs").glob("*.md"),
        *(REPOSITORY / "firmware_configs").rglob("*.md"),
    ]
)
NOT_ROOMS = {"requirements"}
"""Folders in git that are no part of the picture."""


def read(page: str) -> str:
    return (REPOSITORY / page).read_text(encoding="utf-8")


def pictures(page: str) -> str:
    """The text drawings of a page."""
    blocks = re.findall(r"```\n(.*?)```", read(page), re.DOTALL)
    return "\n".join(block for block in blocks if "──" in block)


def folders() -> set[str]:
    """Top-level folders that git holds, hidden ones aside; all that are there where this is no clone."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    if not listed:
        return {folder.name for folder in REPOSITORY.iterdir() if (folder / "__init__.py").exists()}
    tops = {path.split("/")[0] for path in listed if "/" in path}
    return {top for top in tops if not top.startswith(".")} - NOT_ROOMS


@pytest.mark.parametrize("page", [*READMES, "docs/architecture.md"])
def test_every_folder_of_the_picture_is_there(page: str):
    named = set(re.findall(r"[a-z_]+(?:/[a-z_]+)*/", pictures(page)))
    assert named
    rooms = [REPOSITORY, *(REPOSITORY / room for room in ("edge", "gateway", "cloud"))]
    for name in named:
        assert any((room / name).is_dir() for room in rooms), name


@pytest.mark.parametrize("page", READMES)
def test_every_folder_of_the_repository_is_in_the_picture(page: str):
    named = {name.split("/")[0] for name in re.findall(r"[a-z_]+/", pictures(page))}
    assert folders() <= named


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str):
    for target in re.findall(r"\]\(([^)#]+)", read(page)):
        if not target.startswith("http"):
            assert (REPOSITORY / page).parent.joinpath(target).exists(), target


@pytest.mark.parametrize("page", READMES)
def test_the_two_commands_are_targets_of_the_makefile(page: str):
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    shown = re.findall(r"^make (\w+)", read(page), re.MULTILINE)
    assert {"demo", "test"} <= set(shown) <= targets


def test_the_five_lines_run_and_say_what_the_page_says(monkeypatch: pytest.MonkeyPatch):
    found = re.search(r"```python\n(.*?)```", read("README.md"), re.DOTALL)
    assert found
    statements = [line for line in found[1].splitlines() if line and not line.startswith("from ")]
    assert len(statements) == 5
    monkeypatch.chdir(REPOSITORY)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(found[1], "README.md", "exec"), {})
    postures = [posture for posture, _ in itertools.groupby(printed.getvalue().split())]
    promised = re.search(r"prints `(\w+)`, then `(\w+)`, then `(\w+)`", read("README.md"))
    assert promised
    assert postures == list(promised.groups())


@pytest.mark.parametrize("page", READMES)
def test_each_language_leads_to_the_other(page: str):
    other = next(one for one in READMES if one != page)
    assert f"]({other})" in read(page)


def test_the_pages_that_the_room_guide_names_are_rooms():
    """CONTRIBUTING's table sends a line to a folder that exists."""
    for room in re.findall(r"\| `([a-z_]+)/` \|", read("CONTRIBUTING.md")):
        assert (REPOSITORY / room).is_dir(), room


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_a_page_names_is_there(page: str):
    """Those between backticks that begin with a folder of the repository."""
    for path in re.findall(r"`([\w.-]+/[\w./-]*)`", read(page)):
        if path.split("/")[0] in folders() | NOT_ROOMS and "NAME" not in path:
            assert (REPOSITORY / path).exists(), path


def test_pictures_are_our_own_small_and_shown():
    shown = "".join(read(page) for page in PAGES)
    for picture in (REPOSITORY / "docs" / "pictures").iterdir():
        assert picture.stat().st_size < 150_000
        assert picture.name in shown
