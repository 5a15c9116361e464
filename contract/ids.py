"""Identifiers: ULIDs for things that happen, opaque names for things that stay."""

import re
from collections.abc import Callable
from typing import Annotated

import msgspec
from ulid import ULID

Ulid = Annotated[str, msgspec.Meta(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
"""26 Crockford base32 characters, sortable by time (github.com/ulid/spec)."""

OpaqueId = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{2,39}$")]
"""Name of a device, home, field or person: says nothing about who or where, and is one topic level."""

NewUlid = Callable[[int], Ulid]
"""Unix time in ms -> a fresh ULID; injected, so that a replay or a test is repeatable."""

_OPAQUE = re.compile(r"[a-z][a-z0-9-]{2,39}")


def new_ulid(unix_ms: int) -> Ulid:
    """A fresh ULID stamped with ``unix_ms``; raises ValueError for a time before 1970."""
    if unix_ms < 0:
        raise ValueError(f"a ULID cannot carry the time {unix_ms} ms: set the clock after 1970")
    return str(ULID.from_timestamp(unix_ms / 1000))


def is_opaque(text: str) -> bool:
    """Whether ``text`` may name a device, home, field or person on the wire."""
    return _OPAQUE.fullmatch(text) is not None
