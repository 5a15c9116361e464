"""``mimamori edge check`` before a technician leaves, and ``edge run``: a radar behind a pty, pins on paper."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from cli.broker import Broker
from cli.demo.site import Site
from cli.demo.town import shipped_model, shipped_verifier
from edge.clock import SystemClock
from edge.fall.settings import MountSettings
from simulators.home.home import SimulatedHome
from simulators.home.pty_port import PtyPort
from simulators.home.story import QuietLife
from tests.cli.conftest import Run, spoil

pytestmark = [pytest.mark.system, pytest.mark.parametrize("broker", ["mosquitto"], indirect=True)]


@pytest.fixture
def here(site: Site, broker: Broker) -> Site:
    """The site's files, on the test's own broker and with the shipped models."""
    for file in (site.home_file, site.field_file):
        spoil(file, "port = 18830", f"port = {broker.port}")
    spoil(site.field_file, str(site.directory / "model.json"), str(shipped_model()))
    spoil(site.field_file, str(site.directory / "verifier.json"), str(shipped_verifier()))
    return site


@contextmanager
def radar(site: Site) -> Iterator[PtyPort]:
    """Somebody walks about in front of a radar at the port that home.toml names."""
    rng = np.random.default_rng(1)
    home = SimulatedHome(MountSettings(height_m=1.8, tilt_deg=10.0), QuietLife(rng), rng)
    stop = threading.Event()
    with PtyPort(site.radar_port) as pty:
        sending = threading.Thread(target=home.run, args=(pty, stop, SystemClock()))
        sending.start()
        try:
            yield pty
        finally:
            stop.set()
            sending.join()


@contextmanager
def babbling(site: Site) -> Iterator[None]:
    """A port at the wrong baud rate gives bytes all the time, and none of them makes sense."""
    stop = threading.Event()
    with PtyPort(site.radar_port) as pty:

        def babble() -> None:
            while not stop.wait(0.05):
                pty.write(b"\x55\xaa" * 50)

        sending = threading.Thread(target=babble)
        sending.start()
        try:
            yield
        finally:
            stop.set()
            sending.join()


def picture_in(folder: Path) -> None:
    hill = np.random.default_rng(1).integers(60, 120, (360, 640, 3), np.uint8)
    assert cv2.imwrite(str(folder / "000001.jpg"), hill)


def marks(out: str) -> dict[str, str]:
    """What was tried, and how it went."""
    return {what: mark for mark, what in re.findall(r"^(ok  |FAIL) (\w+): .+$", out, re.MULTILINE)}


def words(out: str, what: str) -> str:
    found = re.search(rf"^(?:ok  |FAIL) {what}: (.+)$", out, re.MULTILINE)
    assert found, out
    return found[1]


def test_a_home_in_which_everything_works_passes(run: Run, here: Site, broker: Broker) -> None:
    with radar(here):
        said = run("edge", "check", here.home_file)
    assert said.status == 0, said.out + said.err
    assert marks(said.out) == dict.fromkeys(["outbox", "broker", "radar", "voice"], "ok  ")
    assert re.match(r"\d+ frames, \d+\.\d points a frame, \d+ bytes skipped", words(said.out, "radar"))
    assert words(said.out, "voice") == "silent: no [voice] command"
    assert words(said.out, "broker") == f"127.0.0.1:{broker.port} takes this device"


def test_a_radar_that_is_not_plugged_in_fails_alone(run: Run, here: Site) -> None:
    said = run("edge", "check", here.home_file, "--seconds", 1)
    assert said.status == 1
    assert marks(said.out) == {"outbox": "ok  ", "broker": "ok  ", "radar": "FAIL", "voice": "ok  "}
    assert str(here.radar_port) in words(said.out, "radar")


def test_a_port_without_a_byte_asks_for_power_and_cable(run: Run, here: Site) -> None:
    with PtyPort(here.radar_port):
        said = run("edge", "check", here.home_file, "--seconds", 1)
    assert said.status == 1
    told = words(said.out, "radar")
    assert "gave 0 bytes but no frame in 1 s: nothing comes from the port: check the device's power" in told


def test_bytes_that_are_no_frame_are_counted_and_fail(run: Run, here: Site) -> None:
    with babbling(here):
        said = run("edge", "check", here.home_file, "--seconds", 1)
    assert said.status == 1
    assert re.search(r"gave [1-9]\d* bytes but no frame", words(said.out, "radar"))


def test_a_voice_that_is_no_program_fails_and_one_that_speaks_is_asked_about(run: Run, here: Site) -> None:
    quiet = here.home_file.read_text(encoding="utf-8")
    for program, mark, told in (
        (
            "/no/such/program",
            "FAIL",
            "/no/such/program: no such program: install it, or mend [voice] command",
        ),
        ("cat", "ok  ", "the question has been spoken: did you hear it?"),
    ):
        here.home_file.write_text(f'{quiet}\n[voice]\ncommand = ["{program}"]\n', encoding="utf-8")
        said = run("edge", "check", here.home_file, "--seconds", 0.2)
        assert marks(said.out)["voice"] == mark
        assert words(said.out, "voice") == told


def test_a_broker_that_does_not_answer_is_told_with_the_keys_to_look_at(
    run: Run, here: Site, broker: Broker
) -> None:
    broker.stop()
    with radar(here):
        said = run("edge", "check", here.home_file, "--seconds", 2)
    assert said.status == 1
    assert marks(said.out)["broker"] == "FAIL"
    assert marks(said.out)["radar"] == "ok  "
    assert "check [broker] host, port, user and password" in words(said.out, "broker")


def test_a_field_in_which_everything_works_passes_and_nothing_is_switched_on(run: Run, here: Site) -> None:
    picture_in(here.pictures)
    said = run("edge", "check", here.field_file)
    assert said.status == 0, said.out + said.err
    assert marks(said.out) == dict.fromkeys(["outbox", "broker", "model", "camera", "repeller"], "ok  ")
    assert words(said.out, "camera") == "640 x 360 px"
    assert words(said.out, "repeller") == "2 outputs, all off, armed; pins mock"
    told = r"macaque_nano on cpu, with a verifier: golden pictures known, one picture in \d+ ms"
    assert re.match(told, words(said.out, "model"))
    assert not here.timeline.exists() or '"on": true' not in here.timeline.read_text()


def test_a_camera_without_a_picture_and_pins_out_of_reach_are_both_told(
    run: Run, here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "native")  # this machine has no pins
    said = run("edge", "check", here.field_file, "--seconds", 1)
    assert said.status == 1
    assert marks(said.out) == {
        "outbox": "ok  ", "broker": "ok  ", "model": "ok  ", "camera": "FAIL", "repeller": "FAIL",
    }  # fmt: skip
    assert "gave no picture in 1 s: check the camera" in words(said.out, "camera")
    assert "install the [pi] extra (lgpio)" in words(said.out, "repeller")


def test_a_model_that_is_not_there_fails_alone(run: Run, here: Site) -> None:
    picture_in(here.pictures)
    spoil(here.field_file, str(shipped_model()), "/no/such/card.json")
    said = run("edge", "check", here.field_file)
    assert said.status == 1
    assert [what for what, mark in marks(said.out).items() if mark == "FAIL"] == ["model"]
    assert "/no/such/card.json" in words(said.out, "model")


@pytest.mark.parametrize("verb", ["run", "check"])
def test_the_citys_file_is_refused_with_what_to_give(run: Run, here: Site, verb: str) -> None:
    said = run("edge", verb, here.city_file)
    assert said.status == 1
    assert "give the file of a home ([radar], [module], [depth]) or a field ([camera])" in said.err


@pytest.mark.parametrize("verb", ["run", "check"])
def test_a_wrong_file_is_refused_before_anything_is_tried(run: Run, here: Site, verb: str) -> None:
    spoil(here.home_file, "height_m = 1.8", "height_m = 18")
    said = run("edge", verb, here.home_file)
    assert said.status == 1
    assert said.out == ""
    assert "mount.height_m = 18" in said.err
