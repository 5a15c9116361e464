"""A handful of drawn pictures with known bodies, written in every form of label file that is read."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

Box = tuple[int, int, int, int]

WIDE, HIGH = 200, 160
CLASSES = ("Japanese macaque", "person", "car")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture: (class number, x1, y1, x2, y2) of each body."""

    name: str
    bodies: tuple[tuple[int, Box], ...]


PICTURES = (
    Drawn("one", ((0, (20, 30, 80, 110)),)),
    Drawn("two", ((0, (10, 10, 50, 60)), (0, (120, 40, 180, 150)), (1, (60, 20, 90, 140)))),
    Drawn("car", ((2, (30, 30, 160, 120)),)),
    Drawn("none", ()),
)


def draw(folder: Path, names: tuple[Drawn, ...] = PICTURES) -> None:
    """Red monkeys, blue people, on grey."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in names:
        image = np.full((HIGH, WIDE, 3), 120, np.uint8)
        for kind, (x1, y1, x2, y2) in one.bodies:
            colour = ((0, 0, 250), (250, 0, 0), (0, 250, 0))[kind]
            if kind:
                image[y1:y2, x1:x2] = colour
            else:  # round, as what is cut out of a picture should be
                middle, half = ((x1 + x2 - 1) // 2, (y1 + y2 - 1) // 2), ((x2 - x1) // 2, (y2 - y1) // 2)
                cv2.ellipse(image, middle, half, 0, 0, 360, colour, -1)
        cv2.imwrite(str(folder / f"{one.name}.png"), image)


def coco(root: Path) -> Path:
    draw(root / "images")
    images = [{"id": n, "file_name": f"{one.name}.png"} for n, one in enumerate(PICTURES)]
    annotations = [
        {"id": 10 * n + m, "image_id": n, "category_id": kind + 1, "bbox": [x1, y1, x2 - x1, y2 - y1]}
        for n, one in enumerate(PICTURES)
        for m, (kind, (x1, y1, x2, y2)) in enumerate(one.bodies)
    ]
    categories = [{"id": n + 1, "name": name} for n, name in enumerate(CLASSES)]
    tree = {"images": images, "annotations": annotations, "categories": categories}
    (root / "labels.json").write_text(json.dumps(tree))
    return root


def voc(root: Path) -> Path:
    draw(root / "JPEGImages")
    (root / "Annotations").mkdir()
    for one in PICTURES:
        objects = "".join(
            f"<object><name>{CLASSES[kind]}</name><difficult>0</difficult><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin>"
            f"<xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
            for kind, (x1, y1, x2, y2) in one.bodies
        )
        size = f"<size><width>{WIDE}</width><height>{HIGH}</height></size>"
        text = f"<annotation><filename>{one.name}.png</filename>{size}{objects}</annotation>"
        (root / "Annotations" / f"{one.name}.xml").write_text(text)
    return root


def yolo(root: Path, names: str = "names: ['Japanese macaque', person, car]\n") -> Path:
    """As the trainers write it: no text file for a picture in which nothing is."""
    draw(root / "images" / "val")
    (root / "labels" / "val").mkdir(parents=True)
    (root / "data.yaml").write_text(f"path: .\nval: images/val\nnc: 3\n{names}")
    for one in PICTURES:
        lines = [
            f"{kind} {(x1 + x2) / 2 / WIDE} {(y1 + y2) / 2 / HIGH} {(x2 - x1) / WIDE} {(y2 - y1) / HIGH}"
            for kind, (x1, y1, x2, y2) in one.bodies
        ]
        if lines:
            (root / "labels" / "val" / f"{one.name}.txt").write_text("\n".join(lines))
    return root


def table(root: Path) -> Path:
    draw(root)
    with (root / "labels.csv").open("w", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(["filepath", "label"])
        rows.writerows(
            [
                ("one.png", "macaque"),
                ("two.png", "macaque"),
                ("two.png", "person"),
                ("car.png", ""),
                ("none.png", "blank"),
            ]
        )
    return root


def film(path: Path, frames: int = 30, fps: float = 5.0, monkey: bool = True) -> Path:  # noqa: FBT001, FBT002 - a flag of a test
    """A red body that walks over grey, or the grey alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (320, 240))
    for n in range(frames):
        image = np.full((240, 320, 3), 120, np.uint8)
        if monkey:
            image[90:170, 20 + 5 * n : 80 + 5 * n] = (0, 0, 250)
        writer.write(image)
    writer.release()
    return path
