"""What the first bytes of a silent or garbled port tell."""

from pathlib import Path

import numpy as np
import pytest

from edge.sensors.modules.settings import ModuleKind
from edge.sensors.port_doctor import SPEAKS_AT, TI_COMMANDS, TI_DATA, Finding, PortDoctor, diagnose, identify
from edge.sensors.readings import PointCloud
from simulators.home.console import RadarConsole
from simulators.home.firmware_bytes import encode
from simulators.home.module_bytes import Seen, TinyFrameVoice, ld2410, ld2450, misread, mr60fda1

RNG = np.random.default_rng(1)


def ti_stream(count: int = 6) -> bytes:
    clouds = [
        RNG.uniform([-1, 1, -1, -1, 9], [1, 4, 1, 1, 20], (8, 5)).astype(np.float32) for _ in range(count)
    ]
    return b"".join(encode(PointCloud(0.0, n, points, presence=True)) for n, points in enumerate(clouds))


def stream(device: str) -> bytes:
    voice = TinyFrameVoice(int(RNG.integers(60_000)))
    seen = [Seen(*RNG.uniform(-2, 2, 3), 0.5, 1) for _ in range(3)]
    console = RadarConsole()
    fall = [lambda n: voice.fall(fallen=False) + voice.presence(present=True)]
    vital = [lambda n: voice.breath(14.2) + voice.phases(1.5, 0.2, 0.1)]
    says = {
        "ti": lambda n: ti_stream(1),
        "ti-console": lambda n: console.answer("sensorStop").encode(),
        "ld2410": lambda n: ld2410(2, (0, 0), (200 + n, 40 + n), 200 + n),
        "ld2450": lambda n: ld2450([Seen(0.1 * n, 2.0 + 0.01 * n, 0, 0.2)]),
        "mr60fda1": lambda n: mr60fda1(0x80, 3, bytes([n])),
        "ld6002b": lambda n: voice.zones([True] * 4) + voice.targets(seen),
        **dict.fromkeys(("ld6002c", "mr60fda2"), *fall),
        **dict.fromkeys(("ld6002", "mr60bha2"), *vital),
    }[device]
    return b"".join(says(n) for n in range(12))


@pytest.mark.parametrize("device", sorted(SPEAKS_AT))
def test_every_device_is_known_by_its_bytes_also_from_the_middle_of_them(device: str) -> None:
    sent = stream(device)
    assert device in identify(sent)
    assert device in identify(sent[5:])


def test_two_devices_that_were_swapped_are_named() -> None:
    on_modules_port = diagnose(stream("ti"), "ld6002b")
    assert (on_modules_port.finding, on_modules_port.speaks) == (Finding.OTHER_DEVICE, TI_DATA)
    assert "swap" in on_modules_port.text
    on_radars_port = diagnose(stream("ld6002b"), TI_DATA)
    assert on_radars_port.finding is Finding.OTHER_DEVICE
    assert "ld6002b" in on_radars_port.text
    assert "swapped" in on_radars_port.text


def test_data_and_command_port_exchanged_is_recognised_from_both_sides() -> None:
    for data, expected in ((stream(TI_COMMANDS), TI_DATA), (stream(TI_DATA), TI_COMMANDS)):
        assert "swap port and cli_port" in diagnose(data, expected).text


def test_nothing_a_line_held_low_and_too_little_are_told_apart() -> None:
    assert diagnose(b"", TI_DATA).finding is Finding.NOTHING
    assert diagnose(b"\0" * 50, TI_DATA).finding is Finding.HELD_LOW
    assert diagnose(b"\x01\x04", "ld6002b").finding is Finding.TOO_LITTLE


def test_text_of_some_other_device_is_shown() -> None:
    found = diagnose(b"$GPGGA,,,,,,0,,,,,,,,*66\r\n" * 3, "ld2410")
    assert found.finding is Finding.CONSOLE
    assert "$GPGGA" in found.text


@pytest.mark.parametrize("device", sorted(SPEAKS_AT))
@pytest.mark.parametrize("read_baud", [9_600, 115_200, 256_000, 921_600])
def test_the_wrong_speed_is_told_for_every_device(device: str, read_baud: int) -> None:
    sent_baud = SPEAKS_AT[device]
    heard = misread(stream(device), sent_baud, read_baud)
    found = diagnose(heard, device)
    if read_baud == sent_baud:
        assert found.finding is Finding.EXPECTED
    else:
        assert found.finding in {Finding.WRONG_BAUD, Finding.TOO_LITTLE, Finding.HELD_LOW, Finding.CONSOLE}
        if len(heard) >= 100:
            assert str(sent_baud) in found.text or found.finding is not Finding.WRONG_BAUD
    if found.finding is Finding.WRONG_BAUD and read_baud >= 4 * sent_baud:
        assert "slower" in found.text


def test_real_bytes_are_recognised(shared_data: Path) -> None:
    radar = shared_data / "radar"
    for file in (
        "iwr6843_uart/walking_a.bin",
        "other_uart/iwrl6432_points.bin",
        "other_uart/awr1642_vital_signs.bin",
    ):
        data = (radar / file).read_bytes()
        assert identify(data[1000:3000]) == (TI_DATA,)
        assert diagnose(misread(data[:1500], 921_600, 115_200), TI_DATA).finding is Finding.WRONG_BAUD
    module = (radar / "other_uart" / "ld6002b_spliced.bin").read_bytes()
    assert identify(module[100:1100])[0] == ModuleKind.LD6002B


def test_a_good_frame_ends_the_doubt() -> None:
    doctor = PortDoctor("ld2410")
    doctor.heard(b"\x55" * 40)
    assert doctor.says().finding is not Finding.NOTHING
    doctor.good()
    assert doctor.says().finding is Finding.NOTHING
