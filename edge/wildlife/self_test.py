"""Whether the networks can be trusted before they are: pictures whose answer is known, and one without anything.

A model that answers "nothing" for two weeks looks like a quiet field; only a picture with a known answer tells.

Golden pictures are one file that surely shows a monkey, or a folder with subfolders by what the pictures in them show:
``monkey``, ``person``, ``bear`` and the model's other classes; ``verified_monkey``, which the second network must also
call one; ``nothing``, in which no monkey may be found.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.wildlife.detections import FindsAnimals
from edge.wildlife.joint import CANDIDATE_FLOOR, joint
from edge.wildlife.naming import MONKEY, NAME_SURE, NOT_AN_ANIMAL, Namer

_BLANK = (360, 640, 3)
_GREY = 114
_VERIFIED = "verified_"
_SUFFIXES = {".jpg", ".jpeg", ".png"}


class SelfTestError(Exception):
    """A network gave a wrong answer to a picture whose answer is known."""


def self_test(detector: FindsAnimals, golden: Path | None, namer: Namer | None = None) -> None:
    """Raises SelfTestError, or whatever the networks raise, if they cannot be trusted; some tens of ms a picture."""
    ghosts = detector.detect(np.full(_BLANK, _GREY, np.uint8))
    if len(ghosts):
        raise SelfTestError(f"the model sees {len(ghosts)} animals in an empty picture: install it again")
    if not np.isfinite(ghosts.boxes).all() or MONKEY not in ghosts.class_names:
        raise SelfTestError("the model knows no monkeys: install the model made for this field")
    if namer is not None:
        _names_grey(namer)
    if golden is None:
        return
    shown = 0
    for what, path in _answers(golden):
        _one(detector, namer, what, path)
        shown += 1
    if not shown:
        raise SelfTestError(
            f"{golden}: no golden picture: put one below monkey/, or remove golden from [eye]"
        )


def golden_beside(card: Path) -> Path | None:
    """The golden pictures that come with a model: the folder ``golden`` beside its card."""
    folder = card.parent / "golden"
    return folder if folder.is_dir() else None


def _names_grey(namer: Namer) -> None:
    naming = namer.crops.name(np.full(_BLANK, _GREY, np.uint8), [(100.0, 100.0, 300.0, 300.0)])[0]
    if not np.isfinite((naming.score, naming.monkey)).all():
        raise SelfTestError("the verifier answers with numbers that are none: install it again")
    if naming.monkey > NAME_SURE:
        raise SelfTestError("the verifier calls an empty grey crop a monkey: install it again")


def _answers(golden: Path) -> Iterator[tuple[str, Path]]:
    """(what it shows, picture)."""
    if not golden.is_dir():
        yield MONKEY, golden
        return
    for folder in sorted(path for path in golden.iterdir() if path.is_dir()):
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in _SUFFIXES:
                yield folder.name, path


def _one(detector: FindsAnimals, namer: Namer | None, what: str, path: Path) -> None:
    image = _read(path)
    if what == NOT_AN_ANIMAL:
        if len(detector.detect(image).of(MONKEY)):
            raise SelfTestError(f"the model sees a monkey in {path.name}, which shows none: install it again")
        return
    wanted = what.removeprefix(_VERIFIED)
    floor = CANDIDATE_FLOOR if namer is not None and what.startswith(_VERIFIED) else None
    found = detector.detect(image, floor).of(wanted)
    if not len(found):
        raise SelfTestError(f"the model misses the {wanted} of {path.name}: install it again")
    if namer is None or not what.startswith(_VERIFIED):
        return
    names = namer.crops.name(image, [box for _, _, box in found])
    if max(joint(s, n.monkey) for s, n in zip(found.scores, names, strict=True)) < namer.threshold:
        raise SelfTestError(f"the verifier misses the monkey of {path.name}: install it again")


def _read(path: Path) -> NDArray[np.uint8]:
    image = cv2.imread(str(path))
    if image is None:
        raise SelfTestError(f"{path}: cannot be read: restore it, or remove golden from [eye]")
    return np.asarray(image, np.uint8)
