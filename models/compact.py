"""The int8 twin of a shipped model: calibrated on what it learnt from, with a card of its own."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge.wildlife.card import Card, load_card, model_file
from edge.wildlife.detector import letterboxed
from edge.wildlife.verifier import cut
from models.augment import grey
from models.export import write_card
from models.pictures import Album
from models.quantize import DETECTOR_KINDS, NAMER_KINDS, quantized
from models.shipping import NOTHING

_CALIBRATION = 200  # pictures: more change no range that matters


def as_int8(card_path: Path, learnt: Album, out: Path) -> Path:
    """Write ``out/NAME_int8.onnx`` and its card, still without figures; returns the card's path."""
    card = load_card(card_path)
    name = f"{card.name}_int8"
    out.mkdir(parents=True, exist_ok=True)
    real = Album(learnt.class_names, tuple(p for p in learnt.pictures if p.source != "drawn"))
    kinds = DETECTOR_KINDS if card.kind == "detector" else NAMER_KINDS
    quantized(model_file(card_path, card), out / f"{name}.onnx", lambda: _blobs(card, real), kinds)
    twin = msgspec.structs.replace(
        card, name=name, file=f"{name}.onnx", precision="int8", figures=NOTHING, joint={},
        training={**card.training, "int8_calibrated_on": min(_CALIBRATION, len(real.pictures))},
    )  # fmt: skip
    return write_card(twin, out)


def _blobs(card: Card, album: Album) -> Iterable[NDArray[np.float32]]:
    """Inputs as the edge makes them, every fourth without colour."""
    step = max(1, len(album.pictures) // _CALIBRATION)
    for number, picture in enumerate(album.pictures[::step][:_CALIBRATION]):
        image = picture.read()
        image = grey(image) if number % 4 == 3 else image
        if card.kind == "detector":
            blob = np.empty((1, 3, card.input_height_px, card.input_width_px), np.float32)
            letterboxed(image, card, blob)
            yield blob
        else:
            box = picture.boxes[0, 1:] if len(picture.boxes) else np.array((0, 0, *image.shape[1::-1]))
            x, y, w, h = (float(v) for v in box)
            crop = cut(image, (x, y, x + w, y + h), card.input_width_px)[:, :, ::-1]
            yield np.ascontiguousarray(crop.transpose(2, 0, 1)[None], np.float32)
