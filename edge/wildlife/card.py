"""A model's card: the JSON file beside an ONNX file that says how to feed it, how far to trust it, and whence it came."""

import hashlib
from pathlib import Path
from typing import Literal

import msgspec


class ModelError(Exception):
    """Base of what can go wrong with a model and its card."""


class CardError(ModelError, ValueError):
    """The card cannot be read, or the model beside it is not the one it describes."""


class ModelMissingError(ModelError, FileNotFoundError):
    """The card or the ONNX file it names is not there."""


class DataSource(msgspec.Struct, frozen=True):
    """One set the model learnt from; ``licence`` says what its owner says, ``note`` what is doubtful."""

    name: str
    pictures: int
    boxes: int
    licence: str
    note: str = ""


class Interval(msgspec.Struct, frozen=True):
    """A share with its count and Wilson 95 % interval."""

    hits: int
    of: int
    low: float
    high: float


class Figures(msgspec.Struct, frozen=True):
    """What was measured with the edge's own code at the card's thresholds.

    ``ap50`` and ``recall`` are on the held-apart part, ``false_alarms`` = share of pictures without monkeys in which one
    was reported; keys name the sets. ``conditions`` is recall on the same pictures made grey, blurred, rained on or far.
    ``drawings`` are the simulator's own pictures and count for nothing else.
    """

    ap50: dict[str, float]
    recall: dict[str, Interval]
    false_alarms: dict[str, Interval]
    drawings: dict[str, Interval]
    latency_ms: float
    latency_machine: str
    conditions: dict[str, Interval] = {}


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See the module. Sizes are px; ``thresholds`` holds one score per class.

    ``kind``: a detector finds boxes, a namer says what a crop shows. ``boxes`` counts, per class, the boxes learnt from:
    a class of few or none is not to be relied on. ``joint`` holds, in a namer's card, the lowest joint score that is
    a monkey beside the detector of that name. ``output`` is for readers: the edge recognises the layout itself.
    """

    name: str
    file: str
    sha256: str
    licence: str
    input_height_px: int
    input_width_px: int
    class_names: tuple[str, ...]
    thresholds: dict[str, float]
    nms_iou: float
    figures: Figures
    data: tuple[DataSource, ...]
    training: dict[str, str | int | float]
    threshold_choice: str
    doubts: tuple[str, ...]
    channel_order: Literal["BGR", "RGB"] = "BGR"
    value_range: Literal["0-255", "0-1"] = "0-255"
    pad_value: int = 114
    letterbox: Literal["top-left", "centre"] = "top-left"
    output: str = "cx_cy_w_h_px objectness classes"
    kind: Literal["detector", "namer"] = "detector"
    precision: Literal["float32", "int8"] = "float32"
    boxes: dict[str, int] = {}
    joint: dict[str, float] = {}


def read_card(path: Path) -> Card:
    """The card at ``path`` alone. Raises ModelMissingError or CardError saying what, where and the mend."""
    try:
        card = msgspec.json.decode(path.read_bytes(), type=Card)
    except FileNotFoundError as missing:
        raise ModelMissingError(
            f"{path}: no such model card; give the .json file that lies beside the .onnx file"
        ) from missing
    except (msgspec.DecodeError, OSError) as wrong:
        raise CardError(
            f"{path}: not a model card: {wrong}; export the model again, which writes one"
        ) from wrong
    unset = [name for name in card.class_names if name not in card.thresholds]
    if unset:
        raise CardError(f"{path}: thresholds: no score for class {', '.join(unset)}; add one 0..1")
    return card


def load_card(path: Path) -> Card:
    """The card at ``path``, after checking that the ONNX file beside it is the one described.

    Raises ModelMissingError or CardError saying what, where and the mend.
    """
    card = read_card(path)
    onnx = model_file(path, card)
    try:
        found = hashlib.sha256(onnx.read_bytes()).hexdigest()
    except FileNotFoundError as missing:
        raise ModelMissingError(
            f"{onnx}: the model that {path.name} describes is missing; copy both files together"
        ) from missing
    if found != card.sha256:
        raise CardError(
            f"{onnx}: sha256 is {found[:12]}..., {path.name} says {card.sha256[:12]}...; "
            "the copy is damaged or the two files do not belong together: copy both again"
        )
    return card


def model_file(card_path: Path, card: Card) -> Path:
    """Where the card's ONNX file lies: beside the card, whatever path the name may try to take."""
    return card_path.parent / Path(card.file).name
