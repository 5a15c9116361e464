"""Two models on the same held-apart frames of a field: which is better, how sure that is, and whether to change. Pure.

Is: paired, frame by frame, so that what both find and both miss says nothing; and by whole days in the interval, because
frames of one day fail together. Is not: a proof for other fields.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from models.falls.intervals import Interval, share

FRAMES_AT_LEAST = 10
"""With monkeys, and without: of fewer, one frame more or less would decide."""
_DRAWS = 2000

Verdict = Literal["better", "as good", "worse", "too few"]


class Judged(NamedTuple):
    """One held-apart frame: what it shows, and what each model said. ``day`` groups frames that fail together."""

    day: str
    monkey: bool
    person: bool
    old_monkey: bool
    new_monkey: bool
    old_person: bool
    new_person: bool


class Pair(NamedTuple):
    """One question asked of both models: right answers with exact intervals, and new less old by days."""

    name: str
    frames: int
    old_right: int
    new_right: int
    gained: int
    """Frames that only the new one has right."""
    lost: int
    """Frames that only the old one has right."""
    low: float
    high: float
    """95 % of the difference of the shares, by drawing days with replacement."""

    def old(self) -> Interval | None:
        return share(self.old_right, self.frames)

    def new(self) -> Interval | None:
        return share(self.new_right, self.frames)


class Comparison(NamedTuple):
    """The verdict with what it rests on."""

    verdict: Verdict
    why: str
    pairs: tuple[Pair, ...]

    @property
    def refused(self) -> bool:
        return self.verdict in {"worse", "too few"}


def compare(frames: Sequence[Judged], seed: int = 1) -> Comparison:
    """Refuses a model that loses more frames than it gains in any of three ways.

    These are monkeys found, quiet frames left quiet, people seen (they hold the horn). Chance is no excuse: a field's
    model is changed for a reason or not at all.
    """
    asked: tuple[tuple[str, Callable[[Judged], bool], Callable[[Judged], tuple[bool, bool]]], ...] = (
        ("monkeys found", lambda f: f.monkey, lambda f: (f.old_monkey, f.new_monkey)),
        ("no monkey, none reported", lambda f: not f.monkey, lambda f: (not f.old_monkey, not f.new_monkey)),
        ("people seen", lambda f: f.person, lambda f: (f.old_person, f.new_person)),
    )
    pairs = tuple(_pair(name, [f for f in frames if of(f)], right, seed) for name, of, right in asked)
    monkeys, quiet, _ = pairs
    if min(monkeys.frames, quiet.frames) < FRAMES_AT_LEAST:
        return Comparison(
            "too few",
            f"held apart are {monkeys.frames} frames with and {quiet.frames} without monkeys, {FRAMES_AT_LEAST} of "
            "each are needed: label frames of more days",
            pairs,
        )
    worse = [pair for pair in pairs if pair.lost > pair.gained]
    if worse:
        told = "; ".join(f"{p.name}: {p.lost} lost, {p.gained} gained" for p in worse)
        return Comparison("worse", told, pairs)
    better = [pair for pair in pairs if pair.gained > pair.lost]
    if better:
        told = "; ".join(f"{p.name}: {p.gained} gained, {p.lost} lost" for p in better)
        return Comparison("better", told, pairs)
    return Comparison("as good", "no difference on the frames held apart", pairs)


def _pair(
    name: str, frames: Sequence[Judged], right: Callable[[Judged], tuple[bool, bool]], seed: int
) -> Pair:
    answers = [right(frame) for frame in frames]
    low, high = _difference([frame.day for frame in frames], answers, seed)
    return Pair(
        name,
        len(frames),
        sum(old for old, _ in answers),
        sum(new for _, new in answers),
        sum(new and not old for old, new in answers),
        sum(old and not new for old, new in answers),
        low,
        high,
    )


def _difference(days: Sequence[str], answers: Sequence[tuple[bool, bool]], seed: int) -> tuple[float, float]:
    """Cluster bootstrap: the share of right answers, new less old, of as many days drawn with replacement."""
    if not answers:
        return -1.0, 1.0
    names = sorted(set(days))
    index = {name: n for n, name in enumerate(names)}
    gain, count = np.zeros(len(names)), np.zeros(len(names))
    for day, (old, new) in zip(days, answers, strict=True):
        gain[index[day]] += int(new) - int(old)
        count[index[day]] += 1
    drawn = np.random.default_rng(seed).integers(0, len(names), (_DRAWS, len(names)))
    differences = gain[drawn].sum(axis=1) / count[drawn].sum(axis=1)
    low, high = np.quantile(differences, (0.025, 0.975))
    return round(float(low), 4), round(float(high), 4)


def as_lines(found: Comparison) -> list[str]:
    """For a terminal: each question with both models' shares and intervals, then the verdict."""
    lines = []
    for pair in found.pairs:
        old, new = pair.old(), pair.new()
        if old is None or new is None:
            lines.append(f"{pair.name}: no such frame held apart")
            continue
        lines.append(
            f"{pair.name}: old {_said(pair.old_right, pair.frames, old)}, new "
            f"{_said(pair.new_right, pair.frames, new)}; gained {pair.gained}, lost {pair.lost}; "
            f"difference 95 %: {pair.low:+.3f} to {pair.high:+.3f}"
        )
    return [*lines, f"verdict: {found.verdict}: {found.why}"]


def _said(hits: int, of: int, interval: Interval) -> str:
    return f"{hits} of {of} (95 %: {interval.low:.3f}-{interval.high:.3f})"
