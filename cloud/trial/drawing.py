"""Small drawings of the trial page as SVG: columns over the day's hours, a strip of days, whiskers. Pure."""

from collections.abc import Sequence

from markupsafe import Markup

INK, BLUE, RED, QUIET = "#1f2933", "#2b6cb0", "#c05621", "#d5dbe1"
_WIDE, _HIGH, _LEFT, _BOTTOM, _TOP = 720.0, 210.0, 34.0, 26.0, 12.0


def columns(visits: Sequence[int], shots: Sequence[int]) -> Markup:
    """Visits (blue) and shots (orange) in each hour of the day."""
    top = _round_up(max([*visits, *shots, 1]))
    wide = (_WIDE - _LEFT) / 24
    parts = [_grid(top)]
    for hour in range(24):
        x = _LEFT + hour * wide
        parts.append(_column(x + wide * 0.12, wide * 0.4, visits[hour], top, BLUE))
        parts.append(_column(x + wide * 0.54, wide * 0.3, shots[hour], top, RED))
        if hour % 2 == 0:
            parts.append(_text(x + wide / 2, _HIGH - 8, str(hour), "middle"))
    return _svg(_WIDE, _HIGH, "".join(parts))


def days(counted: Sequence[tuple[str, int]]) -> Markup:
    """Visits of each day; a line at each day, so that a day without any shows as one that was watched."""
    top = _round_up(max([count for _, count in counted] + [1]))
    wide = (_WIDE - _LEFT) / max(1, len(counted))
    parts = [_grid(top)]
    every = max(1, -(-len(counted) // 8))
    for n, (date, count) in enumerate(counted):
        x = _LEFT + n * wide
        parts.append(_column(x + wide * 0.15, wide * 0.7, count, top, BLUE))
        if n % every == 0:
            parts.append(_text(x + wide / 2, _HIGH - 8, f"{int(date[5:7])}/{int(date[8:])}", "middle"))
    return _svg(_WIDE, _HIGH, "".join(parts))


def whiskers(value: float, low: float, high: float, *, least: float = 0.0, colour: str = BLUE) -> Markup:
    """One figure with its interval on a line from ``least`` to 1; a mark at 0 where the line goes below."""

    def at(share: float) -> float:
        return 4 + 192 * (min(1.0, max(least, share)) - least) / (1.0 - least)

    zero = f'<line x1="{at(0):.1f}" x2="{at(0):.1f}" y1="0" y2="20" stroke="{INK}" stroke-width="1"/>'
    parts = (
        f'<line x1="4" x2="196" y1="10" y2="10" stroke="{QUIET}"/>{zero}'
        f'<line x1="{at(low):.1f}" x2="{at(high):.1f}" y1="10" y2="10" stroke="{colour}" stroke-width="3"/>'
        f'<circle cx="{at(value):.1f}" cy="10" r="5" fill="{colour}"/>'
    )
    return _svg(200, 20, parts)


def _grid(top: int) -> str:
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = _HIGH - _BOTTOM - share * (_HIGH - _BOTTOM - _TOP)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDE}" y1="{y:.1f}" y2="{y:.1f}" stroke="{QUIET}"/>')
        parts.append(_text(_LEFT - 6, y + 4, f"{share * top:g}", "end"))
    return "".join(parts)


def _column(x: float, wide: float, count: int, top: int, colour: str) -> str:
    high = count / top * (_HIGH - _BOTTOM - _TOP)
    y = _HIGH - _BOTTOM - high
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" fill="{colour}"/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" text-anchor="{anchor}" fill="{INK}">{words}</text>'


def _round_up(most: int) -> int:
    """The next even number that a scale may end with."""
    return next(n for n in (2, 4, 6, 10, 20, 40, 60, 100, 200, 400, 1000, 10**9) if n >= most)


def _svg(wide: float, high: float, parts: str) -> Markup:
    # Numbers and fixed words only; nothing of a user's or a device's comes in here.
    size = f'viewBox="0 0 {wide:g} {high:g}" width="{wide:g}" height="{high:g}"'
    return Markup(f'<svg {size} role="img" aria-hidden="true">{parts}</svg>')  # noqa: S704
