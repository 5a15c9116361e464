"""What a detector is worth on pictures it has not learnt from; runs the edge's own detector, so this is what runs."""

import math
import platform
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from edge.wildlife.card import Card, Figures, Interval
from edge.wildlife.detections import Detections
from models.augment import grey, infrared, moved, rain
from models.pictures import Album, Labelled
from models.precision import Detecting, average_precision

_ALARMS_ALLOWED = 0.01  # of the pictures without monkeys: a horn for nothing costs a neighbour's patience
_LOWEST = 0.30  # however quiet the few negatives are, less sure than this is no detection
_QUIET = (0.45, 0.25)  # other classes; "person" is a veto, so it is believed early
_Z = 1.959964  # normal quantile of a two-sided 95 % interval


def wilson(hits: int, of: int) -> Interval:
    """The share with its Wilson score interval at 95 % (Wilson 1927); 0..1 when nothing was counted."""
    if of == 0:
        return Interval(0, 0, 0.0, 1.0)
    share, square = hits / of, _Z**2 / of
    middle = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * math.sqrt(share * (1 - share) / of + square / (4 * of))
    return Interval(hits, of, round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4))


def best_monkey(found: Detections) -> float:
    """The highest monkey score of a picture, 0 when there is none."""
    scores = found.of("monkey").scores
    return float(scores[0]) if len(scores) else 0.0


def monkey_scores(pictures: Iterable[Labelled], detector: Detecting) -> list[float]:
    """The highest monkey score of each picture."""
    return [best_monkey(detector.detect(p.read(), floor=0.01)) for p in pictures]


def choose_thresholds(album: Album, detector: Detecting) -> dict[str, float]:
    """Scores per class, from the held-apart part alone.

    Monkey: the lowest score at which at most one picture in a hundred without a monkey shows one. Person: low, because
    it vetoes. The rest: fixed, they only inform.
    """
    monkey = album.class_names.index("monkey")
    quiet = sorted(monkey_scores((p for p in album.pictures if not p.holds(monkey)), detector))
    allowed = int(_ALARMS_ALLOWED * len(quiet))
    loudest = quiet[-1 - allowed] if len(quiet) > allowed else 0.0
    thresholds = dict.fromkeys(album.class_names, _QUIET[0])
    thresholds["person"] = _QUIET[1]
    thresholds["monkey"] = round(max(_LOWEST, loudest + 0.005), 3)
    return thresholds


def recall(album: Album, detector: Detecting) -> dict[str, Interval]:
    """Share of the pictures with monkeys in which at least one was found, per source and for all."""
    monkey = album.class_names.index("monkey")
    return _share_with_monkey([p for p in album.pictures if p.holds(monkey)], detector)


def false_alarms(album: Album, detector: Detecting) -> dict[str, Interval]:
    """Share of the pictures without monkeys in which one was reported, per source and for all."""
    monkey = album.class_names.index("monkey")
    return _share_with_monkey([p for p in album.pictures if not p.holds(monkey)], detector)


def _share_with_monkey(pictures: Sequence[Labelled], detector: Detecting) -> dict[str, Interval]:
    counted: dict[str, list[bool]] = defaultdict(list)
    for picture in pictures:
        hit = len(detector.detect(picture.read()).of("monkey")) > 0
        counted[picture.source].append(hit)
        counted["all"].append(hit)
    return {name: wilson(sum(hits), len(hits)) for name, hits in sorted(counted.items())}


def conditions(album: Album, detector: Detecting) -> dict[str, Interval]:
    """Recall on the album's monkeys as they are, and made grey, infrared, blurred, rained on; the same in every run."""
    monkey = album.class_names.index("monkey")
    counted: dict[str, list[bool]] = defaultdict(list)
    for number, picture in enumerate(p for p in album.pictures if p.holds(monkey)):
        image, rng = picture.read(), np.random.default_rng(number)
        for name, made in (
            ("as they are", image),
            ("grey", grey(image)),
            ("infrared", infrared(image, rng)),
            ("blurred", moved(image, image.shape[1] // 50, 0.3)),
            ("rain", rain(image, rng)),
        ):
            counted[name].append(len(detector.detect(made).of("monkey")) > 0)
    return {name: wilson(sum(hits), len(hits)) for name, hits in counted.items()}


def drawn_monkeys(album: Album, detector: Detecting) -> dict[str, Interval]:
    """On drawings: share of monkeys found (IoU >= 0.5) by height in px of a 360-row picture, and of alarms without."""
    monkey = album.class_names.index("monkey")
    counted: dict[str, list[bool]] = {"under 40 px": [], "40 px and more": []}
    quiet = []
    for picture in album.pictures:
        found = detector.detect(picture.read()).of("monkey")
        if not picture.holds(monkey):
            quiet.append(len(found) > 0)
        for _, x, y, w, h in picture.boxes[picture.boxes[:, 0] == monkey]:
            hit = bool((_overlaps(found, x, y, w, h) >= 0.5).any())
            counted["under 40 px" if h < 40 else "40 px and more"].append(hit)
    shares = {f"monkeys found, {name}": wilson(sum(v), len(v)) for name, v in counted.items()}
    return {**shares, "alarms without a monkey": wilson(sum(quiet), len(quiet))}


def _overlaps(found: Detections, x: float, y: float, w: float, h: float) -> np.ndarray:
    low = np.maximum(found.boxes[:, :2], (x, y))
    high = np.minimum(found.boxes[:, 2:], (x + w, y + h))
    common = np.clip(high - low, 0, None).prod(axis=1)
    own = (found.boxes[:, 2:] - found.boxes[:, :2]).prod(axis=1)
    return np.asarray(common / (own + w * h - common))


def folder_album(folder: Path, name: str, class_names: tuple[str, ...]) -> Album:
    """A folder of pictures without monkeys and without labels, as an album of negatives."""
    none = np.zeros((0, 5), np.float32)
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
    return Album(class_names, tuple(Labelled(p, name, p.name, none) for p in files))


def latency_ms(detector: Detecting, runs: int = 20) -> float:
    """Median processor time of one ``detect`` on a (360, 640) picture of noise, in ms; other work does not count."""
    picture = np.random.default_rng(0).integers(0, 255, (360, 640, 3), np.uint8)
    times = []
    for _ in range(runs):
        began = time.process_time()
        detector.detect(picture)
        times.append(time.process_time() - began)
    return round(1000 * float(np.median(times)), 1)


def machine() -> str:
    """What the latency was measured on."""
    return f"{platform.machine()}, one thread"


def figures(apart: Album, quiet: Sequence[Album], drawn: Album | None, detector: Detecting) -> Figures:
    """Everything the card states; ``quiet`` albums hold no monkey, ``drawn`` none that was trained on."""
    precision = average_precision(apart, detector)
    alarms = {f"held apart: {k}": v for k, v in false_alarms(apart, detector).items()}
    for album in quiet:
        alarms.update(false_alarms(album, detector))
    return Figures(
        ap50={name: round(value, 3) for name, value in precision.items()},
        recall=recall(apart, detector),
        false_alarms={name: v for name, v in alarms.items() if name != "all" or len(quiet) == 1},
        drawings={} if drawn is None else drawn_monkeys(drawn, detector),
        latency_ms=latency_ms(detector),
        latency_machine=machine(),
    )


def _least(card: Card) -> str:
    name = "monkey" if "monkey" in card.thresholds else card.class_names[0]
    return f"{name} >= {card.thresholds[name]}"


def as_text(card: Card) -> str:
    """The card's figures as lines for a terminal."""
    f = card.figures
    lines = [f"{card.name}: {card.input_width_px} px, {card.precision}, {_least(card)}"]
    lines += [f"  beside {name}: joint score of a monkey >= {least}" for name, least in card.joint.items()]
    if card.boxes:
        lines.append("  learnt from: " + ", ".join(f"{count} {name}" for name, count in card.boxes.items()))
    lines += [f"  AP50 {name}: {value:.3f}" for name, value in f.ap50.items()]
    for title, shares in (
        ("recall", f.recall), ("recall, the same pictures", f.conditions), ("false alarms", f.false_alarms),
        ("drawings", f.drawings),
    ):  # fmt: skip
        for name, s in shares.items():
            lines.append(f"  {title}, {name}: {s.hits}/{s.of} (95 %: {s.low:.3f}-{s.high:.3f})")
    lines.append(f"  {f.latency_ms} ms a picture on {f.latency_machine}")
    return "\n".join(lines)
