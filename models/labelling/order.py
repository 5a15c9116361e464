"""In which order frames are looked through, and which days are held apart. Pure."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal, NamedTuple

JAPAN = timezone(timedelta(hours=9), "JST")
"""Where the fields are; a bare machine may lack tzdata."""
SHARE_APART = 0.3
"""Of the days: few frames are kept a day, and a comparison needs more of them than training misses."""

Part = Literal["learn", "apart"]


class Waiting(NamedTuple):
    """A frame that nobody has looked through."""

    name: str
    scene: str
    """The visit, or the day where there was none: frames of one are takes of one scene."""
    doubt: float


def ordered(waiting: Iterable[Waiting]) -> list[str]:
    """Names: the most doubtful frame of every scene first, the scenes by their doubt, then each one's second, and so on.

    Two hundred takes of one visit teach little more than five, so no scene is looked through before the others began.
    """
    scenes: dict[str, list[Waiting]] = defaultdict(list)
    for frame in waiting:
        scenes[frame.scene].append(frame)
    for frames in scenes.values():
        frames.sort(key=lambda frame: (-frame.doubt, frame.name))
    rounds = [
        (turn, -frame.doubt, frame.name) for frames in scenes.values() for turn, frame in enumerate(frames)
    ]
    return [name for _, _, name in sorted(rounds)]


def day_of(device: str, at_ms: int) -> str:
    """Device and day in Japan: light, leaves and who walked by are those of one day."""
    return f"{device} {datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(JAPAN):%Y-%m-%d}"


def groups_of(frames: Sequence[tuple[str, str, str, int]]) -> dict[str, str]:
    """(name, device, visit, at_ms) to name -> group: the day on which the frame's visit began.

    A visit over midnight stays in one group.
    """
    began: dict[tuple[str, str], int] = {}
    for _, device, visit, at_ms in frames:
        if visit:
            began[device, visit] = min(at_ms, began.get((device, visit), at_ms))
    return {
        name: day_of(device, began.get((device, visit), at_ms) if visit else at_ms)
        for name, device, visit, at_ms in frames
    }


def parted(groups: Mapping[str, bool], already: Mapping[str, Part]) -> dict[str, Part]:
    """Group -> part, for groups that say whether a monkey was seen in them; what was decided once never changes.

    Were a day to change sides, the old model would be compared on what it has learnt by heart. Of the days with
    monkeys, and of those without, ``SHARE_APART`` are held apart, by hash of their name; one at least from the second
    day on.
    """
    parts: dict[str, Part] = {group: already[group] for group in groups if group in already}
    for monkeys in (True, False):
        alike = [group for group, has in groups.items() if has == monkeys]
        apart = sum(parts.get(group) == "apart" for group in alike)
        wanted = max(1, round(SHARE_APART * len(alike))) if len(alike) > 1 else 0
        for group in sorted((g for g in alike if g not in parts), key=_rank):
            parts[group] = "apart" if apart < wanted else "learn"
            apart += parts[group] == "apart"
    return parts


def _rank(group: str) -> str:
    return hashlib.sha256(group.encode()).hexdigest()
