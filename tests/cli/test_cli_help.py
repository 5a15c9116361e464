"""Every verb says what it does, names its arguments and explains every option; the wire's schema is the code's."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from cli.main import app
from contract.schema import json_schema
from tests.cli.conftest import Run


def verbs(command=None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    command = command or typer.main.get_command(app)
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, inner in command.commands.items():
        yield from verbs(inner, (*path, name))


VERBS = dict(verbs())


@pytest.mark.parametrize("path", VERBS, ids=" ".join)
def test_the_help_of_a_verb_names_its_arguments_and_explains_its_options(
    run: Run, path: tuple[str, ...]
) -> None:
    said = run(*path, "--help")
    assert said.status == 0
    words = " ".join(re.sub("[│╭╮╰╯─]", " ", said.out).split())
    command = VERBS[path]
    assert " ".join(command.help.split("\n\n")[0].split()) in words
    for param in command.params:
        if param.name == "help":
            continue
        assert param.help, f"{param.name} has no words"
        assert param.help.split()[0] in words
        if param.param_type_name == "argument":
            assert param.name in said.out.lower()
        else:
            assert param.opts[0] in said.out


def test_without_a_verb_the_verbs_are_listed(run: Run) -> None:
    said = run()
    for name in {path[0] for path in VERBS}:
        assert re.search(rf"^ +{name}\b", said.out + said.err, re.MULTILINE), name


def test_an_unknown_verb_and_an_unknown_option_end_with_a_status(run: Run) -> None:
    assert run("sing").status == 2
    assert run("tail", "--loud").status == 2


def test_the_printed_schema_is_the_documented_one(run: Run) -> None:
    said = run("schema")
    assert said.status == 0
    assert json.loads(said.out) == json_schema()
    kept = Path(__file__).parents[2] / "docs" / "wire.schema.json"
    assert said.out == kept.read_text(encoding="utf-8")
