"""What a second network says of the crop of one animal, and when that is proof enough. Pure.

Is: what makes a monkey a monkey. The first network finds bodies, a stone or a raccoon among them; a track is a monkey only
when several looks of the second at its crops agree. Is not: asked about bears, which must be told even in bad light.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge.wildlife.boxes import BoxPx
from edge.wildlife.joint import joint

MONKEY = "monkey"
UNNAMED = "other_animal"
"""What the first network calls a body that it has no name for."""
LOOKS_KEPT = 8
LOOKS_LEAST = 2  # one crop may be all leaves
NAME_SURE = 0.5  # the share at which a name is more likely than all others together
NOT_AN_ANIMAL = "nothing"


class Naming(Protocol):
    """Of one crop: the likeliest ``name``, its probability ``score``, and that of any ``monkey``; 0..1."""

    @property
    def name(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def monkey(self) -> float: ...


class NamesCrops(Protocol):
    """The second network."""

    def name(self, image: NDArray[np.uint8], boxes: Sequence[BoxPx]) -> Sequence[Naming]:
        """One Naming per box of ``image`` (H, W, 3) uint8 BGR; may raise anything, the field reports it."""
        ...


@dataclass(frozen=True, slots=True)
class Namer:
    """The second network, and the least mean ``joint`` score of a monkey found by the first one beside it."""

    crops: NamesCrops
    threshold: float


@dataclass(slots=True)
class Proof:
    """The looks at one animal's crops. Without a ``threshold`` there is no second network and nothing to prove."""

    threshold: float | None = None
    least: Mapping[str, float] = field(default_factory=dict)
    """The first network's score from which a class is sure."""
    looks: deque[tuple[Naming, float]] = field(default_factory=lambda: deque(maxlen=LOOKS_KEPT))
    """What the crop was named, and the joint score of a monkey."""
    looked_s: float = -1e9

    def take(self, naming: Naming, score: float, now_s: float) -> None:
        """A look at a crop that the first network gave ``score``."""
        self.looks.append((naming, joint(score, naming.monkey)))
        self.looked_s = now_s

    @property
    def monkey(self) -> float | None:
        """Mean joint score of a monkey; None before the first look."""
        return sum(both for _, both in self.looks) / len(self.looks) if self.looks else None

    @property
    def complete(self) -> bool:
        """Whether there were looks enough to judge by."""
        return self.threshold is None or len(self.looks) >= LOOKS_LEAST

    def species(self, voted: str, score: float) -> str:
        """The name of a body that the first network calls ``voted``, with a mean score of ``score``."""
        if self.threshold is None or not self.complete:
            return voted
        if voted == MONKEY:
            return MONKEY if self.holds(MONKEY) else self._named(score) or MONKEY
        return self._named(score) or voted if voted == UNNAMED else voted

    def holds(self, species: str) -> bool:
        """Whether a body may be told of as ``species``: a monkey only once it is proven."""
        if species != MONKEY or self.threshold is None:
            return True
        mean = self.monkey
        return self.complete and mean is not None and mean >= self.threshold

    def _named(self, score: float) -> str | None:
        """The animal other than a monkey that most looks are sure of, where the first network is sure of a body too."""
        total: dict[str, float] = {}
        for look, _ in self.looks:
            total[look.name] = total.get(look.name, 0.0) + look.score
        name = max(total, key=lambda word: total[word])
        if name in {MONKEY, UNNAMED, NOT_AN_ANIMAL, "person"} or total[name] / len(self.looks) < NAME_SURE:
            return None
        # A faint monkey is looked at because both together are sure of what each half sees; nothing says so of a faint dog.
        return name if score >= self.least.get(name, self.least.get(UNNAMED, NAME_SURE)) else None
