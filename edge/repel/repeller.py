"""Drives monkeys off a field: asks the safety kernel, chooses, switches, watches what comes of it.

Is: silent in doubt. Every attempt and every reason against one is a Repel message; a shot is told as fired only
after the pin has been reported on. Outputs go off at once when a person comes into view, when the eye fails and
on a mute.
Is not: an eye; it believes the Scene. It does not know of people outside the picture.
"""

import logging
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from contract.ids import NewUlid, Ulid
from contract.messages import PinChange, Repel, RepelPhase
from edge.clock import Clock
from edge.repel import outcome, safety
from edge.repel.chooser import choose
from edge.repel.errors import DoseMemoryError, PinsLostError
from edge.repel.memory import DoseMemory
from edge.repel.outputs import Change, Outputs
from edge.repel.safety import TARGET_SPECIES, Moment, Reason
from edge.repel.scene import Scene
from edge.repel.settings import CONTROL, NO_STIMULUS, RepelSettings

log = logging.getLogger(__name__)

FAULT = "repeller_failed"
_CHANGES_KEPT = 1000
_PAST_KEPT = 8


class Switches(Protocol):
    """What the repeller needs of its outputs; Outputs is the real one."""

    @property
    def ok(self) -> bool: ...
    def open(self) -> None: ...
    def close(self) -> None: ...
    def tend(self) -> None: ...
    def switch_on(self, name: str, seconds: float) -> None: ...
    def all_off(self) -> None: ...
    def on(self) -> list[str]: ...
    def changes(self) -> Sequence[Change]: ...
    def now_s(self) -> float: ...


@dataclass(slots=True)
class _Attempt:
    """What was done (or, in the control arm, left undone) and is being watched."""

    visit: Ulid
    action: Ulid
    stimulus: str
    watch: outcome.Watch
    pins: list[PinChange]


class Repeller:
    """One field's repeller; one thread calls it. ``memory_file`` keeps dose and mute through a restart."""

    def __init__(
        self,
        settings: RepelSettings,
        clock: Clock,
        new_ulid: NewUlid,
        rng: random.Random,
        *,
        memory_file: Path | None = None,
        switches: Switches | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._new_ulid = new_ulid
        self._rng = rng
        self._zone = ZoneInfo(settings.timezone)
        self._memory = DoseMemory(memory_file)
        self._memory_ok = True
        self._switches: Switches = switches or Outputs(settings.outputs, settings.timeline_file)
        self._state = safety.SafetyState()
        self._attempt: _Attempt | None = None
        self._vetoes_told: set[tuple[Ulid, Reason]] = set()
        self._past: deque[str] = deque(maxlen=_PAST_KEPT)
        self._changes: deque[PinChange] = deque(maxlen=_CHANGES_KEPT)

    def open(self) -> None:
        """Take the pins, all off, and recall today's dose; what fails is a fault, not an exception."""
        self._state = self._memory.read()
        if self._settings.outputs:
            self._switches.open()

    def close(self) -> None:
        """All off, pins released; harmless when repeated. An attempt still watched stays without an outcome."""
        self._switches.close()
        self._take_changes()

    def update(self, scene: Scene) -> list[Repel]:
        """One look at the field; returns what there is to tell. Call it for every picture, and every 2 s at least."""
        if self._settings.outputs:
            self._switches.tend()
        self._take_changes()
        self._state = safety.seen(self._state, scene)
        if (scene.person_in_view or not scene.eye_ok) and self._switches.on():
            self._switches.all_off()
        told = self._look(scene)
        if self._attempt is None:
            told += self._decide(scene)
        return told

    def mute(self, until_ms: int) -> None:
        """Quiet until then (Unix ms), at once and also after a restart; never shortens an earlier mute."""
        self._state = safety.muted(self._state, until_ms)
        self._switches.all_off()
        self._keep(self._state)

    def outputs_on(self) -> list[str]:
        """Names of the outputs that are on now."""
        return self._switches.on()

    def pin_changes(self) -> list[PinChange]:
        """Every pin change since open, oldest first; the newest 1000 are kept."""
        return list(self._changes)

    def faults(self) -> list[str]:
        """Codes of the faults that stand now."""
        pins_ok = self._switches.ok or not self._settings.outputs
        return [] if pins_ok and self._memory_ok else [FAULT]

    def _look(self, scene: Scene) -> list[Repel]:
        attempt = self._attempt
        if attempt is None:
            return []
        present = scene.confirmed and scene.count > 0 and scene.species == TARGET_SPECIES
        found = outcome.look(
            attempt.watch,
            scene.at_s,
            self._settings.gone_within_s,
            self._settings.not_back_within_s,
            present=present,
            eye_ok=scene.eye_ok,
        )
        if isinstance(found, outcome.Watch):
            attempt.watch = found
            return []
        self._attempt = None
        if found.outcome is None:
            log.info("attempt %s: nobody saw what came of it", attempt.action)
            return []
        return [
            Repel(
                visit=attempt.visit,
                action=attempt.action,
                phase=RepelPhase.OUTCOME,
                stimulus=attempt.stimulus,
                outcome=found.outcome,
                gone_after_s=found.gone_after_s,
                pins=attempt.pins,
            )
        ]

    def _decide(self, scene: Scene) -> list[Repel]:
        now = self._now(scene)
        verdict = safety.judge(self._settings, self._state, scene, now)
        if scene.visit is None:
            return []
        if verdict.fire:
            return self._try(scene, scene.visit, now)
        if verdict.reason is None or (scene.visit, verdict.reason) in self._vetoes_told:
            return []
        self._vetoes_told = {told for told in self._vetoes_told if told[0] == scene.visit}
        self._vetoes_told.add((scene.visit, verdict.reason))
        action = self._new_ulid(now.unix_ms)
        return [Repel(scene.visit, action, RepelPhase.VETOED, NO_STIMULUS, reason=verdict.reason)]

    def _try(self, scene: Scene, visit: Ulid, now: Moment) -> list[Repel]:
        """Dose first, pins second: a crash between the two must not lose count."""
        if not self._switches.ok:
            return []
        outputs = self._settings.outputs
        stimulus = choose(
            [one.stimulus for one in outputs], self._past, self._settings.control_share, self._rng
        )
        state = safety.attempted(self._state, now, shot=stimulus != CONTROL)
        if not self._keep(state):
            return []
        self._state = state
        attempt = _Attempt(visit, self._new_ulid(now.unix_ms), stimulus, outcome.begin(scene.at_s), [])
        self._attempt = attempt
        try:
            for one in outputs:
                if one.stimulus == stimulus:
                    self._switches.switch_on(one.name, self._settings.on_s)
        except PinsLostError as error:
            log.error("not fired as chosen: %s", error)  # noqa: TRY400 - the trace says no more than the message
        self._take_changes()
        if stimulus != CONTROL and not attempt.pins:
            self._attempt = None
            return []
        self._past.append(stimulus)
        return [Repel(visit, attempt.action, RepelPhase.FIRED, stimulus, pins=list(attempt.pins))]

    def _keep(self, state: safety.SafetyState) -> bool:
        try:
            self._memory.keep(state)
        except DoseMemoryError as error:
            log.error("nothing fired: %s", error)  # noqa: TRY400 - the trace says no more than the message
            self._memory_ok = False
        else:
            self._memory_ok = True
        return self._memory_ok

    def _now(self, scene: Scene) -> Moment:
        unix_ms = self._clock.unix_ms()
        trusted = self._settings.trust_unsynced_clock or self._clock.synced()
        local = datetime.fromtimestamp(unix_ms / 1000, self._zone) if trusted else None
        return Moment(scene.at_s, unix_ms, local)

    def _take_changes(self) -> None:
        for change in self._switches.changes():
            told = PinChange(change.output, change.on, max(0, self._unix_ms_of(change.at_s)))
            self._changes.append(told)
            if self._attempt is not None:
                self._attempt.pins.append(told)

    def _unix_ms_of(self, at_s: float) -> int:
        """The pins' process counts CLOCK_MONOTONIC; the device's clock may be a recording's, so shift by the age."""
        return self._clock.unix_ms() - round((self._switches.now_s() - at_s) * 1000)
