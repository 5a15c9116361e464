"""Depth frames -> scenes: the floor, the room without people, the people. No picture leaves this object."""

import zlib

import cv2
import numpy as np

from edge.depth.background import NOTHING_M, Background
from edge.depth.blobs import Foreground, blobs
from edge.depth.floor import Plane, find_floor, followed
from edge.depth.ground import Ground, Mask
from edge.depth.settings import DepthPeopleSettings
from edge.depth.tracks import Tracks
from edge.depth.view import Floats, View
from edge.fall.scene import Doubt, Scene
from edge.sensors.readings import DepthFrame

LOWEST_M, HIGHEST_M = 0.06, 2.3
"""Bodies are looked for between these heights: below is the floor's noise, above lamps and the ceiling."""
GONE_SHARE = 0.3
"""Of the picture: nobody takes so much of a room away at once, only a camera that looks elsewhere does."""
BUMPED_S = 0.3
EVERY_S = 1.0
"""The floor is looked for, or followed, and stirring is judged once in this time."""
BLIND_SHARE = 0.1
FROZEN_S = 1.0
"""Structured light and stereo never measure the same twice; a driver may repeat a frame or two."""
GAP_S = 2.0
"""Longer silences prove nothing about how long a thing has stood."""
CHANGED_M, CHANGED_PER_M2 = 0.02, 0.005
"""Three times the noise between two frames."""
_AROUND = np.ones((3, 3), np.uint8)


class DepthPeople:
    """A Perception[DepthFrame]."""

    def __init__(self, settings: DepthPeopleSettings | None = None) -> None:
        self._settings = settings or DepthPeopleSettings()
        self._tracks = Tracks()
        self._view: View | None = None
        self._room: Background | None = None
        self._ground: Ground | None = None
        self._reference: Floats | None = None
        self._last_s: float | None = None
        self._looked_s = float("-inf")
        self._bumped_s = 0.0
        self._print, self._same_s = 0, 0.0

    @property
    def floor(self) -> Plane | None:
        """What is taken for the floor just now; None before it is found."""
        return None if self._ground is None else self._ground.plane

    def update(self, frame: DepthFrame) -> Scene:
        """One frame further; ``at_s`` must not fall. Before floor and room are known the scene doubts itself."""
        now_s = frame.at_s
        elapsed_s = 0.0 if self._last_s is None else min(GAP_S, max(0.0, now_s - self._last_s))
        self._last_s = now_s
        if self._view is None or not self._view.sees(frame):
            self._view = View.of(frame)
            self._begin_anew()
        depth = self._view.depth_m(frame)
        doubt = self._doubt(depth, elapsed_s)
        if doubt is not None:
            return self._unseen(now_s, doubt)
        room = self._known_room(depth, elapsed_s)
        ground = self._known_ground(self._view, room, now_s)
        if ground is None:
            return self._unseen(now_s, Doubt.NO_DATA)
        return self._seen(depth, room, ground, now_s, elapsed_s)

    def _unseen(self, now_s: float, doubt: Doubt) -> Scene:
        self._tracks.update([], now_s)
        return Scene(now_s, self._tracks.bodies(), doubts=frozenset({doubt}))

    def _begin_anew(self) -> None:
        """Another picture of the room: what was learnt of the old one is wrong."""
        self._room = self._ground = self._reference = None
        self._tracks.forget()
        self._bumped_s = 0.0
        self._looked_s = float("-inf")

    def _doubt(self, depth: Floats, elapsed_s: float) -> Doubt | None:
        fingerprint = zlib.crc32(depth.data)
        self._same_s = self._same_s + elapsed_s if fingerprint == self._print else 0.0
        self._print = fingerprint
        if np.count_nonzero(depth) < BLIND_SHARE * depth.size:
            return Doubt.NO_DATA
        return Doubt.FROZEN if self._same_s >= FROZEN_S else None

    def _known_room(self, depth: Floats, elapsed_s: float) -> Background:
        if self._room is None:
            self._room = Background(depth)
        elif not self._room.warm:
            self._room.warm_up(depth, elapsed_s)
        return self._room

    def _known_ground(self, view: View, room: Background, now_s: float) -> Ground | None:
        if self._ground is None and room.warm and now_s - self._looked_s >= EVERY_S:
            self._looked_s = now_s
            seen = np.where(room.depth_m >= NOTHING_M, np.float32(0.0), room.depth_m)
            floor = find_floor(seen, view, self._settings)
            self._ground = None if floor is None else Ground.of(view, floor)
        return self._ground

    def _seen(self, depth: Floats, room: Background, ground: Ground, now_s: float, elapsed_s: float) -> Scene:
        nearer, farther = room.compare(depth)
        heights = ground.heights_m(depth)
        gone = np.count_nonzero(farther) > GONE_SHARE * np.count_nonzero(depth)
        if gone or ground.has_moved(room.depth_m, depth, heights):
            self._bumped_s += elapsed_s
            if self._bumped_s >= BUMPED_S:
                self._begin_anew()
            return self._unseen(now_s, Doubt.NO_DATA)
        self._bumped_s = 0.0
        body = nearer & (heights > LOWEST_M) & (heights < HIGHEST_M)
        self._follow(body, depth, heights, ground, now_s)
        room.learn(depth, nearer, farther, self._people(depth.shape), elapsed_s)
        if now_s - self._looked_s >= EVERY_S:
            self._looked_s = now_s
            self._judge_stirring(depth, now_s)
            points = ground.floor_points(depth, heights, ~(nearer | farther))
            self._ground = Ground.of(ground.view, followed(ground.plane, points))
        return Scene(now_s, self._tracks.bodies(), self._tracks.loose())

    def _follow(self, body: Mask, depth: Floats, heights: Floats, ground: Ground, now_s: float) -> None:
        clean = cv2.medianBlur(body.view(np.uint8), 3).view(np.bool_) & body
        pixels = np.flatnonzero(clean)
        far = depth.ravel()[pixels]
        x, y = ground.places_m(pixels, far)
        at_edge = ground.at_edge(pixels)
        seen = Foreground(pixels, x, y, heights.ravel()[pixels], ground.areas_m2(far), at_edge)
        self._tracks.update(blobs(seen), now_s)

    def _people(self, shape: tuple[int, ...]) -> Mask:
        mask = np.zeros(shape, np.uint8)
        for pixels in self._tracks.protected():
            mask.ravel()[pixels] = 1
        return np.asarray(cv2.dilate(mask, _AROUND)).view(np.bool_)

    def _judge_stirring(self, depth: Floats, now_s: float) -> None:
        if self._reference is not None:
            both = (depth > 0.0) & (self._reference > 0.0)
            changed = both & (np.abs(depth - self._reference) > CHANGED_M + CHANGED_PER_M2 * depth * depth)
            self._tracks.stir(changed.ravel(), now_s)
        self._reference = depth
