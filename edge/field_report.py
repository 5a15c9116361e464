"""What a field tells of itself beside its events: numbers every ten seconds, and the picture of now. Pure but for JPEG."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from contract.messages import Box, LiveField, Sample
from edge.sensors.readings import Picture
from edge.wildlife.boxes import BoxPx
from edge.wildlife.evidence import jpeg
from edge.wildlife.sightings import View, heading
from edge.wildlife.tracker import Track

TELEMETRY_EVERY_S = 10.0
LIVE_EVERY_S = 0.25
LIVE_SIDE_PX = 480
LIVE_QUALITIES = (60, 45)  # 10-20 kB a picture, some 50 kB/s while live is on


@dataclass(slots=True)
class _Tally:
    """Since the last samples."""

    since_s: float
    taken: int = 0
    frames: int = 0
    animals_most: int = 0
    person_frames: int = 0
    latencies_ms: deque[float] = field(default_factory=lambda: deque(maxlen=200))


class FieldReport:
    """Counts what the field does and says when there is something to send."""

    def __init__(self, now_s: float) -> None:
        self._opened_s = now_s
        self._tally = _Tally(now_s)
        self._live_s = now_s - LIVE_EVERY_S

    def taken(self) -> None:
        """One picture has been judged, by the network or by nothing having moved in it."""
        self._tally.taken += 1

    def looked(self, count: int, latency_ms: float, *, person: bool) -> None:
        """One picture has gone through the network: ``count`` confirmed animals in it."""
        self._tally.frames += 1
        self._tally.animals_most = max(self._tally.animals_most, count)
        self._tally.person_frames += person
        self._tally.latencies_ms.append(latency_ms)

    def samples(self, now_s: float, now_ms: int, camera: Mapping[str, float], faults: int) -> list[Sample]:
        """``eye`` and ``health`` when they are due, else nothing; ``camera`` are its counters."""
        tally = self._tally
        if now_s - tally.since_s < TELEMETRY_EVERY_S:
            return []
        self._tally = _Tally(now_s)
        eye = {
            "fps": round(tally.taken / (now_s - tally.since_s), 2),
            "looks_per_s": round(tally.frames / (now_s - tally.since_s), 2),
            "animals": float(tally.animals_most),
            "person_frames": float(tally.person_frames),
            **{f"pictures_{name}": value for name, value in camera.items()},
        }
        if tally.latencies_ms:
            eye["latency_ms"] = round(median(tally.latencies_ms), 1)
        health = {"uptime_s": round(now_s - self._opened_s, 1), "faults": float(faults)}
        return [Sample("eye", now_ms, eye), Sample("health", now_ms, health)]

    def live_due(self, now_s: float) -> bool:
        """Whether it is time for a picture of now; asked only where one can be given."""
        if now_s - self._live_s < LIVE_EVERY_S:
            return False
        self._live_s = now_s
        return True


def live(
    picture: Picture,
    tracks: Sequence[Track],
    seen: View,
    outputs_on: list[str],
    bearing_deg: float | None,
    people: Sequence[BoxPx] = (),
    *,
    withheld: bool,
) -> LiveField:
    """The field right now; the picture is ``withheld`` while a person is, or may be, in view.

    ``people``: what faintly looks like one, blurred all the same.
    """
    high, wide = picture.image.shape[:2]
    return LiveField(
        boxes=[_box(track, wide, high) for track in tracks if track.seen_now],
        count_at_least=seen.count,
        direction=seen.direction,
        outputs_on=outputs_on,
        heading_deg=heading(seen.direction, bearing_deg),
        picture=None if withheld else jpeg(picture.image, people, LIVE_SIDE_PX, LIVE_QUALITIES),
    )


def _box(track: Track, wide: int, high: int) -> Box:
    x1, y1, x2, y2 = track.box
    return Box(
        species=track.species,
        score=round(min(1.0, track.scores[-1]), 3),
        x=round(x1 / wide, 4),
        y=round(y1 / high, 4),
        w=round((x2 - x1) / wide, 4),
        h=round((y2 - y1) / high, 4),
        track=track.number,
        confirmed=track.confirmed,
    )
