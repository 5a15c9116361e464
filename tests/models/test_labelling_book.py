"""Frames that a field kept become labels: in an order worth one's time, kept through crashes, held apart by days."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("pycocotools", reason="the train extra is not installed: pip install .[train]")

from edge.wildlife.detections import Detections
from edge.wildlife.kept_frame import KeptBox, KeptFrame, keep_frame, kept_frames
from models.labelling.book import LabelBook
from models.labelling.boxes import Box, doubt, proposed
from models.labelling.coco import write_coco
from models.labelling.order import Waiting, groups_of, ordered, parted
from models.labelling.proposing import kept_in, take_all
from models.labelling.retraining import learning_file
from models.pictures import DataError, open_album

CLASSES = ("monkey", "person", "bear", "boar", "other_animal")
NOON_MS = 1_764_039_600_000  # 2025-11-25 12:00 in Japan
DAY_MS = 86_400_000
THRESHOLDS = {"monkey": 0.5, "person": 0.25}
MONKEY = Box("monkey", 10, 12, 30, 20)


def kept(folder: Path, name: str, at_ms: int = NOON_MS, visit: str = "", boxes=()) -> Path:
    picture = np.full((72, 128, 3), 40 + hash(name) % 100, np.uint8)
    frame = KeptFrame(
        device="cam-1", at_ms=at_ms, width_px=1, height_px=1, why="unsure", model="m", model_sha256="s",
        detections=list(boxes), visit=visit,
    )  # fmt: skip
    return keep_frame(folder, name, frame, cv2.imencode(".jpg", picture)[1].tobytes())


class Eye:
    """Sees one monkey, as surely as it is told."""

    def __init__(self, score: float) -> None:
        self.score = score

    def detect(self, image, floor=None):
        return Detections(
            np.array([[10, 12, 40, 32]], np.float32),
            np.array([self.score], np.float32),
            np.zeros(1, int),
            CLASSES,
        )


class FakeCard:
    thresholds = THRESHOLDS


@pytest.fixture(scope="module")
def twelve_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("field")
    for day in range(12):
        for n in range(6):
            kept(folder / "cam-1.kept", f"{day}-{n}", NOON_MS + day * DAY_MS + n * 60_000, f"v{day}")
    made = LabelBook(folder / "book", CLASSES)
    take_all(made, kept_in([folder]), Eye(0.6), FakeCard())
    made.close()
    return folder


@pytest.fixture
def book(twelve_days: Path, tmp_path: Path) -> Iterator[LabelBook]:
    shutil.copytree(twelve_days, tmp_path, dirs_exist_ok=True)
    made = LabelBook(tmp_path / "book")
    yield made
    made.close()


def finish(book: LabelBook, *, boxes=lambda frame: [MONKEY] if int(frame.name[-1]) % 2 else []) -> None:
    for frame in book.frames():
        book.save(frame.name, "done", boxes(frame), f"request-{frame.name}", 1)


def test_a_frame_that_was_cut_off_is_not_there(tmp_path: Path):
    kept(tmp_path, "whole")
    (tmp_path / "no-json.jpg").write_bytes(b"x")
    (tmp_path / "no-jpg.json").write_bytes((tmp_path / "whole.json").read_bytes())
    (tmp_path / "half.jpg").write_bytes(b"x")
    (tmp_path / "half.json").write_bytes((tmp_path / "whole.json").read_bytes()[:50])
    assert [path.stem for path, _ in kept_frames(tmp_path)] == ["whole"]


def test_taking_the_same_folder_again_adds_only_what_is_new(book: LabelBook, tmp_path: Path):
    book.save("0-0", "done", [MONKEY], "by-a-person", 1)
    kept(tmp_path / "cam-1.kept", "new")
    assert take_all(book, kept_in([tmp_path]), Eye(0.6), FakeCard()) == 1
    assert book.frame("0-0").boxes == [MONKEY]


def test_a_folder_without_frames_is_named(tmp_path: Path):
    with pytest.raises(DataError, match=r"no kept frames; copy"):
        kept_in([tmp_path])


def test_what_is_near_its_threshold_or_seen_by_one_alone_is_looked_at_first():
    def seen(score):
        return proposed(Eye(score).detect(None))

    there = [KeptBox("monkey", 0.9, 10, 12, 40, 32)]
    assert doubt(seen(0.52), [], THRESHOLDS) == 1.0
    assert doubt(seen(0.9), [], THRESHOLDS) == 1.0
    assert doubt(seen(0.95), there, THRESHOLDS) == pytest.approx(0.1)
    assert doubt(seen(0.49), [], THRESHOLDS) > doubt(seen(0.2), [], THRESHOLDS) > 0
    assert doubt([], [], THRESHOLDS) == 0.0


def test_every_scene_is_begun_before_the_second_take_of_any():
    takes = [Waiting(f"a{n}", "a", 0.9 - n / 100) for n in range(9)] + [Waiting("b0", "b", 0.2)]
    assert ordered(takes)[:3] == ["a0", "b0", "a1"]


def test_a_visit_over_midnight_stays_in_one_group():
    midnight_ms = NOON_MS + DAY_MS // 2
    groups = groups_of(
        [("x", "c", "v", midnight_ms - 1), ("y", "c", "v", midnight_ms + 1), ("z", "c", "", midnight_ms + 1)]
    )
    assert groups["x"] == groups["y"] == "c 2025-11-25"
    assert groups["z"] == "c 2025-11-26"


def test_a_day_never_changes_sides():
    first = parted({f"day {n}": n % 2 == 0 for n in range(8)}, {})
    later = parted({f"day {n}": n % 2 == 0 for n in range(60)}, first)
    assert first.items() <= later.items()
    for monkeys in (True, False):
        apart = [later[f"day {n}"] == "apart" for n in range(60) if (n % 2 == 0) == monkeys]
        assert 0.2 <= sum(apart) / len(apart) <= 0.4


def test_two_days_are_enough_to_hold_one_apart():
    assert sorted(parted({"a": True, "b": True}, {}).values()) == ["apart", "learn"]
    assert parted({"a": True}, {}) == {"a": "learn"}


def test_nothing_that_was_answered_is_lost_when_the_process_is_killed(book: LabelBook):
    code = (
        "import sys, itertools\nfrom pathlib import Path\nfrom models.labelling.book import LabelBook\n"
        "from models.labelling.boxes import Box\nbook = LabelBook(Path(sys.argv[1]))\n"
        "for n in itertools.count():\n"
        "    book.save('0-0', 'open', [Box('monkey', n, 1, 5, 5)], f'request-{n}', n)\n    print(n, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(book.folder)], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": "."},
    )  # fmt: skip
    answered = [int(process.stdout.readline()) for _ in range(20)]
    process.send_signal(signal.SIGKILL)
    answered += [int(line) for line in process.stdout.read().split()]
    process.wait()
    process.stdout.close()
    assert book.frame("0-0").boxes[0].x >= answered[-1]


def test_the_same_request_sent_twice_is_one_change(book: LabelBook):
    first = book.save("0-0", "done", [MONKEY], "request-1", 1)
    newer = book.save("0-0", "done", [], "request-2", 2)
    assert book.save("0-0", "done", [MONKEY], "request-1", 3) == first
    assert (book.frame("0-0").revision, book.frame("0-0").boxes) == (newer, [])


def test_only_finished_frames_become_coco_and_a_trainer_reads_it(book: LabelBook):
    book.save("0-0", "done", [MONKEY, Box("person", 1, 2, 3, 4)], "request-1", 1)
    book.save("0-1", "done", [], "request-2", 1)
    book.save("0-2", "unusable", [MONKEY], "request-3", 1)
    path = book.folder / "labels.json"
    assert write_coco(book, path, CLASSES) == 2
    album = open_album([path])
    by_name = {picture.path.stem: picture for picture in album.pictures}
    assert sorted(by_name) == ["0-0", "0-1"]
    assert by_name["0-0"].boxes.tolist() == [[0, 10, 12, 30, 20], [1, 1, 2, 3, 4]]
    assert by_name["0-0"].group == "cam-1 2025-11-25"
    assert by_name["0-0"].read().shape == (72, 128, 3)


def test_an_animal_that_the_detector_has_no_class_for_counts_as_another_animal(book: LabelBook):
    book.save("0-0", "done", [Box("boar", 1, 2, 3, 4)], "request-1", 1)
    path = book.folder / "labels.json"
    write_coco(book, path, ("monkey", "person", "other_animal"))
    tree = json.loads(path.read_text())
    assert tree["annotations"][0]["category_id"] == 3
    with pytest.raises(DataError, match="boar"):
        write_coco(book, path, ("monkey", "person"))


def test_whole_days_are_held_apart_from_what_is_learnt(book: LabelBook):
    finish(book)
    path, _ = learning_file(book, CLASSES)
    learnt, apart = open_album([path]), open_album([book.folder / "apart.json"])
    days = [{picture.group for picture in album.pictures} for album in (learnt, apart)]
    assert not days[0] & days[1]
    assert len(learnt.pictures) + len(apart.pictures) == 72


def test_too_few_labels_are_said_before_a_night_is_spent_on_training(book: LabelBook):
    book.save("0-0", "done", [MONKEY], "request-1", 1)
    with pytest.raises(DataError, match="label frames of more days"):
        learning_file(book, CLASSES)
