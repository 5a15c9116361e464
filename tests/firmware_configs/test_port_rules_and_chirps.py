"""udev rules by their form, chirp files by their own comments and arithmetic."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.sensors.ti.cli import commands
from edge.sensors.ti.settings import RadarSettings

FOLDER = Path(__file__).parents[2] / "firmware_configs"
RULES = FOLDER / "udev" / "60-mimamori-radar.rules"
CHIRPS = sorted((FOLDER / "ti").glob("*.cfg"))

MATCHES = {"SUBSYSTEM", "ACTION", "KERNEL", "ATTR", "ATTRS", "ENV", "TEST"}
ASSIGNMENTS = {"SYMLINK", "GROUP", "MODE", "ATTR", "ENV"}
PART = re.compile(r'([A-Z]+)(?:\{([^}]+)\})?(==|!=|\+=|:=|=)"([^"]*)"')


def rules() -> list[str]:
    lines = RULES.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("rule", rules())
def test_a_rule_is_a_list_of_matches_and_then_assignments(rule: str):
    parts = [part.strip() for part in rule.split(",")]
    found = [PART.fullmatch(part) for part in parts]
    assert all(found), [part for part, match in zip(parts, found, strict=True) if match is None]
    matching = [match[3] in {"==", "!="} or match[1] == "TEST" for match in found if match]
    assert matching == sorted(matching, reverse=True), "an assignment stands before a match"
    assert any(matching)
    assert not all(matching)
    for match, is_match in zip(found, matching, strict=True):
        assert match is not None
        assert match[1] in (MATCHES if is_match else ASSIGNMENTS)


def test_udev_itself_accepts_the_rules():
    known = shutil.which("udevadm") and subprocess.run(
        ["udevadm", "verify", "--help"], capture_output=True, check=False
    )
    if not known or known.returncode:
        pytest.skip("no udevadm verify on this machine (systemd 254 or later)")
    subprocess.run(["udevadm", "verify", str(RULES)], check=True)


def test_the_examples_use_the_names_that_the_rules_give():
    text = RULES.read_text(encoding="utf-8")
    home = (FOLDER / "examples" / "home.toml").read_text(encoding="utf-8")
    names = set(re.findall(r'SYMLINK\+="([^"]+)"', text))
    assert {f"/dev/{name}" for name in names} == set(re.findall(r"/dev/[\w-]+", home))


def test_the_example_names_a_chirp_file_that_is_shipped_with_its_own_period():
    home = (FOLDER / "examples" / "home.toml").read_text(encoding="utf-8")
    found = re.search(r"/etc/mimamori/(\w+\.cfg)", home)
    assert found
    period = re.search(r"^frame_period_s = ([\d.]+)", home, re.MULTILINE)
    assert period
    assert float(period[1]) * 1000 == pytest.approx(frame_period_ms(FOLDER / "ti" / found[1]))


def words_of(file: Path, command: str) -> list[list[str]]:
    return [line.split()[1:] for _, line in commands(file.read_text()) if line.split()[0] == command]


def frame_period_ms(file: Path) -> float:
    (frame,) = words_of(file, "frameCfg")
    return float(frame[4])


@pytest.mark.parametrize("file", CHIRPS, ids=lambda file: file.name)
def test_every_line_of_a_chirp_file_is_explained_by_the_line_before_it(file: Path):
    lines = file.read_text(encoding="utf-8").splitlines()
    for number, _ in commands(file.read_text(encoding="utf-8")):
        assert lines[number - 2].startswith("%"), f"{file.name}:{number}"


@pytest.mark.parametrize("file", CHIRPS, ids=lambda file: file.name)
def test_the_chirps_fit_into_their_frame(file: Path):
    (profile,) = words_of(file, "profileCfg")
    (frame,) = words_of(file, "frameCfg")
    idle_us, ramp_us = float(profile[2]), float(profile[4])
    chirps = (int(frame[1]) - int(frame[0]) + 1) * int(frame[2])
    assert chirps * (idle_us + ramp_us) / 1000 < 0.8 * frame_period_ms(file)


@pytest.mark.parametrize("file", CHIRPS, ids=lambda file: file.name)
def test_the_tracker_is_told_the_period_of_the_frames(file: Path):
    for tracking in words_of(file, "trackingCfg"):
        assert float(tracking[6]) == frame_period_ms(file)


@pytest.mark.parametrize("file", CHIRPS, ids=lambda file: file.name)
def test_every_chirp_that_is_sent_has_been_defined(file: Path):
    (frame,) = words_of(file, "frameCfg")
    assert {chirp[0] for chirp in words_of(file, "chirpCfg")} == {
        str(n) for n in range(int(frame[0]), int(frame[1]) + 1)
    }


def test_the_period_that_the_driver_takes_for_granted_is_that_of_the_people_file():
    assert RadarSettings(port="/dev/x").frame_period_s * 1000 == pytest.approx(
        frame_period_ms(FOLDER / "ti" / "isk_wall_people_55ms.cfg")
    )
