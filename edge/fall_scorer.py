"""The small networks that score who came down, from the files that ship: ONNX, one thread, a few microseconds a call.

Is: what ``models`` trained on simulated homes, checked against its card. Is not: needed; without it the rules decide.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from edge.fall import descent, sitting
from edge.fall.descent import Scorer
from edge.fall.people_settings import Antenna
from edge.fall.settings import MountSettings
from edge.fall.sitting import Scorers

SHIPPED = Path(__file__).parent / "fall"
DESCENT, SITTING = "descent.json", "sitting.json"
FEATURES = {DESCENT: descent.FEATURES, SITTING: sitting.FEATURES}
"""Of each card, before HOW_SEEN."""
CEILING_DEG = 45.0
"""Tilted down further, a sensor hangs below the ceiling."""
TRAINED = frozenset({Antenna.IWR6843, Antenna.IWRL6432})
"""Antennas it was trained for."""
HOW_SEEN = ("ceiling", "coarse")
"""Appended to a card's FEATURES: 1 below a ceiling, 1 for an antenna that tells seven elevations; else 0."""


class ScorerError(ValueError):
    """The scorer's card or network cannot be used."""


class Card(msgspec.Struct, frozen=True):
    """``features`` in order, each scaled by ``middle`` and ``width`` and cut at ``most`` before it goes in."""

    file: str
    sha256: str
    features: tuple[str, ...]
    middle: tuple[float, ...]
    width: tuple[float, ...]
    most: float
    trained_on: str
    figures: dict[str, float]


def how_seen(mount: MountSettings, antenna: Antenna) -> tuple[float, float]:
    """HOW_SEEN of a home."""
    return float(mount.tilt_deg > CEILING_DEG), float(antenna is Antenna.IWRL6432)


def scorers_from(mount: MountSettings, antenna: Antenna, folder: Path = SHIPPED) -> Scorers | None:
    """The scorers for a sensor hung so, None for an antenna they know nothing of; raises ScorerError."""
    if antenna not in TRAINED:
        return None
    seen = how_seen(mount, antenna)
    return Scorers(scorer_of(folder / DESCENT, seen), scorer_of(folder / SITTING, seen))


def scorer_of(card_file: Path, seen: tuple[float, float]) -> Scorer:
    """One network, named as in FEATURES; ``seen`` as ``how_seen`` says; raises ScorerError."""
    card, network = _read(card_file)
    if card.features != (*FEATURES[card_file.name], *HOW_SEEN):
        raise ScorerError(f"{card_file}: made for other features than this version has; install both anew")
    return _scorer(card, network, seen)


def _read(card_file: Path) -> tuple[Card, bytes]:
    try:
        card = msgspec.json.decode(card_file.read_bytes(), type=Card)
        network = (card_file.parent / Path(card.file).name).read_bytes()
    except (OSError, msgspec.DecodeError) as error:
        raise ScorerError(f"{card_file}: {error}; install mimamori anew") from error
    if hashlib.sha256(network).hexdigest() != card.sha256:
        raise ScorerError(f"{card_file}: {card.file} is not the network of this card; install mimamori anew")
    return card, network


def _scorer(card: Card, network: bytes, seen: tuple[float, float]) -> Scorer:
    import onnxruntime as ort  # noqa: PLC0415 - a home without a radar starts without it

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    middle, width = np.array(card.middle, np.float32), np.array(card.width, np.float32)
    most = np.float32(card.most)

    def score(values: Sequence[float]) -> float:
        row = (np.array((*values, *seen), np.float32) - middle) / width
        row = np.minimum(np.maximum(row, -most), most)
        return float(session.run(None, {"numbers": row[None]})[0][0, 0])

    return score
