"""Small pictures as SVG text: recall over false pictures, and shares with their intervals as bars. Pure."""

from collections.abc import Sequence
from html import escape
from math import log10

from models.falls.intervals import Interval
from models.wildlife.measuring import Measured

INK, QUIET, BLUE, RED, GREY = "#1f2933", "#d5dbe1", "#2b6cb0", "#c53030", "#7b8794"
_WIDE, _HIGH, _LEFT, _RIGHT, _TOP, _BOTTOM = 640, 300, 52, 16, 26, 46
_DECADES = (0.001, 0.01, 0.1, 1.0)


def recall_curve(measured: Measured, x_label: str, y_label: str) -> str:
    """Recall of pictures over the share of false pictures (logarithmic), with the threshold in use as a dot."""
    shown = sorted((one.best for one in measured.with_monkeys()), reverse=True)
    quiet = sorted((one.best for one in measured.without()), reverse=True)
    if not shown or not quiet:
        return ""
    steps = []
    for least in sorted({*shown, *quiet}, reverse=True):
        false = sum(score >= least for score in quiet) / len(quiet)
        found = sum(score >= least for score in shown) / len(shown)
        steps.append((_x(false), _y(found)))
    path = "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in steps)
    parts = [_grid(x_label, y_label), f'<path d="{path}" fill="none" stroke="{BLUE}" stroke-width="2.2"/>']
    wrong, right = measured.false(), measured.recall()
    if wrong is not None and right is not None:
        x, y = _x(wrong.value), _y(right.value)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_y(right.low):.1f}" y2="{_y(right.high):.1f}" stroke="{RED}"/>'
        )
        parts.append(
            f'<line y1="{y:.1f}" y2="{y:.1f}" x1="{_x(wrong.low):.1f}" x2="{_x(wrong.high):.1f}" stroke="{RED}"/>'
        )
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{RED}"/>')
    return f'<svg viewBox="0 0 {_WIDE} {_HIGH}" width="{_WIDE}" height="{_HIGH}" role="img">{"".join(parts)}</svg>'


def _x(false: float) -> float:
    """Below a thousandth everything stands at the left edge."""
    share = (log10(max(false, 0.0005)) - log10(0.0005)) / -log10(0.0005)
    return _LEFT + share * (_WIDE - _LEFT - _RIGHT)


def _y(found: float) -> float:
    return _HIGH - _BOTTOM - found * (_HIGH - _TOP - _BOTTOM)


def _grid(x_label: str, y_label: str) -> str:
    parts = []
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(value)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{QUIET}"/>')
        parts.append(_text(_LEFT - 6, y + 4, f"{100 * value:g} %", "end"))
    for value in _DECADES:
        x = _x(value)
        anchor = "end" if value == _DECADES[-1] else "middle"
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HIGH - _BOTTOM}" stroke="{QUIET}"/>')
        parts.append(_text(x, _HIGH - _BOTTOM + 16, f"{100 * value:g} %", anchor))
    middle = (_LEFT + _WIDE - _RIGHT) / 2
    parts.append(_text(middle, _HIGH - 8, x_label, "middle"))
    parts.append(_text(4, 13, y_label, "start"))
    return "".join(parts)


def _text(x: float, y: float, words: str, anchor: str) -> str:
    at = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {at} font-size="12" fill="{INK}">{escape(words)}</text>'


def bars(rows: Sequence[tuple[str, Interval]]) -> str:
    """Shares as bars with whiskers; ``rows`` are (HTML name, share). Returns an HTML table."""
    lines = []
    for name, one in rows:
        low, high, value = 100 * one.low, 100 * one.high, 100 * one.value
        svg = (
            '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img">'
            f"{_rect(0, 1, 100, 8, '#eef2f6')}{_rect(0, 1, value, 8, BLUE)}"
            f"{_rect(low, 4.2, max(0.4, high - low), 1.6, INK)}</svg>"
        )
        lines.append(
            f'<tr><td class="what">{name}</td><td class="bars">{svg}</td>'
            f'<td class="n">{value:.0f} %<small>{low:.0f}-{high:.0f}</small></td></tr>'
        )
    return f'<table class="shares"><tbody>{"".join(lines)}</tbody></table>'


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:g}" width="{width:.1f}" height="{height:g}" fill="{colour}"/>'
