"""The radar as a sensor: live over a pty, and as a recording that makes its own time."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from contract.configuration import ConfigurationError, parse
from edge.clock import ManualClock
from edge.sensors.byte_port import FilePort, SerialPort
from edge.sensors.readings import PointCloud, SensorLostError
from edge.sensors.ti.sensor import ReplayRadar, TiRadar, radar_from
from edge.sensors.ti.settings import RadarSettings
from simulators.home.firmware_bytes import encode
from simulators.home.pty_port import PtyPort


def packet(number: int) -> bytes:
    points = np.array([[0.5, 3.0, -0.4, -1.2, 9.0]], np.float32)
    return encode(PointCloud(0.0, number, points, presence=True))


class ScriptedPort:
    """Gives one piece per read and lets the clock run while it waits; "lost" and "end" raise."""

    def __init__(self, clock: ManualClock, pieces: list[bytes | str]) -> None:
        self._clock = clock
        self._pieces = pieces

    def open(self) -> None:
        pass

    def close(self) -> None:
        pass

    def read(self, timeout_s: float) -> bytes:
        self._clock.advance(min(0.02, max(0.0, timeout_s)))
        piece = self._pieces.pop(0) if self._pieces else b""
        if piece == "lost":
            raise SensorLostError("gone")
        if piece == "end":
            raise EOFError
        assert isinstance(piece, bytes)
        return piece


def until_the_end(radar: ReplayRadar) -> Iterator[PointCloud]:
    while True:
        try:
            yield from radar.read(0.0)
        except EOFError:
            return


def test_frames_read_at_once_are_one_period_apart_and_the_newest_is_now() -> None:
    clock = ManualClock(0)
    radar = TiRadar(ScriptedPort(clock, [packet(1) + packet(2) + packet(3)]), clock)
    radar.open()
    clouds = radar.read(0.1)
    assert [cloud.frame for cloud in clouds] == [1, 2, 3]
    assert [cloud.at_s for cloud in clouds] == pytest.approx([0.02 - 0.11, 0.02 - 0.055, 0.02])


def test_times_always_rise_even_when_frames_come_in_bursts() -> None:
    clock = ManualClock(0)
    radar = TiRadar(ScriptedPort(clock, [packet(1), packet(2) + packet(3) + packet(4)]), clock)
    radar.open()
    times = [cloud.at_s for _ in range(2) for cloud in radar.read(0.1)]
    assert len(times) == 4
    assert all(later > earlier for earlier, later in pairwise(times))


def test_a_frame_in_pieces_is_waited_for_within_the_time_limit() -> None:
    clock = ManualClock(0)
    whole = packet(1)
    radar = TiRadar(ScriptedPort(clock, [whole[:10], whole[10:50], whole[50:]]), clock)
    radar.open()
    assert radar.read(0.03) == []
    assert [cloud.frame for cloud in radar.read(0.05)] == [1]


def test_a_silent_line_gives_nothing_within_the_time_limit() -> None:
    clock = ManualClock(0)
    radar = TiRadar(ScriptedPort(clock, []), clock)
    radar.open()
    assert radar.read(0.05) == []
    assert clock.monotonic_s() <= 0.05
    assert radar.counters()["bytes_read"] == 0


def test_a_line_of_garbage_is_told_from_a_dead_one_by_its_counters() -> None:
    clock = ManualClock(0)
    radar = TiRadar(ScriptedPort(clock, [b"garbage" * 10]), clock)
    radar.open()
    assert radar.read(0.02) == []
    counters = radar.counters()
    assert (counters["bytes_read"], counters["bytes_skipped"], counters["frames"]) == (70, 70, 0)


def test_after_a_loss_the_half_frame_is_dropped_and_the_next_one_decoded() -> None:
    clock = ManualClock(0)
    radar = TiRadar(ScriptedPort(clock, [packet(1)[:60], "lost", packet(2)]), clock)
    radar.open()
    with pytest.raises(SensorLostError):
        radar.read(0.1)
    radar.open()
    assert [cloud.frame for cloud in radar.read(0.1)] == [2]
    assert radar.counters()["frames_corrupt"] == 1
    assert radar.counters()["opened"] == 2


def test_a_recording_read_live_gives_its_last_frame_before_it_ends() -> None:
    clock = ManualClock(0)
    liar = bytearray(packet(1))
    liar[12:16] = (288).to_bytes(4, "little")  # waits for more, which never comes
    radar = TiRadar(ScriptedPort(clock, [bytes(liar), "end", "end"]), clock)
    radar.open()
    assert [cloud.frame for cloud in radar.read(0.1)] == [1]
    with pytest.raises(EOFError):
        radar.read(0.1)


def test_the_real_driver_reads_a_radar_on_a_pty() -> None:
    with PtyPort() as pty:
        clock = ManualClock(0)
        radar = TiRadar(SerialPort(pty.path, 921_600), clock)
        radar.open()
        pty.write(packet(1) + packet(2), timeout_s=1.0)
        frames: list[int] = []
        for _ in range(100):
            frames += [cloud.frame for cloud in radar.read(0.1)]
            if len(frames) == 2:
                break
        assert frames == [1, 2]
        radar.close()


def test_a_replay_moves_the_clock_by_the_recordings_own_period(tmp_path: Path) -> None:
    recording = tmp_path / "recording.bin"
    recording.write_bytes(packet(10) + packet(11) + packet(13) + packet(1))  # one lost, then a restart
    clock = ManualClock(1_000_000)
    radar = ReplayRadar(FilePort(recording, piece=37), clock, frame_period_s=0.1)
    radar.open()
    stamped = [(cloud.frame, round(cloud.at_s, 6)) for cloud in until_the_end(radar)]
    assert stamped == [(10, 0.1), (11, 0.2), (13, 0.4), (1, 0.5)]
    assert clock.unix_ms() == 1_000_500
    assert radar.counters()["bytes_read"] == recording.stat().st_size
    radar.close()


def test_a_replay_of_a_real_recording_lasts_as_long_as_the_recording(shared_data: Path) -> None:
    clock = ManualClock(0)
    radar = ReplayRadar(FilePort(shared_data / "radar/iwr6843_uart/falls_a.bin"), clock)
    radar.open()
    frames = 0
    for cloud in until_the_end(radar):
        assert cloud.at_s == clock.monotonic_s()
        frames += 1
    radar.close()
    assert frames == radar.counters()["frames"] == 3507
    assert clock.monotonic_s() == pytest.approx(3507 * 0.055)


# --- settings -------------------------------------------------------------------------------------


def test_a_home_file_makes_a_radar(tmp_path: Path) -> None:
    with PtyPort() as pty:
        radar = radar_from(parse(f'port = "{pty.path}"', RadarSettings, "home.toml"), ManualClock(0))
        radar.open()
        radar.close()


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ('port = "/dev/a"\ncli_port = "/dev/b"', "set both or neither"),
        ('port = "/dev/a"\nchirp_file = "x.cfg"', "set both or neither"),
        ('port = "/dev/a"\ncli_port = "/dev/a"\nchirp_file = "x.cfg"', "must differ"),
        ('port = "/dev/a"\nbuad = 9600', "mend its spelling"),
    ],
)
def test_a_wrong_radar_table_says_how_to_mend_it(text: str, mend: str) -> None:
    with pytest.raises(ConfigurationError, match=mend):
        parse(text, RadarSettings, "home.toml")
