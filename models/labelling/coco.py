"""A book's finished frames as COCO JSON: what every trainer reads, with the pictures beside it."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from models.labelling.book import LabelBook, Labels
from models.labelling.order import Part
from models.pictures import DataError

SOURCE = "own"
"""Of each picture in the file: what a card names them by."""


OTHER = "other_animal"
"""What an animal counts as for a detector that has no class for it; its crop is named by the second network."""


def tree(frames: list[Labels], class_names: tuple[str, ...], days: Mapping[str, str]) -> dict[str, Any]:
    """COCO: ``images`` with ``group`` (device and day), ``annotations`` with ``label_origin``; ids from 1.

    Raises DataError for a box of no class.
    """
    number = {name: n for n, name in enumerate(class_names, start=1)}
    for species in {box.species for frame in frames for box in frame.boxes} - number.keys():
        if OTHER not in number:
            raise DataError(
                f"{species}: no class of this model, nor is {OTHER}: train with a list that has it"
            )
        number[species] = number[OTHER]
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for frame in frames:
        images.append({
            "id": len(images) + 1, "file_name": f"{frame.name}.jpg", "width": frame.width_px,
            "height": frame.height_px, "source": SOURCE, "origin": frame.device, "group": days[frame.name],
        })  # fmt: skip
        annotations += [
            {
                "id": len(annotations) + n, "image_id": len(images), "category_id": number[box.species],
                "bbox": [box.x, box.y, box.w, box.h], "area": round(box.w * box.h, 1), "iscrowd": 0,
                # Whoever said that a frame is done has looked at each of its boxes.
                "label_origin": "human",
            }
            for n, box in enumerate(frame.boxes, start=1)
        ]  # fmt: skip
    categories = [{"id": n, "name": name} for n, name in enumerate(class_names, start=1)]
    return {"images": images, "annotations": annotations, "categories": categories}


def write_coco(book: LabelBook, path: Path, class_names: tuple[str, ...], part: Part | None = None) -> int:
    """Write the finished frames (of one part) to ``path``, in the order ``class_names``; returns how many.

    The file must lie in the book's folder, because its pictures lie in ``images/`` beside it. Raises OSError.
    """
    parts = book.parts()
    frames = [f for f in book.frames() if f.name in parts and part in {None, parts[f.name]}]
    days = book.days(parts)
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(tree(frames, class_names, days), file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return len(frames)


def coco_bytes(book: LabelBook) -> bytes:
    """All finished frames, for a download."""
    parts = book.parts()
    frames = [f for f in book.frames() if f.name in parts]
    return msgspec.json.encode(tree(frames, book.class_names, book.days(parts)))
