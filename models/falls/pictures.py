"""Which recordings a report shows, and how: long ones as strips, windows of one file laid over each other."""

from html import escape

from models.falls.drawing import laid_over, shares, strip
from models.falls.measuring import Measured
from models.falls.recording import LIES
from models.falls.scoring import Result
from models.falls.words import catalogue

STRIP_S = 65.0
WINDOW_MAX_S = 20.0
"""Shorter recordings of one file are shown together."""
STRIPS_MAX = 40


def trace_pictures(results: list[Result]) -> str:
    """Strips of every long recording, in which a height was seen."""
    shown: list[str] = []
    for result in results:
        if result.duration_s > WINDOW_MAX_S and result.watched.trace and len(shown) < STRIPS_MAX:
            shown.append(f"<h3>{escape(result.name)}</h3>{_strips(result)}")
    return "".join(shown)


def _strips(result: Result) -> str:
    told = {
        phase: [one.at_s for one in result.watched.said if one.phase == phase]
        for phase in ("suspected", "confirmed")
    }
    strips, from_s = [], 0.0
    while from_s < result.duration_s:
        to_s = from_s + STRIP_S
        strips.append(
            strip(
                result.watched.trace,
                from_s,
                to_s,
                falls=[event.fall.at_s for event in result.events if event.fall.kind != LIES],
                suspected=told["suspected"],
                confirmed=told["confirmed"],
                floor=result.watched.floor,
            )
        )
        from_s = to_s
    return "".join(strips)


def window_pictures(results: list[Result]) -> str:
    """For each file of short recordings one picture, each trace in the colour of its score."""
    files: dict[str, list[Result]] = {}
    for result in results:
        if result.duration_s <= WINDOW_MAX_S and result.watched.trace and result.truth.complete:
            files.setdefault(result.file, []).append(result)
    pictures = []
    for file, own in files.items():
        right = [_right(result) for result in own]
        to_s = max(result.duration_s for result in own)
        traces = [(result.watched.trace, ok) for result, ok in zip(own, right, strict=True)]
        pictures.append(laid_over(traces, to_s, f"{file}: {sum(right)} / {len(own)}"))
    return f'<div class="pair">{"".join(pictures)}</div>' if pictures else ""


def _right(result: Result) -> bool:
    return all(event.suspected_s is not None for event in result.events) and not result.alarms


def latency_picture(measured: Measured) -> str:
    """Share found within so many seconds, a line for each kind of sensor that met falls."""
    groups = []
    for kind, one in measured.by(lambda result: result.kind).items():
        if one.falls and ", " not in kind:
            name = catalogue("ja")["sensors"].get(kind, kind)
            groups.append((name, one.to_suspected_s, one.falls))
    slowest = max((second for _, seconds, _ in groups for second in seconds), default=5.0)
    return shares(groups, min(60.0, max(5.0, slowest))) if groups else ""
