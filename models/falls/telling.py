"""Figures as lines for a terminal and as JSON for machines."""

from typing import Any

from models.falls.intervals import Interval
from models.falls.measuring import UNKNOWN, Measured
from models.falls.scoring import Alarm, Result, Tally

RATE_HOURS_MIN = 6.0
HOUR_S = 3600.0


def as_lines(measured: Measured) -> list[str]:
    """What a technician reads: by recording, by kind of fall, every false suspicion with its cause, what was left out."""
    lines = ["by recording:"]
    lines += [
        f"  {name}: {_row(one)}"
        for name, one in measured.by(lambda result: f"{result.file} [{result.kind}]").items()
    ]
    lines += ["by sensor:"]
    lines += [f"  {name}: {_row(one)}" for name, one in measured.by(lambda result: result.kind).items()]
    lines += _fall_kinds(measured)
    lines += _causes(measured)
    alarms = [(result, alarm) for result in measured.as_recorded() for alarm in result.alarms]
    if alarms:
        lines.append("suspicions of no known fall:")
    for result, alarm in alarms:
        told = "people told" if alarm.confirmed else f"ended: {alarm.ended}"
        sort = "false" if result.truth.complete else "unlabelled"
        cause = ", ".join(alarm.causes) or UNKNOWN
        lines.append(f"  {result.name} at {moment(alarm.at_s)}, {alarm.kind}, {sort}, {told}; {cause}")
    lines += [f"mount of {kind}: {setup}" for kind, setup in measured.setups.items()]
    return [*lines, *(f"left out: {note}" for note in measured.notes)]


def _fall_kinds(measured: Measured) -> list[str]:
    kinds = measured.by_fall_kind()
    if not kinds:
        return []
    return ["by kind of fall:", *(f"  {name}: {_row(one)}" for name, one in kinds.items())]


def _causes(measured: Measured) -> list[str]:
    causes = measured.by_cause()
    lines = [] if measured.answers is None else [answers_in_words(*measured.answers)]
    if not causes:
        return lines
    lines.append("needless questions by cause, and how they ended:")
    lines += [f"  {cause}: {_ends(alarms)}" for cause, alarms in causes.items()]
    return [*lines, f"  all: {_ends([alarm for alarms in causes.values() for alarm in alarms])}"]


def answers_in_words(share: float, woken: float) -> str:
    """What the figures of simulated homes take for granted."""
    if not share:
        return "in simulated homes nobody answers a question but by standing up (--answers 0)"
    awake = f"somebody awake and well answers {100 * share:g} % of questions within half a minute (--answers {share:g})"
    return f"in simulated homes {awake}; of sleepers {100 * woken:g} % wake (--woken {woken:g}); nobody beside a fall does"


def _ends(alarms: list[Alarm]) -> str:
    """How many there were, how many of them somebody answered, and how many people were told of."""
    answered, confirmed = sum(one.answered for one in alarms), sum(one.confirmed for one in alarms)
    other = len(alarms) - answered - confirmed
    return (
        f"{len(alarms)} suspected, {answered} answered, {other} ended by standing up, {confirmed} confirmed"
    )


def _row(one: Tally) -> str:
    parts = []
    if one.falls:
        parts.append(
            f"{one.suspected} of {one.falls} falls suspected ({share_in_words(one.recall)}), {one.confirmed} confirmed"
        )
        if one.to_suspected_s:
            parts.append(f"after {one.latency(0.5):.1f} s (median), {one.latency(0.95):.1f} s (p95)")
    if one.unseen:
        parts.append(
            f"besides {one.unseen} falls outside the field of view, {one.unseen_suspected} of them suspected"
        )
    if one.lying:
        parts.append(f"somebody on the floor reported in {one.lying_told} of {one.lying} recordings")
    if one.windows:
        parts.append(f"alarms in {one.windows_alarmed} of {one.windows} recordings without a fall")
    if one.floor_shown_s:
        parts.append(f"somebody shown on the floor for {one.floor_shown_s:.0f} s of them")
    if one.hours:
        false = f"{one.false_suspected} false suspicions, {one.false_answered} answered, {one.false_confirmed} confirmed"
        parts.append(f"{false} in {hours_in_words(one.hours)} ({_rates(one)})")
    if one.unexplained:
        parts.append(f"{one.unexplained} suspicions where not all is labelled")
    if one.floor_unlabelled_s:
        parts.append(
            f"somebody shown on the floor for {one.floor_unlabelled_s:.0f} s where not all is labelled"
        )
    return "; ".join(parts) or "no label, no suspicion"


def _rates(one: Tally) -> str:
    """Per day only where there are days: minutes prove nothing about a day, and say so by their interval per hour."""
    per_hour = f"{rate_in_words(one.false_per_hour)} suspicions/h"
    if one.hours < RATE_HOURS_MIN:
        return per_hour
    return f"{per_hour}, {rate_in_words(one.false_confirmed_per_day)} confirmed/day"


def hours_in_words(hours: float) -> str:
    """Minutes below two hours, days above two days."""
    if hours >= 48:
        return f"{hours / 24:.1f} days"
    return f"{hours:.1f} h" if hours >= 2 else f"{60 * hours:.1f} min"


def moment(at_s: float) -> str:
    """Seconds of a recording; of a day, the hour of it."""
    if at_s < HOUR_S:
        return f"{at_s:.1f} s"
    return f"{int(at_s // HOUR_S):02}:{int(at_s % HOUR_S // 60):02}:{int(at_s % 60):02}"


def share_in_words(interval: Interval | None) -> str:
    """Percent with its interval."""
    if interval is None:
        return "-"
    return f"{100 * interval.value:.1f} %, 95 %: {100 * interval.low:.1f}-{100 * interval.high:.1f}"


def rate_in_words(interval: Interval | None) -> str:
    """A rate with its interval."""
    return "-" if interval is None else f"{interval.value:.3g} [{interval.low:.2g}, {interval.high:.3g}]"


def as_json(measured: Measured) -> dict[str, Any]:
    """Everything but the traces; times in s, rates per hour and day, intervals as [low, high] at 95 %."""
    return {
        "total": _tally(measured.by(lambda _: "total")["total"]) if measured.as_recorded() else None,
        "by_recording": {n: _tally(t) for n, t in measured.by(lambda result: result.file).items()},
        "by_sensor": {n: _tally(t) for n, t in measured.by(lambda result: result.kind).items()},
        "by_fall": {n: _tally(t) for n, t in measured.by_fall_kind().items()},
        "recordings": [_result(result) for result in measured.results],
        "needless_questions_by_cause": {
            cause: {
                "suspected": len(alarms),
                "answered": sum(one.answered for one in alarms),
                "confirmed": sum(one.confirmed for one in alarms),
            }
            for cause, alarms in measured.by_cause().items()
        },
        "answers": None
        if measured.answers is None
        else {"awake": measured.answers[0], "sleepers_woken": measured.answers[1]},
        "mounts": measured.setups,
        "left_out": measured.notes,
    }


def _tally(one: Tally) -> dict[str, Any]:
    return {
        "falls": one.falls,
        "suspected": one.suspected,
        "confirmed": one.confirmed,
        "falls_out_of_view": one.unseen,
        "falls_out_of_view_suspected": one.unseen_suspected,
        "on_the_floor": one.lying,
        "on_the_floor_reported": one.lying_told,
        "recall": _interval(one.recall),
        "recall_confirmed": _interval(one.recall_confirmed),
        "to_suspected_s": {"median": one.latency(0.5), "p95": one.latency(0.95)},
        "hours": round(one.hours, 4),
        "false_suspected": one.false_suspected,
        "false_answered": one.false_answered,
        "false_confirmed": one.false_confirmed,
        "false_suspected_per_hour": _interval(one.false_per_hour),
        "false_confirmed_per_day": _interval(one.false_confirmed_per_day),
        "on_the_floor_without_fall_s": round(one.floor_shown_s, 1),
        "recordings_without_fall": one.windows,
        "recordings_without_fall_alarmed": one.windows_alarmed,
        "suspicions_where_not_all_is_labelled": one.unexplained,
        "on_the_floor_where_not_all_is_labelled_s": round(one.floor_unlabelled_s, 1),
    }


def _interval(interval: Interval | None) -> dict[str, Any] | None:
    if interval is None:
        return None
    return {"value": round(interval.value, 5), "interval": [round(interval.low, 5), round(interval.high, 5)]}


def _result(result: Result) -> dict[str, Any]:
    return {
        "name": result.name,
        "sensor": result.kind,
        "variant": result.variant,
        "seconds": round(result.duration_s, 2),
        "frames": result.watched.frames,
        "labels": result.truth.source,
        "on_the_floor_s": result.watched.floor,
        "falls": [
            {
                "at_s": event.fall.at_s,
                "kind": event.fall.kind,
                "in_view": event.fall.seen,
                "suspected_after_s": event.suspected_s,
                "confirmed_after_s": event.confirmed_s,
            }
            for event in result.events
        ],
        "other_suspicions": [
            {
                "at_s": alarm.at_s,
                "kind": alarm.kind,
                "confirmed": alarm.confirmed,
                "ended": alarm.ended,
                "false": result.truth.complete,
                "causes": list(alarm.causes),
                "evidence": alarm.evidence,
            }
            for alarm in result.alarms
        ],
    }
