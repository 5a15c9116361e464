"""Too long in the bath. No I/O, no clock of its own."""

from collections.abc import Sequence

from contract.messages import Evidence
from edge.fall.followed import Followed
from edge.fall.place import Place
from edge.fall.settings import FallSettings
from edge.fall.suspicion import FallKind, Suspicion

CONFIDENCE = 0.5
"""A long bath is most often just that."""


class BathStay:
    """Since when somebody is in the bath zone.

    Silence does not end a stay: somebody under hot water up to the neck gives few reflections. Being seen upright
    outside ends it, unless somebody is still seen inside.
    """

    def __init__(self, most_s: float) -> None:
        self._most_s = most_s
        self._since_s: float | None = None
        self._place = Place(0.0, 0.0)
        self._told = False

    def see(
        self, inside: Sequence[Followed], at_s: float, *, out: bool, fall: FallSettings, night: bool
    ) -> list[Suspicion]:
        """One frame; ``inside`` are bodies last seen in the bath, ``out`` says that somebody is upright elsewhere."""
        if inside:
            self._place = inside[0].place
            if self._since_s is None:
                self._since_s = at_s
        elif out:
            self._since_s, self._told = None, False
        if self._since_s is None or self._told or at_s - self._since_s < self._most_s:
            return []
        self._told = True
        tags = [Evidence("in_bath", 1.0, "flag")] + ([Evidence("at_night", 1.0, "flag")] if night else [])
        evidence = (Evidence("bath_s", round(at_s - self._since_s), "s"), *tags)
        return [
            Suspicion(
                FallKind.LONG_BATH, at_s, self._place, fall.standing_m, CONFIDENCE, at_s - self._since_s, evidence,
                signs=len(tags) + 1,
            )
        ]  # fmt: skip
