"""What a book gives to training, and whether what comes out of it may replace the model in use."""

from pathlib import Path
from typing import Any, Literal

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from edge.wildlife.card import Card, read_card
from edge.wildlife.detections import FindsAnimals
from models.labelling.book import LabelBook, Labels
from models.labelling.coco import write_coco
from models.labelling.comparing import FRAMES_AT_LEAST, Comparison, Judged
from models.pictures import DataError

COMPARISON = "comparison.json"
LEARN_AT_LEAST = 20
"""Finished frames to learn from: of fewer, training learns their leaves by heart."""


class Compared(msgspec.Struct, frozen=True):
    """``comparison.json`` beside a candidate's card: whoever signs looks at it."""

    new_sha256: str
    old_sha256: str
    verdict: Literal["better", "as good", "worse", "too few"]
    refused: bool
    why: str
    pairs: list[dict[str, Any]]


def held_apart(book: LabelBook) -> list[Labels]:
    """The finished frames of the days that no model of this book learns from."""
    parts = book.parts()
    return [frame for frame in book.frames() if parts.get(frame.name) == "apart"]


def learning_file(book: LabelBook, class_names: tuple[str, ...]) -> tuple[Path, int]:
    """Write ``learn.json`` into the book's folder; with how many frames. Raises DataError while there is too little.

    Asked before training, so that no night is spent on a model that nothing could be said of.
    """
    path = book.folder / "learn.json"
    frames = write_coco(book, path, class_names, "learn")
    held = held_apart(book)
    write_coco(book, book.folder / "apart.json", class_names, "apart")
    monkeys = sum(shows(frame, "monkey") for frame in held)
    quiet = len(held) - monkeys
    if frames < LEARN_AT_LEAST or min(monkeys, quiet) < FRAMES_AT_LEAST:
        raise DataError(
            f"{book.folder}: {frames} finished frames to learn from, {LEARN_AT_LEAST} are needed; {monkeys} with and "
            f"{quiet} without monkeys on the days held apart, {FRAMES_AT_LEAST} of each are needed: label frames of "
            "more days"
        )
    return path, frames


def shows(frame: Labels, species: str) -> bool:
    """Whether somebody drew such a box."""
    return any(box.species == species for box in frame.boxes)


def judged(book: LabelBook, old: FindsAnimals, new: FindsAnimals) -> list[Judged]:
    """What both models, at their own thresholds, say of every frame held apart. Raises DataError."""
    held = held_apart(book)
    days = book.days(frame.name for frame in held)
    found = []
    for frame in held:
        image = _picture(book, frame)
        (old_monkey, old_person), (new_monkey, new_person) = (_seen(model, image) for model in (old, new))
        found.append(
            Judged(
                days[frame.name],
                monkey=shows(frame, "monkey"),
                person=shows(frame, "person"),
                old_monkey=old_monkey,
                new_monkey=new_monkey,
                old_person=old_person,
                new_person=new_person,
            )
        )
    return found


def _seen(model: FindsAnimals, image: NDArray[np.uint8]) -> tuple[bool, bool]:
    found = model.detect(image)
    return len(found.of("monkey")) > 0, len(found.of("person")) > 0


def _picture(book: LabelBook, frame: Labels) -> NDArray[np.uint8]:
    path = book.pictures / f"{frame.name}.jpg"
    image = cv2.imread(str(path))
    if image is None:
        raise DataError(f"{path}: cannot be read: copy it again from the device's folder")
    return np.asarray(image, np.uint8)


def write_comparison(found: Comparison, old: Card, new_card: Path) -> Path:
    """Keep the verdict beside the candidate's card. Raises OSError."""
    pairs = [pair._asdict() for pair in found.pairs]
    told = Compared(read_card(new_card).sha256, old.sha256, found.verdict, found.refused, found.why, pairs)
    path = new_card.parent / COMPARISON
    path.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
    return path


def refusal(card: Path) -> str | None:
    """Why the model of ``card`` must not go to a field, from the comparison beside it; None where nothing speaks against.

    A comparison of another model counts for nothing. Raises DataError for an unreadable one.
    """
    path = card.parent / COMPARISON
    if not path.exists():
        return None
    try:
        told = msgspec.json.decode(path.read_bytes(), type=Compared)
    except msgspec.MsgspecError as wrong:
        raise DataError(
            f"{path}: unreadable ({wrong}): compare again with `mimamori models train`"
        ) from wrong
    if told.new_sha256 != read_card(card).sha256 or not told.refused:
        return None
    return f"compared with the model in use on the field's own frames: {told.verdict}: {told.why}"
