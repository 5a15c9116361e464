"""A trial's figures as lines for a technician's terminal, and as JSON for machines."""

from dataclasses import asdict
from math import isfinite
from typing import Any

from gateway.trial.certainty import Share, Span
from gateway.trial.figures import Effect, Figures
from gateway.trial.stored import Stored


def as_lines(stored: Stored, told: Figures) -> list[str]:
    """What a technician reads."""
    up = told.uptime
    lines = [
        f"{stored.field_id}, {told.days:.1f} days, {', '.join(stored.devices) or 'no device'}",
        f"visits: {told.visits}, of monkeys {told.targets}{_rate(told.per_day)}",
        "by hour: " + " ".join(f"{hour}:{count}" for hour, count in enumerate(told.by_hour) if count),
    ]
    lines += [_effect(one) for one in told.effects]
    if told.control.of:
        lines.append(f"nothing done: left {_share(told.control)}")
    lines += [f"kept still, {reason}: {count}" for reason, count in told.vetoes.items()]
    lines.append(f"switched on at most {told.shots_day_most} times a day, muted {told.mutes} times")
    lines.append(
        f"false alarms: {_share(told.checked) if told.checked else 'nobody has checked (--to-check, --checked)'}"
    )
    lines.append(
        f"watched {up.watched_h:.1f} h: {100 * up.share:.1f} % of the time, {100 * up.by_day:.1f} % from 5 to 19"
    )
    lines += [f"fault {code}: {times} times, {hours:.1f} h" for code, times, hours in told.faults]
    if told.answered.of:
        lines.append(f"alerts answered: {_share(told.answered)}")
    if told.cost is not None:
        lines.append(
            f"cost: {told.cost:,.0f} yen" + (f", a visit {told.cost_visit:,.0f}" if told.cost_visit else "")
        )
    return lines


def _effect(one: Effect) -> str:
    parts = [f"{one.stimulus}: left {_share(one.left)}"]
    if one.more is not None:
        parts.append(f"more than nothing done {_points(one.more)}")
    if one.later is not None:
        parts.append(f"second half less first {_points(one.later)}")
    if one.needed is not None:
        parts.append(f"about {one.needed} of each would decide")
    return f"{', '.join(parts)}: {one.verdict}"


def _share(one: Share) -> str:
    return f"{one.hits}/{one.of}, {100 * one.value:.0f} % ({100 * one.low:.0f}-{100 * one.high:.0f})"


def _points(one: Span) -> str:
    return f"{100 * one.value:+.0f} points ({100 * one.low:+.0f} to {100 * one.high:+.0f})"


def _rate(one: Span | None) -> str:
    return "" if one is None else f", {one.value:.2f} a watched day ({one.low:.2f}-{one.high:.2f})"


def as_json(stored: Stored, told: Figures) -> dict[str, Any]:
    """Every figure, with the ends of its interval."""
    tree = _plain(asdict(told))
    return {
        "field": stored.field_id, "devices": list(stored.devices),
        "since_ms": stored.since_ms, "until_ms": stored.until_ms,
        **tree,
        "control": _share_json(told.control),
        "checked": None if told.checked is None else _share_json(told.checked),
        "answered": _share_json(told.answered),
        "effects": [
            {**_plain(asdict(one)), "left": _share_json(one.left), "halves": [_share_json(half) for half in one.halves]}
            for one in told.effects
        ],
    }  # fmt: skip


def _share_json(one: Share) -> dict[str, Any]:
    return {"hits": one.hits, "of": one.of, "value": one.value, "interval": [one.low, one.high]}


def _plain(value: Any) -> Any:
    """JSON knows no endless number."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not isfinite(value) else value
