"""The systemd units: accepted by systemd, naming verbs that exist, and answered by the programs they watch."""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer

from cli.broker import Broker
from cli.main import app

FOLDER = Path(__file__).parents[2] / "firmware_configs" / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))
PROGRAM = "/opt/mimamori/bin/mimamori"


def setting(unit: Path, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_accepts_the_unit(unit: Path, tmp_path: Path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze (apt install systemd)")
    copy = tmp_path / unit.name.replace("@.", "@home.")
    copy.write_text(unit.read_text(encoding="utf-8").replace(PROGRAM, sys.executable), encoding="utf-8")
    checked = subprocess.run(
        ["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False
    )
    if "Failed to" in checked.stderr and "initialize manager" in checked.stderr:
        pytest.skip(f"systemd-analyze cannot work here: {checked.stderr.strip()}")
    assert checked.returncode == 0, checked.stderr
    assert unit.name.split("@")[0] not in checked.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_unit_starts_a_verb_that_exists(unit: Path):
    (line,) = setting(unit, "ExecStart")
    program, *words = line.split()
    assert program == PROGRAM
    command = typer.main.get_command(app)
    for word in words:
        if not hasattr(command, "commands"):
            break
        assert word in command.commands
        command = command.commands[word]
    assert not hasattr(command, "commands"), "the line names a group, not a verb"


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_dead_service_is_started_again_for_ever(unit: Path):
    assert setting(unit, "Restart") == ["always"]
    assert setting(unit, "StartLimitIntervalSec") == ["0"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_service_runs_as_a_user_with_no_rights_to_gain(unit: Path):
    assert setting(unit, "User") == ["mimamori"]
    assert setting(unit, "CapabilityBoundingSet") == [""]
    assert setting(unit, "NoNewPrivileges") == ["yes"]
    assert setting(unit, "ProtectSystem") == ["strict"]


def test_a_device_may_ask_whether_its_clock_is_synchronised():
    """The filter behind ProtectClock forbids adjtimex as a whole: every event would be marked as of a doubtful clock."""
    (unit,) = (unit for unit in UNITS if "edge" in unit.name)
    assert setting(unit, "ProtectClock") == []


@contextmanager
def notified(folder: Path, *verb: str) -> Iterator[socket.socket]:
    """Run a verb as systemd would; gives the socket it reports to, and ends it in order."""
    address = folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(30)
        environment = {**os.environ, "NOTIFY_SOCKET": str(address), "GPIOZERO_PIN_FACTORY": "mock"}
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", *verb], env=environment, stdout=log, stderr=log
            )
        try:
            yield manager
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(timeout=30)
        assert status == 0, (folder / "log").read_text()


def watched(unit: str) -> bool:
    path = FOLDER / unit
    return setting(path, "Type") == ["notify"] and bool(setting(path, "WatchdogSec"))


@pytest.mark.system
def test_the_gateway_reports_to_its_watchdog(tmp_path: Path, broker: Broker):
    assert watched("mimamori-gateway.service")
    secret = tmp_path / "web.secret"
    secret.touch(mode=0o600)
    secret.write_text(secrets.token_hex(32))
    city = tmp_path / "city.toml"
    city.write_text(
        f'data_directory = "{tmp_path}"\n[broker]\nport = {broker.port}\n'
        f'[web]\npublic_url = "http://127.0.0.1:8080"\nsecret_file = "{secret}"\n'
    )
    with notified(tmp_path, "gateway", "run", str(city)) as manager:
        assert [manager.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]


@pytest.mark.system
def test_a_device_reports_to_its_watchdog_though_its_radar_and_broker_are_away(tmp_path: Path):
    assert watched("mimamori-edge@.service")
    home = tmp_path / "home.toml"
    home.write_text(
        f'device = "radar-0001"\ndata_directory = "{tmp_path}"\n[broker]\nport = 9\n'
        f'[radar]\nport = "{tmp_path / "no-such-port"}"\n'
    )
    with notified(tmp_path, "edge", "run", str(home)) as manager:
        assert [manager.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]


def test_a_unit_that_reports_nothing_has_no_watchdog():
    unit = FOLDER / "mimamori-cloud.service"
    assert not setting(unit, "WatchdogSec")
    assert setting(unit, "Type") == ["exec"]
