"""A field's file is read whole, or refused with the line and the mend."""

import pytest

from contract.configuration import ConfigurationError, parse
from edge.field_settings import FieldSettings

FIELD = """
device = "field-7"
data_directory = "/var/lib/mimamori"

[camera]
source = "rtsp://192.168.1.20/stream1"

[eye]
model = "models/macaque_nano/macaque_nano.json"
bearing_deg = 210
"""


def refusal(text):
    with pytest.raises(ConfigurationError) as refused:
        parse(text, FieldSettings, "field.toml")
    (problem,) = refused.value.problems
    return problem


def test_a_short_file_is_enough_and_leaves_the_repeller_disarmed():
    settings = parse(FIELD, FieldSettings, "field.toml")
    assert settings.camera.is_live
    assert not settings.repel.armed
    assert settings.eye.quiet_after_s == 600


def test_a_camera_may_be_a_number():
    assert parse(
        FIELD.replace('"rtsp://192.168.1.20/stream1"', "0"), FieldSettings, "field.toml"
    ).camera.is_live


@pytest.mark.parametrize(
    ("line", "key", "mend"),
    [
        ("confirm_hits = 12", "eye", "lower the first"),
        ("confirm_hits = 1", "eye.confirm_hits", "greater than or equal to 2"),
        ("quiet = 5", "eye.quiet", "unknown key"),
        ("bearing_deg = 400", "eye.bearing_deg", "less than 360"),
    ],
)
def test_what_cannot_work_is_refused_with_its_mend(line, key, mend):
    text = FIELD.replace("bearing_deg = 210", line)
    problem = refusal(text)
    assert problem.key == key
    assert mend in problem.mend
    assert problem.line is not None


def test_a_live_camera_cannot_be_followed():
    problem = refusal(FIELD.replace("[eye]", "follow = true\n[eye]"))
    assert "remove it" in problem.mend
