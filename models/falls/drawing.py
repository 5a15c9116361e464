"""Small pictures as SVG text: heights over time, windows laid over each other, shares over seconds. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil

INK, QUIET, FOUND, WRONG, LYING = "#1f2933", "#d5dbe1", "#2b6cb0", "#c53030", "#975a16"
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 22, 24
LEGEND = 340
GAP_S = 3.0
"""Dots further apart than this are not joined: nothing was seen between them."""

Dots = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where values lie on a picture."""

    width: int
    height: int
    from_s: float
    to_s: float
    low: float
    high: float
    right: int = RIGHT

    def x(self, at_s: float) -> float:
        """In px."""
        share = (at_s - self.from_s) / (self.to_s - self.from_s)
        return round(LEFT + share * (self.width - LEFT - self.right), 1)

    def y(self, value: float) -> float:
        """In px."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.height - BOTTOM - share * (self.height - TOP - BOTTOM), 1)


def strip(
    trace: Dots,
    from_s: float,
    to_s: float,
    *,
    falls: Iterable[float] = (),
    suspected: Iterable[float] = (),
    confirmed: Iterable[float] = (),
    floor: Iterable[tuple[float, float]] = (),
    floor_m: float = 0.5,
) -> str:
    """Heights of bodies over one stretch of time, with what happened and what was said."""
    frame = Frame(960, 170, from_s, to_s, -0.3, 2.2)
    parts = [_band(frame, floor_m), _axes(frame, (0.0, 0.5, 1.0, 1.5, 2.0), "m")]
    inside = [dot for dot in trace if from_s <= dot[0] <= to_s]
    parts += [_dot(frame, at_s, height_m) for at_s, height_m in inside]
    for start_s, end_s in floor:
        if start_s < to_s and end_s > from_s:
            parts.append(_bar(frame, max(start_s, from_s), min(end_s, to_s)))
    parts += [_line(frame, at_s, WRONG) for at_s in suspected if from_s <= at_s <= to_s]
    parts += [_line(frame, at_s, INK) for at_s in confirmed if from_s <= at_s <= to_s]
    parts += [_mark(frame, at_s) for at_s in falls if from_s <= at_s <= to_s]
    return _svg(frame, parts)


def laid_over(traces: Iterable[tuple[Dots, bool]], to_s: float, title: str, floor_m: float = 0.5) -> str:
    """Traces from 0 s on, each drawn in its colour: right (True) or wrong."""
    frame = Frame(470, 230, 0.0, to_s, -0.3, 2.2)
    parts = [_band(frame, floor_m), _axes(frame, (0.0, 0.5, 1.0, 1.5, 2.0), "m"), _title(frame, title)]
    drawn = sorted(traces, key=lambda one: not one[1])
    parts += [
        _path(frame, trace, FOUND if right else WRONG, 0.35 if right else 0.95) for trace, right in drawn
    ]
    return _svg(frame, parts)


def shares(groups: Sequence[tuple[str, Sequence[float], int]], to_s: float) -> str:
    """For each (name, seconds of those found, number of all) the share found within so many seconds."""
    frame = Frame(960, 250, 0.0, to_s, 0.0, 1.0, right=LEGEND)
    parts = [_axes(frame, (0.0, 0.25, 0.5, 0.75, 1.0), "")]
    colours = ("#2b6cb0", "#c05621", "#2f855a", "#6b46c1", "#97266d", "#4a5568", "#b7791f", "#285e61")
    for n, (name, seconds, count) in enumerate(groups):
        colour = colours[n % len(colours)]
        points = [(0.0, 0.0)]
        for k, second in enumerate(sorted(seconds), start=1):
            points += [(second, (k - 1) / count), (second, k / count)]
        points.append((to_s, len(seconds) / count))
        parts.append(
            _path(
                frame,
                [(min(max(x, 0.0), to_s), y) for x, y in points],
                colour,
                1.0,
                gap_s=float("inf"),
                width=2,
            )
        )
        x, y = frame.width - LEGEND + 14, TOP + 12 + 18 * n
        parts.append(
            f'<line x1="{x}" x2="{x + 18}" y1="{y - 4}" y2="{y - 4}" stroke="{colour}" stroke-width="3"/>'
        )
        parts.append(
            f'<text x="{x + 24}" y="{y}" font-size="12" fill="{INK}">{escape(name)} ({len(seconds)}/{count})</text>'
        )
    return _svg(frame, parts)


def ticks(from_s: float, to_s: float) -> list[float]:
    """Round seconds, about ten of them."""
    rough = (to_s - from_s) / 10
    step = next((s for s in (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600) if s >= rough), 1800)
    first = ceil(from_s / step - 1e-9)
    return [n * step for n in range(first, int(to_s / step + 1e-9) + 1)]


def _axes(frame: Frame, values: Iterable[float], unit: str) -> str:
    parts = []
    for value in values:
        y = frame.y(value)
        parts.append(
            f'<line x1="{LEFT}" x2="{frame.width - frame.right}" y1="{y}" y2="{y}" stroke="{QUIET}" stroke-width="0.7"/>'
        )
        parts.append(
            f'<text x="{LEFT - 5}" y="{y + 4}" font-size="11" text-anchor="end" fill="{INK}">{value:g}</text>'
        )
    for at_s in ticks(frame.from_s, frame.to_s):
        x = frame.x(at_s)
        parts.append(
            f'<text x="{x}" y="{frame.height - 8}" font-size="11" text-anchor="middle" fill="{INK}">{at_s:g}</text>'
        )
        parts.append(
            f'<line x1="{x}" x2="{x}" y1="{frame.height - BOTTOM}" y2="{frame.height - BOTTOM + 4}" stroke="{INK}"/>'
        )
    parts.append(f'<text x="4" y="14" font-size="11" fill="{INK}">{unit}</text>')
    return "".join(parts)


def _band(frame: Frame, floor_m: float) -> str:
    top = frame.y(floor_m)
    height = round(frame.height - BOTTOM - top, 1)
    return (
        f'<rect x="{LEFT}" y="{top}" width="{frame.width - LEFT - RIGHT}" height="{height}" fill="#eceff3"/>'
    )


def _dot(frame: Frame, at_s: float, height_m: float) -> str:
    return f'<circle cx="{frame.x(at_s)}" cy="{frame.y(height_m)}" r="1.7" fill="{FOUND}"/>'


def _line(frame: Frame, at_s: float, colour: str) -> str:
    x = frame.x(at_s)
    return f'<line x1="{x}" x2="{x}" y1="{TOP - 4}" y2="{frame.height - BOTTOM}" stroke="{colour}" stroke-width="1.6"/>'


def _bar(frame: Frame, start_s: float, end_s: float) -> str:
    x, y = frame.x(start_s), frame.height - BOTTOM - 4
    width = max(1.0, round(frame.x(end_s) - x, 1))
    return f'<rect x="{x}" y="{y}" width="{width}" height="4" fill="{LYING}"/>'


def _mark(frame: Frame, at_s: float) -> str:
    x = frame.x(at_s)
    return f'<path d="M{x - 6},4 h12 l-6,11 z" fill="{INK}"/>'


def _title(frame: Frame, text: str) -> str:
    return f'<text x="{frame.width / 2}" y="14" font-size="12" text-anchor="middle" fill="{INK}">{escape(text)}</text>'


def _path(
    frame: Frame, dots: Dots, colour: str, opacity: float, *, gap_s: float = GAP_S, width: float = 1.1
) -> str:
    steps: list[str] = []
    before_s = float("-inf")
    for at_s, value in dots:
        steps.append(f"{'L' if at_s - before_s <= gap_s and steps else 'M'}{frame.x(at_s)},{frame.y(value)}")
        before_s = at_s
    return f'<path d="{"".join(steps)}" fill="none" stroke="{colour}" stroke-width="{width}" opacity="{opacity}"/>'


def _svg(frame: Frame, parts: Iterable[str]) -> str:
    size = f'viewBox="0 0 {frame.width} {frame.height}" width="{frame.width}" height="{frame.height}"'
    return f'<svg {size} role="img">{"".join(parts)}</svg>'
