"""Which stimulus next, or none: macaques get used to what comes the same way twice. Pure; chance is injected."""

import random
from collections.abc import Sequence

from edge.repel.settings import CONTROL


def choose(stimuli: Sequence[str], past: Sequence[str], control_share: float, rng: random.Random) -> str:
    """One of ``stimuli``, or CONTROL in about ``control_share`` of the attempts.

    ``past`` is what was chosen before, oldest first: neither the control arm nor, where there is another, a
    stimulus follows itself. Raises ValueError without any stimulus.
    """
    if not stimuli:
        raise ValueError("nothing to choose from: give the repeller at least one output")
    if (not past or past[-1] != CONTROL) and rng.random() < control_share:
        return CONTROL
    last = next((word for word in reversed(past) if word != CONTROL), None)
    fresh = sorted(set(stimuli) - {last}) or sorted(set(stimuli))
    return rng.choice(fresh)
