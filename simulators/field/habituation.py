"""How monkeys get used to what frightens them: the model that the season's test bed stands on, fixed before any chooser.

The shape is the one that behavioural research agrees on (Thompson and Spencer 1966; Rankin et al. 2009): the response
falls with each exposure, comes back when the stimulus is withheld, spreads in part to stimuli that are alike, falls
the faster the more alike the exposures are, and comes back when a real threat follows.

The sizes are read from what is known of Japanese macaques, each drawn anew for every season because no study gives
it as a number:
- any one stimulus is worn out within weeks (prefectures' guides on driving off monkeys; makers' own words): at three
  exposures a day and no rest, half of the response is gone after one to two weeks;
- what is withheld recovers over weeks (assumed as slow as it was lost; nobody has measured it);
- sound and light are symbolic threats, feared on only where a real threat follows: hamlets that chase with fireworks
  see larger flight distances, and the number of households that join in predicts the effect best (Mochizuki 2021);
- driven off by hounds at Nikko, a troop was back within several days of the trials' end (Imura et al.): the memory
  of a dangerous place halves in days;
- several speakers and random order slow habituation (makers' claims, unmeasured): drawn from no help at all to a
  fair one.
"""

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PUNCTUAL_S = 3.0
"""Delays that differ by less are alike to an animal (assumed)."""


@dataclass(frozen=True, slots=True)
class Nature:
    """How one season's troop learns. Shares are per exposure, times in days."""

    loss: float
    """Of the response, lost by an exposure that is like the last one in everything."""
    recovery_days: float
    spread: float
    """Of a loss, the share that other stimuli suffer too."""
    elsewhere: float
    """A loss is so much of itself when the stimulus comes from another place than the last time ..."""
    unpredicted: float
    """... and when it comes after another delay."""
    threat: float
    """Of what was lost, the share that comes back when people chase after the stimulus."""
    danger_days: float
    """The memory of a dangerous place falls to 1/e in so long."""

    @classmethod
    def drawn(cls, rng: Generator) -> "Nature":
        """One troop's."""
        return cls(
            loss=rng.uniform(0.02, 0.05),
            recovery_days=rng.uniform(15.0, 45.0),
            spread=rng.uniform(0.1, 0.3),
            elsewhere=rng.uniform(0.5, 1.0),
            unpredicted=rng.uniform(0.7, 1.0),
            threat=rng.uniform(0.3, 0.7),
            danger_days=rng.uniform(2.0, 6.0),
        )


class Habits:
    """The response of ``animals`` to each of ``stimuli``: 1 when new, 0 when it means nothing any more.

    Also what an exposure is compared with: the place and the delay of the last one of its kind.
    """

    def __init__(self, nature: Nature, stimuli: tuple[str, ...], animals: int) -> None:
        self.nature = nature
        self.stimuli = stimuli
        self.response: Floats = np.ones((animals, len(stimuli)))
        self._last: dict[str, tuple[str, float]] = {}

    def expose(self, stimulus: str, place: str, delay_s: float, strength: Floats) -> None:
        """It has happened; ``strength`` (animals) in 0..1 is how much of it each noticed."""
        nature = self.nature
        loss = nature.loss
        last = self._last.get(stimulus)
        if last is not None:
            loss *= nature.elsewhere if last[0] != place else 1.0
            surprise = 1.0 - exp(-abs(last[1] - delay_s) / PUNCTUAL_S)
            loss *= 1.0 - (1.0 - nature.unpredicted) * surprise
        self._last[stimulus] = (place, delay_s)
        share = np.full(len(self.stimuli), nature.spread)
        share[self.stimuli.index(stimulus)] = 1.0
        self.response *= 1.0 - loss * strength[:, None] * share[None, :]

    def rest(self, days: float) -> None:
        """Time without any of it."""
        self.response = 1.0 - (1.0 - self.response) * np.exp(-days / self.nature.recovery_days)

    def confirm(self, stimulus: str) -> None:
        """People came running after it: it is worth fearing again."""
        column = self.response[:, self.stimuli.index(stimulus)]
        column += self.nature.threat * (1.0 - column)
