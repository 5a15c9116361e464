"""MegaDetector-lite as a second detector: exported as published, with a card that says what it is not."""

from pathlib import Path

import msgspec

from edge.wildlife.card import Card
from edge.wildlife.detector import Detector
from models.export import write_card, write_onnx
from models.measure import folder_album, latency_ms, machine, wilson
from models.shipping import NOTHING, provenance
from models.yolox.bases import load_base
from models.yolox.network import TINY, Yolox

NAME = "animal_tiny"
_CLASSES = ("other_animal",)
_LEAST = 0.3


def ship_animals(checkpoint: Path, out: Path, size: int, shown: list[Path]) -> Card:
    """Write ``out/animal_tiny.onnx`` with its card; ``shown`` are folders whose every picture shows an animal."""
    network = Yolox(1, TINY)
    load_base(network, checkpoint, _CLASSES)
    difference = write_onnx(network.eval(), size, out / f"{NAME}.onnx")
    told = provenance()["animals"]
    card = Card(
        name=NAME, file=f"{NAME}.onnx", sha256="", licence=told["licence"],
        input_height_px=size, input_width_px=size, class_names=_CLASSES,
        thresholds=dict.fromkeys(_CLASSES, _LEAST), nms_iou=0.45, figures=NOTHING, data=(),
        training={"network": "YOLOX-tiny, 5.0 M parameters, as published", "onnxruntime_differs_by": round(difference, 5)},
        threshold_choice=told["threshold_choice"], doubts=tuple(told["doubts"]), pad_value=0,
    )  # fmt: skip
    path = write_card(card, out)
    detector = Detector(path)
    found = {}
    for folder in shown:
        pictures = folder_album(folder, folder.name, _CLASSES).pictures
        hits = sum(len(detector.detect(p.read())) > 0 for p in pictures)
        found[f"{folder.name}, some animal"] = wilson(hits, len(pictures))
    figures = msgspec.structs.replace(
        NOTHING, recall=found, latency_ms=latency_ms(detector), latency_machine=machine()
    )
    card = msgspec.structs.replace(detector.card, figures=figures)
    write_card(card, out)
    return card
