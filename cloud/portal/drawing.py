"""Numbers -> the shapes of a small drawing that a template writes as SVG. Pure.

Drawn on the server, so that a chart is there without JavaScript and under a policy that forbids inline style.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH = 340.0
"""Drawing units; the browser scales them to the width of the page."""
CHART_HEIGHT = 120.0
PIN_ROW = 34.0
PIN_LABEL = 90.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle, in drawing units."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the time axis: where, and which moment in Unix ms."""

    x: float
    at_ms: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over time, and the value of the tallest."""

    bars: list[Bar]
    ticks: list[Tick]
    top: float


@dataclass(frozen=True, slots=True)
class PinRow:
    """When one output was on."""

    output: str
    y: float
    bars: list[Bar]
    on_s: float


@dataclass(frozen=True, slots=True)
class PinTimeline:
    """All outputs of one visit under each other, from ``start_ms`` to ``end_ms``."""

    rows: list[PinRow]
    ticks: list[Tick]
    height: float
    start_ms: int
    end_ms: int


def chart(points: Sequence[tuple[int, float]], since_ms: int, until_ms: int, every_ms: int) -> Chart | None:
    """Means every ``every_ms`` as bars between two Unix times; None where there is nothing to draw."""
    inside = [(at_ms, value) for at_ms, value in points if since_ms <= at_ms < until_ms]
    if not inside or until_ms <= since_ms:
        return None
    top = max([value for _, value in inside] + [1e-9])
    scale = WIDTH / (until_ms - since_ms)
    width = max(1.0, every_ms * scale - 0.6)
    bars = []
    for at_ms, value in inside:
        height = max(1.0, CHART_HEIGHT * max(value, 0.0) / top)
        bars.append(
            Bar(
                _round((at_ms - since_ms) * scale),
                _round(CHART_HEIGHT - height),
                _round(width),
                _round(height),
            )
        )
    return Chart(bars, _hours(since_ms, until_ms, scale), top)


def pin_timeline(pins: Iterable[dict[str, object]], end_ms: int | None = None) -> PinTimeline | None:
    """Pin changes ``{output, on, at_ms}`` of a visit -> rows of bars; None where nothing switched.

    An output that is still on reaches to ``end_ms`` (now, for a visit that goes on).
    """
    changes = sorted(
        ((int(str(pin["at_ms"])), str(pin["output"]), bool(pin["on"])) for pin in pins),
        key=lambda change: change[0],
    )
    if not changes:
        return None
    start_ms = changes[0][0]
    last_ms = max(changes[-1][0], end_ms if end_ms is not None and _any_on(changes) else 0)
    span_ms = max(last_ms - start_ms, 5_000)
    scale = (WIDTH - PIN_LABEL) / span_ms
    outputs = list(dict.fromkeys(output for _, output, _ in changes))
    rows = []
    for number, output in enumerate(outputs):
        spells = _spells([(at_ms, on) for at_ms, name, on in changes if name == output], last_ms)
        bars = [
            Bar(
                _round(PIN_LABEL + (begin - start_ms) * scale),
                _round(number * PIN_ROW + 6),
                _round(max(2.0, (end - begin) * scale)),
                PIN_ROW - 12,
            )
            for begin, end in spells
        ]
        rows.append(PinRow(output, number * PIN_ROW, bars, sum(end - begin for begin, end in spells) / 1000))
    ticks = [Tick(_round(PIN_LABEL + at * scale), start_ms + at) for at in _seconds(span_ms)]
    return PinTimeline(rows, ticks, len(rows) * PIN_ROW, start_ms, start_ms + span_ms)


def _any_on(changes: list[tuple[int, str, bool]]) -> bool:
    last = {output: on for _, output, on in changes}
    return any(last.values())


def _spells(changes: list[tuple[int, bool]], last_ms: int) -> list[tuple[int, int]]:
    spells: list[tuple[int, int]] = []
    begin: int | None = None
    for at_ms, on in changes:
        if on and begin is None:
            begin = at_ms
        elif not on and begin is not None:
            spells.append((begin, at_ms))
            begin = None
    if begin is not None:
        spells.append((begin, max(last_ms, begin)))
    return spells


def _seconds(span_ms: int) -> list[int]:
    """Three or four marks at round seconds."""
    for step_s in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600):
        if span_ms / 1000 / step_s <= 4:
            return list(range(0, span_ms + 1, step_s * 1000))
    return [0, span_ms]


def _hours(since_ms: int, until_ms: int, scale: float) -> list[Tick]:
    """A mark at every sixth full hour of the clock (UTC+9 has the same full hours as UTC)."""
    hour_ms = 3_600_000
    offset_ms = 9 * hour_ms
    first = -(-(since_ms + offset_ms) // (6 * hour_ms)) * 6 * hour_ms - offset_ms
    return [Tick(_round((at - since_ms) * scale), at) for at in range(first, until_ms, 6 * hour_ms)]


def _round(value: float) -> float:
    return round(value, 2)
