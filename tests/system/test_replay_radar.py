"""Real radar recordings through the verb, a real broker and a real gateway process."""

import re
import time
from itertools import pairwise
from pathlib import Path
from struct import unpack_from

import pytest

from tests.running import mimamori
from tests.system.hall import Hall

pytestmark = pytest.mark.system

BATCH_S = 10.0
MINUTE_MS = 60_000

# file, seconds between its frames (its chirp file's, or its rate), where its radar hung
RECORDINGS = [
    ("iwr6843_uart/falls_a.bin", 0.055, (0.6, 0)),
    ("iwr6843_uart/oob_falls.bin", 0.1, (1.8, 10)),
    ("iwr6843_uart/sitting_down.bin", 0.055, (1.4, 17)),
    ("iwr6843_uart/walking_a.bin", 0.055, (1.4, 17)),
    ("other_uart/iwr6843_oob_sdk33.bin", 0.1, (1.8, 10)),
    ("other_uart/iwrl6432_points.bin", 0.25, (1.25, 0)),
]


def whole_packets(data: bytes) -> int:
    """Packets from magic to magic whose parts all fit; knows nothing of the parser under test."""
    magic = bytes((2, 1, 4, 3, 6, 5, 8, 7))
    count, start = 0, data.find(magic)
    while start >= 0:
        following = data.find(magic, start + 8)
        end = len(data) if following < 0 else following
        if end - start >= 40:
            at = start + 40
            for _ in range(unpack_from("<I", data, start + 32)[0]):
                at += 8 + unpack_from("<I", data, at + 4)[0] if at + 8 <= end else 1 << 32
            count += at <= end
        start = following
    return count


def replayed(hall: Hall, file: Path, device: str, period_s: float, mount: tuple[float, float]) -> str:
    height, tilt = mount
    done = mimamori(
        "replay", "radar", str(file), "--device", device, "--port", str(hall.broker.port),
        "--height", str(height), "--tilt", str(tilt), "--period", str(period_s),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    assert found, text
    return int(found[1])


@pytest.mark.parametrize(("name", "period_s", "mount"), RECORDINGS)
def test_every_valid_frame_of_a_recording_passes_and_what_it_says_arrives_once(
    hall: Hall, shared_data: Path, name: str, period_s: float, mount: tuple[float, float]
) -> None:
    file, device = shared_data / "radar" / name, f"replay-{Path(name).stem.replace('_', '-')}"
    frames = whole_packets(file.read_bytes())
    begun_ms = time.time_ns() // 1_000_000
    words = replayed(hall, file, device, period_s, mount)
    print(words)
    assert number(r"^(\d+) frames in", words) == frames

    recorded_ms = round(frames * period_s * 1000)
    since_ms = begun_ms - recorded_ms - 2 * MINUTE_MS  # the silence after it, and a start-up
    stored = hall.series.query(device, "radar", "frames", since_ms, begun_ms + 2 * MINUTE_MS, 1)
    assert stored[-1][1] == frames, "the last batch has counted every frame"
    assert len(stored) >= int(recorded_ms / 1000 / BATCH_S) - 1
    steps_s = [(later - earlier) / 1000 for (earlier, _), (later, _) in pairwise(stored)]
    assert all(BATCH_S - 0.001 <= step <= BATCH_S + 3 * max(period_s, 0.5) for step in steps_s), steps_s

    said = re.findall(r"fall (suspected|confirmed|cancelled|recovered)", words)
    events = hall.events(device)
    assert [event.body["phase"] for event in events] == said
    assert len({event.seq for event in events}) == len(events)
    assert number(r"has confirmed (\d+) of", words) == len(said)
    assert hall.dead_letters() == 0


def test_a_fall_at_the_end_of_a_recording_is_confirmed_after_the_silence_and_people_see_it(
    hall: Hall, shared_data: Path, tmp_path: Path
) -> None:
    """The second fall of this recording comes 10 s before its end; the question lasts for a minute."""
    file = shared_data / "radar/iwr6843_uart/falls_a.bin"
    replayed(hall, file, "replay-tail", 0.055, (0.6, 0))
    phases = [event.body["phase"] for event in hall.events("replay-tail")]
    assert phases[-2:] == ["suspected", "confirmed"]
    shown = mimamori("alerts", "list", str(hall.city_file))
    assert re.search(r"fall\s+│\s+open\s+│.*replay-tail", shown.stdout), shown.stdout


def test_a_damaged_recording_is_replayed_all_the_same_and_says_what_was_lost(
    hall: Hall, shared_data: Path, tmp_path: Path
) -> None:
    data = bytearray((shared_data / "radar/other_uart/iwr6843_oob_sdk33.bin").read_bytes())
    del data[30_000:30_100]
    data[50_000:50_000] = b"\xff" * 333
    damaged = tmp_path / "damaged.bin"
    damaged.write_bytes(data)
    words = replayed(hall, damaged, "replay-damaged", 0.1, (1.8, 10))
    assert number(r"^(\d+) frames in", words) == whole_packets(bytes(data)) >= 98
    assert number(r"(\d+) bytes skipped", words) > 0


def test_a_file_without_a_frame_is_refused_with_what_to_give(
    hall: Hall, tmp_path: Path, shared_data: Path
) -> None:
    done = mimamori("replay", "radar", str(shared_data / "radar/other_uart/ld6002b_spliced.bin"))
    assert done.returncode == 1
    assert "give the bytes of its data port" in done.stderr


def test_without_a_broker_a_replay_ends_and_names_the_mend(shared_data: Path) -> None:
    file = str(shared_data / "radar/other_uart/iwr6843_oob_sdk33.bin")
    done = mimamori("replay", "radar", file, "--port", "1")
    assert done.returncode == 1
    assert "no MQTT broker takes us at 127.0.0.1:1" in done.stderr
