"""What the label page says: Japanese first, English second, from two catalogues."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

LOCALES = ("ja", "en")
_WORDS = Path(__file__).parent / "words"


@cache
def catalogue(locale: str) -> dict[str, Any]:
    """The words of one of LOCALES."""
    return tomllib.loads((_WORDS / f"{locale}.toml").read_text(encoding="utf-8"))
