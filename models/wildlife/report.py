"""One HTML page: Japanese with English beside it, figures with intervals, the worst pictures, nothing to fetch."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from models.falls.intervals import Interval
from models.falls.report import STYLE
from models.wildlife.clips import Watched, clips_found, events_per_hour, false_per_hour, hours
from models.wildlife.curves import bars, recall_curve
from models.wildlife.measuring import RATES, Looked, Measured, blur_key, grey_key, size_key
from models.wildlife.plates import plate
from models.wildlife.subjects import MONKEY
from models.wildlife.telling import told
from models.wildlife.traits import SIZES
from models.wildlife.words import both, catalogue, filled, items, named

PLATES_MOST = 24
CLIP_HOURS_MIN = 0.5
"""Fewer hours of clips say nothing of an hour; the table of clips still shows what was told."""
OWN_STYLE = """
.plates { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: .9rem; }
.plates figure { margin: 0; break-inside: avoid; }
.plates img { width: 100%; border-radius: 6px; display: block; background: #eef2f6; }
.plates figcaption { font-size: .8rem; color: #52606d; overflow-wrap: anywhere; line-height: 1.4; margin-top: .2rem; }
table.shares td { vertical-align: middle; } table.shares td.what { width: 34%; } table.shares td.bars { width: 50%; }
svg.bar { width: 100%; height: 1.1rem; margin: 0; }
@media print { .plates { grid-template-columns: repeat(4, 1fr); } .plates figure { break-inside: avoid; } }
"""


def as_html(measured: Measured, made: str) -> str:
    """The page; ``made`` is its date, in words."""
    parts = [
        f"<h1>{both('title')}</h1>{both('lead', tag='p')}<p><small>{escape(made)}</small></p>",
        _section("summary", _cards(measured)),
        _section("measured_on", _measured_on(measured)),
    ]
    if measured.looked:
        parts += _picture_sections(measured)
    if measured.clips:
        parts.append(_section("clips", both("clips_text", tag="p") + _clips(measured.clips)))
    parts.append(_section("not_covered", items("not_covered_items")))
    parts.append(_section("explained", items("explained_items")))
    if measured.notes:
        lines = "".join(f"<li>{escape(note)}</li>" for note in measured.notes)
        parts.append(_section("left_out", f"<ul>{lines}</ul>"))
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(catalogue('ja')['title'])}</title><style>{STYLE}{OWN_STYLE}</style>"
    )
    return f'<!doctype html><html lang="ja"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _picture_sections(measured: Measured) -> list[str]:
    parts = []
    curve = recall_curve(measured, catalogue("ja")["x_false"], catalogue("ja")["y_found"])
    if curve:
        parts.append(_section("trade", both("trade_text", tag="p") + curve))
        parts.append(_section("fixed", _fixed(measured)))
    parts.append(_section("by_set", _sets(measured)))
    sizes = measured.subjects_by(size_key)
    if sizes:
        rows = [(named("sizes", name), sizes[name]) for name, _ in SIZES if name in sizes]
        parts.append(_section("by_size", both("by_size_text", tag="p") + bars(rows)))
    light = _light(measured)
    if light:
        parts.append(_section("by_light", both("by_light_text", tag="p") + light))
    classes = _classes(measured)
    if classes:
        parts.append(_section("class_table", classes))
    parts.append(_section("misses", _plates("misses", measured.misses(PLATES_MOST), measured.least)))
    parts.append(
        _section("false_alarms", _plates("false_alarms", measured.false_ones(PLATES_MOST), measured.least))
    )
    return parts


def _section(key: str, content: str) -> str:
    return f"<section><h2>{both(key)}</h2>{content}</section>"


def _cards(measured: Measured) -> str:
    cards = []
    recall, false = measured.recall(), measured.false()
    if recall is not None:
        cards.append(_card("found", f"{100 * recall.value:.1f} %", _range(recall)))
    if false is not None:
        cards.append(_card("false", f"{100 * false.value:.1f} %", _range(false)))
    precision = measured.precision(MONKEY) if measured.looked else None
    if precision is not None:
        value, _ = precision
        cards.append(_card("ap", f"{value.value:.2f}", f"{value.low:.2f}-{value.high:.2f}"))
    if "grey" in measured.changed and (loss := measured.changed["grey"].loss(measured.least)) is not None:
        span = f"{100 * loss.low:+.1f} - {100 * loss.high:+.1f}"
        cards.append(_card("grey_loss", f"{100 * loss.value:+.1f}", span))
    if measured.far is not None and (far := measured.far.found(measured.least, tiles=True)) is not None:
        cards.append(_card("far", f"{100 * far.value:.0f} %", _range(far), px=measured.far.height_px))
    events = events_per_hour(measured.clips, MONKEY)
    if events is not None and (hours(measured.clips) >= CLIP_HOURS_MIN or not measured.looked):
        cards.append(_card("events", f"{events.value:.3g}", f"{events.low:.2g}-{events.high:.3g}"))
    return f'<div class="cards">{"".join(cards)}</div>'


def _card(key: str, figure: str, below: str, **facts: object) -> str:
    name, note = filled(key, **facts), both(f"{key}_note", tag="small")
    return f'<div class="card">{name}<b>{figure}</b><i>{below}</i>{note}</div>'


def _range(one: Interval) -> str:
    return f"{100 * one.low:.1f}-{100 * one.high:.1f} %"


def _measured_on(measured: Measured) -> str:
    rows = [
        f"<tr><td>{named('parts', key)}</td><td>{escape(value)}</td></tr>"
        for key, value in measured.eye.items()
    ]
    rows.append(f"<tr><td>{both('threshold')}</td><td>{measured.least:g}</td></tr>")
    if measured.looked:
        shown = filled("picture_count", all=len(measured.looked), monkeys=len(measured.with_monkeys()))
        rows.append(f"<tr><td>{both('picture')}</td><td>{shown}</td></tr>")
    if measured.clips:
        length = f"{len(measured.clips)} ({60 * hours(measured.clips):.1f} 分 min)"
        rows.append(f"<tr><td>{both('clip_n')}</td><td>{length}</td></tr>")
    return f"<table><tbody>{''.join(rows)}</tbody></table>"


def _fixed(measured: Measured) -> str:
    rows = []
    for rate in RATES:
        at = measured.recall_at(rate)
        if at is not None:
            rows.append(
                (f"{filled('fixed_rate', rate=f'{100 * rate:g}')}<small>&ge; {at[0]:.3f}</small>", at[1])
            )
    return bars(rows)


def _sets(measured: Measured) -> str:
    keys = ("set", "pictures", "recall", "false_of", "animals")
    heads = "".join(f'<th class="{"n" if n else ""}">{both(key)}</th>' for n, key in enumerate(keys))
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td class=n>{len(some)}</td><td class=n>{_cell(measured.recall(some))}</td>"
        f"<td class=n>{_cell(measured.false(some))}</td><td class=n>{_cell(measured.animals(some))}</td></tr>"
        for name, some in measured.by(lambda one: one.shown.source).items()
    )
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _cell(one: Interval | None) -> str:
    if one is None:
        return ""
    return f"{100 * one.value:.1f} %<small>{100 * one.low:.1f}-{100 * one.high:.1f}</small>"


def _light(measured: Measured) -> str:
    rows: list[tuple[str, Interval]] = []
    for name, some in measured.by(grey_key).items():
        recall = measured.recall(some)
        if recall is not None:
            rows.append((named("lights", name), recall))
    rows += [(named("lights", name), one) for name, one in measured.subjects_by(blur_key).items()]
    for name, changed in measured.changed.items():
        recall = changed.recall(measured.least)
        if recall is not None:
            rows.append((named("changes", name), recall))
    return (bars(rows) if rows else "") + _losses(measured)


def _losses(measured: Measured) -> str:
    rows = []
    for name, changed in measured.changed.items():
        loss = changed.loss(measured.least)
        if loss is not None:
            span = f"{100 * loss.low:+.1f} - {100 * loss.high:+.1f}"
            false = _cell(changed.false(measured.least))
            rows.append(
                f"<tr><td>{named('changes', name)}</td><td class=n>{100 * loss.value:+.1f}<small>{span}</small></td>"
                f"<td class=n>{false}</td></tr>"
            )
    if not rows:
        return ""
    heads = f"<th></th><th class=n>{both('lost')}</th><th class=n>{both('false_of')}</th>"
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _classes(measured: Measured) -> str:
    rows = []
    for name in measured.classes():
        at = measured.precision(name)
        if at is not None:
            value, boxes = at
            rows.append(
                f"<tr><td>{named('species', name)}</td><td class=n>{boxes}</td><td class=n>{value.value:.3f}</td>"
                f"<td class=n>{value.low:.3f}-{value.high:.3f}</td></tr>"
            )
    if not rows:
        return ""
    boxes_of, span = both("boxes"), both("interval")
    heads = f"<th>{both('class')}</th><th class=n>{boxes_of}</th><th class=n>AP50</th><th class=n>{span}</th>"
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _plates(key: str, chosen: Sequence[Looked], least: float) -> str:
    figures = []
    for one in chosen:
        picture = plate(one, least)
        if picture is not None:
            caption = f"{escape(one.shown.path.name)} &middot; {one.best:.2f}"
            figures.append(f'<figure><img src="{picture}" alt=""><figcaption>{caption}</figcaption></figure>')
    if not figures:
        return both(f"{key}_none", tag="p")
    return f'{both(f"{key}_text", tag="p")}<div class="plates">{"".join(figures)}</div>'


def _clips(clips: list[Watched]) -> str:
    keys = {"file": "", "length": "n", "looked_at": "n", "said": ""}
    heads = "".join(f'<th class="{side}">{both(key)}</th>' for key, side in keys.items())
    rows = []
    for one in clips:
        said = "<br>".join(
            f"{visit.at_s:.1f} s: {named('species', visit.species)} &ge; {visit.count}" for visit in one.told
        )
        rows.append(
            f"<tr><td class=file>{escape(one.clip.path.name)}</td><td class=n>{one.seconds:.0f} s</td>"
            f"<td class=n>{one.looks} / {one.frames}</td><td>{said or both('nothing_said')}</td></tr>"
        )
    table = f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    table += _clip_plates(clips)
    false, found = false_per_hour(clips), clips_found(clips)
    if found is not None:
        table += f"<p>{both('recall')} {told(found)}</p>"
    if false is not None:
        table += f"<p>{both('false_hour')} {false.value:.3g} ({false.low:.2g}-{false.high:.3g}) {both('per_hour')}</p>"
    return table


def _clip_plates(clips: list[Watched]) -> str:
    """The pictures that the field would have sent, false ones first."""
    told = [(one, visit) for one in clips for visit in one.told if visit.picture is not None]
    told.sort(key=lambda pair: not (pair[0].false and pair[1].species == MONKEY))
    figures = [
        f'<figure><img src="data:image/jpeg;base64,{b64encode(visit.picture or b"").decode()}" alt="">'
        f"<figcaption>{escape(one.clip.path.name)} &middot; {visit.at_s:.1f} s &middot; {visit.confidence:.2f}"
        "</figcaption></figure>"
        for one, visit in told[:PLATES_MOST]
    ]
    return f'<div class="plates">{"".join(figures)}</div>' if figures else ""
