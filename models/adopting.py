"""A card for a YOLO that somebody else trained: how to feed it is asked, how to read it is recognised."""

import ast
import hashlib
from pathlib import Path
from typing import Literal

from edge.wildlife.card import Card, CardError
from edge.wildlife.detector import Detector
from edge.wildlife.providers import open_session
from models.export import write_card
from models.shipping import NOTHING

_SCORE = 0.4  # until thresholds are chosen on pictures
_PERSON = 0.25  # a person vetoes the repeller, so it is believed early


def adopted(
    onnx: Path,
    names: list[str],
    size: int,
    colours: Literal["RGB", "BGR"],
    values: Literal["0-1", "0-255"],
    licence: str,
) -> tuple[Path, str]:
    """Write the card of ``onnx`` beside it; returns its path and the layout's name.

    Raises CardError where no class names are known, LayoutError where the layout is none that can be read.
    """
    session = open_session(onnx)
    known = names or _told(session.get_modelmeta().custom_metadata_map.get("names", ""))
    if not known:
        raise CardError(f"{onnx}: it does not say its classes; give them in order with --names")
    high, wide = (side if isinstance(side, int) else size for side in session.get_inputs()[0].shape[2:])
    card = Card(
        name=onnx.stem, file=onnx.name, sha256=hashlib.sha256(onnx.read_bytes()).hexdigest(), licence=licence,
        input_height_px=high, input_width_px=wide, class_names=tuple(known),
        thresholds={name: _PERSON if name == "person" else _SCORE for name in known}, nms_iou=0.45,
        figures=NOTHING, data=(), training={}, threshold_choice="all the same, not chosen yet",
        doubts=("Trained elsewhere: nothing is known here of its data, and nothing was measured.",),
        channel_order=colours, value_range=values,
    )  # fmt: skip
    path = write_card(card, onnx.parent)
    try:
        layout = Detector(path).layout.name
    except Exception:
        path.unlink()
        raise
    return path, layout


def _told(text: str) -> list[str]:
    """Class names out of the metadata that ultralytics' exports carry: the text of a dict of numbers and names."""
    try:
        named = ast.literal_eval(text)
        return [str(named[number]) for number in range(len(named))]
    except (ValueError, SyntaxError, KeyError, TypeError):
        return []
