"""Depth frames -> scenes: the floor, the room without people, the people. No picture leaves this object."""

import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.depth.background import NOTHING_M, Background, Mask
from edge.depth.blobs import blobs
from edge.depth.floor import Plane, axes, find_floor, followed
from edge.depth.settings import DepthPeopleSettings
from edge.depth.tracks import Tracks
from edge.depth.view import Floats, View
from edge.fall.scene import Body, Doubt, Scene
from edge.sensors.readings import DepthFrame

LOWEST_M, HIGHEST_M = 0.06, 2.3
"""Bodies are looked for between these heights: below is the floor's noise, above lamps and the ceiling."""
FLOOR_BAND_M = 0.05
BUMPED_SHARE = 0.5
"""Of the floor that used to be seen: people hide it, only a moved camera lifts or sinks most of it."""
BUMPED_M = 0.06
GONE_SHARE = 0.3
"""Of the picture: nobody takes so much of a room away at once."""
BUMPED_S = 0.3
FOLLOW_EVERY_S = 1.0
FIND_EVERY_S = 1.0
BLIND_SHARE = 0.1
FROZEN_S = 1.0
"""Structured light and stereo never measure the same twice; a driver may repeat a frame or two."""
GAP_S = 2.0
"""Longer silences prove nothing about how long a thing has stood."""
_AROUND = np.ones((3, 3), np.uint8)


class DepthPeople:
    """A Perception[DepthFrame]; ``floor`` is what it takes for the floor just now."""

    def __init__(self, settings: DepthPeopleSettings | None = None) -> None:
        self._settings = settings or DepthPeopleSettings()
        self._view: View | None = None
        self._room: Background | None = None
        self._tracks = Tracks()
        self.floor: Plane | None = None
        self._to_room: tuple[Floats, Floats, Floats] | None = None
        self._last_s: float | None = None
        self._bumped_s = 0.0
        self._looked_s = -1e9
        self._print, self._same_s = 0, 0.0
        self._reference: Floats | None = None

    def update(self, frame: DepthFrame) -> Scene:
        """One frame further; ``at_s`` must not fall. Before floor and room are known the scene doubts itself."""
        if self._view is None or not self._view.sees(frame):
            self._view = View.of(frame)
            self._begin_anew()
        now_s = frame.at_s
        elapsed_s = 0.0 if self._last_s is None else min(GAP_S, max(0.0, now_s - self._last_s))
        self._last_s = now_s
        depth = self._view.depth_m(frame)
        doubt = self._doubt(depth, elapsed_s)
        if doubt is None and not self._ready(depth, now_s, elapsed_s):
            doubt = Doubt.NO_DATA
        if doubt is not None or self._room is None:
            return Scene(now_s, self._remembered(now_s), doubts=frozenset({doubt or Doubt.NO_DATA}))
        return self._seen(depth, self._room, now_s, elapsed_s)

    def _remembered(self, now_s: float) -> tuple[Body, ...]:
        self._tracks.update([], now_s)
        return self._tracks.bodies()

    def _begin_anew(self) -> None:
        self._room = self._reference = None
        self.floor = self._to_room = None
        self._tracks.forget()
        self._bumped_s = 0.0
        self._looked_s = -1e9

    def _doubt(self, depth: Floats, elapsed_s: float) -> Doubt | None:
        fingerprint = zlib.crc32(depth.data)
        self._same_s = self._same_s + elapsed_s if fingerprint == self._print else 0.0
        self._print = fingerprint
        if np.count_nonzero(depth) < BLIND_SHARE * depth.size:
            return Doubt.NO_DATA
        return Doubt.FROZEN if self._same_s >= FROZEN_S else None

    def _ready(self, depth: Floats, now_s: float, elapsed_s: float) -> bool:
        """Whether floor and room are known; works at knowing them."""
        if self._room is None:
            self._room = Background(depth)
        elif not self._room.warm:
            self._room.warm_up(depth, elapsed_s)
        if not self._room.warm:
            return False
        if self.floor is None and now_s - self._looked_s >= FIND_EVERY_S and self._view is not None:
            self._looked_s = now_s
            room = self._room.depth_m
            self._take_floor(
                find_floor(np.where(room >= NOTHING_M, np.float32(0.0), room), self._view, self._settings)
            )
        return self.floor is not None

    def _take_floor(self, floor: Plane | None) -> None:
        self.floor = floor
        if floor is not None and self._view is not None:
            right, away = axes(floor)
            rays = self._view.rays
            vectors = (right, away, np.asarray(floor.up))
            across, along, up = (rays @ vector.astype(np.float32) for vector in vectors)
            self._to_room = across, along, up

    def _seen(self, depth: Floats, room: Background, now_s: float, elapsed_s: float) -> Scene:
        nearer, farther = room.compare(depth)
        heights = self._heights(depth)
        if self._bumped(depth, heights, room, farther, elapsed_s):
            self._begin_anew()
            return Scene(now_s, doubts=frozenset({Doubt.NO_DATA}))
        body = nearer & (heights > LOWEST_M) & (heights < HIGHEST_M)
        clean = cv2.medianBlur(body.view(np.uint8), 3).view(np.bool_) & body
        self._tracks.update(self._blobs(clean, depth, heights), now_s)
        people = self._people(depth.shape)
        room.learn(depth, nearer, farther, people, elapsed_s)
        if now_s - self._looked_s >= FOLLOW_EVERY_S:
            self._looked_s = now_s
            self._once_a_second(depth, heights, ~nearer & ~farther, now_s)
        return Scene(now_s, self._tracks.bodies(), self._tracks.loose())

    def _heights(self, depth: Floats) -> Floats:
        assert self._to_room is not None and self.floor is not None  # noqa: S101, PT018 - _ready() has seen to it
        return np.asarray(depth * self._to_room[2] + np.float32(self.floor.height_m))

    def _blobs(self, mask: Mask, depth: Floats, heights: Floats) -> list:  # type: ignore[type-arg]
        assert self._to_room is not None and self._view is not None  # noqa: S101, PT018 - _ready() has seen to it
        pixels = np.flatnonzero(mask)
        far = depth.ravel()[pixels]
        x, y = (far * axis.ravel()[pixels] for axis in self._to_room[:2])
        area = far * far * np.float32(self._view.pixel_rad2)
        return blobs(pixels, x, y, heights.ravel()[pixels], area)

    def _people(self, shape: tuple[int, ...]) -> Mask:
        mask = np.zeros(shape, np.uint8)
        for pixels in self._tracks.protected():
            mask.ravel()[pixels] = 1
        return np.asarray(cv2.dilate(mask, _AROUND)).view(np.bool_)

    def _bumped(
        self, depth: Floats, heights: Floats, room: Background, farther: Mask, elapsed_s: float
    ) -> bool:
        """Whether the camera has been moved: the floor is not where it was, or half of the room has gone."""
        was_floor = (np.abs(self._heights(room.depth_m)) < FLOOR_BAND_M) & (depth > 0.0)
        off = was_floor & (np.abs(heights) > BUMPED_M)
        floor, all_of_it = np.count_nonzero(was_floor), np.count_nonzero(depth)
        bumped = (
            np.count_nonzero(off) > BUMPED_SHARE * floor or np.count_nonzero(farther) > GONE_SHARE * all_of_it
        )
        self._bumped_s = self._bumped_s + elapsed_s if bumped else 0.0
        return self._bumped_s >= BUMPED_S

    def _once_a_second(self, depth: Floats, heights: Floats, quiet: Mask, now_s: float) -> None:
        assert self._view is not None and self.floor is not None  # noqa: S101, PT018 - _ready() has seen to it
        if self._reference is not None:
            both = (depth > 0.0) & (self._reference > 0.0)
            changed = both & (np.abs(depth - self._reference) > 0.02 + 0.005 * depth * depth)
            self._tracks.stir(changed.ravel(), now_s)
        self._reference = depth
        on = quiet & (np.abs(heights) < FLOOR_BAND_M) & (depth > 0.0)
        self._take_floor(followed(self.floor, self._view.rays[on] * depth[on][:, None]))


Pixels = NDArray[np.intp]
