"""A detector and a verifier measured as one: the joint threshold, and the figures at it, in the verifier's card."""

from collections.abc import Sequence
from math import sqrt
from pathlib import Path

import msgspec

from edge.wildlife.card import Card, read_card
from edge.wildlife.detector import Detector
from edge.wildlife.verified import CheckedDetector
from edge.wildlife.verifier import Verifier
from models.augment import grey
from models.export import write_card
from models.measure import best_monkey, conditions, figures
from models.pictures import Album

_QUIET_SHARE = 0.995  # of the held-apart pictures without monkeys stay below the threshold; one in 200 may be mislabelled
_HEARD_SHARE = 0.95  # of those with monkeys must reach it


def paired(namer: Path, detector: Path, apart: Album, quiet: Sequence[Album]) -> Card:
    """Choose the joint threshold of the two on ``apart``, measure them, and write both into the namer's card."""
    card = read_card(namer)
    eyes = Detector(detector)
    open_pair = _with_threshold(card, eyes, namer, 0.0)
    chosen = joint_threshold(apart, open_pair)
    checked = _with_threshold(card, eyes, namer, chosen)
    found = msgspec.structs.replace(
        figures(apart, quiet, None, checked), conditions=conditions(apart, checked)
    )
    card = msgspec.structs.replace(
        read_card(namer), figures=found, training={**card.training, "measured_with": eyes.card.name}
    )
    write_card(card, namer.parent)
    return card


def joint_threshold(apart: Album, checked: CheckedDetector) -> float:
    """Midway (geometrically) between what pictures without monkeys stay below and what pictures with one reach.

    Those with one count twice, as they are and grey, for half of a camera's day has no colour. ``checked`` has a threshold
    of 0 still. Where the two overlap: what those without stay below, for a horn for nothing costs more than a look in vain.
    """
    monkey = apart.class_names.index("monkey")
    loud, heard = [], []
    for picture in apart.pictures:
        image = picture.read()
        best = best_monkey(checked.detect(image))
        if picture.holds(monkey):
            heard += [best, best_monkey(checked.detect(grey(image)))]
        else:
            loud.append(best)
    loud.sort()
    heard.sort(reverse=True)
    below = loud[max(0, round(_QUIET_SHARE * len(loud)) - 1)] if loud else 0.0
    reached = heard[max(0, round(_HEARD_SHARE * len(heard)) - 1)] if heard else 1.0
    return round(sqrt(below * reached) if reached > below else below + 0.005, 3)


def _with_threshold(card: Card, detector: Detector, namer: Path, least: float) -> CheckedDetector:
    joint = {**card.joint, detector.card.name: least}
    write_card(msgspec.structs.replace(card, joint=joint), namer.parent)
    return CheckedDetector(detector, Verifier(namer))
