"""Recordings are told apart by what is in them; what is not recognised is named."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from edge.sensors.readings import PointCloud
from models.falls.labels import digest
from models.falls.measuring import measure
from models.falls.opening import open_folder
from models.falls.recording import DataError, Kind
from simulators.home.firmware_bytes import encode

HEADERLESS = "x-01,{n},-1,3.1,2.9,0.5,126.0,1.0,{top},{mid},0.05"


def window(heights_m: list[float]) -> str:
    frames = [
        {"t_ms": 1000 + 264 * n, "x": [0.0, 0.1], "y": [2.0, 2.0], "z": [z, z], "snr": [20.0, 20.0]}
        for n, z in enumerate(heights_m)
    ]
    return json.dumps({"frames": frames})


def uart(frames: int = 40, points: int = 3) -> bytes:
    row = np.array([[0.1, 2.0, -0.2, 0.5, 15.0]], np.float32)
    return b"".join(
        encode(PointCloud(0.0, n + 1, np.repeat(row, points, axis=0), presence=True)) for n in range(frames)
    )


def test_a_file_is_known_by_its_content_whatever_it_is_called(tmp_path: Path):
    (tmp_path / "a.txt").write_text(window([0.0] * 5) + "\n" + window([-0.1] * 5) + "\n")
    (tmp_path / "b").write_bytes(uart())
    (tmp_path / "c.dat").write_text(
        "\n".join(HEADERLESS.format(n=n, top=1600, mid=900) for n in range(1, 40))
    )
    np.savez(
        tmp_path / "d.npz",
        points=np.ones((6, 5), np.float32),
        frame=np.arange(6),
        radar=np.array([0, 0, 1] * 2),
    )
    kinds = [recording.kind for recording in open_folder(tmp_path).recordings if not recording.variant]
    assert kinds == [
        Kind.IWRL6432, Kind.IWRL6432, Kind.IWR6843, Kind.DEPTH_FEATURES, Kind.IWR1843_FRONT, Kind.IWR1843_SIDE,
    ]  # fmt: skip


def test_a_folder_is_walked_and_what_is_not_recognised_is_named(tmp_path: Path):
    inner = tmp_path / "one" / "two"
    inner.mkdir(parents=True)
    (inner / "w.jsonl").write_text(window([0.0] * 5))
    (inner / "notes.txt").write_text("nothing to see")
    for n in range(5):
        (tmp_path / f"{n}.jpg").write_bytes(b"\xff\xd8\xff")
    found = open_folder(tmp_path)
    assert [recording.name for recording in found.recordings] == ["one/two/w.jsonl#1"]
    assert found.unknown_in_words() == ["./*.jpg (5 files)", "one/two/notes.txt"]


def test_a_file_of_a_known_format_that_cannot_be_read_says_why(tmp_path: Path):
    (tmp_path / "w.jsonl").write_text(window([0.0] * 5) + "\nnot json\n")
    (tmp_path / "u.bin").write_bytes(uart(points=0))
    refused = " ".join(open_folder(tmp_path).refused)
    assert "w.jsonl:2: not JSON" in refused
    assert "u.bin" in refused
    assert "nothing to evaluate" in refused


def test_the_original_file_of_windows_is_read_as_it_is(tmp_path: Path):
    frame = {"Frame Count: ": 1, "Time Stamp (ms)": 5000, "Num Points: ": 1, "x_pos": [0.1], "y_pos": [2.0], "z_pos": [-1.0],
             "snr": [12.5], "noise": [3.0], "people_count": 1}  # fmt: skip
    whole = {"sequences": [{"frames": [frame, {**frame, "Time Stamp (ms)": 5264}]}]}
    (tmp_path / "data.json").write_text(json.dumps(whole))
    (recording,) = open_folder(tmp_path).recordings
    clouds = list(recording.readings())
    assert [cloud.at_s for cloud in clouds] == [0.0, 0.264]
    assert clouds[0].points.tolist() == [pytest.approx([0.1, 2.0, -1.0, 0.0, 12.5])]


def test_the_original_pickle_is_read_and_nothing_in_it_is_run(tmp_path: Path):
    points = np.full((2, 5), 1.0, np.float16)
    frames = [{"IWR1843_Ori": points, "IWR1843_Side": None, "IWR1843_Top": points}] * 3
    (tmp_path / "good.pkl").write_bytes(pickle.dumps(frames))
    (tmp_path / "bad.pkl").write_bytes(pickle.dumps([{"IWR1843_Ori": Path("/tmp")}]))
    found = open_folder(tmp_path)
    assert [recording.kind for recording in found.recordings] == [Kind.IWR1843_FRONT, Kind.IWR1843_TOP]
    assert "is no array" in found.refused[0]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("fall.jsonl", (1, True)),
        ("no_fall.jsonl", (0, True)),
        ("nofalls_b.jsonl", (0, True)),
        ("monday.jsonl", (0, False)),
    ],
)
def test_a_name_labels_windows_only_if_it_says_fall_or_no_fall(
    tmp_path: Path, name: str, known: tuple[int, bool]
):
    (tmp_path / name).write_text(window([0.0] * 5))
    (recording,) = open_folder(tmp_path).recordings
    assert (len(recording.truth.falls), recording.truth.complete) == known


def test_notes_beside_a_recording_label_it_by_name_or_by_digest(tmp_path: Path):
    for name in ("a.bin", "b.bin"):
        (tmp_path / name).write_bytes(uart(40 if name == "a.bin" else 50))
    notes = {
        "recordings": [
            {
                "file": "a.bin",
                "falls": [{"at_s": 1.5, "kind": "faint"}],
                "mount": {"height_m": 2.0, "tilt_deg": 12.0},
            },
            {"sha256": digest(tmp_path / "b.bin"), "complete": True},
        ]
    }
    (tmp_path / "notes.json").write_text(json.dumps(notes))
    found = open_folder(tmp_path)
    a, b = found.recordings
    assert [fall.kind for fall in a.truth.falls] == ["faint"]
    assert b.truth.complete
    assert found.mounts["a.bin"].height_m == 2.0


def test_notes_that_name_no_recording_are_refused_with_their_file(tmp_path: Path):
    (tmp_path / "a.bin").write_bytes(uart())
    (tmp_path / "notes.json").write_text('{"recordings": [{"falls": []}]}')
    with pytest.raises(DataError, match=r"notes\.json: recordings\.0: name the recording"):
        open_folder(tmp_path)


def test_a_sequence_of_features_is_also_measured_with_the_floor_wrong_both_ways(tmp_path: Path):
    lines = [f"fall-01,{n},{label},3,3,0.5,100,1,{1000 * top},{1000 * mid},0.1" for n, label, top, mid in
             [(1, -1, 1.7, 0.9), (2, 0, 1.2, 0.7), (32, 1, 0.5, 0.3)]]  # fmt: skip
    (tmp_path / "features.csv").write_text("\n".join(lines))
    recordings = open_folder(tmp_path).recordings
    assert [recording.variant for recording in recordings] == ["", "floor +5 cm", "floor -5 cm"]
    assert recordings[0].truth.falls[0].at_s == pytest.approx(31 / 30 - 1.0)
    lowest = [min(scene.bodies[0].height_m for scene in recording.readings()) for recording in recordings]
    assert lowest[1] - lowest[0] == pytest.approx(0.05)


def test_a_folder_of_depth_pictures_is_one_recording_and_a_few_stills_are_none(tmp_path: Path):
    cv2 = pytest.importorskip("cv2", reason="opencv is not installed: pip install .[edge]")
    for folder, count in (("film", 20), ("stills", 3)):
        (tmp_path / folder).mkdir()
        for n in range(count):
            cv2.imwrite(str(tmp_path / folder / f"{n:04}.png"), np.full((60, 80), 2000, np.uint16))
    found = open_folder(tmp_path)
    assert [(recording.kind, recording.name) for recording in found.recordings] == [(Kind.DEPTH, "film")]
    assert len(list(found.recordings[0].readings())) == 20
    assert "stills" in found.refused[0]


def test_every_development_recording_is_recognised(shared_data: Path):
    found = open_folder(shared_data / "radar")
    files = {recording.file.split("/")[0] for recording in found.recordings}
    assert files == {
        "iwr1843_three_radars",
        "iwr6843_uart",
        "iwrl6432_windows",
        "other_uart",
        "urfd_depth_features",
    }
    labelled = {recording.file for recording in found.recordings if recording.truth.source == "labels"}
    assert len(labelled) == 9


def test_where_nothing_is_labelled_each_question_is_answered_so_that_the_next_fall_shows(
    shared_data: Path, tmp_path: Path
):
    bare = tmp_path / "x.bin"
    bare.write_bytes(
        (shared_data / "radar/iwr6843_uart/oob_falls.bin").read_bytes() + bytes(1)
    )  # another digest
    (result,) = measure(open_folder(bare)).results
    assert result.truth.source == "unlabelled"
    assert len(result.alarms) >= 4
    assert {alarm.ended for alarm in result.alarms} <= {"button", "stood_up"}
