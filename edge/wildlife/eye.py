"""One camera's eye: when to look, where to look closely, what is followed, what the crops say.

Is: sparing. It looks while something moves or is followed, else every ``idle_look_s``, so that what sits still is found
and a field is never taken for empty longer than the repeller may believe it. Is not: a decision; sightings are made of
its tracks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.wildlife.boxes import BoxPx, area, centre, overlap
from edge.wildlife.card import Card
from edge.wildlife.detections import Carded, Detections, FindsAnimals
from edge.wildlife.joint import CANDIDATE_FLOOR
from edge.wildlife.motion import MotionGate
from edge.wildlife.naming import MONKEY, UNNAMED, Namer
from edge.wildlife.settings import EyeSettings
from edge.wildlife.tiles import RESOLVED_PX, Gaze, look
from edge.wildlife.tracker import Track, Tracker

Image = NDArray[np.uint8]

FAINT = 0.15
"""Score below which the network's answers are noise; between it and a class's threshold they are faint."""
STAY_S = 10.0  # the eye stays open so long after the last animal or person, however still
NAMED_A_LOOK = 2  # crops: the second network takes as long as the first, and a troop must not stop the first
NAME_FIRST = 4  # looks at once at who is new, then ...
NAME_AGAIN_S = 1.0  # ... again while it is not proven, ...
NAME_STILL_S = 5.0  # ... and seldom once it is
SAME_BODY_IOU = 0.5
CLOSELY_MOST = 6
SIDE_PX = 416  # of a detector that has no card


@dataclass(frozen=True, slots=True)
class Look:
    """One picture through the networks. ``faint`` are detections below their thresholds; boxes in px."""

    tracks: list[Track]
    people: list[BoxPx]
    faint: Detections
    tiles: int

    def veiled(self) -> list[BoxPx]:
        """Whom to blur: people, and what may be people and is not an animal that is sure."""
        sure = [track.box for track in self.tracks if track.confirmed and track.seen_now]
        doubtful = [box for _, _, box in self.faint.of("person")]
        return self.people + [
            box for box in doubtful if all(overlap(box, known) < SAME_BODY_IOU for known in sure)
        ]


class Eye:
    """Not thread-safe: one owner. ``glance`` raises whatever the networks raise."""

    def __init__(
        self,
        settings: EyeSettings,
        detector: FindsAnimals,
        namer: Namer | None = None,
    ) -> None:
        """Without a card (``Carded``) all that the detector finds is sure."""
        self._settings = settings
        self._detector = detector
        self._namer = namer
        self._gaze = Gaze(settings.tile_px or self._side_px // 2, self._side_px, settings.tiles_most)
        self._gate = MotionGate()
        self._tracker = Tracker(settings, namer.threshold if namer else None, lambda: self.thresholds)
        self._scene = ""
        self._looked_s = -1e9
        self._found_s = -1e9
        self.moved_s = -1e9
        """When something last moved."""

    @property
    def _card(self) -> Card | None:
        """Asked anew each time: a detector may have changed its model."""
        return self._detector.card if isinstance(self._detector, Carded) else None

    @property
    def _side_px(self) -> int:
        card = self._card
        return max(card.input_height_px, card.input_width_px) if card else SIDE_PX

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Least score of a class that is sure; empty where all is."""
        card = self._card
        return card.thresholds if card else {}

    @property
    def _floor(self) -> float | None:
        if not self.thresholds:
            return None
        return FAINT if self._namer is None else CANDIDATE_FLOOR

    @property
    def detector(self) -> FindsAnimals:
        return self._detector

    @property
    def namer(self) -> Namer | None:
        return self._namer

    def glance(self, image: Image, scene: str, now_s: float) -> Look | None:
        """Look at ``image`` (H, W, 3) uint8 BGR if there is a reason to; None where nothing has moved."""
        if scene != self._scene:
            self._scene, self._found_s = scene, -1e9
            self._gate.forget()
        moving = self._gate.moving(image, now_s) if self._settings.motion_gate else []
        if moving:
            self.moved_s = now_s
        awake = bool(moving) or now_s - self._found_s < STAY_S or not self._settings.motion_gate
        if not awake and now_s - self._looked_s < self._settings.idle_look_s:
            return None
        self._looked_s = now_s
        return self._look(image, moving, scene, now_s)

    def people_closely(self, image: Image, look: Look) -> list[BoxPx]:
        """People that another look close to each animal of ``look`` finds; for a picture that is to be written or sent."""
        boxes = [track.box for track in look.tracks if track.seen_now]
        boxes += [box for name, _, box in look.faint if name != "person"]
        found: list[BoxPx] = []
        for box in boxes[:CLOSELY_MOST]:
            left, top, right, bottom = _window_round(box, image.shape[1], image.shape[0])
            part = np.ascontiguousarray(image[top:bottom, left:right])
            for _, _, (x1, y1, x2, y2) in self._detector.detect(part, FAINT).of("person"):
                found.append((x1 + left, y1 + top, x2 + left, y2 + top))
        return found

    def _look(self, image: Image, moving: Sequence[BoxPx], scene: str, now_s: float) -> Look:
        high, wide = image.shape[:2]
        followed = [track.box for track in self._tracker.tracks if self._far(track.box, wide, high)]
        tiles = self._gaze.choose(wide, high, followed, moving)
        found = look(self._detector, image, tiles, self._floor)
        sure, faint = self._split(found)

        def looked_at(box: BoxPx) -> bool:
            x, y = centre(box)
            close = any(t[0] <= x <= t[2] and t[1] <= y <= t[3] for t in tiles)
            return close or not self._far(box, wide, high)

        tracks = self._tracker.update(sure, now_s, scene, float(wide), looked_at)
        self._name(image, tracks, now_s)
        people = [box for _, _, box in sure.of("person")]
        if people or any(_promising(track) for track in tracks):
            self._found_s = now_s
        return Look(list(tracks), people, faint, len(tiles))

    def _far(self, box: BoxPx, width: int, height: int) -> bool:
        """Whether the whole picture, shrunk to the network's input, may fail to show such an animal."""
        return (box[3] - box[1]) * self._side_px / max(width, height) < RESOLVED_PX

    def _split(self, found: Detections) -> tuple[Detections, Detections]:
        """(sure, faint) by the thresholds of the classes."""
        thresholds = self.thresholds
        if self._namer is not None:
            thresholds = {**thresholds, MONKEY: CANDIDATE_FLOOR}
        if not self.thresholds:
            return found, found.where(np.zeros(len(found), bool))
        least = np.array([thresholds.get(name, 1.0) for name in found.class_names], np.float32)
        sure = found.scores >= least[found.class_ids]
        return found.where(sure), found.where(~sure & (found.scores >= FAINT))

    def _name(self, image: Image, tracks: Sequence[Track], now_s: float) -> None:
        """Show the crops of those whose turn it is to the second network."""
        if self._namer is None:
            return
        due = [track for track in tracks if _to_be_named(track, now_s)]
        due.sort(key=lambda track: (len(track.proof.looks), track.proof.looked_s, -area(track.box)))
        chosen = due[:NAMED_A_LOOK]
        if not chosen:
            return
        for track, naming in zip(
            chosen, self._namer.crops.name(image, [track.box for track in chosen]), strict=True
        ):
            track.proof.take(naming, track.scores[-1], now_s)


def _window_round(box: BoxPx, width: int, height: int) -> tuple[int, int, int, int]:
    """Twice as wide and tall as the box, within the picture."""
    dx, dy = max(16.0, (box[2] - box[0]) / 2), max(16.0, (box[3] - box[1]) / 2)
    left, top = max(0, int(box[0] - dx)), max(0, int(box[1] - dy))
    return left, top, min(width, int(box[2] + dx) + 1), min(height, int(box[3] + dy) + 1)


def _promising(track: Track) -> bool:
    """Whether the eye must stay open for it: not for a stone that both networks have looked at."""
    return track.confirmed or not track.proof.complete or not track.lasted


def _to_be_named(track: Track, now_s: float) -> bool:
    if not track.seen_now or sum(track.hits) < 2 or track.voted not in {MONKEY, UNNAMED}:
        return False
    if len(track.proof.looks) < NAME_FIRST:
        return True
    wait_s = NAME_STILL_S if track.proof.holds(track.voted) else NAME_AGAIN_S
    return now_s - track.proof.looked_s >= wait_s
