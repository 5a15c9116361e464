"""What a city can decide from a trial, and what it cannot yet, as sentences of the catalogue. Pure."""

from dataclasses import dataclass
from typing import Literal

from gateway.trial.figures import ATTEMPTS_LEAST, Effect, Figures

UPTIME_LEAST = 0.95
"""Of the day's hours: below it what was not seen may be as much as what was."""
DAYS_LEAST = 28.0
"""Troops come and go in weeks, and what is new frightens for as long."""
CHECKED_LEAST = 20
GIVEN_UP = "nothing_works"
"""The repeller's own reason for keeping still once no stimulus beats doing nothing."""

Mark = Literal["good", "bad", "open"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """``key`` of ``trial.decision``, with facts; ``stimulus`` is put into words by whoever shows it."""

    mark: Mark
    key: str
    facts: dict[str, str]
    stimulus: str | None = None


def sentences(told: Figures) -> list[Sentence]:
    """In the order in which a city asks."""
    return [
        _time(told),
        _watching(told),
        *_effect(told),
        *_wearing(told),
        *_given_up(told),
        _false(told),
        _noise(told),
        _price(told),
    ]


def _time(told: Figures) -> Sentence:
    facts = {"days": f"{told.days:.0f}", "visits": str(told.targets)}
    return Sentence(
        "good" if told.days >= DAYS_LEAST else "open",
        "days" if told.days >= DAYS_LEAST else "days_few",
        facts,
    )


def _watching(told: Figures) -> Sentence:
    up = told.uptime
    good = up.by_day >= UPTIME_LEAST
    return Sentence(
        "good" if good else "bad", "uptime" if good else "uptime_low", {"share": _percent(up.by_day)}
    )


def _effect(told: Figures) -> list[Sentence]:
    if not told.effects:
        return [Sentence("open", "no_shots", {})]
    return [_of_stimulus(effect) for effect in told.effects]


def _of_stimulus(effect: Effect) -> Sentence:
    facts = {"left": _percent(effect.left.value), "of": str(effect.left.of), "least": str(ATTEMPTS_LEAST)}
    if effect.more is not None:
        facts |= {
            "more": f"{100 * effect.more.value:+.0f}",
            "low": f"{100 * effect.more.low:+.0f}",
            "high": f"{100 * effect.more.high:+.0f}",
        }
    if effect.verdict == "unclear" and effect.needed is not None:
        return Sentence("open", "unclear_needed", facts | {"needed": str(effect.needed)}, effect.stimulus)
    mark: Mark = {"helps": "good", "worse": "bad"}.get(effect.verdict, "open")  # type: ignore[assignment]
    return Sentence(mark, effect.verdict, facts, effect.stimulus)


def _wearing(told: Figures) -> list[Sentence]:
    """Who got used to what: said only where it is sure, or surely asked."""
    found = []
    for effect in told.effects:
        if effect.later is None:
            continue
        early, late = effect.halves
        facts = {"early": _percent(early.value), "late": _percent(late.value)}
        if effect.later.high < 0:
            found.append(Sentence("bad", "wears_off", facts, effect.stimulus))
        elif effect.later.low > 0:
            found.append(Sentence("good", "grows", facts, effect.stimulus))
        else:
            found.append(Sentence("open", "wearing_unclear", facts, effect.stimulus))
    return found


def _given_up(told: Figures) -> list[Sentence]:
    """Whether the device itself has said that nothing it can do works."""
    times = told.vetoes.get(GIVEN_UP, 0)
    return [Sentence("bad", "gave_up", {"times": str(times)})] if times else []


def _false(told: Figures) -> Sentence:
    if told.checked is None:
        return Sentence("open", "unchecked", {})
    facts = {
        "false": str(told.checked.hits), "of": str(told.checked.of),
        "low": _percent(told.checked.low), "high": _percent(told.checked.high),
    }  # fmt: skip
    if told.checked.of < CHECKED_LEAST:
        return Sentence("open", "checked_few", facts)
    return Sentence("good" if told.checked.high <= 0.10 else "bad", "checked", facts)


def _noise(told: Figures) -> Sentence:
    facts = {"most": str(told.shots_day_most), "mutes": str(told.mutes)}
    return Sentence("bad" if told.mutes else "good", "noise_muted" if told.mutes else "noise", facts)


def _price(told: Figures) -> Sentence:
    if told.cost is None:
        return Sentence("open", "no_cost", {})
    facts = {"cost": f"{told.cost:,.0f}", "visit": f"{told.cost_visit:,.0f}" if told.cost_visit else "-"}
    if told.cost_driven is None:
        return Sentence("open", "cost", facts)
    return Sentence("good", "cost_driven", facts | {"driven": f"{told.cost_driven.value:,.0f}"})


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"
