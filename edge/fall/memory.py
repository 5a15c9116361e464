"""Which tracks go on, for how long in silence, and which two are one. Pure, but for the track that takes another over."""

from collections.abc import Sequence
from math import hypot

from edge.fall.tracks import FRESH_S, LOW_M, Track

BRIEF_S = 4.0
"""What gave too few reflections to be sure of is told of for so long after the last one."""
UPRIGHT_M = 0.8
FELL_M = 1.3
"""Reflections near the floor this near to an upright body that has just fallen silent are that body, fallen."""
FELL_SILENT_S = 0.4
TWIN_M = 0.4
LEFT_S = 10.0
"""An upright body that walked and is silent for so long has left the view."""
STOOD_S = 60.0
SAT_S = 1800.0
CAME_M = 1.0
"""What has been farther than this from where it began has walked: it is somebody."""
TRACKS_MAX = 24
SUNK = 2
"""Reflections near the floor, and no height told since, after which somebody upright may lie there."""
LAY_S = 43200.0
"""Who lies, or came and sat down, cannot leave unseen: they rise first. Half a day covers a long lie and a night in bed."""
DORMANT_S = 60.0
"""... and near the floor waited for, untold: somebody who lies still stirs about once in half a minute."""


def latest(tracks: list[Track]) -> list[Track]:
    """Those seen last, in their own order, so that no room fills the memory."""
    if len(tracks) <= TRACKS_MAX:
        return tracks
    since_s = sorted([track.seen_s for track in tracks])[-TRACKS_MAX]
    return [track for track in tracks if track.seen_s >= since_s]


def kept_s(track: Track) -> float:
    """For how long a silent track is remembered."""
    # The lower of both: a fall is the last measure, and a sleeper's heights err up to a standing one's.
    height_m = min(track.height_m, track.mean_m)
    low = height_m <= LOW_M or track.sunk >= SUNK
    if not track.shown or not track.settled:
        return DORMANT_S if low else BRIEF_S
    if height_m <= LOW_M:
        return LAY_S
    if low:
        return DORMANT_S
    came = track.far_m > CAME_M
    if height_m < UPRIGHT_M:
        return LAY_S if came else SAT_S
    return LEFT_S if came else STOOD_S


def merged(tracks: Sequence[Track]) -> list[Track]:
    """Two that lie within each other are one body, and the older one goes on; not a passer-by and who lies there."""
    kept: list[Track] = []
    for track in tracks:
        twin = next((other for other in kept if _twins(other, track)), None)
        if twin is None:
            kept.append(track)
        elif track.seen_s > twin.seen_s:
            twin.x, twin.y, twin.place, twin.told = track.x, track.y, track.place, None
    return kept


def _twins(one: Track, other: Track) -> bool:
    near = hypot(one.x - other.x, one.y - other.y) < TWIN_M
    return near and (one.height_m <= LOW_M) == (other.height_m <= LOW_M)


def fell_m(upright: Track, low: Track) -> float:
    """How far from where it stood somebody may be found on the floor a moment later; 0 if this is no such pair."""
    pair = upright.shown and upright.height_m > LOW_M and low.height_m <= LOW_M and not low.proven
    return FELL_M if pair else 0.0


def fallen(tracks: Sequence[Track], at_s: float) -> list[Track]:
    """An upright body that fell silent while something began beside it near the floor lies there."""
    silent = [one for one in tracks if one.height_m > LOW_M and at_s - one.seen_s > FELL_SILENT_S]
    if not silent:
        return list(tracks)
    kept: list[Track] = []
    for low in tracks:
        fell = next((one for one in silent if one is not low and _fell(one, low, at_s)), None)
        if fell is None:
            kept.append(low)
            continue
        for when_s, points in low.recent:
            if when_s > fell.seen_s:
                fell.see(when_s, points)
    return kept


def _fell(one: Track, low: Track, at_s: float) -> bool:
    silent = at_s - one.seen_s > FELL_SILENT_S and one.seen_s < low.seen_s
    soon = one.seen_s > low.first_s - FRESH_S
    return silent and soon and one.place.distance_m(low.place) < fell_m(one, low)
