"""Writes drawn pictures with their labels as a COCO folder, so that training can read them like any other data."""

import json
from pathlib import Path

import cv2
import numpy as np
import typer
from rich.progress import track

from simulators.field.drawing import draw_sample

# What a drawn kind is called among the detector's classes; the detector has no class of its own for a boar.
_CLASS_OF = {
    "monkey": "monkey",
    "person": "person",
    "boar": "other_animal",
    "bear": "bear",
    "deer": "deer",
}
_CLASSES = ("monkey", "person", "deer", "raccoon", "cat", "dog", "bear", "other_animal")

app = typer.Typer(add_completion=False)


@app.command()
def export(out: Path, count: int = 600, first: int = 0, width: int = 640, height: int = 360) -> None:
    """Write COUNT drawings to OUT/images and OUT/drawn.json; drawing number N is the same in every run."""
    (out / "images").mkdir(parents=True, exist_ok=True)
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for number in track(range(first, first + count), "drawing"):
        picture, boxes = draw_sample(np.random.default_rng(number), (width, height))
        name = f"drawn_{number:05d}.jpg"
        cv2.imwrite(str(out / "images" / name), picture, [cv2.IMWRITE_JPEG_QUALITY, 88])
        images.append({
            "id": number, "file_name": name, "width": width, "height": height,
            "source": "drawn", "origin": f"draw_sample({number})", "group": name, "image_label": None,
        })  # fmt: skip
        for kind, x, y, w, h in boxes:
            annotations.append({
                "id": len(annotations), "image_id": number, "category_id": _CLASSES.index(_CLASS_OF[kind]),
                "bbox": [x, y, w, h], "area": w * h, "iscrowd": 0, "label_origin": "drawn",
            })  # fmt: skip
    categories = [{"id": n, "name": name} for n, name in enumerate(_CLASSES)]
    tree = {"images": images, "annotations": annotations, "categories": categories}
    (out / "drawn.json").write_text(json.dumps(tree), encoding="utf-8")


if __name__ == "__main__":
    app()
