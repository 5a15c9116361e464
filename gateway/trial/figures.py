"""From a trial's records to what a city must know of it. Pure; what cannot be told from the records stays None."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from statistics import median

from gateway.trial.certainty import Share, Span, difference, rate, trials_needed
from gateway.trial.stored import REMOTE, WINDOW_MS, Attempt, Fault, Stored, Visit

TARGET = "monkey"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
LEFT = "left"
DAY_HOURS = range(5, 19)
"""Macaques are about by day, in summer from five in the morning on; what was not seen at night weighs less."""
ATTEMPTS_LEAST = 10
"""Of one stimulus, before anything is said of it: with fewer an interval spans most of what is possible."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What was paid, in yen. ``bought`` is spread over ``years``; ``hours_month`` of people's work at ``wage`` an hour."""

    bought: float = 0.0
    years: float = 5.0
    monthly: float = 0.0
    hours_month: float = 0.0
    wage: float = 0.0

    def over(self, days: float) -> float | None:
        """Of so many days; None where nothing was told."""
        months = days / 30.44
        total = self.bought * days / (365.25 * self.years) + months * (
            self.monthly + self.hours_month * self.wage
        )
        return total if total > 0 else None


@dataclass(frozen=True, slots=True)
class Effect:
    """One stimulus, or all together. ``left`` of those whose outcome was seen; ``unseen`` were not.

    ``more``: how much more often they left than with nothing done; ``later``: the second half of its attempts less the
    first. ``verdict``: helps, worse, unclear, few (too few attempts), no_control. ``needed``: attempts of each kind that
    would decide, if things go on as they do.
    """

    stimulus: str
    left: Share
    unseen: int
    gone_after_s: float | None
    more: Span | None
    later: Span | None
    halves: tuple[Share, Share]
    verdict: str
    needed: int | None


@dataclass(frozen=True, slots=True)
class Uptime:
    """``share`` of the time in which pictures were looked at, ``by_day`` of the day's hours; ``gaps`` ms, longest first."""

    share: float
    by_day: float
    watched_h: float
    gaps: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the report states."""

    days: float
    visits: int
    targets: int
    species: dict[str, int]
    by_hour: tuple[int, ...]
    by_day: tuple[tuple[str, int], ...]
    per_day: Span | None
    count_median: float | None
    count_most: int
    stay_median_s: float | None
    effects: tuple[Effect, ...]
    control: Share
    vetoes: dict[str, int]
    shots_day_most: int
    shots_by_hour: tuple[int, ...]
    mutes: int
    checked: Share | None
    false_per_day: Span | None
    unsure: int
    uptime: Uptime
    faults: tuple[tuple[str, int, float], ...]
    answered: Share
    answer_median_s: float | None
    answers: dict[str, int]
    cost: float | None
    cost_visit: float | None
    cost_driven: Span | None


def figures(stored: Stored, checked: Mapping[str, str], costs: Costs, zone: tzinfo) -> Figures:
    """``checked``: what people saw in a visit's picture, by its id: monkey, other, unsure."""
    days = (stored.until_ms - stored.since_ms) / DAY_MS
    targets = [visit for visit in stored.visits if visit.species == TARGET]
    uptime = _uptime(stored, zone)
    effects = _effects(stored.attempts)
    shots = [one for one in stored.attempts if not one.control]
    false, unsure = _checked(targets, checked)
    cost = costs.over(days)
    return Figures(
        days=days,
        visits=len(stored.visits),
        targets=len(targets),
        species=dict(Counter(visit.species for visit in stored.visits).most_common()),
        by_hour=_hours([visit.started_ms for visit in targets], zone),
        by_day=_days(stored, targets, zone),
        per_day=rate(len(targets), uptime.watched_h / 24),
        count_median=median(visit.count for visit in targets) if targets else None,
        count_most=max((visit.count for visit in targets), default=0),
        stay_median_s=_stay(targets),
        effects=effects,
        control=_left([one for one in stored.attempts if one.control]),
        vetoes=dict(Counter(veto.reason for veto in stored.vetoes).most_common()),
        shots_day_most=max(Counter(_date(one.at_ms, zone) for one in shots).values(), default=0),
        shots_by_hour=_hours([one.at_ms for one in shots], zone),
        mutes=stored.mutes,
        checked=false,
        false_per_day=rate(false.hits, uptime.watched_h / 24 * false.of / max(1, len(targets))) if false else None,
        unsure=unsure,
        uptime=uptime,
        faults=_faults(stored),
        answered=Share(sum(one.at_ms is not None for one in stored.answers), len(stored.answers)),
        answer_median_s=_median([(one.at_ms - one.opened_ms) / 1000 for one in stored.answers if one.at_ms]),
        answers=dict(Counter(one.what for one in stored.answers if one.what).most_common()),
        cost=cost,
        cost_visit=cost / len(targets) if cost and targets else None,
        cost_driven=_cost_driven(cost, effects),
    )  # fmt: skip


def _effects(attempts: Sequence[Attempt]) -> tuple[Effect, ...]:
    """Each stimulus, the most used first, and before them all together where there are several."""
    control = _left([one for one in attempts if one.control])
    shots = [one for one in attempts if not one.control and one.stimulus != REMOTE]
    names = [name for name, _ in Counter(one.stimulus for one in shots).most_common()]
    effects = [_effect(name, [one for one in shots if one.stimulus == name], control) for name in names]
    if len(names) > 1:
        effects.insert(0, _effect("all", shots, control))
    return tuple(effects)


def _effect(name: str, attempts: Sequence[Attempt], control: Share) -> Effect:
    seen = [one for one in attempts if one.outcome is not None]
    left = _left(attempts)
    half = len(seen) // 2
    early, late = _left(seen[:half]), _left(seen[half:])
    more = difference(left, control)
    verdict = _verdict(left, control, more)
    return Effect(
        stimulus=name,
        left=left,
        unseen=len(attempts) - len(seen),
        gone_after_s=_median([one.gone_after_s for one in seen if one.gone_after_s is not None]),
        more=more,
        later=difference(late, early) if len(seen) >= 2 * ATTEMPTS_LEAST else None,
        halves=(early, late),
        verdict=verdict,
        needed=trials_needed(left.value, control.value) if verdict in {"unclear", "few"} and more else None,
    )


def _verdict(left: Share, control: Share, more: Span | None) -> str:
    if more is None:
        return "no_control" if left.of else "few"
    if more.low > 0:
        return "helps"
    if more.high < 0:
        return "worse"
    return "few" if min(left.of, control.of) < ATTEMPTS_LEAST else "unclear"


def _left(attempts: Sequence[Attempt]) -> Share:
    seen = [one for one in attempts if one.outcome is not None]
    return Share(sum(one.outcome == LEFT for one in seen), len(seen))


def _checked(targets: Sequence[Visit], checked: Mapping[str, str]) -> tuple[Share | None, int]:
    """False ones of the visits that somebody looked at and was sure of."""
    said = [checked[visit.id] for visit in targets if visit.id in checked]
    sure = [word for word in said if word != "unsure"]
    return (Share(sum(word != TARGET for word in sure), len(sure)) if sure else None), len(said) - len(sure)


def _cost_driven(cost: float | None, effects: Sequence[Effect]) -> Span | None:
    """Yen for each visit that left and would not have left by itself; the high end is endless where it may be none."""
    if cost is None or not effects or effects[0].more is None:
        return None
    more, tries = effects[0].more, effects[0].left.of + effects[0].unseen
    if more.value <= 0:
        return None
    high = cost / (tries * more.low) if more.low > 0 else float("inf")
    return Span(cost / (tries * more.value), cost / (tries * more.high), high)


def _uptime(stored: Stored, zone: tzinfo) -> Uptime:
    first = -(-stored.since_ms // WINDOW_MS) * WINDOW_MS
    windows = range(first, stored.until_ms - WINDOW_MS + 1, WINDOW_MS)
    daily = [at for at in windows if _local(at, zone).hour in DAY_HOURS]
    seen, seen_daily = (sum(at in stored.watched for at in some) for some in (windows, daily))
    return Uptime(
        share=seen / len(windows) if windows else 0.0,
        by_day=seen_daily / len(daily) if daily else 0.0,
        watched_h=seen * WINDOW_MS / HOUR_MS,
        gaps=_gaps(windows, stored.watched),
    )


def _gaps(windows: Sequence[int], watched: frozenset[int]) -> tuple[tuple[int, int], ...]:
    """The five longest stretches without a picture, (from, to) in ms."""
    gaps: list[tuple[int, int]] = []
    for at in windows:
        if at in watched:
            continue
        if gaps and gaps[-1][1] == at:
            gaps[-1] = (gaps[-1][0], at + WINDOW_MS)
        else:
            gaps.append((at, at + WINDOW_MS))
    return tuple(sorted(gaps, key=lambda gap: gap[0] - gap[1])[:5])


def _faults(stored: Stored) -> tuple[tuple[str, int, float], ...]:
    """(code, how often, hours in all), the longest first; a fault that stands counts to the end."""
    codes: dict[str, list[Fault]] = {}
    for fault in stored.faults:
        codes.setdefault(fault.code, []).append(fault)
    told = [
        (code, len(some), sum(((one.to_ms or stored.until_ms) - one.from_ms) / HOUR_MS for one in some))
        for code, some in codes.items()
    ]
    return tuple(sorted(told, key=lambda one: -one[2]))


def _stay(targets: Sequence[Visit]) -> float | None:
    return _median(
        [(visit.ended_ms - visit.started_ms) / 1000 for visit in targets if visit.ended_ms is not None]
    )


def _hours(times_ms: Sequence[int], zone: tzinfo) -> tuple[int, ...]:
    counted = Counter(_local(at, zone).hour for at in times_ms)
    return tuple(counted[hour] for hour in range(24))


def _days(stored: Stored, targets: Sequence[Visit], zone: tzinfo) -> tuple[tuple[str, int], ...]:
    """Every date of the trial with its visits."""
    counted = Counter(_date(visit.started_ms, zone) for visit in targets)
    dates = [_date(at, zone) for at in range(stored.since_ms, stored.until_ms, DAY_MS)]
    dates.append(_date(stored.until_ms - 1, zone))
    return tuple((date, counted[date]) for date in dict.fromkeys(dates))


def _date(at_ms: int, zone: tzinfo) -> str:
    return _local(at_ms, zone).strftime("%Y-%m-%d")


def _local(at_ms: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None
