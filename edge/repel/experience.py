"""What a field has learnt of its stimuli: what left, what stayed, and when it was tried. Pure.

An observation counts half after ``memory_days``; ten days of rain without animals make everything doubtful again.
"""

from collections.abc import Mapping, Sequence

import msgspec

from edge.repel.rates import Rate
from edge.repel.settings import CONTROL

DAY_MS = 86_400_000
PAST_KEPT = 8
PRIOR = 0.5
"""Jeffreys' prior for a chance: half an attempt that left and half of one that stayed."""
UNDISTURBED = (0.5, 4.0)
"""The prior of the control arm: a troop that nobody disturbs feeds for tens of minutes, and rarely happens to leave
within one and to stay away for ten."""
BORROWED = 2.0
"""So many attempts an untried stimulus borrows from what the others of this field did: a troop that fears none of
four rarely fears the fifth."""


class Tally(msgspec.Struct, frozen=True):
    """Attempts with one stimulus, as they count at ``at_ms``."""

    left: float = 0.0
    stayed: float = 0.0
    at_ms: int = 0

    def at(self, now_ms: int, memory_days: float) -> "Tally":
        """The same, grown older; a clock set back makes nothing younger."""
        if now_ms <= self.at_ms:
            return self
        kept = 0.5 ** ((now_ms - self.at_ms) / DAY_MS / memory_days)
        return Tally(self.left * kept, self.stayed * kept, now_ms)


class Experience(msgspec.Struct, frozen=True):
    """Everything the chooser remembers. ``past``: the newest attempts, oldest first, the control arm among them.

    ``outputs``: the one each stimulus last came from. ``rests``: how often in a row nothing worked.
    """

    tallies: dict[str, Tally] = {}
    past: tuple[str, ...] = ()
    outputs: dict[str, str] = {}
    resting_until_ms: int = 0
    rests: int = 0


def tried(experience: Experience, stimulus: str, outputs: Sequence[str]) -> Experience:
    """The experience after an attempt, whatever will come of it."""
    used = {**experience.outputs, stimulus: outputs[-1]} if outputs else experience.outputs
    past = (*experience.past, stimulus)[-PAST_KEPT:]
    return msgspec.structs.replace(experience, past=past, outputs=used)


def found(
    experience: Experience, stimulus: str, now_ms: int, memory_days: float, *, left: bool
) -> Experience:
    """The experience after an outcome."""
    old = experience.tallies.get(stimulus, Tally()).at(now_ms, memory_days)
    new = Tally(old.left + left, old.stayed + (not left), now_ms)
    return msgspec.structs.replace(experience, tallies={**experience.tallies, stimulus: new})


def rates(experience: Experience, stimuli: Sequence[str], now_ms: int, memory_days: float) -> dict[str, Rate]:
    """What is believed of each of ``stimuli`` and of CONTROL now."""
    tallies = {
        word: experience.tallies.get(word, Tally()).at(now_ms, memory_days) for word in (*stimuli, CONTROL)
    }
    believed = {CONTROL: _rate(tallies[CONTROL], *UNDISTURBED)}
    for word in stimuli:
        left = PRIOR + sum(tallies[other].left for other in stimuli if other != word)
        stayed = PRIOR + sum(tallies[other].stayed for other in stimuli if other != word)
        share = left / (left + stayed)
        # Little is borrowed from little.
        weight = min(BORROWED, left + stayed - 2 * PRIOR)
        believed[word] = _rate(tallies[word], PRIOR + weight * share, PRIOR + weight * (1.0 - share))
    return believed


def together(believed: Mapping[str, Rate]) -> Rate:
    """What is believed of firing at all, whatever the stimulus."""
    fired = [rate for word, rate in believed.items() if word != CONTROL]
    left, stayed = sum(rate.left for rate in fired), sum(rate.stayed for rate in fired)
    return Rate(left, stayed, PRIOR + left, PRIOR + stayed)


def _rate(tally: Tally, a: float, b: float) -> Rate:
    return Rate(tally.left, tally.stayed, a + tally.left, b + tally.stayed)
