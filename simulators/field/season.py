"""A season on one field: a troop that comes for the crop, people who chase, and a repeller, the real one, or none.

Is: the edge's own Repeller, chooser and safety kernel, driven by scenes of a simulated eye and by its own clock;
what it switches on is what the troop hears. Is not: a forecast for any field (simulators.field.habituation says what
the troop's numbers rest on).
"""

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from math import pi, sin

from numpy.random import SeedSequence, default_rng
from ulid import ULID

from contract.messages import Repel, RepelPhase
from edge.clock import ManualClock
from edge.repel.chooser import Chooses
from edge.repel.repeller import Repeller
from edge.repel.settings import CONTROL, RepelSettings
from simulators.field.habituation import Nature
from simulators.field.paper_switches import PaperSwitches
from simulators.field.season_eye import SeasonEye
from simulators.field.season_troop import DAY_S, Fright, SeasonTroop

DAYS = 100
FIRST_DAY_MS = 1_782_831_600_000
"""1 July 2026, midnight in Japan: maize, soy and late vegetables ripen from here on."""
DAWN_H, DUSK_H = 5, 19
VISITS_AN_HOUR = 0.25
"""Of a hungry troop without fear that knows the field; ten such hours give two or three visits a day."""
FORGETS_FOOD_DAYS = 10.0
LEAST_KEEN = 0.2
CHASES = 0.15
"""Of visits, the share in which somebody sees them and comes running."""
NOTICED_AFTER_S = 12 * 60.0
CHASE_S = 180.0
HEARD_S = 600.0
"""What was heard within so long before people came is feared as their sign."""
PASSERS = 0.05
PASSING_S = 60.0
BLIND = 0.02
"""Of visits, the share in which the camera cannot be trusted."""
GRAMS_A_MINUTE = 15.0
"""A feeding animal takes so much of a ripe crop, what it drops included (assumed)."""
STEP_S = 10.0
ARRIVING_S = 120.0
WATCHED_STEP_S = 4.0
WATCHED_EMPTY_STEP_S = 15.0
EMPTY_STEP_S = 60.0
SIZES = (10, 30)
STRENGTHS = (0.2, 0.95)
"""Of each stimulus, drawn evenly for each season: nobody knows which of them a troop will fear."""
REACH_M = {"horn": 80.0, "voice": 80.0, "strobe": 40.0, "water": 15.0}
"""Half is noticed at this distance: sound carries over a field, light in the day less, water some metres."""
SNAPSHOTS = 15
"""The troop is kept as it was before so many newest attempts, for the truth that the chooser's rates are held to."""
PLACES_M = {"west": (8.0, 20.0), "east": (32.0, 20.0)}


@dataclass(frozen=True, slots=True)
class World:
    """What is drawn for one seed and is the same whatever is done against it."""

    seed: int
    nature: Nature
    frights: dict[str, Fright]
    size: int


@dataclass(slots=True)
class Season:
    """What a season came to. ``repels`` are the repeller's own messages, ``snapshots`` the troop before attempts."""

    eaten_kg: float = 0.0
    visits: int = 0
    activations: int = 0
    controls: int = 0
    stopped_after: int | None = None
    """Activations until the chooser first said that nothing works; None if it never did."""
    repels: list[Repel] = field(default_factory=list)
    snapshots: list[SeasonTroop] = field(default_factory=list)


def world(seed: int, *, fearless: bool = False) -> World:
    """The world of a seed; in a ``fearless`` one no stimulus means anything to the troop."""
    rng = default_rng(SeedSequence([seed, 0]))
    nature = Nature.drawn(rng)
    size = int(rng.integers(SIZES[0], SIZES[1] + 1))
    strengths = {word: 0.0 if fearless else float(rng.uniform(*STRENGTHS)) for word in REACH_M}
    return World(
        seed, nature, {word: Fright(strengths[word], reach) for word, reach in REACH_M.items()}, size
    )


def settings() -> RepelSettings:
    """Four stimuli at two places each, far from houses, as a technician would write them; all else as shipped."""
    outputs = [
        {"name": f"{word}-{place}", "stimulus": word, "pin": pin, "kind": _KINDS[word]}
        for pin, (word, place) in enumerate(itertools.product(REACH_M, PLACES_M))
    ]
    return RepelSettings.model_validate({
        "armed": True, "outputs": outputs, "dwelling_m": 300.0,
        "place": {"latitude_deg": 38.73, "longitude_deg": 139.83},
    })  # fmt: skip


_KINDS = {"horn": "relay", "voice": "relay", "strobe": "strobe", "water": "water"}


class SeasonRun:
    """One season of one world with one chooser, or with nothing (None)."""

    def __init__(
        self,
        of: World,
        configured: RepelSettings,
        chooser: Callable[[random.Random], Chooses] | None,
        *,
        days: int = DAYS,
    ) -> None:
        self.world = of
        self._days = days
        self._settings = configured
        self._rng = default_rng(SeedSequence([of.seed, 1]))
        self.troop = SeasonTroop(default_rng(SeedSequence([of.seed, 2])), of.size, of.nature, of.frights)
        self._eye = SeasonEye(default_rng(SeedSequence([of.seed, 3])))
        self.clock = ManualClock(FIRST_DAY_MS)
        self.season = Season()
        self._stimulus = {one.name: one.stimulus for one in configured.outputs}
        self._switches = PaperSwitches(self.clock)
        numbers = itertools.count(1)
        self._new_ulid: Callable[[int], str] = lambda _: str(ULID.from_int(next(numbers)))
        self.chooser = None if chooser is None else chooser(random.Random(of.seed))
        self._repeller: Repeller | None = None
        if self.chooser is not None:
            self._repeller = Repeller(
                configured,
                self.clock,
                self._new_ulid,
                random.Random(of.seed),
                switches=self._switches,
                chooser=self.chooser,
            )
            self._repeller.open()
        self._food = 0.5
        self._heard: list[tuple[float, str]] = []
        self._open_attempts = 0

    def __iter__(self) -> Iterator[int]:
        """Live the season; yields each day as it ends."""
        for day in range(self._days):
            for hour in range(DAWN_H, DUSK_H):
                self._rest_until(day * DAY_S + hour * 3600.0 + float(self._rng.uniform(0.0, 3600.0)))
                if not self._past(day * DAY_S + (hour + 1) * 3600.0) and self._rng.random() < self._keen(day):
                    self._visit(day)
            self._rest_until((day + 1) * DAY_S)
            self._food += (LEAST_KEEN - self._food) / FORGETS_FOOD_DAYS
            yield day
        self.season.eaten_kg = self.troop.eaten_s / 60.0 * GRAMS_A_MINUTE / 1000.0

    def live(self) -> Season:
        """All of it at once."""
        for _ in self:
            pass
        return self.season

    def ripeness(self, day: int) -> float:
        """0.4 at the season's ends, 1 in its middle."""
        return 0.4 + 0.6 * sin(pi * (day + 0.5) / self._days)

    def _keen(self, day: int) -> float:
        troop = self.troop
        fear = float(troop.danger[troop.leads].mean())
        hunger = float(troop.hunger[troop.leads].mean())
        return VISITS_AN_HOUR * self._food * hunger * (1.0 - fear) * 2.0 * self.ripeness(day)

    def _past(self, at_s: float) -> bool:
        return self.troop.now_s >= at_s

    def _rest_until(self, at_s: float) -> None:
        if at_s > self.troop.now_s:
            self.clock.advance(at_s - self.troop.now_s)
            self.troop.rest(at_s - self.troop.now_s)

    def _visit(self, day: int) -> None:
        troop, rng = self.troop, self._rng
        began_s, hunger_before = troop.now_s, float(troop.hunger.mean())
        self.season.visits += 1
        self._eye.works = bool(rng.random() >= BLIND)
        chase_s = began_s + float(rng.exponential(NOTICED_AFTER_S)) if rng.random() < CHASES else None
        passes_s = began_s + float(rng.uniform(0.0, 1200.0)) if rng.random() < PASSERS else None
        visit = self._new_ulid(0)
        self._heard = []
        troop.come()
        dusk_s = day * DAY_S + DUSK_H * 3600.0
        chased = False
        while troop.here:
            dt_s = self._step_s()
            troop.step(dt_s, self.ripeness(day))
            self.clock.advance(dt_s)
            now_s = troop.now_s
            if chase_s is not None and not chased and now_s >= chase_s:
                chased = True
                troop.chased(sorted({word for at_s, word in self._heard if now_s - at_s < HEARD_S}))
            person = _during(now_s, chase_s, CHASE_S) or _during(now_s, passes_s, PASSING_S)
            if self._repeller is not None:
                self._repel(self._repeller, visit, person=person)
            if now_s > dusk_s and not troop.led_off:
                troop.go_home()
        eaten = max(0.0, hunger_before - float(troop.hunger.mean()))
        self._food += min(1.0, eaten) * (1.0 - self._food)

    def _step_s(self) -> float:
        if not self.troop.in_field.any() and self.troop.led_off:
            return WATCHED_EMPTY_STEP_S if self._open_attempts else EMPTY_STEP_S
        arriving = not self._heard and self.troop.now_s - self.troop.came_s < ARRIVING_S
        return WATCHED_STEP_S if self._open_attempts or arriving else STEP_S

    def _repel(self, repeller: Repeller, visit: str, *, person: bool) -> None:
        look = self._eye.look(self.troop, person=person)
        told = repeller.update(self._eye.scene(look, visit, self.clock.monotonic_s()))
        for repel in told:
            self._take(repel)
        names = self._switches.gone_on()
        if names:
            self._sound(names)

    def _take(self, repel: Repel) -> None:
        season = self.season
        season.repels.append(repel)
        if repel.phase is RepelPhase.FIRED:
            self._open_attempts = 1
            season.snapshots = [*season.snapshots[-SNAPSHOTS + 1 :], self.troop.fork(default_rng(0))]
            if repel.stimulus == CONTROL:
                season.controls += 1
            else:
                season.activations += 1
        elif repel.phase is RepelPhase.OUTCOME:
            self._open_attempts = 0
        elif repel.reason == "nothing_works" and season.stopped_after is None:
            season.stopped_after = season.activations

    def _sound(self, names: Iterable[str]) -> None:
        names = sorted(names)
        stimulus = self._stimulus[names[0]]
        now_s = self.troop.now_s
        since_s = now_s - self._heard[-1][0] if self._heard else now_s - self.troop.came_s
        sources_m = [PLACES_M[name.rpartition("-")[2]] for name in names]
        self.troop.frighten(stimulus, "+".join(names), sources_m, since_s)
        self._heard.append((now_s, stimulus))


def _during(now_s: float, from_s: float | None, for_s: float) -> bool:
    return from_s is not None and from_s <= now_s < from_s + for_s
