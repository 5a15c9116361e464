"""Settings chosen by cross-validation over recordings: chosen on some, checked on the others, never on the same.

Few settings, each at a few steps around its present value; a candidate that is as good as others wins if its neighbours
are good too, and then if it lies nearest to what is set: a plateau, not a peak.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from edge.fall.people import People
from edge.fall.scene import Scene
from edge.fall.settings import FallSettings, SensorKind
from edge.sensors.readings import PointCloud
from models.falls.kinds import SETUPS
from models.falls.measuring import mounted
from models.falls.opening import Found
from models.falls.recording import LIES, Recording
from models.falls.scoring import score
from models.falls.watching import Installed, watch_all

STEPS = (0.8, 0.9, 1.0, 1.1, 1.2)
FIELDS = ("drop_m", "floor_m", "lying_m")
"""What decides most, and what a home's file might be tempted to change."""
FOLDS = 5
FALSE_COSTS = 2.0
"""A false alarm is worth two missed falls here: a window of a few seconds stands for hours of daily life."""

Candidate = tuple[float, ...]
"""A factor for each of FIELDS."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One part held out: what was chosen without it, and how that did on it."""

    chosen: Candidate
    falls: int
    missed: int
    false: int


@dataclass(frozen=True, slots=True)
class Choice:
    """What came out for one sort of sensor; ``now`` is how the present settings do on everything."""

    sensor: SensorKind
    units: int
    folds: tuple[Fold, ...]
    chosen: Candidate
    settings: FallSettings
    on_all: tuple[int, int, int]
    now: tuple[int, int, int]

    def lines(self) -> list[str]:
        """For a terminal."""
        held = [sum(part) for part in zip(*((f.falls, f.missed, f.false) for f in self.folds), strict=True)]
        lines = [
            f"{self.sensor}: {self.units} recordings that are not split, {len(self.folds)} parts held out in turn"
        ]
        for number, fold in enumerate(self.folds, start=1):
            found = fold.falls - fold.missed
            lines.append(
                f"  part {number}: {_words(fold.chosen)}: {found} of {fold.falls} falls, {fold.false} false"
            )
        lines.append(f"  held out, all parts: {held[0] - held[1]} of {held[0]} falls, {held[2]} false")
        falls, missed, false = self.on_all
        lines.append(
            f"  chosen on all: {_words(self.chosen)}: {falls - missed} of {falls} falls, {false} false"
        )
        falls, missed, false = self.now
        lines.append(f"  as set now: {falls - missed} of {falls} falls, {false} false")
        return lines


@dataclass(frozen=True, slots=True)
class Seen:
    """A recording after perception, which these settings do not change."""

    recording: Recording
    scenes: Sequence[Scene]
    installed: Installed


Counts = tuple[int, int, int]
"""Falls, missed ones, false suspicions."""


def choose(found: Found, tell: Callable[[str], None] = lambda _: None) -> list[Choice]:
    """One choice for each sort of sensor that has labelled falls and labelled quiet in at least two recordings."""
    sorts: dict[SensorKind, list[Seen]] = {}
    for recording in found.recordings:
        setup = SETUPS.get(recording.kind)
        if setup is not None and recording.truth.complete:
            mount, _ = mounted(recording, setup, found.mounts.get(recording.file))
            installed = setup.installed(mount)
            sorts.setdefault(setup.sensor, []).append(
                Seen(recording, _scenes(recording, installed), installed)
            )
    choices = []
    for sensor, seen in sorts.items():
        units = sorted({one.recording.unit for one in seen})
        if len(units) < 2 or not any(_falls(one) for one in seen):
            continue
        tell(f"{sensor}: {len(STEPS) ** len(FIELDS)} candidates on {len(seen)} recordings")
        choices.append(_choose(sensor, seen, units))
    return choices


def _scenes(recording: Recording, installed: Installed) -> list[Scene]:
    people = People(installed.mount, installed.people)
    return [
        people.update(reading) if isinstance(reading, PointCloud) else reading
        for reading in recording.readings()
        if isinstance(reading, PointCloud | Scene)
    ]


def _choose(sensor: SensorKind, seen: list[Seen], units: list[str]) -> Choice:
    table = {candidate: _by_unit(candidate, seen) for candidate in product(STEPS, repeat=len(FIELDS))}
    parts = [units[n :: min(FOLDS, len(units))] for n in range(min(FOLDS, len(units)))]
    folds = []
    for part in parts:
        chosen = _best(table, [unit for unit in units if unit not in part])
        folds.append(Fold(chosen, *_sum(table[chosen], part)))
    best = _best(table, units)
    unchanged = (1.0,) * len(FIELDS)
    return Choice(
        sensor,
        len(units),
        tuple(folds),
        best,
        _settings(seen[0].installed.fall, best),
        _sum(table[best], units),
        _sum(table[unchanged], units),
    )


def _by_unit(candidate: Candidate, seen: list[Seen]) -> dict[str, Counts]:
    counts: dict[str, Counts] = {}
    for one in seen:
        fall = _settings(one.installed.fall, candidate)
        installed = Installed(one.installed.mount, fall, one.installed.people, one.installed.zones)
        watched = watch_all(one.scenes, installed, falls=one.recording.truth.falls, traced=False)
        result = score(one.recording, watched)
        events = [event for event in result.events if event.fall.kind != LIES]
        missed = sum(event.suspected_s is None for event in events)
        falls, others, false = counts.get(one.recording.unit, (0, 0, 0))
        counts[one.recording.unit] = (
            falls + len(events),
            others + missed,
            false + len(result.alarms),
        )
    return counts


def _falls(seen: Seen) -> bool:
    return any(fall.kind != LIES for fall in seen.recording.truth.falls)


def _settings(fall: FallSettings, candidate: Candidate) -> FallSettings:
    changes = {
        name: round(getattr(fall, name) * step, 3) for name, step in zip(FIELDS, candidate, strict=True)
    }
    return fall.model_copy(update=changes)


def _best(table: dict[Candidate, dict[str, Counts]], units: Sequence[str]) -> Candidate:
    losses = {candidate: _loss(_sum(counts, units)) for candidate, counts in table.items()}
    least = min(losses.values())
    good = [candidate for candidate, loss in losses.items() if loss == least]
    return min(good, key=lambda candidate: (_around(candidate, losses), _from_now(candidate)))


def _loss(counts: Counts) -> float:
    return counts[1] + FALSE_COSTS * counts[2]


def _around(candidate: Candidate, losses: dict[Candidate, float]) -> float:
    """Mean loss of the candidates one step away."""
    at = [STEPS.index(step) for step in candidate]
    near = [
        losses[(*candidate[:field], STEPS[other], *candidate[field + 1 :])]
        for field, index in enumerate(at)
        for other in (index - 1, index + 1)
        if 0 <= other < len(STEPS)
    ]
    return sum(near) / len(near)


def _from_now(candidate: Candidate) -> float:
    return sum(abs(step - 1.0) for step in candidate)


def _sum(counts: dict[str, Counts], units: Iterable[str]) -> Counts:
    falls, missed, false = (sum(part) for part in zip(*(counts[unit] for unit in units), strict=True))
    return falls, missed, false


def _words(candidate: Candidate) -> str:
    return ", ".join(f"{name} x {step:g}" for name, step in zip(FIELDS, candidate, strict=True))
