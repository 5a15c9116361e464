"""Clips through the whole eye of a field: motion, tiles, tracks, names and visits, in the clip's own time."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from contract.ids import new_ulid
from contract.messages import VisitPhase
from edge.sensors.camera.files import frames_in
from edge.wildlife.eye import Eye
from edge.wildlife.sightings import Sightings, view
from models.falls.intervals import Interval, rate, share
from models.wildlife.looking import Measuring
from models.wildlife.subjects import MONKEY, Clip

HOUR_S = 3600.0


@dataclass(slots=True)
class Told:
    """One visit that the eye would have told of: when it began in the clip, and what it was in the end."""

    at_s: float
    species: str
    count: int
    confidence: float


@dataclass(slots=True)
class Watched:
    """One clip, watched to its end. ``looks`` of ``frames`` went through the network; the gate spared the others."""

    clip: Clip
    seconds: float = 0.0
    frames: int = 0
    looks: int = 0
    told: list[Told] = field(default_factory=list)

    def species(self) -> Counter[str]:
        return Counter(one.species for one in self.told)

    @property
    def false(self) -> int:
        """Visits told of as monkeys' where somebody said that there is none."""
        if self.clip.names is None or MONKEY in self.clip.names:
            return 0
        return self.species()[MONKEY]


def watch(eye: Measuring, clip: Clip) -> Watched:
    """Raises SensorLostError for what is no video."""
    period_s, frames = frames_in(clip.path)
    settings = eye.settings
    own = Eye(settings, eye.detector, eye.namer)
    sightings = Sightings(settings, new_ulid)
    watched = Watched(clip)
    open_told: dict[str, Told] = {}
    wait_s = 0.9 / settings.fps_max
    due_s, at_s = 0.0, 0.0
    for number, (_, image) in enumerate(frames):
        at_s = number * period_s
        watched.frames += 1
        if at_s < due_s:
            continue
        due_s = at_s + wait_s
        look = own.glance(image, clip.path.name, at_s)
        if look is None:
            continue
        watched.looks += 1
        for one in sightings.look(view(look.tracks), at_s, round(at_s * 1000), lambda: None):
            _note(
                watched,
                open_told,
                one.visit,
                one.phase,
                at_s,
                one.species,
                one.count_at_least,
                one.confidence,
            )
    watched.seconds = at_s + period_s if watched.frames else 0.0
    for one in sightings.end(at_s):
        _note(watched, open_told, one.visit, one.phase, at_s, one.species, one.count_at_least, one.confidence)
    return watched


def _note(
    watched: Watched,
    known: dict[str, Told],
    visit: str,
    phase: VisitPhase,
    at_s: float,
    species: str,
    count: int,
    confidence: float,
) -> None:
    told = known.get(visit)
    if told is None and phase is not VisitPhase.ENDED:
        told = known[visit] = Told(at_s, species, count, confidence)
        watched.told.append(told)
    if told is not None:
        told.species, told.count, told.confidence = species, count, confidence


def hours(watched: Iterable[Watched]) -> float:
    """Length of all of them."""
    return sum(one.seconds for one in watched) / HOUR_S


def events_per_hour(watched: list[Watched], species: str | None = None) -> Interval | None:
    """Visits told of an hour of clip, of one species or of all."""
    told = sum(len(one.told) if species is None else one.species()[species] for one in watched)
    return rate(told, hours(watched))


def false_per_hour(watched: list[Watched]) -> Interval | None:
    """Monkeys told of an hour in clips that hold none; None where nobody said what the clips hold."""
    quiet = [one for one in watched if one.clip.names is not None and MONKEY not in one.clip.names]
    return rate(sum(one.false for one in quiet), hours(quiet))


def clips_found(watched: list[Watched]) -> Interval | None:
    """Share of the clips with monkeys in which one was told of."""
    shown = [one for one in watched if one.clip.names is not None and MONKEY in one.clip.names]
    return share(sum(one.species()[MONKEY] > 0 for one in shown), len(shown))
