"""Message catalogues: what people read, as data. Japanese first, English second.

``cloud/words/{locale}/{catalogue}.toml``; a key is ``catalogue.table.name``. Text holds ``{facts}`` to fill in.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

LOCALES = ("ja", "en")
DEFAULT_LOCALE = LOCALES[0]


class UnknownWordError(KeyError):
    """A key that no catalogue holds: a slip of ours, never of a user's."""


@cache
def catalogue(locale: str) -> dict[str, str]:
    """All texts of a locale by dotted key; an unknown locale reads as Japanese."""
    chosen = locale if locale in LOCALES else DEFAULT_LOCALE
    texts: dict[str, str] = {}
    for file in files(__package__).joinpath(chosen).iterdir():
        if file.name.endswith(".toml"):
            tree = tomllib.loads(file.read_text(encoding="utf-8"))
            texts.update(_flat(tree, file.name.removesuffix(".toml")))
    return texts


def say(locale: str, key: str, **facts: object) -> str:
    """The text for ``key`` with ``facts`` filled in; raises UnknownWordError naming a missing key."""
    try:
        text = catalogue(locale)[key]
    except KeyError as error:
        raise UnknownWordError(f"{key} is in no catalogue of {locale}: add it to cloud/words") from error
    return text.format(**facts)


def code(locale: str, kind: str, word: str) -> str:
    """The words for a machine-readable code (``codes.kind.word``), or the code itself for a newer device's."""
    return catalogue(locale).get(f"codes.{kind}.{word}", word)


def _flat(tree: dict[str, Any], prefix: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, value in tree.items():
        key = f"{prefix}.{name}"
        texts.update(_flat(value, key) if isinstance(value, dict) else {key: str(value)})
    return texts
