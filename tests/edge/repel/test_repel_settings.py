"""What a farmer's file may say, and the mend it is told."""

import pytest

from contract.configuration import ConfigurationError, parse
from edge.repel.settings import RepelSettings

HORN = '[[outputs]]\nname = "horn"\nstimulus = "horn"\npin = 17\n'


def test_an_empty_table_is_disarmed() -> None:
    settings = parse("", RepelSettings, "field.toml")
    assert not settings.armed
    assert (settings.hours.start.hour, settings.hours.end.hour, settings.timezone) == (7, 19, "Asia/Tokyo")


def test_hours_are_written_as_a_person_writes_them() -> None:
    settings = parse('[hours]\nfrom = "07:30"\nto = "00:00"\n', RepelSettings, "field.toml")
    assert settings.hours.hold(settings.hours.start.replace(hour=23, minute=59))
    assert not settings.hours.hold(settings.hours.start.replace(hour=7, minute=29))


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("armed = true\n", r"needs at least one \[\[repel.outputs\]\]"),
        (HORN + "max_on_s = 11\n", "less than or equal to 10"),
        (HORN + "max_on_s = nan\n", "less than or equal to 10"),
        (HORN + HORN, "same name"),
        (HORN + HORN.replace('name = "horn"', 'name = "second"'), "share a pin"),
        ("stop_pin = 17\n" + HORN, "the emergency stop share pin 17"),
        (HORN.replace('stimulus = "horn"', 'stimulus = "control"'), "nothing is switched on"),
        (HORN.replace('stimulus = "horn"', 'stimulus = "remote"'), "fired from afar"),
        (HORN.replace("17", "99"), "less than or equal to 27"),
        ("gap_s = 5\n" + HORN, "gap_s must be at least 6"),
        ('[hours]\nfrom = "22:00"\nto = "04:00"\n', "through the night is refused"),
        ('timezone = "Asia/Tsuruoka"\n', "no time zone of this machine"),
        ("volume = 11\n", "unknown key"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_its_mend(text: str, mend: str) -> None:
    with pytest.raises(ConfigurationError, match=mend):
        parse(text, RepelSettings, "field.toml")
