"""Bodies from frame to frame: an id stays with a person through touching, hiding and lying still. Pure.

What never moved by itself is a thing (a chair left behind, a bag), whatever its size; what moved is alive, and so is
not learnt as room for as long as it may be a person.
"""

from dataclasses import dataclass
from math import hypot

import numpy as np
from numpy.typing import NDArray

from edge.depth.blobs import Blob
from edge.depth.body import Measured, Steadied
from edge.fall.place import Place
from edge.fall.scene import Body

NEAR_M = 0.35
"""From where a body is expected to its nearest pixel; a running person does 0.2 m in a frame."""
TOP_WEIGHT = 0.5
"""Of two blobs as near, the one as tall as before is the same: the other is what she let go of."""
LEAVING_S = 1.2
LEAVING_MPS = 0.4
"""Who walks out of the picture is a pair of legs at the end; who has fallen at its edge stays."""
PUSHED_M = 0.8
"""What is no taller than a chair and moves within an arm's length of somebody is being moved."""
CHAIR_M = 1.1
MOVED_M = 0.5
"""Further than a silhouette's middle jumps when a leg is hidden."""
PERSON_M2 = 0.15
"""Of surface, at some time: a cat shows 0.08 m², a person who lies with the feet towards the camera 0.2 m²."""
TOUCHING_S = 1.0
HIDDEN_S = 3.0
"""Somebody upright who is hidden longer has left, or comes back as somebody new."""
HIDDEN_LOW_S = 600.0
"""Who lies does not leave without rising first."""
AGAIN_M = 0.8
LOW_TOP_M = 0.8
STILL_UPRIGHT_S = 600.0
STILL_LOW_S = 7200.0
"""Without any stir, what stands or sits is a curtain or a coat after ten minutes; what lies may be unconscious."""
STIRRED_SHARE = 0.1
"""Of its pixels; an object's flickering edge is up to a twentieth of them."""
SPEED_SHARE = 0.5


@dataclass(slots=True, eq=False)
class Track:
    """One body over time; ``alive`` once it has moved by itself."""

    steadied: Steadied
    born: Place
    born_top_m: float
    place: Place
    top_m: float
    seen_s: float
    stirred_s: float
    cut_s: float | None = None
    velocity: tuple[float, float] = (0.0, 0.0)
    area_m2: float = 0.0
    alive: bool = False
    blob: Blob | None = None

    def expected(self, now_s: float) -> Place:
        ahead_s = min(0.5, now_s - self.seen_s)
        return Place(self.place.x_m + self.velocity[0] * ahead_s, self.place.y_m + self.velocity[1] * ahead_s)

    @property
    def low(self) -> bool:
        return self.top_m <= LOW_TOP_M

    @property
    def is_person(self) -> bool:
        return self.alive and self.area_m2 >= PERSON_M2

    def kept_s(self) -> float:
        """How long it is remembered unseen."""
        return HIDDEN_LOW_S if self.low and self.is_person else HIDDEN_S


class Tracks:
    """All bodies of one room."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._next = 1

    def forget(self) -> None:
        """The room is a new one: places of before mean nothing. Ids go on."""
        self._tracks.clear()

    def update(self, found: list[Blob], now_s: float) -> None:
        """One frame further; ``now_s`` must not fall."""
        for track in self._tracks:
            track.blob = None
        rest = self._matched(found, now_s)
        for blob in rest:
            self._tracks.append(self._new(blob, now_s))
        for track in self._tracks:
            if track.blob is not None:
                _follow(track, track.blob, now_s)
        self._wake(now_s)
        self._tracks = [t for t in self._tracks if now_s - t.seen_s <= t.kept_s()]

    def bodies(self) -> tuple[Body, ...]:
        """People and what may be people, seen now or remembered."""
        given = []
        for track in self._tracks:
            body = track.steadied.body if track.blob is not None else track.steadied.remembered()
            if track.is_person and body is not None:
                given.append(body)
        return tuple(given)

    def loose(self) -> int:
        """Blobs of now that are no person."""
        return sum(1 for t in self._tracks if t.blob is not None and not t.is_person)

    def protected(self) -> list[NDArray[np.intp]]:
        """Pixels that must not become room."""
        return [t.blob.pixels for t in self._tracks if t.blob is not None and t.alive]

    def stir(self, changed: NDArray[np.bool_], now_s: float) -> None:
        """``changed``: the pixels, flat, that differ from a moment ago; what does not stir for long enough is a thing."""
        for track in self._tracks:
            if track.blob is None:
                continue
            share = float(changed[track.blob.pixels].mean())
            if share >= STIRRED_SHARE:
                track.stirred_s = now_s
            elif now_s - track.stirred_s >= (STILL_LOW_S if track.low else STILL_UPRIGHT_S):
                track.alive = False
                track.born, track.born_top_m = track.place, track.top_m

    def _wake(self, now_s: float) -> None:
        """What has moved by itself is alive from now on."""
        awake = [t.place for t in self._tracks if t.alive and t.blob is not None]
        for track in self._tracks:
            body = track.steadied.body
            if track.alive or track.blob is None or body is None:
                continue
            if body.top_m < CHAIR_M and any(p.distance_m(body.place) < PUSHED_M for p in awake):
                track.born, track.born_top_m = body.place, body.top_m
            moved_m = hypot(body.place.distance_m(track.born), body.top_m - track.born_top_m)
            if moved_m >= MOVED_M and now_s - body.first_s > 0.2:
                track.alive, track.stirred_s = True, now_s

    def _new(self, blob: Blob, now_s: float) -> Track:
        track = Track(Steadied(self._next), blob.place, blob.top_m, blob.place, blob.top_m, now_s, now_s)
        track.blob = blob
        self._next += 1
        return track

    def _matched(self, found: list[Blob], now_s: float) -> list[Blob]:
        """Gives each track its blob, or its share of one; returns the blobs that are nobody's."""
        claims: dict[int, list[Track]] = {}
        costs = []
        for track in self._tracks:
            expected = track.expected(now_s)
            reach_m = NEAR_M if now_s - track.seen_s <= TOUCHING_S else AGAIN_M
            for n, blob in enumerate(found):
                if blob.distance_m(expected) <= reach_m:
                    far_m = expected.distance_m(blob.place) + TOP_WEIGHT * abs(track.top_m - blob.top_m)
                    costs.append((far_m + (0.0 if track.alive else 0.1), n, track))
        costs.sort(key=lambda c: c[0])
        for _, n, track in costs:
            if track.blob is None and n not in claims:
                claims[n], track.blob = [track], found[n]
        for _, n, track in costs:
            if track.blob is None and now_s - track.seen_s <= TOUCHING_S and track not in claims[n]:
                claims[n].append(track)
                track.blob = found[n]
        for n, tracks in claims.items():
            if len(tracks) > 1:
                _share(found[n], tracks, now_s)
        return [blob for n, blob in enumerate(found) if n not in claims]


def _share(blob: Blob, tracks: list[Track], now_s: float) -> None:
    """Several bodies touch: each keeps the pixels nearest to where it is expected."""
    for track, part in zip(tracks, blob.shared([t.expected(now_s) for t in tracks]), strict=True):
        track.blob = part


def _follow(track: Track, blob: Blob, now_s: float) -> None:
    elapsed_s = now_s - track.seen_s
    if 0.0 < elapsed_s <= TOUCHING_S:
        speed = (
            (blob.place.x_m - track.place.x_m) / elapsed_s,
            (blob.place.y_m - track.place.y_m) / elapsed_s,
        )
        track.velocity = (
            SPEED_SHARE * track.velocity[0] + (1 - SPEED_SHARE) * speed[0],
            SPEED_SHARE * track.velocity[1] + (1 - SPEED_SHARE) * speed[1],
        )
    else:
        track.velocity = (0.0, 0.0)
    track.place, track.seen_s = blob.place, now_s
    if _is_leaving(track, blob, now_s):
        track.steadied.glimpse(now_s, blob.place)
        return
    track.top_m, track.area_m2 = blob.top_m, max(track.area_m2, blob.area_m2)
    track.steadied.update(Measured(now_s, blob.height_m, blob.top_m, blob.place, blob.spread_m))


def _is_leaving(track: Track, blob: Blob, now_s: float) -> bool:
    """Whether the picture's edge cuts the body and it may be on its way out: what is left of it has no height."""
    if not blob.cut:
        track.cut_s = None
        return False
    if track.cut_s is None:
        track.cut_s = now_s
    return track.steadied.body is not None and (
        now_s - track.cut_s < LEAVING_S or hypot(*track.velocity) > LEAVING_MPS
    )
