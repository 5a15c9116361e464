"""What a stimulus would really do now: the troop is copied as it was before the last attempts, and the copies are tried.

The copies of the troop are as used to each stimulus as the troop is in the end, and as hungry, afraid and scattered as
it was at the attempt. What counts is what the repeller counts, seen without an eye: all gone in time, and none back.
"""

from collections.abc import Sequence

from numpy.random import Generator

from edge.repel.settings import CONTROL
from simulators.field.season import PLACES_M
from simulators.field.season_troop import SeasonTroop

STEP_S = 4.0
AWAY_STEP_S = 15.0
DELAY_MAX_S = 8.0


def truth(
    troop: SeasonTroop,
    snapshots: Sequence[SeasonTroop],
    stimulus: str,
    rng: Generator,
    *,
    gone_within_s: float,
    not_back_within_s: float,
    copies: int = 8,
) -> float:
    """The share of ``copies`` of each of ``snapshots`` that leave and stay away; ``troop`` is as it is in the end."""
    left = 0
    for before in snapshots:
        for _ in range(copies):
            copy = before.fork(rng)
            copy.habits.response = troop.habits.response.copy()
            if stimulus != CONTROL:
                source_m = list(PLACES_M.values())[int(rng.integers(len(PLACES_M)))]
                copy.frighten(stimulus, "", [source_m], float(rng.uniform(0.0, DELAY_MAX_S)))
            left += _leaves(copy, gone_within_s, not_back_within_s)
    return left / (len(snapshots) * copies)


def _leaves(troop: SeasonTroop, gone_within_s: float, not_back_within_s: float) -> bool:
    began_s = troop.now_s
    while troop.in_field.any():
        if troop.now_s - began_s >= gone_within_s:
            return False
        troop.step(STEP_S, 1.0)
    gone_s = troop.now_s
    while troop.now_s - gone_s < not_back_within_s:
        if troop.in_field.any():
            return False
        if not troop.here:
            return True
        troop.step(AWAY_STEP_S, 1.0)
    return not troop.in_field.any()
