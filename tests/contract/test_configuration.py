"""A configuration file that cannot be used is refused with file, line, key, value and mend."""

import pytest
from pydantic import Field

from contract.broker import BrokerSettings
from contract.configuration import ConfigurationError, Settings, parse


class Site(Settings):
    name: str
    broker: BrokerSettings = BrokerSettings()
    token: int = 0
    outputs: list[BrokerSettings] = Field(default_factory=list)


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        parse(text, Site, "site.toml")
    return [str(problem) for problem in refused.value.problems]


def test_a_good_file_becomes_one_frozen_model():
    site = parse('name = "a"\n[broker]\nport = 1884\n', Site, "site.toml")
    assert (site.name, site.broker.port) == ("a", 1884)
    with pytest.raises(ValueError, match="frozen"):
        site.name = "b"


def test_a_wrong_value_is_named_with_its_line_and_the_mend():
    [problem] = problems('name = "a"\n\n[broker]\nport = 99999\n')
    assert problem.startswith("site.toml:4: broker.port = 99999: ")
    assert "65535" in problem


def test_an_unknown_key_is_an_error_and_not_a_silent_default():
    [problem] = problems('name = "a"\n[broker]\nprot = 1883\n')
    assert problem == "site.toml:3: broker.prot = 1883: unknown key: remove it or mend its spelling"


def test_a_missing_key_is_named():
    assert problems("[broker]\nport = 1884\n") == ["site.toml: name = (missing): add this key"]


def test_every_problem_is_told_at_once():
    assert len(problems('[broker]\nport = 0\nkeepalive_s = "soon"\n')) == 3


def test_the_row_of_a_list_of_tables_is_found():
    text = 'name = "a"\n[[outputs]]\nport = 1\n[[outputs]]\nport = 0\n'
    assert problems(text)[0].startswith("site.toml:5: outputs.1.port = 0")


def test_a_secret_is_never_shown():
    [problem] = problems('name = "a"\ntoken = "s3cret"\n')
    assert "s3cret" not in problem
    assert "(hidden)" in problem


def test_a_password_inside_an_address_is_never_shown():
    [problem] = problems('name = ["mqtt://gateway:s3cret@broker"]\n')
    assert "s3cret" not in problem
    assert "://(hidden)@broker" in problem


def test_a_file_that_is_no_toml_is_refused_with_its_line():
    [problem] = problems('name = "a"\n[broker\n')
    assert problem.startswith("site.toml:2: ")
