"""Takes the frames that devices kept into a book, each with the boxes that the current model proposes."""

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from edge.wildlife.card import Card
from edge.wildlife.kept_frame import KeptFrame, kept_frames
from models.labelling.book import LabelBook
from models.labelling.boxes import FLOOR, doubt, proposed
from models.pictures import DataError
from models.precision import Detecting

KNOWN = ("monkey", "person", "bear", "boar", "deer", "raccoon", "dog", "cat", "other_animal")
"""In the order of the page's buttons: what matters in a field first."""


def kept_in(folders: Iterable[Path]) -> list[tuple[Path, KeptFrame]]:
    """Every whole frame of the folders and those below them. Raises DataError where there is none."""
    below = [
        inner for folder in folders for inner in (folder, *sorted(p for p in folder.rglob("*") if p.is_dir()))
    ]
    found = [frame for folder in below for frame in kept_frames(folder)]
    if not found:
        raise DataError(
            f"{', '.join(map(str, folders))}: no kept frames; copy the device's folder DEVICE.kept here whole"
        )
    return found


def classes_for(card: Card) -> tuple[str, ...]:
    """What people may name: the model's own classes, then those that only its second network tells apart."""
    names = [*card.class_names, *(name for name in KNOWN if name not in card.class_names)]
    return tuple(sorted(names, key=lambda name: KNOWN.index(name) if name in KNOWN else len(KNOWN)))


def take_all(
    book: LabelBook,
    frames: Iterable[tuple[Path, KeptFrame]],
    detector: Detecting,
    card: Card,
    tell: Callable[[], None] = lambda: None,
) -> int:
    """Propose and keep each frame that is new, calling ``tell`` after every one; returns how many were new.

    A picture that cannot be read is left out; what was taken before is not touched.
    """
    new = 0
    for jpeg, frame in frames:
        if not book.has(jpeg.stem):
            image = cv2.imread(str(jpeg))
            if image is not None:
                found = proposed(detector.detect(np.asarray(image, np.uint8), floor=FLOOR))
                high, wide = image.shape[:2]
                sized = _sized(frame, wide, high)
                new += book.take(jpeg, sized, found, doubt(found, frame.detections, card.thresholds))
        tell()
    return new


def _sized(frame: KeptFrame, wide: int, high: int) -> KeptFrame:
    """What the picture says of its size counts, not what stands beside it."""
    fields = {name: getattr(frame, name) for name in frame.__struct_fields__}
    return KeptFrame(**{**fields, "width_px": wide, "height_px": high})
