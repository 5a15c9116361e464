"""A report's pictures: the worst misses and false alarms with their boxes, people blurred, as text within the page."""

from base64 import b64encode

import cv2
import numpy as np

from edge.wildlife.evidence import jpeg
from models.wildlife.measuring import Looked
from models.wildlife.subjects import MONKEY, PERSON, Image

SIDE_PX = 360
LABEL_COLOUR, FOUND_COLOUR = (60, 160, 60), (40, 40, 210)  # BGR: what a label says, what the eye says
VEIL_LEAST = 0.15
"""A person is blurred from this score on, as on the device: rather a blurred bush than a face in a report."""


def plate(one: Looked, least: float) -> str | None:
    """A data URL of the picture with labelled monkeys (green) and what the eye took for one (red, from half of ``least``).

    None for a picture that cannot be read any more, or cannot be made small enough.
    """
    image = cv2.imread(str(one.shown.path), cv2.IMREAD_COLOR)
    if image is None:
        return None
    data = jpeg(_drawn(np.asarray(image, np.uint8), one, least), _people(one), SIDE_PX)
    return None if data is None else f"data:image/jpeg;base64,{b64encode(data).decode()}"


def _people(one: Looked) -> list[tuple[float, float, float, float]]:
    labelled = [body.box for body in one.shown.of(PERSON)]
    return labelled + [box for _, score, box in one.found.of(PERSON) if score >= VEIL_LEAST]


def _drawn(image: Image, one: Looked, least: float) -> Image:
    """Lines as thick as they must be to survive the scaling."""
    thick = max(2, round(max(image.shape[:2]) / SIDE_PX * 2))
    drawn = image.copy()
    for body in one.shown.of(MONKEY):
        _box(drawn, body.box, LABEL_COLOUR, thick)
    for _, score, box in one.found.of(MONKEY):
        if score >= least / 2:
            _box(drawn, box, FOUND_COLOUR, thick)
    return drawn


def _box(
    image: Image, box: tuple[float, float, float, float], colour: tuple[int, int, int], thick: int
) -> None:
    x1, y1, x2, y2 = (round(v) for v in box)
    cv2.rectangle(image, (x1, y1), (x2, y2), colour, thick)
