"""Labelled pictures on disk: COCO JSON files, and the folder each one's pictures lie in."""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.split import Member


class DataError(ValueError):
    """A label file or a picture that cannot be used; says which and what to do."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One picture: ``boxes`` (N, 5) float32 class id, x, y, w, h in px of the file."""

    path: Path
    source: str
    group: str
    boxes: NDArray[np.float32]

    def read(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 BGR; raises DataError when the file is no picture."""
        image = cv2.imread(str(self.path))
        if image is None:
            raise DataError(f"{self.path}: not a readable picture; remove it from the label file")
        return np.asarray(image, np.uint8)

    def holds(self, class_id: int) -> bool:
        return bool((self.boxes[:, 0] == class_id).any())


@dataclass(frozen=True, slots=True)
class Album:
    """The pictures of one or more label files that share their class names."""

    class_names: tuple[str, ...]
    pictures: tuple[Labelled, ...]

    def members(self) -> list[Member]:
        monkey = self.class_names.index("monkey")
        return [Member(p.path.name, p.source, p.group, p.holds(monkey)) for p in self.pictures]

    def only(self, names: frozenset[str]) -> "Album":
        return Album(self.class_names, tuple(p for p in self.pictures if p.path.name in names))

    def without(self, names: frozenset[str]) -> "Album":
        return Album(self.class_names, tuple(p for p in self.pictures if p.path.name not in names))

    def sources(self) -> tuple[str, ...]:
        return tuple(sorted({p.source for p in self.pictures}))


def open_album(label_files: list[Path]) -> Album:
    """Read COCO JSON files whose pictures lie in ``images/`` beside each. Raises DataError (what, where, mend)."""
    albums = [_open(path) for path in label_files]
    names = {album.class_names for album in albums}
    if len(names) != 1:
        raise DataError(f"{', '.join(map(str, label_files))}: classes differ: {sorted(names)}; use one list")
    return Album(names.pop(), tuple(p for album in albums for p in album.pictures))


def _open(path: Path) -> Album:
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
        classes = sorted(tree["categories"], key=lambda c: c["id"])
        order = {c["id"]: n for n, c in enumerate(classes)}
        boxes: dict[int, list[list[float]]] = {image["id"]: [] for image in tree["images"]}
        for a in tree["annotations"]:
            boxes[a["image_id"]].append([order[a["category_id"]], *a["bbox"]])
        pictures = tuple(
            Labelled(
                path.parent / "images" / image["file_name"],
                image.get("source", path.stem),
                image.get("group", image["file_name"]),
                np.array(boxes[image["id"]], np.float32).reshape(-1, 5),
            )
            for image in tree["images"]
        )
    except FileNotFoundError as missing:
        raise DataError(f"{path}: no such label file; give a COCO JSON file") from missing
    except (KeyError, TypeError, json.JSONDecodeError) as wrong:
        raise DataError(f"{path}: not a COCO label file ({wrong!r}); export it again") from wrong
    return Album(tuple(c["name"] for c in classes), pictures)
