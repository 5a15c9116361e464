"""Label files as other tools write them: COCO JSON, Pascal VOC XML, YOLO text, and tables of file and label."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import cv2

from models.wildlife.subjects import NOTHING, THING, LabelError, Shown, Subject, own_name

PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}
FILE_COLUMNS = ("filepath", "file", "filename", "file_name", "image", "path", "clip", "video")
LABEL_COLUMNS = ("label", "species", "class", "class_name", "category", "name")
_NAME_FILES = ("classes.txt", "obj.names", "_darknet.labels", "classes.names")
_LABEL_FOLDER_OF_PICTURES = (("images", "labels"), ("JPEGImages", "labels"))


@dataclass(slots=True)
class Opened:
    """What one label file gave, and what its words were taken for."""

    pictures: list[Shown] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)

    def name(self, word: str) -> str:
        """This project's name for ``word``, remembered for the report."""
        return self.words.setdefault(word, own_name(word))


def read_coco(path: Path) -> Opened | None:
    """The pictures of a COCO file; None for a JSON file that is none. Raises LabelError for a broken one."""
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as wrong:
        raise LabelError(f"{path}: not readable as JSON: {wrong}") from wrong
    if not isinstance(tree, dict) or not {"images", "annotations", "categories"} <= tree.keys():
        return None
    opened = Opened()
    try:
        words = {one["id"]: str(one["name"]) for one in tree["categories"]}
        bodies: dict[Any, list[Subject]] = {one["id"]: [] for one in tree["images"]}
        for one in tree["annotations"]:
            x, y, w, h = (float(v) for v in one["bbox"])
            name = opened.name(words[one["category_id"]])
            if name not in {THING, NOTHING} and one["image_id"] in bodies:
                vague = bool(one.get("iscrowd") or one.get("ignore"))
                bodies[one["image_id"]].append(Subject(name, (x, y, x + w, y + h), vague))
        folders = (path.parent, path.parent / "images", path.parent.parent / "images", path.parent.parent)
        for one in tree["images"]:
            file = str(one["file_name"])
            opened.pictures.append(
                Shown(
                    _first_there(file, folders),
                    str(one.get("source") or path.stem),
                    str(one.get("group") or file),
                    tuple(bodies[one["id"]]),
                )
            )
    except (KeyError, TypeError, ValueError) as wrong:
        raise LabelError(f"{path}: a COCO file with a broken entry ({wrong!r}): export it again") from wrong
    return opened


def read_voc(path: Path) -> Opened | None:
    """The one picture of a Pascal VOC file; None for XML that is something else. Raises LabelError for a broken one."""
    try:
        root = ET.parse(path).getroot()  # noqa: S314 - the user's own labels; expat expands no outer entity
    except (ET.ParseError, OSError) as wrong:
        raise LabelError(f"{path}: not readable as XML: {wrong}") from wrong
    if root.tag != "annotation" or root.find("size") is None:
        return None
    opened, subjects = Opened(), []
    for body in root.iter("object"):
        name = opened.name(body.findtext("name") or "")
        corners = [body.findtext(f"bndbox/{edge}") for edge in ("xmin", "ymin", "xmax", "ymax")]
        try:
            x1, y1, x2, y2 = (float(v or "") for v in corners)
        except ValueError as wrong:
            raise LabelError(f"{path}: an object without a whole bndbox: export it again") from wrong
        if name not in {THING, NOTHING}:
            vague = body.findtext("difficult") == "1"
            subjects.append(Subject(name, (x1, y1, x2, y2), vague))
    file = Path((root.findtext("filename") or path.stem).replace("\\", "/")).name
    picture = _picture_of(path, file)
    if picture is None:
        raise LabelError(f"{path}: its picture {file} is neither beside it nor in images/ or JPEGImages/")
    opened.pictures.append(Shown(picture, _set_name(path), picture.name, tuple(subjects)))
    return opened


def read_yolo(path: Path, words: list[str]) -> Opened | None:
    """The one picture of a YOLO text file; None for a text that is something else, or that no picture goes with.

    Boxes are fractions: class, centre x, centre y, width, height; a longer row is a polygon. ``words`` names the classes.
    """
    rows = _yolo_rows(path)
    if rows is None:
        return None
    picture = _picture_of(path, None)
    if picture is None:
        return None
    image = cv2.imread(str(picture), cv2.IMREAD_COLOR) if rows else None
    if rows and image is None:
        raise LabelError(f"{picture}: not a readable picture; take {path.name} out")
    high, wide = (1, 1) if image is None else image.shape[:2]
    opened, subjects = Opened(), []
    for row in rows:
        number = int(row[0])
        if number >= len(words):
            raise LabelError(
                f"{path}: class {number} has no name: put data.yaml (names:) or classes.txt beside the labels"
            )
        name = opened.name(words[number])
        x1, y1, x2, y2 = _corners(row[1:])
        if name not in {THING, NOTHING}:
            subjects.append(Subject(name, (x1 * wide, y1 * high, x2 * wide, y2 * high)))
    opened.pictures.append(Shown(picture, _set_name(path), picture.name, tuple(subjects)))
    return opened


def yolo_words(root: Path) -> list[str]:
    """Class names of a YOLO set: from data.yaml, or a file of one name a line; none where there is neither."""
    for file in sorted(root.rglob("*.yaml")) + sorted(root.rglob("*.yml")):
        words = _yaml_names(file.read_text(encoding="utf-8", errors="replace"))
        if words:
            return words
    for name in _NAME_FILES:
        for file in sorted(root.rglob(name)):
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            return [line.strip() for line in lines if line.strip()]
    return []


def read_table(path: Path) -> list[tuple[Path, str]] | None:
    """(file, label) of each row of a CSV table with such columns; None for a table that has none."""
    with path.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.DictReader(text)
        columns = {(name or "").strip().lower(): name for name in rows.fieldnames or []}
        file = next((columns[name] for name in FILE_COLUMNS if name in columns), None)
        label = next((columns[name] for name in LABEL_COLUMNS if name in columns), None)
        if file is None or label is None:
            return None
        return [(path.parent / row[file], row[label] or NOTHING) for row in rows if row[file]]


def _yolo_rows(path: Path) -> list[list[float]] | None:
    rows = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if not line.strip():
            continue
        try:
            row = [float(word) for word in line.split()]
        except ValueError:
            return None
        fractions = row[1:] if len(row) > 6 or len(row) == 5 else row[1:5]
        if (
            len(row) < 5
            or row[0] != int(row[0])
            or row[0] < 0
            or not all(-0.01 <= v <= 1.01 for v in fractions)
        ):
            return None
        rows.append(row)
    return rows


def _corners(values: list[float]) -> tuple[float, float, float, float]:
    if len(values) > 5:
        xs, ys = values[0::2], values[1::2]
        return min(xs), min(ys), max(xs), max(ys)
    x, y, w, h = values[:4]
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def _yaml_names(text: str) -> list[str]:
    """The ``names:`` of a YOLO data file, as a list in brackets, a list of dashes, or numbers with names."""
    plain = re.sub(r"(?:^|(?<=\s))#.*$", "", text, flags=re.MULTILINE)
    found = re.search(r"^names\s*:[ \t]*(.*)$((?:\n(?:[ \t]+.*|-.*|\s*))*)", plain, re.MULTILINE)
    if found is None:
        return []
    inline, block = found.group(1).strip(), found.group(2)
    if inline.startswith(("[", "{")):
        whole = (inline + block).split("]")[0].split("}")[0].lstrip("[{")
        words = [word.strip() for word in whole.replace("\n", " ").split(",") if word.strip()]
    else:
        words = [line.strip().removeprefix("-").strip() for line in block.splitlines() if line.strip()]
    numbered: dict[int, str] = {}
    for at, word in enumerate(words):
        match = re.match(r"^(\d+)\s*:\s*(.+)$", word)
        number, name = (int(match.group(1)), match.group(2)) if match else (at, word)
        numbered[number] = name.strip().strip("'\"")
    return [numbered.get(number, f"class {number}") for number in range(max(numbered, default=-1) + 1)]


def _picture_of(label: Path, file: str | None) -> Path | None:
    """The picture a label file goes with: by name where it gives one, else by its own stem; beside it or across."""
    folders = [
        label.parent,
        label.parent.parent / "JPEGImages",
        label.parent.parent / "images",
        label.parent / "images",
    ]
    parts = list(label.parent.parts)
    for pictures, labels in _LABEL_FOLDER_OF_PICTURES:
        if labels in parts:
            at = len(parts) - 1 - parts[::-1].index(labels)
            folders.append(Path(*parts[:at], pictures, *parts[at + 1 :]))
    if file is not None:
        found = next((folder / file for folder in folders if (folder / file).is_file()), None)
        if found is not None:
            return found
    return next((one for folder in folders for one in _with_stem(folder, label.stem)), None)


def _with_stem(folder: Path, stem: str) -> Iterator[Path]:
    for suffix in sorted(PICTURES):
        for shape in (suffix, suffix.upper()):
            if (folder / f"{stem}{shape}").is_file():
                yield folder / f"{stem}{shape}"


def _first_there(file: str, folders: tuple[Path, ...]) -> Path:
    """Where the picture lies; the likeliest place where it lies nowhere, which reading it then names."""
    plain = file.replace("\\", "/")
    tried = [folder / plain for folder in folders] + [folder / Path(plain).name for folder in folders]
    return next((path for path in tried if path.is_file()), tried[1])


def _set_name(label: Path) -> str:
    """The folder that names a set: the first above the label that is not one of the usual halves of a set."""
    usual = {"labels", "annotations", "images", "train", "val", "valid", "test", "xml"}
    return next(
        (folder.name for folder in label.parents if folder.name.lower() not in usual), label.parent.name
    )
