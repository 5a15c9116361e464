"""Who in a simulated home answers the device's question, and when. Random only through seed and question.

Whoever is awake, well and in the room mostly presses the button within half a minute. Sleepers must first be woken by
a voice in the same room: that half of them are is an assumption, not a measurement. Nobody answers while anybody lies on
the floor after a fall: who lies there cannot, and who stands beside does not say that all is well. Children and those who
are out do not answer.
"""

from collections.abc import Iterator, Sequence

from numpy.random import default_rng

from simulators.home.actors import Doing, TrueFall

AWAKE_AFTER_S = (5.0, 30.0)
"""To the button, from wherever one is in the room."""
WOKEN_AFTER_S = (20.0, 55.0)
ASLEEP = frozenset({"sleeping", "turning over", "napping on the floor"})
STREAM = 21
"""Of the home's seed: no other chance of the home is drawn from it."""


class Household:
    """The people of one home, whose ``doings`` and ``falls`` grow as it is lived in.

    ``share`` of the questions that somebody awake hears is answered; of those that only sleepers might hear, ``woken`` of
    that share. One question is drawn once, however many hear it: what drowns it out drowns it out for all.
    """

    def __init__(
        self, doings: Sequence[Doing], falls: Sequence[TrueFall], seed: int, *, share: float, woken: float
    ) -> None:
        self._doings, self._falls, self._seed = doings, falls, seed
        self._share, self._woken = share, woken

    def heard(self, asked_s: float, spoken_s: float) -> float | None:
        """When the question first asked at ``asked_s``, and said now, will be answered; None: not by those there now."""
        acts = set(self._acts(spoken_s))
        if not acts:
            return None
        awake = bool(acts - ASLEEP)
        chance, pace = default_rng([self._seed, STREAM, round(asked_s * 1000)]).random(2).tolist()
        if chance >= self._share * (1.0 if awake else self._woken):
            return None
        soonest_s, latest_s = AWAKE_AFTER_S if awake else WOKEN_AFTER_S
        return float(spoken_s + soonest_s + pace * (latest_s - soonest_s))

    def there(self, at_s: float) -> bool:
        """Whether somebody is in the room who may press the button."""
        return any(True for _ in self._acts(at_s))

    def _acts(self, at_s: float) -> Iterator[str]:
        """What those who might answer do at that moment."""
        if any(fall.at_s <= at_s and (fall.up_s is None or at_s < fall.up_s) for fall in self._falls):
            return
        for one in self._doings:
            adult = one.who == "resident" or one.who.startswith("visitor")
            if adult and one.act != "away" and one.from_s <= at_s < one.until_s:
                yield one.act
