"""docs/fall-sensing.md names what the program has: kinds, zones, faults, signs; and shows what calibration really prints."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.calibrate import app
from edge.fall.suspicion import FallKind
from edge.fall.zones import ZoneKind
from edge.home_doubts import WORDS

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs/fall-sensing.md").read_text(encoding="utf-8")
SIGNS = "\n".join(file.read_text(encoding="utf-8") for file in (REPOSITORY / "edge/signs").glob("*.py"))


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def first_cells(text: str) -> set[str]:
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {code for cell in cells for code in re.findall(r"`([a-z0-9_]+)`", cell)}


def test_every_kind_of_fall_and_every_zone_has_its_line():
    assert first_cells(section("What is found")) == {kind.value for kind in FallKind}
    assert first_cells(section("Zones")) == {kind.value for kind in ZoneKind}


def test_every_lasting_doubt_has_its_mend():
    told = first_cells(section("When a fault comes"))
    assert {code for code, _ in WORDS.values()} <= told
    assert {"sensor_lost", "sensor_silent", "mount_moved", "too_many_questions"} <= told


def test_every_sign_and_its_fields_are_named_and_no_other():
    named = first_cells(section("Other signs"))
    assert named == set(re.findall(r'Sample\("([a-z_]+)"', SIGNS))
    fields = set(re.findall(r'(?:fields\[|\{|^\s+)"([a-z_]+)"(?:\]|:)', SIGNS, re.MULTILINE))
    missing = [name for name in sorted(fields) if f"`{name}`" not in section("Other signs")]
    assert missing == []


def test_the_output_of_calibration_is_the_real_one(shared_data: Path, tmp_path: Path):
    home = tmp_path / "home.toml"
    home.write_text(
        'device = "radar-0001"\ndata_directory = "/tmp"\n[radar]\nport = "/dev/null"\n'
        "[mount]\nheight_m = 2.0\ntilt_deg = 10\n",
        encoding="utf-8",
    )
    recording = shared_data / "radar/iwr6843_uart/walking_a.bin"
    said = CliRunner().invoke(app, [str(home), "--recording", str(recording)])
    (shown,) = re.findall(r"```\n(\d+ walks between .*?)```", PAGE, re.DOTALL)
    assert said.output == shown
    assert said.exit_code == 1


@pytest.mark.parametrize("option", ["--person", "--tape", "--level", "--write", "--recording"])
def test_every_option_the_page_speaks_of_is_there(option: str):
    assert option in section("Calibration: walk away and back")
    assert option in CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output
