"""Which stimulus next, from where, after what delay, how long, or none. Pure; chance and time are injected.

Is: the trial and the treatment in one. Each stimulus is compared with the control arm of the same field, in which
nothing is switched on; what does not clearly beat it is not fired, and when nothing does, nothing is fired at all
and people are told so. What came in the last two attempts does not come now.
Is not: the permission to fire (edge.repel.safety).
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from contract.messages import Evidence
from edge.repel import experience as learnt
from edge.repel.experience import DAY_MS, Experience
from edge.repel.outcome import Outcome
from edge.repel.output_settings import OutputSettings
from edge.repel.rates import Rate, surely_better
from edge.repel.safety import allowed
from edge.repel.settings import CONTROL, NO_STIMULUS, RepelSettings

LAST = 2
"""So many attempts a stimulus is left out after it was used: a troop that meets another one each time learns slower."""
DOUBT = 0.1
"""A stimulus is given up when the chance that it is worth its noise falls below this ..."""
TRIED_LEAST = 4.0
"""... and not before so many attempts, unless a rest came since: then what was learnt before it counts."""
DOUBT_AGAIN = 0.3
"""After a rest, until it has been shown that something works: what was given up once is given up sooner."""
TRIED_ENOUGH = 24.0
PROVEN = 0.5
"""After so many remembered attempts it must be likelier than not that firing is worth the noise, luck or no luck."""
DOUBT_ALL = 0.2
"""All are given up when the chance that firing at all is worth the noise falls below this: of several that do nothing,
one always looks lucky for a while."""
CONTROL_KNOWN = 8.0
"""With so many remembered attempts of doing nothing, the control arm comes half as often, and so on down."""
SHORTEST = 0.6
"""Of ``on_s``: the time on is drawn between this share of it and the whole."""
RESTS_MOST = 3
"""Rests double so many times at most: eight times ``rest_days`` is beyond a season."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do. CONTROL: nothing is switched on, and what they do is watched; NO_STIMULUS: hold still.

    ``outputs`` go on ``delay_s`` after the decision, for ``on_s``; the control arm has none, and times all the same.
    ``why`` is for people.
    """

    stimulus: str
    outputs: tuple[str, ...] = ()
    delay_s: float = 0.0
    on_s: float = 0.0
    why: tuple[Evidence, ...] = ()


class Chooses(Protocol):
    """What a repeller asks; Chooser is the real one, simulators bring others to compare it with."""

    @property
    def experience(self) -> Experience: ...
    def choose(self, now_ms: int) -> Choice: ...
    def tried(self, choice: Choice) -> None: ...
    def found(self, choice: Choice, outcome: Outcome | None, now_ms: int) -> None: ...


class Chooser:
    """One field's chooser. ``experience`` is what it knew before; keep it after ``tried``, ``found`` and a hold."""

    def __init__(
        self, settings: RepelSettings, rng: random.Random, experience: Experience | None = None
    ) -> None:
        self._settings = settings
        self._rng = rng
        self._outputs = _by_stimulus(allowed(settings))
        self.experience = experience or Experience()

    def rates(self, now_ms: int) -> dict[str, Rate]:
        """What is believed of each stimulus and of CONTROL now."""
        days = self._settings.chooser.memory_days
        return learnt.rates(self.experience, list(self._outputs), now_ms, days)

    def choose(self, now_ms: int) -> Choice:
        """What to do with the animals in view; raises ValueError without an output allowed here."""
        if not self._outputs:
            raise ValueError("nothing to choose from: give the repeller an output that may be used here")
        believed = self.rates(now_ms)
        if now_ms < self.experience.resting_until_ms:
            return self._hold(believed, now_ms)
        useful = self._useful(believed)
        if not useful:
            self._give_up(now_ms)
            return self._hold(believed, now_ms)
        past = self.experience.past
        barred = set(past[-min(LAST, len(self._outputs) - 1) :]) if len(self._outputs) > 1 else set()
        fresh = [word for word in useful if word not in barred]
        if not fresh or self._control_is_due(believed[CONTROL]):
            code = "for_comparison" if fresh else "used_of_late"
            return self._plan(CONTROL, (), (Evidence(code, 1.0, "yes"), *_told(CONTROL, believed)))
        # Thompson (1933): each by the chance that it is the best, so that doubt is tried and knowledge used.
        drawn = {word: self._rng.betavariate(believed[word].a, believed[word].b) for word in fresh}
        best = max(fresh, key=lambda word: (drawn[word], word))
        left_out = Evidence("left_out", float(len(self._outputs) - len(fresh)), "stimuli")
        return self._plan(best, (self._where(best),), (*_told(best, believed), left_out))

    def tried(self, choice: Choice) -> None:
        """It was done: pins were seen on, or the control arm began."""
        self.experience = learnt.tried(self.experience, choice.stimulus, choice.outputs)

    def found(self, choice: Choice, outcome: Outcome | None, now_ms: int) -> None:
        """What came of it; None teaches nothing."""
        if outcome is None:
            return
        days = self._settings.chooser.memory_days
        left = outcome is Outcome.LEFT
        self.experience = learnt.found(self.experience, choice.stimulus, now_ms, days, left=left)
        if self.experience.rests and self._proven(now_ms):
            self.experience = msgspec.structs.replace(self.experience, rests=0)

    def _proven(self, now_ms: int) -> bool:
        believed = self.rates(now_ms)
        gain = self._settings.chooser.least_gain
        return surely_better(learnt.together(believed), believed[CONTROL], gain) >= PROVEN

    def _useful(self, believed: Mapping[str, Rate]) -> list[str]:
        """Stimuli that may well be worth their noise."""
        gain = self._settings.chooser.least_gain
        all_of_them = learnt.together(believed)
        early = all_of_them.tried < TRIED_LEAST * len(self._outputs) and not self.experience.rests
        doubt = DOUBT_AGAIN if self.experience.rests else DOUBT_ALL
        doubt = PROVEN if all_of_them.tried >= TRIED_ENOUGH else doubt
        if not early and surely_better(all_of_them, believed[CONTROL], gain) < doubt:
            return []
        return [
            word
            for word in sorted(self._outputs)
            if (believed[word].tried < TRIED_LEAST and not self.experience.rests)
            or surely_better(believed[word], believed[CONTROL], gain) >= DOUBT
        ]

    def _control_is_due(self, control: Rate) -> bool:
        share = self._settings.control_share / (1.0 + control.tried / CONTROL_KNOWN)
        after_itself = bool(self.experience.past) and self.experience.past[-1] == CONTROL
        return not after_itself and self._rng.random() < share

    def _give_up(self, now_ms: int) -> None:
        rests = self.experience.rests
        rest_ms = round(self._settings.chooser.rest_days * DAY_MS * 2 ** min(rests, RESTS_MOST))
        self.experience = msgspec.structs.replace(
            self.experience, resting_until_ms=now_ms + rest_ms, rests=rests + 1
        )

    def _hold(self, believed: Mapping[str, Rate], now_ms: int) -> Choice:
        best = max(sorted(self._outputs), key=lambda word: believed[word].mean)
        days = (self.experience.resting_until_ms - now_ms) / DAY_MS
        rest = Evidence("rests_for", round(days, 1), "days")
        return Choice(NO_STIMULUS, why=(Evidence("call_people", 1.0, "yes"), *_told(best, believed), rest))

    def _where(self, stimulus: str) -> str:
        """One of its outputs, and not the one of the last time: what comes from elsewhere is learnt slower."""
        outputs = self._outputs[stimulus]
        last = self.experience.outputs.get(stimulus)
        return self._rng.choice([name for name in outputs if name != last] or outputs)

    def _plan(self, stimulus: str, outputs: tuple[str, ...], why: tuple[Evidence, ...]) -> Choice:
        """The control arm waits as long as the others, else it would not be a comparison."""
        delay_s = round(self._rng.uniform(0.0, self._settings.chooser.delay_max_s), 1)
        on_s = round(self._settings.on_s * self._rng.uniform(SHORTEST, 1.0), 2)
        timing = [Evidence("delay", delay_s, "s")]
        if outputs:
            timing.append(Evidence("on_for", on_s, "s"))
        return Choice(stimulus, outputs, delay_s, on_s, (*why, *timing))


def _by_stimulus(outputs: Sequence[OutputSettings]) -> dict[str, list[str]]:
    """Stimulus -> names of its outputs."""
    found: dict[str, list[str]] = {}
    for one in outputs:
        found.setdefault(one.stimulus, []).append(one.name)
    return found


def _told(stimulus: str, believed: Mapping[str, Rate]) -> tuple[Evidence, ...]:
    """What is known of it beside doing nothing, in whole percent."""
    one, control = believed[stimulus], believed[CONTROL]
    low, high = one.interval()
    told = [
        Evidence("tried", round(one.tried, 1), "times"),
        Evidence("left_share", _percent(one.mean), "percent"),
        Evidence("left_share_low", _percent(low), "percent"),
        Evidence("left_share_high", _percent(high), "percent"),
    ]
    if stimulus != CONTROL:
        told.append(Evidence("left_alone_share", _percent(control.mean), "percent"))
    return tuple(told)


def _percent(share: float) -> float:
    return float(round(100.0 * share))
