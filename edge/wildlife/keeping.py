"""Which pictures a field keeps for its owner's labels: few, the ones that teach most, never of people alone.

Is: bounded by count and bytes; when it is full the surest goes. People are blurred before anything is written, and a
picture in which somebody may be that nobody can find is not kept. Is not: a record of what happened; that is told as
sightings.
"""

import logging
from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contract.ids import NewUlid
from edge.wildlife.boxes import BoxPx, overlap
from edge.wildlife.evidence import jpeg
from edge.wildlife.eye import SAME_BODY_IOU, Look
from edge.wildlife.kept_frame import KeptBox, KeptFrame, Why, keep_frame
from edge.wildlife.naming import MONKEY
from edge.wildlife.settings import KeepSettings
from edge.wildlife.tracker import Track

log = logging.getLogger(__name__)

SIDE_MAX_PX = 1280  # the contract's size is for a message; a label needs to see the animal
QUALITIES = (90, 80, 65)
MISSED_BEFORE_S = 1.5
_STEPS = 999  # of uncertainty, in a name: the least sure sorts first
_CONFIRMED, _MISSED, _SAMPLE = 0.2, 0.55, 0.25
STILL_S = 600.0
SAMPLE_EVERY_S = 6 * 3600.0


class Lesson(NamedTuple):
    """Why a picture would teach, and how much: 0 sure .. 1 the eye had to guess."""

    why: Why
    unsure: float


def lesson(look: Look, thresholds: Mapping[str, float], now_s: float) -> Lesson | None:
    """What is least sure in one look; None where there is no animal in it. Pure."""
    found = [one for track in look.tracks if (one := _of_track(track, now_s)) is not None]
    for name, score, box in look.faint:
        known = any(overlap(box, track.box) > SAME_BODY_IOU for track in look.tracks)
        if name != "person" and not known:
            found.append(Lesson("unsure", min(1.0, score / max(1e-6, thresholds.get(name, 1.0)))))
    return max(found, key=lambda one: one.unsure, default=None)


def _of_track(track: Track, now_s: float) -> Lesson | None:
    if not track.seen_now:
        gone = track.confirmed and now_s - track.last_s <= MISSED_BEFORE_S
        return Lesson("missed", _MISSED) if gone else None
    if track.confirmed:
        return Lesson("confirmed", _CONFIRMED)
    if track.lasted and track.voted == MONKEY and track.proof.monkey is not None:
        return Lesson("unverified", 1.0 - abs(track.proof.monkey - (track.proof.threshold or 0.5)))
    return Lesson("unsure", 1.0 - 0.5 * track.confidence)


def quiet(look: Look, still_s: float, since_person_s: float, since_sample_s: float) -> Lesson | None:
    """An empty picture, of which a few a day show what the field looks like without animals. Pure.

    Only where nothing has moved for so long that nobody can stand in it unseen.
    """
    empty = not look.tracks and not look.people and not len(look.faint.of("person"))
    rested = min(still_s, since_person_s) >= STILL_S and since_sample_s >= SAMPLE_EVERY_S
    return Lesson("sample", _SAMPLE) if empty and rested else None


@dataclass(frozen=True, slots=True)
class _Kept:
    name: str
    size: int

    def __lt__(self, other: "_Kept") -> bool:
        return self.name < other.name


class Keeping:
    """The kept pictures of one device below ``folder``; an OSError costs the picture, never the watching."""

    def __init__(
        self,
        folder: Path,
        settings: KeepSettings,
        new_ulid: NewUlid,
        *,
        device: str,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._new_ulid = new_ulid
        self._device = device
        self._last_s = -1e9
        self.sample_s = -1e9
        """When the last empty picture was kept."""
        self._kept = sorted(_there(folder))

    def due(self, told: Lesson, now_s: float) -> bool:
        """Whether a picture of this worth would be kept: not too soon, and not the first to be thrown away."""
        settings = self._settings
        if settings.frames_most < 1 or now_s - self._last_s < settings.every_s:
            return False
        return not self._full(0) or _prefix(told.unsure) < self._kept[-1].name

    def keep(
        self, image: NDArray[np.uint8], look: Look, people: Sequence[BoxPx], told: Lesson, now_s: float,
        now_ms: int, *, model: tuple[str, str], visit: str = "",
    ) -> Path | None:  # fmt: skip
        """Write ``image`` (H, W, 3, uint8 BGR), ``people`` in it blurred; None where it may not or cannot be.

        ``model`` is the name and sha256 of the one in use.
        """
        self._last_s = now_s
        if told.why == "sample":
            self.sample_s = now_s
        boxes = [*_boxes(look)]
        if told.why != "sample" and not any(box.species != "person" for box in boxes):
            return None
        if told.why == "sample" and any(box.species == "person" for box in boxes):
            return None
        if any(_may_be(box, people) for box in boxes if box.species != "person"):
            return None
        ratio = min(1.0, SIDE_MAX_PX / max(image.shape[:2]))
        picture = jpeg(image, people, SIDE_MAX_PX, QUALITIES)
        if picture is None:
            return None
        frame = KeptFrame(
            device=self._device,
            at_ms=now_ms,
            width_px=max(1, round(image.shape[1] * ratio)),
            height_px=max(1, round(image.shape[0] * ratio)),
            why=told.why,
            model=model[0],
            model_sha256=model[1],
            detections=[_scaled(box, ratio) for box in boxes],
            visit=visit,
        )
        return self._write(f"{_prefix(told.unsure)}_{self._new_ulid(now_ms)}", frame, picture)

    def _write(self, name: str, frame: KeptFrame, picture: bytes) -> Path | None:
        try:
            path = keep_frame(self._folder, name, frame, picture)
            insort(self._kept, _Kept(name, len(picture)))
            while self._full(1):
                self._drop(self._kept.pop().name)
        except OSError as error:
            log.warning("a picture for labels could not be kept: %s", error)
            return None
        return path if path.exists() else None

    def _full(self, spare: int) -> bool:
        """Whether there is no room; ``spare`` 1 allows exactly what is allowed."""
        count, size = len(self._kept), sum(kept.size for kept in self._kept)
        return count >= self._settings.frames_most + spare or size > self._settings.megabytes_most * 1_000_000

    def _drop(self, name: str) -> None:
        for suffix in (".json", ".jpg"):
            (self._folder / f"{name}{suffix}").unlink(missing_ok=True)


def _prefix(unsure: float) -> str:
    return f"{_STEPS - round(_STEPS * min(1.0, max(0.0, unsure))):03d}"


def _there(folder: Path) -> list[_Kept]:
    try:
        return [_Kept(path.stem, path.stat().st_size) for path in folder.glob("*.jpg")]
    except OSError:
        return []


def _boxes(look: Look) -> list[KeptBox]:
    known = [
        KeptBox(track.voted, round(track.scores[-1], 3), *track.box, verified=track.proof.monkey)
        for track in look.tracks
        if track.seen_now
    ]
    people = [KeptBox("person", 1.0, *box) for box in look.people]
    faint = [
        KeptBox(name, round(score, 3), *box)
        for name, score, box in look.faint
        if all(overlap(box, (b.x1, b.y1, b.x2, b.y2)) < SAME_BODY_IOU for b in known)
    ]
    return known + people + faint


def _may_be(box: KeptBox, people: Sequence[BoxPx]) -> bool:
    """Whether what was taken for an animal may be one of the people: then nobody knows whom the picture shows."""
    return any(overlap((box.x1, box.y1, box.x2, box.y2), person) > SAME_BODY_IOU for person in people)


def _scaled(box: KeptBox, ratio: float) -> KeptBox:
    x1, y1, x2, y2 = (round(edge * ratio, 1) for edge in (box.x1, box.y1, box.x2, box.y2))
    return KeptBox(box.species, box.score, x1, y1, x2, y2, verified=box.verified)
