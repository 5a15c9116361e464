"""Fills a model's card: thresholds and figures measured, provenance read from ``provenance.toml``."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from edge.wildlife.card import Card, DataSource, Figures
from edge.wildlife.detector import Detector
from models.export import write_card, write_onnx
from models.measure import choose_thresholds, figures, folder_album
from models.pictures import Album, open_album
from models.split import held_apart
from models.train import trained

_PROVENANCE = Path(__file__).with_name("provenance.toml")
_NOTHING = Figures({}, {}, {}, {}, 0.0, "not measured")
_NMS_IOU = 0.45  # lower merges neighbours of a troop, higher doubles one animal


def export_run(checkpoint: Path, out: Path, name: str, size: int) -> Path:
    """Write ``out/name.onnx`` and a card without figures; returns the card's path."""
    network, class_names, far = trained(checkpoint)
    difference = write_onnx(network, size, out / f"{name}.onnx")
    told = _provenance()
    card = Card(
        name=name, file=f"{name}.onnx", sha256="", licence=told["licence"],
        input_height_px=size, input_width_px=size, class_names=class_names,
        thresholds=dict.fromkeys(class_names, 0.4), nms_iou=_NMS_IOU, figures=_NOTHING, data=(),
        training={**far, "onnxruntime_differs_by": round(difference, 5)},
        threshold_choice="all 0.4, not chosen yet", doubts=tuple(told["doubts"]),
    )  # fmt: skip
    return write_card(card, out)


def measured(card_path: Path, apart: Album, quiet: list[Album], drawn: Album | None) -> Card:
    """The card with thresholds chosen on ``apart`` and the figures at those thresholds; written back."""
    detector = Detector(card_path)
    chosen = choose_thresholds(apart, detector)
    told = _provenance()
    card = msgspec.structs.replace(
        detector.card, thresholds=chosen, threshold_choice=told["threshold_choice"].strip()
    )
    write_card(card, card_path.parent)
    card = msgspec.structs.replace(card, figures=figures(apart, quiet, drawn, Detector(card_path)))
    write_card(card, card_path.parent)
    return card


def with_data(card: Card, folder: Path, learnt: Album, apart: Album, training: dict[str, Any]) -> Card:
    """The card with what it learnt from and how; also writes ``held_apart.txt`` beside it."""
    told = _provenance()["sources"]
    pictures = Counter(p.source for p in learnt.pictures)
    boxes = Counter({s: sum(len(p.boxes) for p in learnt.pictures if p.source == s) for s in pictures})
    data = tuple(
        DataSource(
            name=f"{source}: {told.get(source, {}).get('name', 'own pictures')}",
            pictures=count, boxes=boxes[source],
            licence=told.get(source, {}).get("licence", "the owner's"),
            note=told.get(source, {}).get("note", ""),
        )
        for source, count in sorted(pictures.items())
    )  # fmt: skip
    monkey = apart.class_names.index("monkey")
    names = sorted(p.path.name for p in apart.pictures if p.holds(monkey))
    (folder / "held_apart.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    card = msgspec.structs.replace(card, data=data, training={**card.training, **training})
    write_card(card, folder)
    return card


def parted(data: list[Path]) -> tuple[Album, Album]:
    """(pictures to learn from, pictures held apart) of label files; drawings are never held apart."""
    album = open_album(data)
    names = held_apart([m for m in album.members() if m.source != "drawn"])
    return album.without(names), album.only(names)


def negatives(check: Path | None, folders: list[Path], class_names: tuple[str, ...]) -> list[Album]:
    """The sets without monkeys that false alarms are counted on."""
    albums = [] if check is None else [open_album([check])]
    return [*albums, *(folder_album(folder, folder.name, class_names) for folder in folders)]


def _provenance() -> dict[str, Any]:
    return tomllib.loads(_PROVENANCE.read_text(encoding="utf-8"))
