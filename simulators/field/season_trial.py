"""The same season lived several times: with nothing, with one fixed horn, with turns, with the real chooser."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from numpy.random import SeedSequence, default_rng

from contract.messages import RepelPhase
from edge.repel.chooser import Chooser, Chooses
from edge.repel.outcome import Outcome
from edge.repel.settings import CONTROL, RepelSettings
from simulators.field.season import DAYS, REACH_M, SeasonRun, settings, world
from simulators.field.season_rivals import Rotation
from simulators.field.season_truth import truth

NOTHING, HORN, ROTATION, OURS, FEARLESS = "nothing", "horn", "rotation", "ours", "fearless"
ARMS = (NOTHING, HORN, ROTATION, OURS, FEARLESS)
"""FEARLESS is ours against a troop that no stimulus means anything to."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the chooser believed of a stimulus at the season's end, and what the troop would really have done."""

    low: float
    high: float
    truth: float

    @property
    def covered(self) -> bool:
        """Whether the interval holds the truth."""
        return self.low <= self.truth <= self.high


@dataclass(frozen=True, slots=True)
class Lived:
    """One season of one seed under one arm. ``held`` is ours alone's."""

    seed: int
    arm: str
    eaten_kg: float
    visits: int
    activations: int
    left: int
    controls: int
    stopped_after: int | None
    held: Mapping[str, Held]


def live(seed: int, arm: str, days: int = DAYS) -> Lived:
    """Live one season; the world depends on the seed alone."""
    configured = settings()
    run = SeasonRun(world(seed, fearless=arm == FEARLESS), configured, _chooser(arm, configured), days=days)
    season = run.live()
    left = sum(
        told.phase is RepelPhase.OUTCOME and told.outcome == Outcome.LEFT and told.stimulus != CONTROL
        for told in season.repels
    )
    return Lived(
        seed,
        arm,
        season.eaten_kg,
        season.visits,
        season.activations,
        left,
        season.controls,
        season.stopped_after,
        _held(run, configured) if arm == OURS else {},
    )


def _chooser(arm: str, configured: RepelSettings) -> Callable[[Random], Chooses] | None:
    if arm == NOTHING:
        return None
    if arm in (HORN, ROTATION):
        stimuli = (HORN,) if arm == HORN else tuple(REACH_M)
        return lambda _: Rotation(configured, stimuli)
    return lambda rng: Chooser(configured, rng)


def _held(run: SeasonRun, configured: RepelSettings) -> dict[str, Held]:
    chooser = run.chooser
    if not isinstance(chooser, Chooser) or not run.season.snapshots:
        return {}
    rng = default_rng(SeedSequence([run.world.seed, 4]))
    held = {}
    for stimulus, rate in chooser.rates(run.clock.unix_ms()).items():
        low, high = rate.interval()
        real = truth(
            run.troop,
            run.season.snapshots,
            stimulus,
            rng,
            gone_within_s=configured.gone_within_s,
            not_back_within_s=configured.not_back_within_s,
        )
        held[stimulus] = Held(low, high, real)
    return held
