"""What was said against what happened: per event, never per frame or window."""

from dataclasses import dataclass, field
from math import inf

from models.falls.intervals import Interval, quantile, rate, share
from models.falls.recording import LIES, Recording, TrueFall, Truth
from models.falls.watching import Said, Watched

EARLY_S = 1.0
"""Labels are read off traces or key presses: a suspicion this much before the label is of the fall it names."""
LATE_S = 120.0
"""A suspicion later than this after a fall would help nobody believe in it; long lies carry their own limit."""
ANSWERS = frozenset({"button", "knock"})
"""How a question ends that somebody answers; standing up ends it too, and is seen."""


@dataclass(frozen=True, slots=True)
class Event:
    """One fall that happened, and when it was suspected and confirmed, s after it; None: not at all."""

    fall: TrueFall
    suspected_s: float | None = None
    confirmed_s: float | None = None
    incident: str | None = None
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Alarm:
    """An incident that is of no known fall, with what went on then; false only where all falls are known."""

    at_s: float
    incident: str
    kind: str
    confirmed: bool
    ended: str
    causes: tuple[str, ...]
    evidence: dict[str, float]

    @property
    def answered(self) -> bool:
        """Whether somebody said that all is well before people were told."""
        return not self.confirmed and self.ended in ANSWERS


@dataclass(frozen=True, slots=True)
class Result:
    """A recording's score."""

    name: str
    file: str
    kind: str
    variant: str
    duration_s: float
    truth: Truth
    events: tuple[Event, ...]
    alarms: tuple[Alarm, ...]
    watched: Watched = field(repr=False)


def score(recording: Recording, watched: Watched) -> Result:
    """Each incident belongs to the latest fall before it that is not over, or to none."""
    incidents = _incidents(watched.said)
    mine: dict[int, list[list[Said]]] = {n: [] for n in range(len(recording.truth.falls))}
    others = []
    for said in incidents:
        owner = _owner(said[0].at_s, recording.truth.falls)
        if owner is None:
            others.append(said)
        else:
            mine[owner].append(said)
    events = tuple(_event(fall, mine[n]) for n, fall in enumerate(recording.truth.falls))
    alarms = tuple(_alarm(said, recording.truth) for said in others)
    return Result(
        name=recording.name,
        file=recording.file,
        kind=recording.kind.value,
        variant=recording.variant,
        duration_s=recording.duration_s,
        truth=recording.truth,
        events=events,
        alarms=alarms,
        watched=watched,
    )


def _incidents(said: list[Said]) -> list[list[Said]]:
    grouped: dict[str, list[Said]] = {}
    for one in said:
        grouped.setdefault(one.incident, []).append(one)
    return sorted(grouped.values(), key=lambda group: group[0].at_s)


def _owner(at_s: float, falls: tuple[TrueFall, ...]) -> int | None:
    owners = [n for n, fall in enumerate(falls) if _first_s(fall) <= at_s <= _last_s(fall)]
    return max(owners, key=lambda n: falls[n].at_s) if owners else None


def _first_s(fall: TrueFall) -> float:
    return fall.at_s - EARLY_S if fall.since_s is None else fall.since_s


def _last_s(fall: TrueFall) -> float:
    """What is known to end the lie, else LATE_S; somebody who lies there all the time may be told of at any time."""
    if fall.latest_s != inf or fall.kind == LIES:
        return fall.latest_s
    return fall.at_s + LATE_S


def _event(fall: TrueFall, incidents: list[list[Said]]) -> Event:
    if not incidents:
        return Event(fall)
    first = incidents[0]
    confirmed = next((one.at_s for said in incidents for one in said if one.phase == "confirmed"), None)
    return Event(
        fall,
        suspected_s=round(first[0].at_s - fall.at_s, 2),
        confirmed_s=None if confirmed is None else round(confirmed - fall.at_s, 2),
        incident=first[0].incident,
        repeats=len(incidents) - 1,
    )


def _alarm(said: list[Said], truth: Truth) -> Alarm:
    first, last = said[0], said[-1]
    return Alarm(
        at_s=round(first.at_s, 2),
        incident=first.incident,
        kind=first.kind,
        confirmed=any(one.phase == "confirmed" for one in said),
        ended=last.cancelled_by or last.phase,
        causes=tuple(truth.during(first.at_s)),
        evidence=first.evidence,
    )


@dataclass(slots=True)
class Tally:
    """The score of many recordings together."""

    lying: int = 0
    lying_told: int = 0
    """Recordings in which somebody lies on the floor from the start, and those in which that was told or shown."""
    falls: int = 0
    """Where the sensor looks; the others are ``unseen``."""
    suspected: int = 0
    confirmed: int = 0
    unseen: int = 0
    unseen_suspected: int = 0
    hours: float = 0.0
    false_suspected: int = 0
    """Every needless question, however it ended."""
    false_answered: int = 0
    false_confirmed: int = 0
    unexplained: int = 0
    """Incidents in recordings whose falls are not all known: neither right nor wrong."""
    floor_unlabelled_s: float = 0.0
    floor_shown_s: float = 0.0
    """For how long somebody was shown on the floor in recordings known to hold no fall: a pet, or an error."""
    windows: int = 0
    windows_alarmed: int = 0
    """Recordings known to hold no fall, and those of them with any suspicion."""
    to_suspected_s: list[float] = field(default_factory=list)
    to_confirmed_s: list[float] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """One recording more."""
        for event in result.events:
            if event.fall.kind == LIES:
                self.lying += 1
                self.lying_told += event.suspected_s is not None or bool(result.watched.floor)
            else:
                self.count(event)
        if not result.truth.complete:
            self.unexplained += len(result.alarms)
            self.floor_unlabelled_s += sum(to_s - from_s for from_s, to_s in result.watched.floor)
            return
        self.hours += result.duration_s / 3600
        self.false_suspected += len(result.alarms)
        self.false_answered += sum(alarm.answered for alarm in result.alarms)
        self.false_confirmed += sum(alarm.confirmed for alarm in result.alarms)
        if not result.truth.falls:
            self.windows += 1
            self.windows_alarmed += bool(result.alarms)
            self.floor_shown_s += sum(to_s - from_s for from_s, to_s in result.watched.floor)

    def count(self, event: Event) -> None:
        """One fall more."""
        if not event.fall.seen:
            self.unseen += 1
            self.unseen_suspected += event.suspected_s is not None
            return
        self.falls += 1
        if event.suspected_s is not None:
            self.suspected += 1
            self.to_suspected_s.append(event.suspected_s)
        if event.confirmed_s is not None:
            self.confirmed += 1
            self.to_confirmed_s.append(event.confirmed_s)

    @property
    def recall(self) -> Interval | None:
        """Of the falls, the share suspected."""
        return share(self.suspected, self.falls)

    @property
    def recall_confirmed(self) -> Interval | None:
        """Of the falls, the share confirmed."""
        return share(self.confirmed, self.falls)

    @property
    def false_per_hour(self) -> Interval | None:
        """Suspicions of no fall."""
        return rate(self.false_suspected, self.hours)

    @property
    def false_confirmed_per_day(self) -> Interval | None:
        """Alarms that people would have been told of."""
        return rate(self.false_confirmed, self.hours / 24)

    def latency(self, q: float) -> float | None:
        """Quantile of the time from a fall to its suspicion, s."""
        return quantile(self.to_suspected_s, q)


def together(tallies: list[Tally]) -> Tally:
    """Recall and latencies of several kinds of fall in one."""
    whole = Tally()
    for one in tallies:
        whole.falls += one.falls
        whole.suspected += one.suspected
        whole.confirmed += one.confirmed
        whole.unseen += one.unseen
        whole.unseen_suspected += one.unseen_suspected
        whole.to_suspected_s += one.to_suspected_s
        whole.to_confirmed_s += one.to_confirmed_s
    return whole


def tally(results: list[Result]) -> Tally:
    """All of them together."""
    total = Tally()
    for result in results:
        total.add(result)
    return total
