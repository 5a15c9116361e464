"""How a detector's score and a verifier's become one, so that a single threshold decides. Pure."""

from math import sqrt

CANDIDATE_FLOOR = 0.05
"""The detector's score from which a monkey is worth a second look; lower costs time and finds none more."""


def joint(detector: float, verifier: float) -> float:
    """The geometric mean of two scores 0..1: neither network alone can carry a monkey, nor hide one it half sees."""
    return sqrt(detector * verifier)
