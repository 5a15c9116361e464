"""Clips through the whole eye of a field: motion, tiles, tracks, names and visits, in the clip's own time."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from contract.ids import new_ulid
from contract.messages import Sighting
from edge.sensors.camera.files import frames_in
from edge.wildlife.evidence import jpeg
from edge.wildlife.eye import Eye, Look
from edge.wildlife.sightings import Sightings, view
from models.falls.intervals import Interval, rate, share
from models.wildlife.looking import Measuring
from models.wildlife.subjects import MONKEY, Clip, Image

HOUR_S = 3600.0
PICTURE_SIDE_PX = 360


@dataclass(slots=True)
class Told:
    """One visit that the eye would have told of: when it began in the clip, and what it was in the end."""

    at_s: float
    species: str
    count: int
    confidence: float
    picture: bytes | None = None
    """The best that the field would have sent, JPEG."""


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
    own, sightings = Eye(eye.settings, eye.detector, eye.namer), Sightings(eye.settings, new_ulid)
    watched = Watched(clip)
    visits: dict[str, Told] = {}
    due_s, at_s = 0.0, 0.0
    for number, (_, image) in enumerate(frames):
        at_s = number * period_s
        watched.frames += 1
        if at_s < due_s:
            continue
        due_s = at_s + 0.9 / eye.settings.fps_max  # a tenth of slack, as the field has it
        look = own.glance(image, clip.path.name, at_s)
        if look is None:
            continue
        watched.looks += 1
        seen, evidence = view(look.tracks), partial(_evidence, own, image, look)
        for sighting in sightings.look(seen, at_s, round(at_s * 1000), evidence):
            _note(watched, visits, sighting, at_s)
    watched.seconds = at_s + period_s if watched.frames else 0.0
    for sighting in sightings.end(at_s):
        _note(watched, visits, sighting, at_s)
    return watched


def _evidence(eye: Eye, image: Image, look: Look) -> bytes | None:
    """What the field would send: people, and what may be people, blurred."""
    return jpeg(image, look.veiled() + eye.people_closely(image, look), PICTURE_SIDE_PX)


def _note(watched: Watched, visits: dict[str, Told], sighting: Sighting, at_s: float) -> None:
    """A visit is one event, however often it is told of; its last word counts."""
    told = visits.get(sighting.visit)
    if told is None:
        told = visits[sighting.visit] = Told(at_s, sighting.species, 0, 0.0)
        watched.told.append(told)
    told.species, told.count = sighting.species, sighting.count_at_least
    told.confidence = sighting.confidence
    told.picture = sighting.picture or told.picture


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
