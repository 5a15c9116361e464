"""Fills a model's card: thresholds and figures measured, provenance read from ``provenance.toml``."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from edge.wildlife.card import Card, DataSource, Figures, read_card
from edge.wildlife.detector import Detector
from models.export import write_card, write_onnx
from models.measure import choose_thresholds, conditions, figures, folder_album
from models.pictures import Album, open_album
from models.split import held_apart
from models.train import Recipe, trained

_PROVENANCE = Path(__file__).with_name("provenance.toml")
NOTHING = Figures({}, {}, {}, {}, 0.0, "not measured")
_NMS_IOU = 0.45  # lower merges neighbours of a troop, higher doubles one animal


def export_run(
    checkpoint: Path, out: Path, name: str, size: int, recipe: Recipe | None = None, base: str = ""
) -> Path:
    """Write ``out/name.onnx`` and a card without figures; returns the card's path."""
    network, class_names, far = trained(checkpoint)
    known = f"YOLOX-{network.size.name}, {network.size.million} M parameters"
    difference = write_onnx(network, size, out / f"{name}.onnx")
    told = provenance()
    card = Card(
        name=name, file=f"{name}.onnx", sha256="", licence=told["licence"],
        input_height_px=size, input_width_px=size, class_names=class_names,
        thresholds=dict.fromkeys(class_names, 0.4), nms_iou=_NMS_IOU, figures=NOTHING, data=(),
        training={**far, **_how(recipe, base), "network": known, "onnxruntime_differs_by": round(difference, 5)},
        threshold_choice="all 0.4, not chosen yet", doubts=tuple(told["doubts"]),
    )  # fmt: skip
    return write_card(card, out)


def _how(recipe: Recipe | None, base: str) -> dict[str, str | int | float]:
    if recipe is None:
        return {}
    return {
        "started_from": base, "training_px": recipe.size, "batch": recipe.batch, "seed": recipe.seed,
        "optimizer": f"SGD {recipe.rate:g} cosine, momentum 0.9, weights averaged",
        "frozen": "stem, dark2, dark3, batch statistics of the backbone", "drawn_share": recipe.drawn_share,
    }  # fmt: skip


def measured(card_path: Path, apart: Album, quiet: list[Album], drawn: Album | None) -> Card:
    """The card with thresholds chosen on ``apart`` and the figures at those thresholds; written back."""
    chosen = choose_thresholds(apart, Detector(card_path))
    told = provenance()
    card = msgspec.structs.replace(
        read_card(card_path), thresholds=chosen, threshold_choice=told["threshold_choice"].strip()
    )
    write_card(card, card_path.parent)
    detector = Detector(card_path)
    found = figures(apart, quiet, drawn, detector)
    found = msgspec.structs.replace(found, conditions=conditions(apart, detector))
    card = msgspec.structs.replace(card, figures=found)
    write_card(card, card_path.parent)
    return card


def with_data(card: Card, folder: Path, learnt: Album, apart: Album, training: dict[str, Any]) -> Card:
    """The card with what it learnt from and how; also writes ``held_apart.txt`` beside it."""
    names = sorted(p.path.name for p in apart.pictures)
    (folder / "held_apart.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    card = msgspec.structs.replace(
        card, data=sources(learnt), boxes=boxes(learnt), training={**card.training, **training}
    )
    write_card(card, folder)
    return card


def sources(learnt: Album) -> tuple[DataSource, ...]:
    """What each source gave to learn from, and what its owner says."""
    told = provenance()["sources"]
    pictures = Counter(p.source for p in learnt.pictures)
    return tuple(
        DataSource(
            name=f"{source}: {told.get(source, {}).get('name', 'own pictures')}",
            pictures=count, boxes=sum(len(p.boxes) for p in learnt.pictures if p.source == source),
            licence=told.get(source, {}).get("licence", "the owner's"),
            note=told.get(source, {}).get("note", ""),
        )
        for source, count in sorted(pictures.items())
    )  # fmt: skip


def boxes(learnt: Album) -> dict[str, int]:
    """How many boxes each class has in pictures that are not drawn; ``boar`` is named by the verifier alone."""
    counted = Counter(int(k) for p in learnt.pictures if p.source != "drawn" for k in p.boxes[:, 0])
    return {**{name: counted[n] for n, name in enumerate(learnt.class_names)}, "boar": 0}


def parted(data: list[Path]) -> tuple[Album, Album]:
    """(pictures to learn from, pictures held apart) of label files; drawings are never held apart."""
    album = open_album(data)
    names = held_apart([m for m in album.members() if m.source != "drawn"])
    return album.without(names), album.only(names)


def negatives(check: Path | None, folders: list[Path], class_names: tuple[str, ...]) -> list[Album]:
    """The sets without monkeys that false alarms are counted on."""
    albums = [] if check is None else [open_album([check])]
    return [*albums, *(folder_album(folder, folder.name, class_names) for folder in folders)]


def provenance() -> dict[str, Any]:
    """What the owners of data and weights say, and what we doubt, as ``provenance.toml`` holds it."""
    return tomllib.loads(_PROVENANCE.read_text(encoding="utf-8"))
