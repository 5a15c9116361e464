"""Writes the namer as ONNX with its card: one file that takes a crop and gives a probability for each name."""

from collections import Counter
from pathlib import Path

import numpy as np
import torch

from edge.wildlife.card import Card, DataSource
from models.export import as_onnx, write_card
from models.namer.learning import Looked
from models.namer.names import NAMES
from models.namer.naming import Correction, Namer
from models.namer.network import SIDE_PX, EfficientNetLite0
from models.shipping import NOTHING, provenance

_SURE = 0.5  # more likely than all other names together


def ship(
    network: EfficientNetLite0, correction: Correction, looked: Looked, data: tuple[DataSource, ...],
    training: dict[str, str | int | float], out: Path, name: str,
) -> Path:  # fmt: skip
    """Write ``out/name.onnx`` and a card without figures; returns the card's path."""
    namer = Namer(network)
    namer.correction = correction
    sample = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (1, 3, SIDE_PX, SIDE_PX))).float()
    difference = as_onnx(namer.eval(), sample, out / f"{name}.onnx", ["crop"], ["names"])
    told = provenance()["namer"]
    seen = Counter(looked.names.tolist())
    card = Card(
        name=name, file=f"{name}.onnx", sha256="", licence=told["licence"],
        input_height_px=SIDE_PX, input_width_px=SIDE_PX, class_names=NAMES,
        thresholds=dict.fromkeys(NAMES, _SURE), nms_iou=1.0, figures=NOTHING, data=data,
        training={**training, "onnxruntime_differs_by": round(difference, 6)},
        threshold_choice=" ".join(told["threshold_choice"].split()), doubts=tuple(told["doubts"]),
        channel_order="RGB", pad_value=127, kind="namer", output="probabilities",
        boxes={label: seen.get(number, 0) for number, label in enumerate(NAMES)},
    )  # fmt: skip
    return write_card(card, out)
