"""Ready-made modules at the end of a serial line: settings, cables pulled, the wrong speed, the wrong device."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from edge.clock import ManualClock, SystemClock
from edge.sensors.byte_port import FilePort
from edge.sensors.modules.commands import Conversation, ModuleRefusedError
from edge.sensors.modules.sensor import ModuleSensor, ReplayModule, module_from
from edge.sensors.modules.settings import AlarmArea, ModuleKind, ModuleSettings
from edge.sensors.readings import PointCloud, SensorLostError
from simulators.home.module_bytes import Seen, TinyFrameVoice, ld2410, ld2450
from simulators.home.module_device import Configurable, FallModule, Module, serve
from simulators.home.pty_port import PtyPort

QUICK_S = 0.05


@pytest.fixture
def plugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Module], PtyPort]]:
    """Plugs a module in and lets it live until the test is over."""
    monkeypatch.setattr("edge.sensors.modules.commands.REPLY_S", QUICK_S)
    stop = threading.Event()
    pty = PtyPort(tmp_path / "module")
    threads: list[threading.Thread] = []

    def plug(module: Module) -> PtyPort:
        pty.plug_in()
        threads.append(threading.Thread(target=serve, args=(module, pty, stop), kwargs={"every_s": 0.005}))
        threads[-1].start()
        return pty

    yield plug
    stop.set()
    for thread in threads:
        thread.join()
    pty.unplug()


def sensor(pty: PtyPort, kind: str, **asked: object) -> ModuleSensor:
    return module_from(ModuleSettings(kind=ModuleKind(kind), port=pty.path, **asked), SystemClock())  # type: ignore[arg-type]


def first(of: ModuleSensor) -> PointCloud:
    for _ in range(200):
        for cloud in of.read(0.05):
            return cloud
    raise AssertionError(f"no reading: {of.trouble()}")


# --- settings --------------------------------------------------------------------------------------


def test_settings_are_sent_where_they_differ_and_read_back(plugged) -> None:
    module = FallModule()
    area = AlarmArea(left_m=1.0, right_m=1.0, front_m=0.5, back_m=0.5)
    asked = {"install_height_m": 2.4, "fall_threshold_m": 0.6, "sensitivity": 3, "alarm_area": area}
    radar = sensor(plugged(module), "mr60fda2", **asked)
    radar.open()
    assert module.stored["height"] == pytest.approx(2.4)
    assert module.stored["sensitivity"] == 3
    assert module.area == (1.0, 1.0, 0.5, 0.5)
    assert 0x0E08 not in module.heard  # the threshold is what it was shipped with
    assert first(radar).fallen is False
    radar.close()


@pytest.mark.parametrize("module", [FallModule(refuses=frozenset({"height"})), FallModule(stubborn=True)])
def test_a_setting_that_is_not_taken_stops_the_opening_and_is_named(plugged, module: FallModule) -> None:
    radar = sensor(plugged(module), "ld6002c", install_height_m=3.0)
    with pytest.raises(ModuleRefusedError, match="install_height_m"):
        radar.open()


def test_a_module_that_reports_and_does_not_hear_is_used_and_it_is_said(plugged) -> None:
    radar = sensor(plugged(FallModule(deaf=True)), "ld6002c", install_height_m=3.0)
    radar.open()
    assert first(radar).fallen is False
    assert radar.counters()["settings_unheard"] == 1
    assert "wire from our TX" in (radar.unheard or "")
    radar.close()


def test_a_reset_brings_back_what_the_module_was_shipped_with(plugged) -> None:
    module = FallModule()
    module.stored["height"] = 4.0
    radar = sensor(plugged(module), "ld6002c")
    radar.open()
    talk = Conversation(radar._port, ModuleKind.LD6002C, SystemClock())
    assert talk.parameters().install_height_m == 4.0
    assert talk.reset().install_height_m == pytest.approx(2.2)
    radar.close()


@pytest.mark.parametrize(
    ("kind", "report", "asked", "command"),
    [
        ("ld2410", ld2410(1, (80, 50)), {"engineering": True}, 0x62),
        ("ld2410", ld2410(1, (80, 50)), {"engineering": False}, 0x63),
        ("ld2450", ld2450([Seen(0, 1)]), {"multi_target": False}, 0x80),
        ("ld2450", ld2450([Seen(0, 1)]), {"multi_target": True}, 0x90),
    ],
)
def test_configuration_mode_is_entered_asked_and_left(plugged, kind, report, asked, command) -> None:
    module = Configurable(lambda: report)
    radar = sensor(plugged(module), kind, **asked)
    radar.open()
    assert module.heard[0] == 0xFF
    assert command in module.heard
    assert module.heard[-1] == 0xFE
    assert first(radar).presence
    radar.close()


def test_configuration_mode_is_left_also_when_a_command_is_refused(plugged) -> None:
    module = Configurable(lambda: ld2410(0), refuses=frozenset({0x62}))
    radar = sensor(plugged(module), "ld2410", engineering=True)
    with pytest.raises(ModuleRefusedError, match="0x0062"):
        radar.open()
    assert module.heard[-1] == 0xFE
    assert not module.listening


def test_the_points_of_an_ld6002b_are_switched_on(plugged) -> None:
    module = FallModule()  # it too says that it has heard a command
    radar = sensor(plugged(module), "ld6002b", points=True)
    radar.open()
    assert module.heard.count(0x0201) == 2
    radar.close()


@pytest.mark.parametrize(
    ("kind", "asked"), [("ld2410", {"install_height_m": 2.5}), ("ld6002c", {"points": True}), ("ld9999", {})]
)
def test_a_setting_of_another_kind_is_refused_with_the_mend(kind: str, asked: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        ModuleSettings.model_validate({"kind": kind, "port": "/dev/ttyUSB0", **asked})
    assert "remove it" in str(refused.value) or "ld2450" in str(refused.value)


def test_a_module_is_read_at_the_speed_it_is_shipped_with() -> None:
    def baud(kind: str, **asked: int) -> int:
        return ModuleSettings.model_validate({"kind": kind, "port": "p", **asked}).baud_or_shipped

    assert [baud("ld2410"), baud("ld2450"), baud("mr60fda2")] == [256_000, 256_000, 115_200]
    assert baud("ld2410", baud=115_200) == 115_200


# --- cables ----------------------------------------------------------------------------------------


def test_a_module_that_is_unplugged_and_plugged_in_again_is_heard_again(tmp_path: Path) -> None:
    with PtyPort(tmp_path / "port") as pty:
        module, radar = FallModule(), sensor(pty, "mr60fda2")
        radar.open()
        pty.write(module.report(), timeout_s=1)
        assert first(radar).fallen is False
        pty.unplug()
        with pytest.raises(SensorLostError, match="cable"):
            radar.read(1.0)
        with pytest.raises(SensorLostError, match="no such port"):
            radar.open()
        pty.plug_in()
        radar.open()
        pty.write(module.report(), timeout_s=1)
        assert first(radar).fallen is False
        assert radar.counters()["opened"] == 2
        radar.close()


def test_a_port_that_gives_nothing_says_so(tmp_path: Path) -> None:
    with PtyPort(tmp_path / "port") as pty:
        radar = sensor(pty, "ld6002b")
        radar.open()
        assert list(radar.read(0.01)) == []
        assert "nothing comes" in radar.trouble()
        radar.close()


def test_another_modules_stream_is_recognised(tmp_path: Path) -> None:
    with PtyPort(tmp_path / "port") as pty:
        radar = sensor(pty, "ld6002c")
        radar.open()
        pty.write(ld2450([Seen(0, 2)]) * 5, timeout_s=1)
        assert list(radar.read(0.2)) == []
        assert "ld2450 speaks here" in radar.trouble()
        radar.close()


# --- recordings ------------------------------------------------------------------------------------


def test_a_recording_makes_its_own_time(tmp_path: Path) -> None:
    voice = TinyFrameVoice()
    file = tmp_path / "module.bin"
    file.write_bytes(b"".join(voice.targets([Seen(0.1 * n, 2.0)]) for n in range(20)))
    clock = ManualClock(0)
    replay = ReplayModule(FilePort(file), clock, ModuleKind.LD6002B)
    replay.open()
    at_s = [replay.read(0.1)[0].at_s for _ in range(20)]
    with pytest.raises(EOFError):
        replay.read(0.1)
    assert at_s == pytest.approx([0.1 * n for n in range(1, 21)])
    assert replay.counters()["bytes_read"] == file.stat().st_size
