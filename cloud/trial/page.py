"""The page itself: figures, drawings and pictures into one file that needs nothing else."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from cloud.trial.decision import sentences
from cloud.trial.drawing import columns, days, whiskers
from cloud.words import catalogue, code, say
from gateway.trial.certainty import Share, Span
from gateway.trial.figures import Effect, Figures
from gateway.trial.stored import Stored, Visit

LANGUAGES = ("ja", "en")
PICTURES_MOST = 24


def as_html(stored: Stored, told: Figures, zone: tzinfo, made_ms: int, pictures: int = PICTURES_MOST) -> str:
    """The report of one field; ``made_ms`` is now."""
    return (
        _environment()
        .get_template("trial.html")
        .render(
            stored=stored,
            told=told,
            decision=[(one.mark, _sentence(one.key, one.facts, one.stimulus)) for one in sentences(told)],
            hours=columns(told.by_hour, told.shots_by_hour),
            days=days(told.by_day),
            effects=[(one, stimulus(one.stimulus), _row(one)) for one in told.effects],
            control=whiskers(told.control.value, told.control.low, told.control.high, colour="#7b8794"),
            pictures=_pictures(stored.visits, pictures),
            when=lambda at_ms: _when(at_ms, zone),
            date=lambda at_ms: _when(at_ms, zone)[:10],
            made=_when(made_ms, zone),
        )
    )


def _row(one: Effect) -> tuple[Markup, Markup | None]:
    """Drawings of the share that left, and of the difference to nothing done."""
    more = one.more
    return (
        whiskers(one.left.value, one.left.low, one.left.high),
        None if more is None else whiskers(more.value, more.low, more.high, least=-1.0),
    )


def both(key: str, tag: str = "span", **facts: object) -> Markup:
    """The words of ``trial.{key}`` in both languages; a fact that is a dictionary has a text for each."""
    said = []
    for language in LANGUAGES:
        own = {name: fact[language] if isinstance(fact, dict) else fact for name, fact in facts.items()}
        said.append(say(language, f"trial.{key}", **own))
    return _two(tag, *said)


def named(kind: str, word: str) -> Markup:
    """A machine-readable code in both languages."""
    return _two("span", *(code(language, kind, word) for language in LANGUAGES))


def answer(word: str) -> Markup:
    """What somebody answered to an alert about animals."""
    known = f"codes.answer_sighting.{word}" in catalogue(LANGUAGES[0])
    return named("answer_sighting" if known else "answer", word)


def stimulus(word: str) -> Markup:
    """The name of a stimulus, or of all together."""
    return both("all_stimuli") if word == "all" else named("stimulus", word)


def _sentence(key: str, facts: dict[str, str], word: str | None) -> Markup:
    said = []
    for language in LANGUAGES:
        name = ""
        if word is not None:
            name = say(language, "trial.all_stimuli") if word == "all" else code(language, "stimulus", word)
        said.append(say(language, f"trial.decision.{key}", stimulus=name, **facts))
    return _two("span", *said)


def _two(tag: str, ja: str, en: str) -> Markup:
    return Markup(f'<{tag} lang="ja">{escape(ja)}</{tag}><{tag} lang="en">{escape(en)}</{tag}>')  # noqa: S704 - both are escaped


def _pictures(visits: Sequence[Visit], most: int) -> list[tuple[Visit, str]]:
    """Visits with their pictures as data URLs, evenly over the whole time."""
    shown = [visit for visit in visits if visit.picture]
    step = max(1.0, len(shown) / most) if most else 1.0
    chosen = [shown[int(n * step)] for n in range(min(most, len(shown)))]
    return [(visit, f"data:image/jpeg;base64,{b64encode(visit.picture or b'').decode()}") for visit in chosen]


def _percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %"


def _range(one: Share | Span) -> str:
    return f"{100 * one.low:.0f}-{100 * one.high:.0f} %"


def _points(one: Span) -> str:
    return f"{100 * one.value:+.0f} ({100 * one.low:+.0f} - {100 * one.high:+.0f})"


def _long(seconds: float | None) -> dict[str, str]:
    """A time as people say it, in each language; a dash for none."""
    if seconds is None:
        return dict.fromkeys(LANGUAGES, "-")
    key, number = "hours", f"{seconds / 3600:.1f}"
    if seconds < 120:
        key, number = "seconds", f"{seconds:.0f}"
    elif seconds < 7200:
        key, number = "minutes", f"{seconds / 60:.0f}"
    return {language: say(language, f"trial.long.{key}", n=number) for language in LANGUAGES}


def _long_both(seconds: float | None) -> Markup:
    said = _long(seconds)
    return Markup("-") if seconds is None else _two("span", said["ja"], said["en"])


def _when(at_ms: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("cloud.trial"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    helpers: dict[str, Any] = {"t": both, "named": named, "stimulus": stimulus, "answer": answer}
    environment.globals.update(helpers)
    environment.filters.update(
        {
            "percent": _percent,
            "range": _range,
            "points": _points,
            "long": _long_both,
            "as_fact": _long,
            "yen": lambda v: f"{v:,.0f}",
        }
    )
    return environment
