"""Which pictures are held apart: whole groups, the same ones in every run, some of every source."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True, slots=True)
class Member:
    """A picture as the split sees it; pictures of one ``group`` are takes of one scene and never part."""

    file_name: str
    source: str
    group: str
    monkeys: bool


def held_apart(members: Sequence[Member], share: float = 0.15) -> frozenset[str]:
    """File names of about ``share`` of the groups of every source, with and without monkeys apart, at least one each.

    A group is chosen by the hash of its name alone, so adding pictures of other groups hardly moves the line.
    """
    strata: dict[tuple[str, bool], set[str]] = defaultdict(set)
    with_monkeys = {(m.source, m.group) for m in members if m.monkeys}
    for m in members:
        strata[m.source, (m.source, m.group) in with_monkeys].add(m.group)
    chosen: set[tuple[str, str]] = set()
    for (source, _), groups in strata.items():
        ranked = sorted(groups, key=partial(_rank, source))
        count = max(1, round(share * len(ranked))) if len(ranked) > 1 else 0
        chosen.update((source, group) for group in ranked[:count])
    return frozenset(m.file_name for m in members if (m.source, m.group) in chosen)


def _rank(source: str, group: str) -> str:
    return hashlib.sha256(f"{source}/{group}".encode()).hexdigest()
