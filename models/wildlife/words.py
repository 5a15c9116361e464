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
    return _tagged(tag, *(str(catalogue(language)[key]) for language in ("ja", "en")))


def filled(key: str, **facts: object) -> str:
    """As ``both``, with ``facts`` filled in."""
    return _tagged("span", *(str(catalogue(language)[key]).format(**facts) for language in ("ja", "en")))


def _tagged(tag: str, ja: str, en: str) -> str:
    return f'<{tag} lang="ja">{escape(ja)}</{tag}><{tag} lang="en">{escape(en)}</{tag}>'


def items(key: str) -> str:
    """HTML: a list of sentences, each in both languages."""
    pairs = zip(catalogue("ja")[key], catalogue("en")[key], strict=True)
    lines = "".join(f"<li>{_tagged('span', ja, en)}</li>" for ja, en in pairs)
    return f"<ul>{lines}</ul>"


def named(table: str, code: str) -> str:
    """HTML: a code in both languages; as it stands where the catalogues have no words for it."""
    ja, en = (catalogue(language)[table].get(code) for language in ("ja", "en"))
    if ja is None or en is None:
        return escape(code)
    return _tagged("span", ja, en)
