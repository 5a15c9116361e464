"""One HTML page a city can read: Japanese with English beside it, figures with intervals, pictures, nothing to fetch."""

from collections.abc import Iterable
from html import escape

from models.falls.intervals import Interval, rate
from models.falls.measuring import Measured
from models.falls.pictures import latency_picture, trace_pictures, window_pictures
from models.falls.scoring import Result, Tally
from models.falls.telling import moment
from models.falls.words import both, catalogue, items, named

RATE_HOURS_MIN = 6.0
"""Fewer hours than this say nothing of a day, whatever their interval."""
ALARMS_MAX = 60
"""So many false alarms are listed one by one; the JSON holds all."""

PER_DAY = f"{catalogue('ja')['per_day']} {catalogue('en')['per_day']}"

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.7 "Noto Sans JP", "Hiragino Sans", "Yu Gothic UI", "Noto Sans CJK JP", sans-serif; color: #1f2933;
  max-width: 66rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; line-height: 1.35; margin: 0 0 .4rem; } h2 { font-size: 1.25rem; margin: 2.6rem 0 .6rem;
  border-bottom: 2px solid #2b6cb0; padding-bottom: .2rem; } h3 { font-size: 1rem; margin: 1.4rem 0 .2rem; }
[lang=en] { display: block; color: #52606d; font-size: .85em; font-weight: 400; line-height: 1.45; }
th [lang=en], td [lang=en] { font-size: .8em; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .8rem; }
.card { border: 1px solid #cbd2d9; border-radius: 8px; padding: .8rem 1rem; }
.card b { display: block; font-size: 1.8rem; line-height: 1.3; margin: .2rem 0 0; } .card small { color: #52606d;
  display: block; line-height: 1.5; } .card i { display: block; font-style: normal; margin-bottom: .3rem; }
.group { font-weight: 600; margin: 1.2rem 0 .4rem; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; margin: .6rem 0; }
th, td { border-bottom: 1px solid #d5dbe1; padding: .35rem .5rem; text-align: left; vertical-align: top; }
th { background: #f0f4f8; font-weight: 600; } td.n, th.n { text-align: right;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
td small { color: #52606d; display: block; white-space: nowrap; } td.file { overflow-wrap: anywhere; min-width: 9rem; }
th.n { white-space: normal; min-width: 3.2rem; } th [lang=ja] { word-break: auto-phrase; }
.scroll { overflow-x: auto; } svg { display: block; max-width: 100%; height: auto; margin: .3rem 0; font-family: inherit; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1rem; }
ul { padding-left: 1.2rem; } li { margin: .3rem 0; } .variant { color: #52606d; }
@media print { h2 { break-after: avoid; } svg, .card, tr { break-inside: avoid; } body { margin: 0; } }
"""


def as_html(measured: Measured, made: str) -> str:
    """The page; ``made`` is its date, in words."""
    real = [result for result in measured.as_recorded() if result.kind != "simulated"]
    played = [result for result in measured.as_recorded() if result.kind == "simulated"]
    parts = [
        f"<h1>{both('title')}</h1>{both('lead', tag='p')}<p><small>{escape(made)}</small></p>",
        _section("summary", _cards("recordings", real) + _cards("simulated", played)),
        _section("measured_on", both("measured_on_text", tag="p") + _answers(measured, played)),
        _section("by_sensor", _table("sensor", _named("sensors", measured.by(lambda result: result.kind)))),
    ]
    if played:
        homes = Measured(played).by(lambda result: result.file)
        parts.append(_section("by_home", _table("home", _named("homes", homes))))
    kinds = measured.by_fall_kind()
    if kinds:
        parts.append(_section("by_kind", _table("kind", _named("kinds", kinds), recall_only=True)))
        parts.append(_section("latency_plot", both("latency_plot_text", tag="p") + latency_picture(measured)))
    parts.append(_section("alarms", _alarms(measured.as_recorded())))
    windows, traces = window_pictures(real), trace_pictures(real)
    if windows or traces:
        shown = f"{both('windows_text', tag='p')}{windows}" if windows else ""
        shown += f"{both('traces_text', tag='p')}{traces}" if traces else ""
        parts.append(_section("traces", shown))
    if real:
        recorded = Measured([result for result in measured.results if result.kind != "simulated"])
        files = {
            name: one
            for name, one in recorded.by(lambda result: result.file).items()
            if one.hours or one.falls or one.unexplained
        }
        parts.append(
            _section("by_recording", _table("recordings", {escape(name): one for name, one in files.items()}))
        )
    parts.append(_section("not_covered", items("not_covered_items")))
    parts.append(_section("explained", items("explained_items")))
    if measured.setups:
        parts.append(_section("settings", _settings(measured)))
    if measured.notes:
        lines = "".join(f"<li>{escape(note)}</li>" for note in measured.notes)
        parts.append(_section("left_out", f"<ul>{lines}</ul>"))
    title = escape(catalogue("ja")["title"])
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style>"
    )
    return f'<!doctype html><html lang="ja"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _answers(measured: Measured, played: list[Result]) -> str:
    """What is taken for granted of the people of simulated homes, in words."""
    if not played or measured.answers is None:
        return ""
    share, woken = (f"{100 * one:g}" for one in measured.answers)
    key = "answers_text" if measured.answers[0] else "answers_none"
    return both(key, tag="p").replace("{share}", share).replace("{woken}", woken)


def _section(key: str, content: str) -> str:
    return f"<section><h2>{both(key)}</h2>{content}</section>"


def _cards(key: str, results: list[Result]) -> str:
    if not results:
        return ""
    total = Tally()
    for result in results:
        total.add(result)
    cards = [
        _card("found", f"{total.suspected} / {total.falls}" if total.falls else "-", _share(total.recall)),
        _card("latency", _latency(total), ""),
        *([_card("lying", f"{total.lying_told} / {total.lying}", "")] if total.lying else []),
        _card("false_confirmed", str(total.false_confirmed), _span(total)),
        _card("false_suspected", str(total.false_suspected - total.false_confirmed), _hours(total.hours)),
        *([_card("unseen", f"{total.unseen_suspected} / {total.unseen}", "")] if total.unseen else []),
    ]
    return f'<div class="group">{both(key)}</div><div class="cards">{"".join(cards)}</div>'


def _card(key: str, figure: str, below: str) -> str:
    small = f"<i>{below}</i>" if below else ""
    return f'<div class="card">{both(key)}<b>{figure}</b>{small}{both(key + "_note", tag="small")}</div>'


def _latency(one: Tally) -> str:
    middle, late = one.latency(0.5), one.latency(0.95)
    return "-" if middle is None or late is None else f"{middle:.1f} / {late:.1f} s"


def _share(interval: Interval | None) -> str:
    if interval is None:
        return "-"
    return f"{100 * interval.value:.1f} % ({100 * interval.low:.1f}-{100 * interval.high:.1f} %)"


def _span(one: Tally) -> str:
    """The rate per day if there were hours enough, else only for how long."""
    interval = one.false_confirmed_per_day
    if interval is None or one.hours < RATE_HOURS_MIN:
        return _hours(one.hours)
    return f"{_hours(one.hours)}: {interval.value:.3g} ({interval.low:.2g}-{interval.high:.2g}) {PER_DAY}"


def _hours(hours: float) -> str:
    if hours >= 48:
        return f"{hours / 24:.1f} 日 days"
    return f"{hours:.1f} 時間 h" if hours >= 2 else f"{60 * hours:.1f} 分 min"


def _named(table: str, tallies: dict[str, Tally]) -> dict[str, Tally]:
    """Keys as HTML; a variant stays behind its name."""
    shown = {}
    for key, one in tallies.items():
        code, _, variant = key.partition(", ")
        name = named(table, code) + (f'<span class="variant">{escape(variant)}</span>' if variant else "")
        shown[name] = one
    return shown


def _table(first: str, tallies: dict[str, Tally], *, recall_only: bool = False) -> str:
    keys = [first, "falls", "told_of", "recall", "time"]
    if not recall_only:
        keys += ["without_fall", "duration", "false_suspected", "false_confirmed"]
    head = "".join(f'<th class="{"n" if n else ""}">{both(key)}</th>' for n, key in enumerate(keys))
    rows = "".join(_row(name, one, recall_only=recall_only) for name, one in tallies.items())
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(name: str, one: Tally, *, recall_only: bool) -> str:
    interval = one.recall
    cells = ["", "", "", ""]
    if interval is not None:
        cells = [
            f"{one.falls}",
            f"{one.suspected} / {one.confirmed}",
            f"{100 * interval.value:.1f} %<small>{100 * interval.low:.1f}-{100 * interval.high:.1f}</small>",
            _latency(one),
        ]
    if not recall_only:
        cells += _quiet_cells(one)
    return f'<tr><td class="file">{name}</td>{"".join(f"<td class=n>{cell}</td>" for cell in cells)}</tr>'


def _quiet_cells(one: Tally) -> list[str]:
    if not one.hours:
        return ["", "", _unlabelled(one), ""]
    asked = one.false_suspected - one.false_confirmed
    return [
        f"{one.windows_alarmed} / {one.windows}" if one.windows else "",
        _hours(one.hours),
        f"{asked}{_small_rate(rate(asked, one.hours), one.hours, 'h')}",
        f"{one.false_confirmed}{_small_rate(one.false_confirmed_per_day, one.hours, 'day')}",
    ]


def _unlabelled(one: Tally) -> str:
    return f"({one.unexplained} {both('unlabelled')})" if one.unexplained else ""


def _small_rate(interval: Interval | None, hours: float, per: str) -> str:
    if interval is None or hours < RATE_HOURS_MIN:
        return ""
    return f"<small>{interval.value:.2g} / {per} ({interval.low:.2g}-{interval.high:.2g})</small>"


def _alarms(results: Iterable[Result]) -> str:
    pairs = [(result, alarm) for result in results for alarm in result.alarms]
    if not pairs:
        return both("alarms_none", tag="p")
    heads = "".join(f"<th>{both(key)}</th>" for key in ("where", "when", "cause", "outcome"))
    rows = []
    for result, alarm in sorted(pairs, key=lambda pair: (not pair[1].confirmed, pair[0].name))[:ALARMS_MAX]:
        ended = both("told_people") if alarm.confirmed else escape(alarm.ended)
        sure = "" if result.truth.complete else f"<small>{both('unlabelled')}</small>"
        cause = escape(", ".join(alarm.causes) or "?")
        when = f"{moment(alarm.at_s)}<small>{escape(alarm.kind)}</small>"
        rows.append(
            f"<tr><td class=file>{escape(result.name)}</td><td>{when}</td><td>{cause}{sure}</td><td>{ended}</td></tr>"
        )
    more = f"<p>+ {len(pairs) - ALARMS_MAX}</p>" if len(pairs) > ALARMS_MAX else ""
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>{more}'


def _kind_and_file(name: str) -> str:
    kind, _, file = name.partition(", ")
    return named("sensors", kind) + (f"<small>{escape(file)}</small>" if file else "")


def _settings(measured: Measured) -> str:
    rows = "".join(
        f"<tr><td>{_kind_and_file(kind)}</td><td>{escape(text)}</td></tr>"
        for kind, text in measured.setups.items()
    )
    return f"<table><tbody>{rows}</tbody></table>"
