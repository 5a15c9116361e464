"""The home's file."""

import pytest

from contract.configuration import ConfigurationError, parse
from edge.home_settings import HomeSettings

LEAST = """
device = "home-01"
data_directory = "/var/lib/mimamori"
[radar]
port = "/dev/ttyUSB1"
"""


def test_a_home_needs_only_a_name_a_directory_and_a_port():
    settings = parse(LEAST, HomeSettings, "home.toml")
    assert settings.ask.seconds == 60
    assert settings.button_pin is None


@pytest.mark.parametrize(
    ("line", "key", "mend"),
    [
        ("[ask]\nseconds = 3", "ask.seconds", "greater than or equal to 5"),
        ("[mount]\nheight_m = 9", "mount.height_m", "less than or equal to 3.5"),
        ("[mount]\ntilt = 9", "mount.tilt", "unknown key"),
        ("[fall]\nstanding_m = 0.55", "fall", "raise it or lower floor_m"),
        ('[voice]\nlocale = "fr"', "voice.locale", "'ja' or 'en'"),
    ],
)
def test_a_wrong_line_is_named_with_its_mend(line: str, key: str, mend: str):
    with pytest.raises(ConfigurationError) as caught:
        parse(LEAST + line, HomeSettings, "home.toml")
    problem = caught.value.problems[0]
    assert problem.key == key
    assert mend in problem.mend
    assert problem.line is not None
