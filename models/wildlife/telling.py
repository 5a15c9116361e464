"""Figures as lines for a terminal and as JSON for machines."""

from typing import Any

from models.falls.intervals import Interval
from models.wildlife.clips import Watched, clips_found, events_per_hour, false_per_hour, hours
from models.wildlife.measuring import RATES, Looked, Measured, blur_key, grey_key, size_key
from models.wildlife.subjects import MONKEY
from models.wildlife.traits import SIZES

NAMED_MOST = 12


def as_lines(measured: Measured) -> list[str]:
    """What a technician reads."""
    lines = [f"{key}: {value}" for key, value in measured.eye.items()]
    if measured.looked:
        lines += _pictures(measured)
    if measured.clips:
        lines += _clips(measured.clips)
    return lines + [f"note: {note}" for note in measured.notes]


def _pictures(measured: Measured) -> list[str]:
    shown, quiet = len(measured.with_monkeys()), len(measured.without())
    lines = [
        f"{len(measured.looked)} pictures, {shown} with monkeys, {quiet} without; monkeys count from {measured.least:g}",
        f"pictures with monkeys found: {told(measured.recall())}",
        f"false pictures (a monkey told of where none is): {told(measured.false())}",
        f"pictures with any animal in which one was found: {told(measured.animals())}",
    ]
    for rate in RATES:
        at = measured.recall_at(rate)
        if at is not None:
            lines.append(
                f"recall where {100 * rate:g} % of pictures are false (from {at[0]:.3f}): {told(at[1])}"
            )
    for name in measured.classes():
        precision = measured.precision(name)
        if precision is not None:
            value, boxes = precision
            lines.append(f"AP50 {name}: {value.value:.3f} ({value.low:.3f}-{value.high:.3f}), {boxes} boxes")
    lines.append("by set:")
    lines += [
        _set_line(name, measured, some) for name, some in measured.by(lambda one: one.shown.source).items()
    ]
    lines += _hard(measured)
    lines += [f"missed: {one.shown.path.name} ({one.best:.2f})" for one in measured.misses(NAMED_MOST)]
    lines += [f"false: {one.shown.path.name} ({one.best:.2f})" for one in measured.false_ones(NAMED_MOST)]
    return lines


def _set_line(name: str, measured: Measured, some: list[Looked]) -> str:
    parts = [f"  {name}: {len(some)} pictures"]
    recall, false = measured.recall(some), measured.false(some)
    if recall is not None:
        parts.append(f"found {told(recall)}")
    if false is not None:
        parts.append(f"false {told(false)}")
    animals = measured.animals(some)
    if animals is not None and recall is None:
        parts.append(f"animals {told(animals)}")
    return ", ".join(parts)


def _hard(measured: Measured) -> list[str]:
    lines: list[str] = []
    sizes = measured.subjects_by(size_key)
    if sizes:
        lines.append("single monkeys found, by height as a share of the picture's:")
        lines += [f"  {name}: {told(sizes[name])}" for name, _ in SIZES if name in sizes]
        lines += [f"  {name}: {told(one)}" for name, one in measured.subjects_by(blur_key).items()]
    for name, some in measured.by(grey_key).items():
        lines.append(
            f"{name} pictures: found {told(measured.recall(some))}, false {told(measured.false(some))}"
        )
    for name, changed in measured.changed.items():
        loss = changed.loss(measured.least)
        lines.append(
            f"made {name}: found {told(changed.recall(measured.least))}, lost {points(loss)},"
            f" false {told(changed.false(measured.least))}"
        )
    if measured.far is not None:
        far, least = measured.far, measured.least
        lines.append(
            f"{far.height_px} px tall in 1920 x 1080: found with tiles {told(far.found(least, tiles=True))},"
            f" without {told(far.found(least, tiles=False))}; empty frames false with tiles {told(far.false(least))}"
        )
    return lines


def _clips(clips: list[Watched]) -> list[str]:
    lines = [f"clips: {len(clips)}, {60 * hours(clips):.1f} minutes"]
    for one in clips:
        said = ", ".join(
            f"{visit.species} from {visit.at_s:.1f} s (at least {visit.count})" for visit in one.told
        )
        spared = f"{one.looks} of {one.frames} frames looked at"
        lines.append(f"  {one.clip.path.name}: {one.seconds:.0f} s, {spared}; {said or 'nothing told'}")
    lines.append(f"events an hour: {per_hour(events_per_hour(clips))}")
    lines.append(f"monkey events an hour: {per_hour(events_per_hour(clips, MONKEY))}")
    found, false = clips_found(clips), false_per_hour(clips)
    if found is not None:
        lines.append(f"clips with monkeys told of: {told(found)}")
    if false is not None:
        lines.append(f"false monkey events an hour: {per_hour(false)}")
    return lines


def told(one: Interval | None) -> str:
    """A share in per cent with its interval."""
    return "-" if one is None else f"{100 * one.value:.1f} % ({100 * one.low:.1f}-{100 * one.high:.1f})"


def points(one: Interval | None) -> str:
    """A difference of two shares in points."""
    return (
        "-"
        if one is None
        else f"{100 * one.value:+.1f} points ({100 * one.low:+.1f} to {100 * one.high:+.1f})"
    )


def per_hour(one: Interval | None) -> str:
    """A rate with its interval."""
    return "-" if one is None else f"{one.value:.3g} ({one.low:.2g}-{one.high:.3g})"


def as_json(measured: Measured) -> dict[str, Any]:
    """Every figure, and every picture's highest score."""
    far = measured.far
    return {
        "eye": measured.eye,
        "threshold": measured.least,
        "pictures": len(measured.looked),
        "recall": _json(measured.recall()),
        "false_pictures": _json(measured.false()),
        "animals_found": _json(measured.animals()),
        "recall_at_false_rate": {
            f"{rate:g}": {"threshold": at[0], "recall": _json(at[1])}
            for rate in RATES if (at := measured.recall_at(rate)) is not None
        },
        "ap50": {
            name: {"boxes": precise[1], **(_json(precise[0]) or {})}
            for name in measured.classes() if (precise := measured.precision(name)) is not None
        },
        "sets": {name: _set_json(measured, some) for name, some in measured.by(lambda one: one.shown.source).items()},
        "size": {name: _json(one) for name, one in measured.subjects_by(size_key).items()},
        "blur": {name: _json(one) for name, one in measured.subjects_by(blur_key).items()},
        "light": {name: _set_json(measured, some) for name, some in measured.by(grey_key).items()},
        "changed": {
            name: {
                "recall": _json(one.recall(measured.least)), "lost": _json(one.loss(measured.least)),
                "false_pictures": _json(one.false(measured.least)),
            }
            for name, one in measured.changed.items()
        },
        "far": None if far is None else {
            "height_px": far.height_px, "with_tiles": _json(far.found(measured.least, tiles=True)),
            "whole": _json(far.found(measured.least, tiles=False)), "false_frames": _json(far.false(measured.least)),
        },
        "clips": _clips_json(measured.clips),
        "each": [
            {"file": one.shown.path.name, "set": one.shown.source, "monkey": one.has_monkey, "score": round(one.best, 4)}
            for one in measured.looked
        ],
        "notes": measured.notes,
    }  # fmt: skip


def _set_json(measured: Measured, some: list[Looked]) -> dict[str, Any]:
    return {
        "pictures": len(some), "recall": _json(measured.recall(some)),
        "false_pictures": _json(measured.false(some)), "animals_found": _json(measured.animals(some)),
    }  # fmt: skip


def _clips_json(clips: list[Watched]) -> dict[str, Any]:
    return {
        "hours": hours(clips),
        "events_per_hour": _json(events_per_hour(clips)),
        "monkey_events_per_hour": _json(events_per_hour(clips, MONKEY)),
        "false_monkey_events_per_hour": _json(false_per_hour(clips)),
        "clips_found": _json(clips_found(clips)),
        "each": [
            {
                "file": one.clip.path.name, "seconds": one.seconds, "frames": one.frames, "looks": one.looks,
                "told": [
                    {"at_s": visit.at_s, "species": visit.species, "count": visit.count, "confidence": visit.confidence}
                    for visit in one.told
                ],
            }
            for one in clips
        ],
    }  # fmt: skip


def _json(one: Interval | None) -> dict[str, Any] | None:
    return None if one is None else {"value": float(one.value), "interval": [float(one.low), float(one.high)]}
