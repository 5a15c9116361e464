"""The report's words: Japanese first, English beside it, from two catalogues."""

import tomllib
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

WORDS = Path(__file__).parent / "words"


@cache
def catalogue(language: str) -> dict[str, Any]:
    """``ja`` or ``en``."""
    return tomllib.loads((WORDS / f"{language}.toml").read_text(encoding="utf-8"))


def both(key: str, *, tag: str = "span") -> str:
    """HTML: the Japanese words, the English ones after them."""
    ja, en = catalogue("ja")[key], catalogue("en")[key]
    return f'<{tag} lang="ja">{escape(ja)}</{tag}><{tag} lang="en">{escape(en)}</{tag}>'


def items(key: str) -> str:
    """HTML: a list of sentences, each in both languages."""
    pairs = zip(catalogue("ja")[key], catalogue("en")[key], strict=True)
    lines = (
        f'<li><span lang="ja">{escape(ja)}</span><span lang="en">{escape(en)}</span></li>' for ja, en in pairs
    )
    return f"<ul>{''.join(lines)}</ul>"


def named(table: str, code: str) -> str:
    """HTML: a code in both languages; as it stands where a catalogue has no words for it (a label's own)."""
    ja = catalogue("ja")[table].get(code)
    en = catalogue("en")[table].get(code, code.replace("_", " "))
    if ja is None:
        return escape(en)
    return f'<span lang="ja">{escape(ja)}</span><span lang="en">{escape(en)}</span>'
