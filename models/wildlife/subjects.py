"""What a labelled picture or clip shows, in this project's own names. Pure but for reading a picture."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.wildlife.boxes import BoxPx

MONKEY, PERSON, OTHER, NOTHING, THING = "monkey", "person", "other_animal", "nothing", "thing"
NAMES = Path(__file__).with_name("names.toml")

Image = NDArray[np.uint8]
"""(H, W, 3) BGR."""


class LabelError(ValueError):
    """A label file or picture that cannot be used; says which and what to do."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One labelled body: ``box`` x1, y1, x2, y2 in px. ``vague``: a crowd or a difficult one, neither hit nor miss."""

    name: str
    box: BoxPx
    vague: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """One labelled picture.

    ``boxed``: every monkey in it has a box; else ``whole`` says what is somewhere in the picture, without a place.
    ``group``: pictures of one group are takes of one scene, and count as one when chance is reckoned.
    """

    path: Path
    source: str
    group: str
    subjects: tuple[Subject, ...] = ()
    whole: frozenset[str] = frozenset()
    boxed: bool = True

    @property
    def names(self) -> frozenset[str]:
        """All that is in it, once each."""
        return self.whole | {one.name for one in self.subjects}

    def of(self, name: str) -> list[Subject]:
        return [one for one in self.subjects if one.name == name]

    def read(self) -> Image:
        """Raises LabelError when the file is no picture."""
        return read_picture(self.path)


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip. ``names``: what is in it; None where nobody said."""

    path: Path
    source: str
    names: frozenset[str] | None


def read_picture(path: Path) -> Image:
    """Raises LabelError when the file is no picture."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise LabelError(f"{path}: not a readable picture; take it out of the labels")
    return np.asarray(image, np.uint8)


@cache
def _own_names() -> dict[str, str]:
    table: dict[str, list[str]] = tomllib.loads(NAMES.read_text(encoding="utf-8"))
    return {alias: name for name, aliases in table.items() for alias in aliases}


def known_name(word: str) -> str | None:
    """This project's name for a label's word; None for a word that nobody has thought of."""
    plain = " ".join(word.strip().lower().replace("_", " ").replace("-", " ").split())
    if plain == OTHER.replace("_", " "):
        return OTHER
    return _own_names().get(plain)


def own_name(word: str) -> str:
    """As ``known_name``; what nobody has thought of is some other animal."""
    return known_name(word) or OTHER
