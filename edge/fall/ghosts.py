"""Mirror images and sidelobes: they move with a body, never without it, and never nearer to the sensor than it. Pure.

A reflected path is longer than the straight one, and a wrong angle leaves the distance as it is. So whatever appears no
nearer than a body that is just moving is not shown before it has moved while that body did not, or has reflected nearly
as much. Is not: a proof that two people who always move together are two; the farther one is shown once it is strong.
"""

from collections.abc import Sequence
from math import inf

from edge.fall.tracks import LOW_M, Track

NEARER_M = 0.3
"""The error of the distance, and half a body's depth."""
TOGETHER_S = 1.0
"""Who was seen so shortly ago may still be moving: a sparse radar sees a walker once in a third of a second."""
PROVEN = 8
"""Reflections while no nearer body moved that make a suspect somebody."""
STRONG = 0.6
"""A mirror image loses most of its power: suspects with this share of the nearer body's reflections are people."""
STRONG_POINTS = 40
WEAK = 2
"""Of two that appear together, the farther one with this many times fewer reflections is the image."""


def alone(track: Track, tracks: Sequence[Track], at_s: float) -> bool:
    """Whether nothing that could make this track its image moves; one near the floor may be anybody's shadow on it."""
    reach_m = _reach_m(track)
    since_s = at_s - TOGETHER_S
    for other in tracks:
        if other is not track and other.seen_s >= since_s and other.shown and other.range_m < reach_m:
            return False
    return True


def behind(track: Track, tracks: Sequence[Track]) -> bool:
    """Whether a known body is nearer: the wall behind somebody who breathes swings with them, moving or not."""
    reach_m = track.range_m + NEARER_M
    return any(other.shown and other.settled and other.range_m < reach_m for other in tracks)


def count_alone(track: Track, tracks: Sequence[Track], at_s: float) -> None:
    """An unproven track has been seen in this frame."""
    if not alone(track, tracks, at_s):
        return
    track.alone += len(track.heights_m)
    if track.alone >= PROVEN:
        track.proven = track.shown = True


def judge(tracks: Sequence[Track], at_s: float) -> None:
    """Twice a second: hides the weaker of two that appeared together, shows who has become strong."""
    for track in tracks:
        if track.proven or at_s - track.seen_s > TOGETHER_S:
            continue
        reach_m = _reach_m(track)
        strongest = max(
            (
                other.lively
                for other in tracks
                if other is not track and other.shown and other.range_m < reach_m
            ),
            default=0.0,
        )
        if strongest >= WEAK * track.lively:
            track.shown = False
        elif track.points >= STRONG_POINTS and track.lively >= STRONG * strongest:
            track.proven = track.shown = True


def _reach_m(track: Track) -> float:
    return inf if track.height_m <= LOW_M else track.range_m + NEARER_M
