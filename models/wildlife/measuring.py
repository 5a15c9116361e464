"""Every labelled picture once through the eye; what is kept is small, and all figures are made of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.wildlife.boxes import BoxPx, overlap
from edge.wildlife.detections import Detections
from models.falls.intervals import Interval, share
from models.wildlife.changes import CHANGES
from models.wildlife.clips import Watched
from models.wildlife.distant import HEIGHT_PX, backgrounds, candidates, frame_of, placed
from models.wildlife.looking import FLOOR, Looks, Measuring
from models.wildlife.matching import (
    Matched,
    difference,
    grouped_share,
    match,
    precision_interval,
    recall_at,
    threshold_at,
)
from models.wildlife.subjects import MONKEY, PERSON, LabelError, Shown
from models.wildlife.traits import BLUR_LEAST, is_grey, sharpness, size_of

Tell = Callable[[str], None]
"""Called once a picture with what it belongs to."""

RATES = (0.001, 0.01, 0.05)
"""Shares of pictures without a monkey that may show one."""
FAR_IOU = 0.3
"""At 40 px a box that is off by 5 px on every side overlaps by less than a half, and the field loses nothing by it."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One picture and what the eye made of it. ``sharp``: of each monkey's box; sizes in px."""

    shown: Shown
    high: int
    wide: int
    found: Detections
    grey: bool
    monkeys: Matched
    sharp: tuple[float, ...]

    @property
    def best(self) -> float:
        """The highest monkey score in it, 0 for none."""
        return _best(self.found)

    @property
    def has_monkey(self) -> bool:
        return MONKEY in self.shown.names


@dataclass(frozen=True, slots=True)
class Changed:
    """The same pictures with one thing changed: the highest monkey score of each, before and after."""

    shown: tuple[Looked, ...]
    after: tuple[float, ...]

    def recall(self, least: float) -> Interval | None:
        """Share of the pictures with monkeys that are still found."""
        kept = [score >= least for one, score in zip(self.shown, self.after, strict=True) if one.has_monkey]
        return share(sum(kept), len(kept))

    def loss(self, least: float) -> Interval | None:
        """Share found as they are less share found changed."""
        pairs = [(one, score) for one, score in zip(self.shown, self.after, strict=True) if one.has_monkey]
        before = np.array([one.best >= least for one, _ in pairs], bool)
        after = np.array([score >= least for _, score in pairs], bool)
        return difference(before, after, [one.shown.group for one, _ in pairs])

    def false(self, least: float) -> Interval | None:
        """Share of the pictures without a monkey that now show one."""
        told = [
            score >= least for one, score in zip(self.shown, self.after, strict=True) if not one.has_monkey
        ]
        return share(sum(told), len(told))


@dataclass(frozen=True, slots=True)
class Far:
    """Subjects ``height_px`` tall in large frames: the score of each on the whole and in tiles, and of empty frames."""

    height_px: int
    whole: tuple[float, ...]
    tiled: tuple[float, ...]
    empty: tuple[float, ...]
    origins: tuple[Shown, ...]

    def found(self, least: float, *, tiles: bool) -> Interval | None:
        scores = self.tiled if tiles else self.whole
        return grouped_share([score >= least for score in scores], [one.path.name for one in self.origins])

    def false(self, least: float) -> Interval | None:
        """Share of the empty frames in which tiles show a monkey."""
        return share(sum(score >= least for score in self.empty), len(self.empty))


@dataclass(slots=True)
class Measured:
    """All that was looked at, and the figures that follow."""

    least: float
    """The score from which the field believes in a monkey."""
    thresholds: Mapping[str, float]
    looked: list[Looked] = field(default_factory=list)
    changed: dict[str, Changed] = field(default_factory=dict)
    far: Far | None = None
    clips: list[Watched] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    eye: dict[str, str] = field(default_factory=dict)
    """What was measured, in words: model, digest, verifier."""

    def with_monkeys(self) -> list[Looked]:
        return [one for one in self.looked if one.has_monkey]

    def without(self) -> list[Looked]:
        return [one for one in self.looked if not one.has_monkey]

    def recall(self, among: Iterable[Looked] | None = None) -> Interval | None:
        """Share of the pictures with monkeys in which one was found, at the threshold in use."""
        chosen = self.with_monkeys() if among is None else [one for one in among if one.has_monkey]
        return share(sum(one.best >= self.least for one in chosen), len(chosen))

    def false(self, among: Iterable[Looked] | None = None) -> Interval | None:
        """Share of the pictures without monkeys in which one was found, at the threshold in use."""
        chosen = self.without() if among is None else [one for one in among if not one.has_monkey]
        return share(sum(one.best >= self.least for one in chosen), len(chosen))

    def animals(self, among: Iterable[Looked] | None = None) -> Interval | None:
        """Share of the pictures with any animal in which some animal was found."""
        chosen = [one for one in (self.looked if among is None else among) if one.shown.names - {PERSON}]
        return share(sum(self._animal(one) for one in chosen), len(chosen))

    def recall_at(self, rate: float) -> tuple[float, Interval] | None:
        """(threshold, recall) where at most ``rate`` of these very pictures without a monkey show one."""
        shown, quiet = self.with_monkeys(), self.without()
        found = recall_at(
            _scores(shown), _scores(quiet), rate,
            [one.shown.group for one in shown], [one.shown.group for one in quiet],
        )  # fmt: skip
        return None if found is None else (threshold_at(_scores(quiet), rate), found)

    def precision(self, name: str) -> tuple[Interval, int] | None:
        """(AP50 of a class, its boxes); None where no box of it is labelled."""
        boxed = [one for one in self.looked if one.shown.boxed]
        matched = [
            one.monkeys if name == MONKEY else match(one.found, name, one.shown.of(name)) for one in boxed
        ]
        value = precision_interval(matched, [one.shown.group for one in boxed])
        return None if value is None else (value, sum(len(one.subjects) for one in matched))

    def classes(self) -> list[str]:
        """Classes with boxes among these pictures, monkeys first."""
        names = {one.name for looked in self.looked for one in looked.shown.subjects if not one.vague}
        return sorted(names, key=lambda name: (name != MONKEY, name))

    def by(self, key: Callable[[Looked], str]) -> dict[str, list[Looked]]:
        groups: dict[str, list[Looked]] = {}
        for one in self.looked:
            groups.setdefault(key(one), []).append(one)
        return dict(sorted(groups.items()))

    def subjects_by(self, key: Callable[[Looked, int], str]) -> dict[str, Interval]:
        """Share of the single monkeys found (IoU >= 0.5), grouped; ``key`` gets the picture and which monkey."""
        counted: dict[str, list[bool]] = {}
        for one in self.looked:
            for n, score in enumerate(one.monkeys.best):
                counted.setdefault(key(one, n), []).append(score >= self.least)
        shares = {name: share(sum(hits), len(hits)) for name, hits in counted.items()}
        return {name: one for name, one in shares.items() if one is not None}

    def misses(self, most: int) -> list[Looked]:
        """Pictures with monkeys of which none was found, those seen least of first."""
        missed = [one for one in self.with_monkeys() if one.best < self.least]
        return sorted(missed, key=lambda one: one.best)[:most]

    def false_ones(self, most: int) -> list[Looked]:
        """Pictures without a monkey in which one was found, the surest first."""
        told = [one for one in self.without() if one.best >= self.least]
        return sorted(told, key=lambda one: -one.best)[:most]

    def _animal(self, one: Looked) -> bool:
        return any(name != PERSON and score >= self.thresholds.get(name, 1.0) for name, score, _ in one.found)


def size_key(one: Looked, n: int) -> str:
    """For ``Measured.subjects_by``: the size of the monkey."""
    return size_of(one.monkeys.subjects[n].box, one.high)


def blur_key(one: Looked, n: int) -> str:
    """For ``Measured.subjects_by``: whether the monkey is blurred."""
    return "blurred" if one.sharp[n] < BLUR_LEAST else "sharp"


def grey_key(one: Looked) -> str:
    """For ``Measured.by``: whether the picture has colour."""
    return "grey" if one.grey else "colour"


def look_at(
    eye: Measuring, pictures: Sequence[Shown], measured: Measured, tell: Tell, *, tiles: bool = False
) -> None:
    """Look at every picture once; ``tiles`` looks at its parts too. What is no picture becomes a note."""
    look = eye.tiled() if tiles else eye.look
    for shown in pictures:
        try:
            measured.looked.append(_looked(look, shown))
        except LabelError as problem:
            measured.notes.append(str(problem))
        tell("pictures")


def _looked(look: Looks, shown: Shown) -> Looked:
    image = shown.read()
    found = look.detect(image, FLOOR)
    monkeys = match(found, MONKEY, shown.of(MONKEY))
    sharp = tuple(sharpness(image, one.box) for one in monkeys.subjects)
    return Looked(shown, image.shape[0], image.shape[1], found, is_grey(image), monkeys, sharp)


def measure_changed(eye: Measuring, measured: Measured, quiet_most: int, seed: int, tell: Tell) -> None:
    """Look again at the pictures that have colour, changed in each way; of those without monkeys at ``quiet_most``."""
    rng = np.random.default_rng(seed)
    colour = [one for one in measured.looked if not one.grey]
    quiet = [one for one in colour if not one.has_monkey]
    chosen = [one for one in colour if one.has_monkey]
    chosen += [quiet[n] for n in rng.permutation(len(quiet))[:quiet_most]]
    for name, change in CHANGES.items():
        after = []
        for one in chosen:
            after.append(_best(eye.look.detect(change(one.shown.read(), rng))))
            tell(name)
        measured.changed[name] = Changed(tuple(chosen), tuple(after))


def measure_far(eye: Measuring, measured: Measured, most: int, seed: int, tell: Tell) -> None:
    """Set monkeys into frames ``most`` times, ``HEIGHT_PX`` tall, and look with and without tiles.

    Where there are fewer monkeys than that each comes again, elsewhere and in another frame.
    """
    rng = np.random.default_rng(seed)
    pictures = [one.shown for one in measured.looked]
    subjects = candidates(pictures, most, rng)
    frames = backgrounds(pictures, max(1, most // 3), rng)
    if not subjects or not frames:
        measured.notes.append(
            "far subjects: not measured, for want of monkeys with boxes or of pictures without any"
        )
        return
    tiled, whole, close, empty = eye.tiled(), [], [], []
    origins = []
    again = [subjects[n % len(subjects)] for n in range(most)]
    for one in placed(again, frames, HEIGHT_PX, rng):
        whole.append(_at(eye.look.detect(one.frame), one.box))
        close.append(_at(tiled.detect(one.frame), one.box))
        origins.append(one.origin)
        tell("far")
    for picture in frames:
        empty.append(_best(tiled.detect(frame_of(picture))))
        tell("far")
    measured.far = Far(HEIGHT_PX, tuple(whole), tuple(close), tuple(empty), tuple(origins))


def _at(found: Detections, box: BoxPx) -> float:
    """The highest score of a monkey that lies on ``box``."""
    return max((score for _, score, other in found.of(MONKEY) if overlap(box, other) >= FAR_IOU), default=0.0)


def _best(found: Detections) -> float:
    scores = found.of(MONKEY).scores
    return float(scores[0]) if len(scores) else 0.0


def _scores(looked: Sequence[Looked]) -> NDArray[np.float64]:
    return np.array([one.best for one in looked], float)
