"""Tracks to a visit: its beginning, what changes in it, its end. Pure; the picture is made by whoever asks.

A visit begins with the first confirmed track, never with one picture, and ends when no confirmed track has been
seen for ``quiet_after_s`` or when the view is cut. One camera has one visit at a time: where several species are
confirmed, a bear names the visit, else the one with most animals.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from contract.ids import NewUlid, Ulid
from contract.messages import TRACK_POINTS_MAX, Sighting, VisitPhase
from edge.wildlife.ground import Ground, Hung, size_of, velocity
from edge.wildlife.settings import EyeSettings
from edge.wildlife.tracker import Track

Snapshot = Callable[[], bytes | None]
"""Makes a picture fit to leave the device, or None while there is a reason not to."""

UNKNOWN = "unknown"
SIDEWAYS_PER_S = 0.15  # body heights a second: slower is feeding, not going
TOWARD_PER_S = 0.3  # measured from growth, twice as unsure
_TURN_DEG = {"away": 0.0, "right": 90.0, "nearer": 180.0, "left": 270.0}
_BETTER_BY = 0.3  # of a picture's worth (animals in it + their confidence): less is not worth sending again
_FIRST_OF_ALL = "bear"
_COUNT_MAX = 500  # the contract's
TRACK_EVERY_S = 2.0  # and twice as seldom each time the track is full


@dataclass(frozen=True, slots=True)
class View:
    """The field in one picture, as far as it is sure: ``count`` confirmed animals of ``species`` seen in it."""

    species: str | None
    count: int
    direction: str
    confidence: float
    heading_deg: float | None = None
    """From a calibrated camera."""
    size: str | None = None
    where: tuple[float, float] | None = None
    """Middle of the animals' feet, fractions of the picture's width and height."""


NOTHING = View(None, 0, UNKNOWN, 0.0)


def view(tracks: Sequence[Track], hung: Hung | None = None, shape: tuple[float, float] | None = None) -> View:
    """What the confirmed tracks amount to; ``shape`` is the picture's (width, height) in px."""
    sure = [track for track in tracks if track.confirmed and track.seen_now]
    if not sure:
        return NOTHING
    counts = Counter(track.species for track in sure)
    species = _FIRST_OF_ALL if _FIRST_OF_ALL in counts else counts.most_common(1)[0][0]
    herd = [track for track in sure if track.species == species]
    return View(
        species,
        min(_COUNT_MAX, len(herd)),
        direction_of(herd),
        round(max(track.confidence for track in herd), 3),
        heading_deg=None if hung is None or shape is None else _heading_of(herd, hung, shape),
        size=None if hung is None or shape is None else _size_of(herd, hung, shape),
        where=None if shape is None else _where(herd, shape),
    )


def _heading_of(herd: Sequence[Track], hung: Hung, shape: tuple[float, float]) -> float | None:
    """Of the herd over the ground; None while nobody goes anywhere, or too far away to say."""
    speeds = []
    for track in herd:
        places = [(at, hung.place(x, feet, *shape)) for at, x, feet, _ in track.path]
        speed = velocity([(at, place) for at, place in places if place is not None])
        if speed is not None:
            speeds.append(speed)
    if not speeds:
        return None
    middle: Ground = (median(v[0] for v in speeds), median(v[1] for v in speeds))
    return round(hung.heading_deg(middle), 1) % 360.0


def _size_of(herd: Sequence[Track], hung: Hung, shape: tuple[float, float]) -> str | None:
    """Size class of the tallest whose place is known: the young are beside their mothers."""
    tall = [
        hung.tall_m(feet, box[3] - box[1], shape[0])
        for box in (track.box for track in herd)
        if (feet := hung.place((box[0] + box[2]) / 2, box[3], *shape)) is not None
    ]
    return size_of(max(tall)) if tall else None


def _where(herd: Sequence[Track], shape: tuple[float, float]) -> tuple[float, float]:
    x = median((track.box[0] + track.box[2]) / 2 for track in herd) / shape[0]
    y = median(track.box[3] for track in herd) / shape[1]
    return min(1.0, max(0.0, x)), min(1.0, max(0.0, y))


def direction_of(herd: Sequence[Track]) -> str:
    """Code of travel in the picture: most bodies decide, the faster of sideways and depth names it."""
    motions = [motion for track in herd if (motion := track.motion()) is not None]
    if not motions:
        return UNKNOWN
    sideways = median(motion.sideways for motion in motions)
    toward = median(motion.toward for motion in motions)
    if abs(sideways) < SIDEWAYS_PER_S and abs(toward) < TOWARD_PER_S:
        return "still"
    if abs(toward) >= abs(sideways):
        return "nearer" if toward > 0 else "away"
    return "right" if sideways > 0 else "left"


def heading(direction: str, bearing_deg: float | None) -> float | None:
    """Clockwise from north; None while nobody moves or the camera's bearing is not configured."""
    turn_deg = _TURN_DEG.get(direction)
    return None if bearing_deg is None or turn_deg is None else (bearing_deg + turn_deg) % 360.0


@dataclass(frozen=True, slots=True)
class KeptVisit:
    """What the next process must know of a visit if this one is killed; ``last_seen_ms`` is Unix time."""

    id: Ulid
    species: str
    count_at_least: int
    direction: str
    confidence: float
    last_seen_ms: int
    heading_deg: float | None = None
    size: str | None = None

    def same(self, other: "KeptVisit") -> bool:
        """But for the time."""
        return replace(self, last_seen_ms=other.last_seen_ms) == other


@dataclass(slots=True)
class _Visit:
    """The visit that is going on."""

    id: Ulid
    species: str
    count_at_least: int
    direction: str
    confidence: float
    last_seen_s: float
    told_s: float = 0.0
    told: tuple[str, int, str] = ("", 0, "")
    votes: Counter[str] = field(default_factory=Counter)
    """Animal-pictures per species: what most of them showed names the visit."""
    heading_deg: float | None = None
    sizes: Counter[str] = field(default_factory=Counter)
    track: list[tuple[float, float]] = field(default_factory=list)
    track_every_s: float = TRACK_EVERY_S
    track_s: float = -1e9
    picture: bytes | None = None
    """The best one not sent yet."""
    picture_worth: float = 0.0


class Sightings:
    """The visits of one camera."""

    def __init__(self, settings: EyeSettings, new_ulid: NewUlid) -> None:
        self._settings = settings
        self._new_ulid = new_ulid
        self._visit: _Visit | None = None

    @property
    def visit(self) -> Ulid | None:
        """Id of the visit that is going on."""
        return self._visit.id if self._visit else None

    @property
    def species(self) -> str | None:
        """Of the visit that is going on."""
        return self._visit.species if self._visit else None

    def kept(self, now_s: float, now_ms: int) -> KeptVisit | None:
        """The visit that is going on, to be given to ``resume`` after a restart."""
        visit = self._visit
        if visit is None:
            return None
        seen_ms = now_ms - round(1000 * (now_s - visit.last_seen_s))
        return KeptVisit(
            visit.id,
            visit.species,
            visit.count_at_least,
            visit.direction,
            visit.confidence,
            last_seen_ms=seen_ms,
            heading_deg=visit.heading_deg,
            size=_size(visit),
        )

    def resume(self, kept: KeptVisit, now_s: float, now_ms: int) -> None:
        """Go on with it, or end it if it has been quiet for too long; what is known of it is told again.

        A clock that was set back meanwhile counts as no time.
        """
        age_s = max(0.0, (now_ms - kept.last_seen_ms) / 1000)
        self._visit = _Visit(
            kept.id,
            kept.species,
            kept.count_at_least,
            kept.direction,
            kept.confidence,
            last_seen_s=now_s - age_s,
            told_s=now_s - self._settings.update_every_s,
            votes=Counter({kept.species: kept.count_at_least}),
            heading_deg=kept.heading_deg,
            sizes=Counter({kept.size: 1} if kept.size else {}),
        )

    def look(self, seen: View, now_s: float, now_ms: int, snapshot: Snapshot) -> list[Sighting]:
        """Take the view of one picture; ``snapshot`` is called only when this picture is worth keeping."""
        if seen.species is None:
            return self.wait(now_s)
        visit, phase = self._visit, VisitPhase.UPDATED
        if visit is None:
            phase = VisitPhase.STARTED
            visit = self._visit = _Visit(
                self._new_ulid(now_ms), seen.species, 0, UNKNOWN, seen.confidence, now_s
            )
        self._take(visit, seen, now_s)
        worth = seen.count + seen.confidence
        if worth >= visit.picture_worth + _BETTER_BY and (picture := snapshot()) is not None:
            visit.picture, visit.picture_worth = picture, worth
        if phase is VisitPhase.STARTED or self._worth_telling(visit, now_s):
            return [self._tell(visit, phase, now_s)]
        return []

    def wait(self, now_s: float) -> list[Sighting]:
        """No picture, or nothing sure in it: the visit ends when it has been quiet long enough."""
        if self._visit is None:
            return []
        if now_s - self._visit.last_seen_s >= self._settings.quiet_after_s:
            return self.end(now_s)
        if self._worth_telling(self._visit, now_s):
            return [self._tell(self._visit, VisitPhase.UPDATED, now_s)]
        return []

    def end(self, now_s: float) -> list[Sighting]:
        """End the visit that is going on, if any: quiet, a cut in the view, the end of a recording."""
        visit, self._visit = self._visit, None
        return [] if visit is None else [self._tell(visit, VisitPhase.ENDED, now_s)]

    @staticmethod
    def _take(visit: _Visit, seen: View, now_s: float) -> None:
        assert seen.species is not None  # noqa: S101 - the caller's own check, told to the type checker
        visit.votes[seen.species] += seen.count
        # A bear once sure stays the visit's name: the people to be told first are those of a bear.
        bear = _FIRST_OF_ALL in visit.votes
        visit.species = _FIRST_OF_ALL if bear else visit.votes.most_common(1)[0][0]
        visit.count_at_least = max(visit.count_at_least, seen.count)
        visit.confidence = max(visit.confidence, seen.confidence)
        if seen.direction != UNKNOWN:
            visit.direction = seen.direction
            # A heading is that of the direction told beside it: still animals have none.
            visit.heading_deg = seen.heading_deg
        if seen.size is not None:
            visit.sizes[seen.size] += 1
        if seen.where is not None and now_s - visit.track_s >= visit.track_every_s:
            _walk_on(visit, seen.where, now_s)
        visit.last_seen_s = now_s

    def _worth_telling(self, visit: _Visit, now_s: float) -> bool:
        if visit.species == _FIRST_OF_ALL and visit.told[0] != _FIRST_OF_ALL:
            return True
        changed = visit.told != (visit.species, visit.count_at_least, visit.direction)
        return changed and now_s - visit.told_s >= self._settings.update_every_s

    def _tell(self, visit: _Visit, phase: VisitPhase, now_s: float) -> Sighting:
        visit.told = (visit.species, visit.count_at_least, visit.direction)
        visit.told_s = now_s
        picture, visit.picture = visit.picture, None
        return Sighting(
            visit=visit.id,
            phase=phase,
            species=visit.species,
            count_at_least=visit.count_at_least,
            confidence=visit.confidence,
            direction=visit.direction,
            heading_deg=self._heading(visit),
            picture=picture,
            size=_size(visit),
            track=list(visit.track),
        )

    def _heading(self, visit: _Visit) -> float | None:
        if visit.heading_deg is not None:
            return visit.heading_deg
        return heading(visit.direction, self._settings.bearing_deg)


def _size(visit: _Visit) -> str | None:
    return visit.sizes.most_common(1)[0][0] if visit.sizes else None


def _walk_on(visit: _Visit, where: tuple[float, float], now_s: float) -> None:
    visit.track_s = now_s
    visit.track.append((round(where[0], 3), round(where[1], 3)))
    if len(visit.track) > TRACK_POINTS_MAX:
        visit.track = visit.track[::2]
        visit.track_every_s *= 2
