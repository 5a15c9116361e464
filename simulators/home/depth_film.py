"""What happens before a depth camera, second by second; and the same as a folder of 16-bit PNG, as real recordings are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.sensors.depth.files import NOTES, DepthNotes
from edge.sensors.readings import DepthFrame
from simulators.home.body import Act, Stance, at
from simulators.home.depth import DepthCamera, Hung
from simulators.home.shadows import Box

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody, from ``from_s`` on: ``acts`` in a row, then still in the last pose; gone after ``until_s``."""

    start: Stance
    acts: Sequence[Act]
    from_s: float = 0.0
    until_s: float = float("inf")

    def parts_m(self, t_s: float) -> Array | None:
        """(13, 3) in the room, None while away."""
        if not self.from_s <= t_s <= self.until_s:
            return None
        left_s, stance = t_s - self.from_s, self.start
        for act in self.acts:
            lasts_s = act.duration_s(stance)
            stance = at(act, min(left_s, lasts_s), stance)
            left_s -= lasts_s
            if left_s <= 0.0:
                break
        return stance.parts_m()


@dataclass(frozen=True, slots=True)
class Film:
    """``furniture`` and ``hung`` are timelines: (from second, what holds from then on); the first begins at 0."""

    camera: DepthCamera
    actors: Sequence[Actor]
    furniture: Sequence[tuple[float, Sequence[Box]]] = ((0.0, ()),)
    hung: Sequence[tuple[float, Hung]] = field(default=())

    def frames(self, seconds: float, per_s: float = 15.0, from_s: float = 0.0) -> Iterator[DepthFrame]:
        """Pictures from ``from_s`` on."""
        for n in range(round(seconds * per_s)):
            t_s = from_s + n / per_s
            hung = [h for since_s, h in self.hung if since_s <= t_s]
            if hung and hung[-1] != self.camera.hung:
                self.camera.hung = hung[-1]
            boxes = [b for since_s, b in self.furniture if since_s <= t_s][-1]
            bodies = (actor.parts_m(t_s) for actor in self.actors)
            yield self.camera.frame(t_s, n, [b for b in bodies if b is not None], boxes)


def export(
    frames: Iterable[DepthFrame], folder: Path, period_s: float, full_scale_mm: float = 65535.0
) -> int:
    """Writes 16-bit PNG in which 65535 stands for ``full_scale_mm``, and the notes that say so; gives their number.

    Only pictures of a simulated room are ever written: no part of the product has such a function.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for count, frame in enumerate(frames, 1):
        if count == 1:
            notes = DepthNotes(
                scale_mm=full_scale_mm / 65535.0,
                focal_px=frame.focal_px,
                centre_px=frame.centre_px,
                period_s=period_s,
            )
            (folder / NOTES).write_text(notes.as_toml(), encoding="utf-8")
        counts = np.rint(frame.depth_mm * (65535.0 / full_scale_mm)).clip(0, 65535).astype(np.uint16)
        cv2.imwrite(str(folder / f"{count:06d}.png"), counts)
    return count
