"""What the device owes the city survives what can happen to a device."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from contract.ids import new_ulid
from contract.topics import Lane
from edge.outbox import Outbox, OutboxUnreadableError

NOW_MS = 1_780_282_800_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "outbox.sqlite"


def fill(outbox: Outbox, count: int, lane: Lane = Lane.EVENT) -> list[str]:
    ids = [new_ulid(NOW_MS + n) for n in range(count)]
    add = outbox.add_event if lane is Lane.EVENT else outbox.add_telemetry
    for n, row_id in enumerate(ids):
        add(row_id, str(n).encode(), NOW_MS + n)
    return ids


def waiting(outbox: Outbox, lane: Lane = Lane.EVENT) -> list[str]:
    return [row.id for row in outbox.after(lane, 0, 10_000)]


def test_what_came_first_goes_first_also_after_a_restart(path: Path) -> None:
    outbox = Outbox(path)
    ids = fill(outbox, 5)
    outbox.close()
    outbox = Outbox(path)
    ids += fill(outbox, 5)
    assert waiting(outbox) == ids
    assert [row.id for row in outbox.after(Lane.EVENT, outbox.after(Lane.EVENT, 0, 3)[-1].n, 2)] == ids[3:5]
    outbox.close()


@pytest.mark.parametrize("lane", [Lane.EVENT, Lane.TELEMETRY])
def test_a_row_is_numbered_above_every_row_before_it_even_after_the_outbox_was_empty(
    path: Path, lane: Lane
) -> None:
    outbox = Outbox(path)
    outbox.forget(fill(outbox, 3, lane))
    [later] = fill(outbox, 1, lane)
    assert [row.id for row in outbox.after(lane, 3, 10)] == [later]
    outbox.close()


def test_adding_an_event_twice_keeps_one(path: Path) -> None:
    outbox = Outbox(path)
    for payload in (b"first", b"second"):
        outbox.add_event("01J00000000000000000000000", payload, NOW_MS)
        outbox.add_telemetry("01J00000000000000000000001", payload, NOW_MS)
    assert [row.payload for row in outbox.after(Lane.EVENT, 0, 9)] == [b"first"]
    assert (outbox.backlog().events, outbox.backlog().telemetry) == (1, 1)
    outbox.close()


def test_only_what_is_named_is_forgotten_in_either_lane(path: Path) -> None:
    outbox = Outbox(path)
    events, batches = fill(outbox, 3), fill(outbox, 3, Lane.TELEMETRY)
    assert outbox.forget([events[1], batches[0], new_ulid(NOW_MS)]) == 2
    assert outbox.forget([events[1]]) == 0
    assert waiting(outbox) == [events[0], events[2]]
    assert waiting(outbox, Lane.TELEMETRY) == batches[1:]
    assert outbox.backlog().telemetry == 2
    outbox.close()


def test_a_receipt_may_name_more_than_sqlite_takes_at_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.outbox._IDS_AT_ONCE", 10)
    outbox = Outbox(path)
    ids = fill(outbox, 25)
    assert outbox.forget(ids) == 25
    assert outbox.backlog().oldest_ms is None
    outbox.close()


def test_telemetry_drops_its_oldest_and_counts_it_while_events_are_never_dropped(path: Path) -> None:
    outbox = Outbox(path, telemetry_rows_max=10)
    events = fill(outbox, 30)
    batches = fill(outbox, 25, Lane.TELEMETRY)
    assert waiting(outbox, Lane.TELEMETRY) == batches[15:]
    assert waiting(outbox) == events
    outbox.close()
    outbox = Outbox(path, telemetry_rows_max=10)
    assert outbox.backlog().telemetry_dropped == 15
    outbox.close()


def test_the_backlog_tells_since_when_the_oldest_waits(path: Path) -> None:
    outbox = Outbox(path)
    assert outbox.backlog().oldest_ms is None
    outbox.add_telemetry("01J00000000000000000000001", b"", NOW_MS + 5)
    outbox.add_event("01J00000000000000000000000", b"", NOW_MS + 9)
    assert outbox.backlog().oldest_ms == NOW_MS + 5
    outbox.close()


def test_no_other_lane_has_a_place_here(path: Path) -> None:
    outbox = Outbox(path)
    with pytest.raises(ValueError, match="keeps no live lane"):
        outbox.after(Lane.LIVE, 0, 1)
    outbox.close()


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 4000])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(path: Path, damage: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(damage)
    outbox = Outbox(path)
    ids = fill(outbox, 2)
    assert waiting(outbox) == ids
    outbox.close()
    assert [file.read_bytes() for file in path.parent.glob("outbox.damaged-*")] == [damage]


def test_a_file_damaged_in_its_middle_is_found_at_start(path: Path) -> None:
    outbox = Outbox(path)
    for _ in range(40):
        outbox.add_event(new_ulid(NOW_MS), bytes(3000), NOW_MS)
    outbox.close()
    whole = bytearray(path.read_bytes())
    whole[4096 * 3 : 4096 * 6] = b"\xa5" * (4096 * 3)
    path.write_bytes(whole)
    outbox = Outbox(path)
    assert outbox.backlog().events == 0
    outbox.close()
    assert len(list(path.parent.glob("outbox.damaged-*"))) == 1


def test_a_place_that_cannot_be_written_is_told_with_its_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutboxUnreadableError, match="writable data directory"):
        Outbox(tmp_path / "file" / "outbox.sqlite")
    with pytest.raises(OutboxUnreadableError, match="writable data directory"):
        Outbox(tmp_path)


WRITER = """
import sys
from pathlib import Path
from contract.ids import new_ulid
from edge.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]))
while True:
    row_id = new_ulid(1_780_282_800_000)
    outbox.add_event(row_id, b"x" * 2000, 1)
    print(row_id, flush=True)
"""


@pytest.mark.system
def test_what_was_added_before_a_kill_9_is_there_after_it(path: Path) -> None:
    for _ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        told = [writer.stdout.readline().strip() for _ in range(50)]
        writer.send_signal(signal.SIGKILL)
        told += [line.strip() for line in writer.stdout.read().splitlines() if len(line) == 26]
        writer.wait()
        writer.stdout.close()
        outbox = Outbox(path)
        kept = waiting(outbox)
        outbox.close()
        assert set(told) <= set(kept)
    assert list(path.parent.glob("outbox.damaged-*")) == []
