"""Per-frame features of a depth camera (the layout of the UR Fall Detection set): CSV, with or without a header line.

Columns: sequence, frame, label (-1 not lying, 0 on the way, 1 lying), height/width, major/minor axis, box occupancy,
largest deviation, height/its maximum, height in mm, height of the centroid above the floor in mm, share of points
in the lowest 0.4 m.
30 frames/s. A sequence named ``fall...`` holds one fall, ``adl...`` none; where names say neither, labels must.

A row becomes what depth perception would make of its picture: one body at one place. Heights hang on the floor plane, so
each sequence is also measured with the floor wrong by 5 cm either way.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from edge.depth.body import Measured, Steadied
from edge.fall.place import Place
from edge.fall.scene import Scene
from models.falls.recording import DataError, Kind, Recording, TrueFall, Truth

FPS = 30.0
FLOOR_ERROR_M = 0.05
HELD_S = 1.0
"""Some sequences end as soon as the person has reached the floor: the last row is shown for so long again."""
_COLUMNS = 11
_ONSET_S = 1.0
"""The label 0 is always the 30 frames before lying: the fall is taken to begin there."""
_PLACE = Place(0.0, 3.0)
"""The set does not keep where a person was; a fall within one place is what it can show."""


@dataclass(frozen=True, slots=True)
class Row:
    """One frame's features; m."""

    sequence: str
    frame: int
    label: int
    top_m: float
    centroid_m: float


def is_depth_features(head: bytes) -> bool:
    """Whether the first full line has these columns, by name or by content."""
    lines = head.decode("utf-8", "replace").splitlines()
    if not lines:
        return False
    cells = next(csv.reader(lines[:1]))
    if cells[:3] == ["sequence", "frame", "label"] and "centroid_height_mm" in cells:
        return True
    return len(cells) == _COLUMNS and _row(cells) is not None


def read_depth_features(path: Path, name: str) -> list[Recording]:
    """Each sequence three times: as it is, and with the floor 5 cm too high and too low; raises DataError."""
    found = []
    for sequence, rows in groupby(_rows(path), key=lambda row: row.sequence):
        ordered = sorted(rows, key=lambda row: row.frame)
        errors_m = (0.0, FLOOR_ERROR_M, -FLOOR_ERROR_M)
        found += [_recording(name, sequence, ordered, error_m) for error_m in errors_m]
    return found


def _recording(name: str, sequence: str, rows: list[Row], error_m: float) -> Recording:
    scenes = _scenes(rows, error_m)
    return Recording(
        name=f"{name}#{sequence}",
        file=name,
        kind=Kind.DEPTH_FEATURES,
        duration_s=scenes[-1].at_s,
        readings=lambda: scenes,
        truth=_truth(sequence, rows),
        unit=f"{name}/{sequence}",
        variant=f"floor {100 * error_m:+.0f} cm" if error_m else "",
    )


def _truth(sequence: str, rows: list[Row]) -> Truth:
    if sequence.startswith("adl"):
        return Truth((), complete=True, source="sequence name")
    if not sequence.startswith("fall"):
        return Truth()
    lying = next(((row.frame - rows[0].frame) / FPS for row in rows if row.label == 1), 0.0)
    fall = TrueFall(max(0.0, lying - _ONSET_S), why="1 s before the first frame labelled lying")
    return Truth((fall,), complete=True, source="sequence name and frame labels")


def _scenes(rows: list[Row], error_m: float) -> list[Scene]:
    first, last = rows[0].frame, rows[-1]
    held = [replace(last, frame=last.frame + n) for n in range(1, round(HELD_S * FPS) + 1)]
    body = Steadied(track=1)
    scenes = []
    for row in (*rows, *held):
        at_s = (row.frame - first) / FPS
        seen = body.update(Measured(at_s, row.centroid_m + error_m, row.top_m + error_m, _PLACE))
        scenes.append(Scene(at_s, (seen,)))
    return scenes


def _rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        for number, cells in enumerate(csv.reader(file), start=1):
            if not cells or (number == 1 and cells[0] == "sequence"):
                continue
            row = _row(cells)
            if row is None:
                raise DataError(f"{path}:{number}: not {_COLUMNS} columns of features: take the line out")
            yield row


def _row(cells: list[str]) -> Row | None:
    try:
        label = int(cells[2])
        if len(cells) < _COLUMNS or label not in {-1, 0, 1}:
            return None
        return Row(cells[0], int(cells[1]), label, float(cells[8]) / 1000, float(cells[9]) / 1000)
    except (ValueError, IndexError):
        return None
