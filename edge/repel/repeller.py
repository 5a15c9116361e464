"""Drives monkeys off a field: asks the safety kernel, chooses, waits, asks again, switches, watches what comes of it.

Is: silent in doubt. Every attempt and every reason against one is a Repel message; a shot is told as fired only
after the output has been reported on. Outputs go off at once when a person or a bear comes into view, when the eye
fails, on a mute and on the emergency stop.
Is not: an eye; it believes the Scene. It does not know of people outside the picture.
"""

import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from contract.ids import NewUlid, Ulid
from contract.messages import Evidence, PinChange, Repel, RepelPhase
from edge.clock import Clock
from edge.repel import outcome, safety
from edge.repel.chooser import Choice, Chooser, Chooses
from edge.repel.dose_memory import DoseMemory
from edge.repel.errors import DoseMemoryError, OutputRefusedError, PinsLostError
from edge.repel.experience import Experience
from edge.repel.experience_memory import ExperienceMemory
from edge.repel.fire_line import Asked, Confirmed, FireLine
from edge.repel.safety import TARGET_SPECIES, Grant, Moment, Shot
from edge.repel.scene import Scene
from edge.repel.settings import CONTROL, NO_STIMULUS, REMOTE, RepelSettings
from edge.repel.switchboard import switchboard_from
from edge.repel.switches import Switches

log = logging.getLogger(__name__)

FAULT = "repeller_failed"
NOTHING_WORKS = "nothing_works"
"""The chooser's own veto: nothing does better here than doing nothing."""
_CHANGES_KEPT = 1000


@dataclass(frozen=True, slots=True)
class _Plan:
    """Chosen, and waiting for its moment."""

    visit: Ulid
    choice: Choice
    due_s: float


@dataclass(slots=True)
class _Attempt:
    """What was done (or, in the control arm, left undone) and is being watched."""

    visit: Ulid
    action: Ulid
    choice: Choice
    watch: outcome.Watch
    pins: list[PinChange]


class Repeller:
    """One field's repeller; one thread calls it. ``memory_file`` keeps dose and mute through a restart.

    What the chooser has learnt lies beside it. ``chooser`` is for simulators that compare other ways.
    """

    def __init__(
        self,
        settings: RepelSettings,
        clock: Clock,
        new_ulid: NewUlid,
        rng: random.Random,
        *,
        memory_file: Path | None = None,
        switches: Switches | None = None,
        chooser: Chooses | None = None,
        fire_line: FireLine | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._new_ulid = new_ulid
        self._zone = ZoneInfo(settings.timezone)
        self._memory = DoseMemory(memory_file)
        self._learnt = ExperienceMemory(memory_file and memory_file.with_suffix(".learned.json"))
        self._memory_ok = True
        self._output_ok = True
        self._switches: Switches = switches or switchboard_from(settings)
        self._fire_line = fire_line
        self._chooser_of: Callable[[Experience], Chooses] = lambda known: (
            chooser or Chooser(settings, rng, known)
        )
        self._chooser = self._chooser_of(Experience())
        self._state = safety.SafetyState()
        self._plan: _Plan | None = None
        self._attempt: _Attempt | None = None
        self._vetoes_told: set[tuple[Ulid, str]] = set()
        self._changes: deque[PinChange] = deque(maxlen=_CHANGES_KEPT)

    def open(self) -> None:
        """Take the outputs, all off, and recall what must be known; what fails is a fault, not an exception."""
        self._state = safety.booted(
            self._settings, self._memory.read(), self._moment(self._clock.monotonic_s())
        )
        self._memory_ok = self._memory.readable
        self._chooser = self._chooser_of(self._learnt.read())
        if self._settings.outputs:
            self._switches.open()
        if self._fire_line is not None:
            self._fire_line.open()

    def close(self) -> None:
        """All off, outputs released; harmless when repeated. An attempt still watched stays without an outcome."""
        self._switches.close()
        if self._fire_line is not None:
            self._fire_line.close()
        self._take_changes()

    def update(self, scene: Scene) -> list[Repel]:
        """One look at the field; returns what there is to tell. Call it for every picture, and every 2 s at least."""
        if self._settings.outputs:
            self._switches.tend()
        self._take_changes()
        self._state = safety.seen(self._state, scene)
        now = self._moment(scene.at_s)
        self._look_at_stop(now)
        endangered = scene.person_in_view or scene.bear_in_view or not scene.eye_ok or self._state.stopped
        if endangered and self._switches.on():
            self._switches.all_off()
        told = self._look(scene)
        if self._plan is not None:
            told += self._wait(self._plan, scene, now)
        elif self._attempt is None:
            told += self._decide(scene, now)
        return told + self._serve_fire_line(scene, now)

    def mute(self, until_ms: int) -> None:
        """Quiet until then (Unix ms), at once and also after a restart; never shortens an earlier mute."""
        self._state = safety.muted(self._state, until_ms)
        self._switches.all_off()
        self._keep(self._state)

    def outputs_on(self) -> list[str]:
        """Names of the outputs that are on now."""
        return self._switches.on()

    def pin_changes(self) -> list[PinChange]:
        """Every change of an output since open, oldest first; the newest 1000 are kept."""
        return list(self._changes)

    def faults(self) -> list[str]:
        """Codes of the faults that stand now."""
        pins_ok = self._switches.ok or not self._settings.outputs
        return [] if pins_ok and self._memory_ok and self._output_ok else [FAULT]

    def _look_at_stop(self, now: Moment) -> None:
        if self._switches.stopped != self._state.stopped:
            self._state = safety.stop(self._state, now, pressed=self._switches.stopped)
            self._keep(self._state)

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
        self._chooser.found(attempt.choice, found.outcome, self._clock.unix_ms())
        self._learnt.keep(self._chooser.experience)
        if found.outcome is None:
            log.info("attempt %s: nobody saw what came of it", attempt.action)
            return []
        return [
            Repel(
                visit=attempt.visit,
                action=attempt.action,
                phase=RepelPhase.OUTCOME,
                stimulus=attempt.choice.stimulus,
                outcome=found.outcome,
                gone_after_s=found.gone_after_s,
                pins=attempt.pins,
                why=list(attempt.choice.why),
            )
        ]

    def _decide(self, scene: Scene, now: Moment) -> list[Repel]:
        verdict = safety.judge(self._settings, self._state, scene, now)
        if scene.visit is None:
            return []
        if not verdict.fire:
            return self._veto(scene.visit, verdict.reason, now)
        if not self._switches.ok or (scene.visit, NOTHING_WORKS) in self._vetoes_told:
            return []
        choice = self._chooser.choose(now.unix_ms)
        if choice.stimulus == NO_STIMULUS:
            self._learnt.keep(self._chooser.experience)
            return self._veto(scene.visit, NOTHING_WORKS, now, choice.why)
        self._plan = _Plan(scene.visit, choice, scene.at_s + choice.delay_s)
        return self._wait(self._plan, scene, now)

    def _veto(
        self, visit: Ulid, reason: str | None, now: Moment, why: Sequence[Evidence] = ()
    ) -> list[Repel]:
        """Told once a visit and reason."""
        if reason is None or (visit, reason) in self._vetoes_told:
            return []
        self._vetoes_told = {told for told in self._vetoes_told if told[0] == visit}
        self._vetoes_told.add((visit, reason))
        action = self._new_ulid(now.unix_ms)
        return [Repel(visit, action, RepelPhase.VETOED, NO_STIMULUS, reason=reason, why=list(why))]

    def _wait(self, plan: _Plan, scene: Scene, now: Moment) -> list[Repel]:
        """A rule that is broken meanwhile ends the plan, and so do animals that are gone when its time has come."""
        verdict = safety.judge(self._settings, self._state, scene, now)
        moved_on = scene.visit != plan.visit
        if moved_on or verdict.reason is not None or (scene.at_s >= plan.due_s and not verdict.fire):
            self._plan = None
            return [] if moved_on else self._veto(plan.visit, verdict.reason, now)
        if scene.at_s < plan.due_s:
            return []
        self._plan = None
        choice = plan.choice
        granted = safety.grant(self._settings, self._state, scene, now, choice.outputs, choice.on_s)
        if not granted.verdict.fire:
            return self._veto(plan.visit, granted.verdict.reason, now)
        return self._try(plan.visit, choice, scene, granted, now)

    def _try(self, visit: Ulid, choice: Choice, scene: Scene, granted: Grant, now: Moment) -> list[Repel]:
        """Dose first, pins second: a crash between the two must not lose count."""
        if not self._keep(granted.state):
            return []
        self._state = granted.state
        attempt = _Attempt(visit, self._new_ulid(now.unix_ms), choice, outcome.begin(scene.at_s), [])
        self._attempt = attempt
        self._switch_on(granted.shots)
        if choice.stimulus != CONTROL and not attempt.pins:
            self._attempt = None
            return []
        self._chooser.tried(choice)
        self._learnt.keep(self._chooser.experience)
        return [
            Repel(
                visit,
                attempt.action,
                RepelPhase.FIRED,
                choice.stimulus,
                pins=list(attempt.pins),
                why=list(choice.why),
            )
        ]

    def _switch_on(self, shots: Sequence[Shot]) -> list[PinChange]:
        """Returns what the outputs reported."""
        for shot in shots:
            try:
                self._switches.switch_on(shot.output, shot.on_s)
                self._output_ok = True
            except OutputRefusedError as error:
                self._output_ok = False
                log.error("not fired as chosen: %s", error)  # noqa: TRY400 - the trace says no more than the message
            except PinsLostError as error:
                log.error("not fired as chosen: %s", error)  # noqa: TRY400 - the trace says no more than the message
        return self._take_changes()

    def _serve_fire_line(self, scene: Scene, now: Moment) -> list[Repel]:
        told: list[Repel] = []
        for one in self._fire_line.asked() if self._fire_line is not None else ():
            if isinstance(one, Asked):
                self._offer(one, now)
            else:
                told += self._fire_from_afar(one, scene, now)
        return told

    def _offer(self, asked: Asked, now: Moment) -> None:
        assert self._fire_line is not None  # noqa: S101 - who asks came over it; told to the type checker
        self._state, verdict = safety.offered(
            self._state, now, asked.wanted, asked.challenge, genuine=asked.genuine
        )
        if verdict.reason is None:
            self._fire_line.offer(asked.challenge)

    def _fire_from_afar(self, confirmed: Confirmed, scene: Scene, now: Moment) -> list[Repel]:
        assert self._fire_line is not None  # noqa: S101 - as above
        granted = safety.redeemed(
            self._settings, self._state, scene, now, confirmed.challenge, genuine=confirmed.genuine
        )
        self._state = granted.state
        if not granted.verdict.fire:
            self._fire_line.answer(confirmed.challenge, granted.verdict.reason or "nothing")
            return []
        if not self._keep(granted.state):
            self._fire_line.answer(confirmed.challenge, FAULT)
            return []
        if self._attempt is not None:
            log.info("attempt %s: a person fired into it, so nothing is learnt from it", self._attempt.action)
            self._attempt = None
        pins = self._switch_on(granted.shots)
        if not any(pin.on for pin in pins):
            self._fire_line.answer(confirmed.challenge, FAULT)
            return []
        self._fire_line.answer(confirmed.challenge, "fired")
        visit = scene.visit or self._new_ulid(now.unix_ms)
        return [Repel(visit, self._new_ulid(now.unix_ms), RepelPhase.FIRED, REMOTE, pins=pins)]

    def _keep(self, state: safety.SafetyState) -> bool:
        try:
            self._memory.keep(state)
        except DoseMemoryError as error:
            log.error("nothing fired: %s", error)  # noqa: TRY400 - the trace says no more than the message
            self._memory_ok = False
        else:
            self._memory_ok = True
        return self._memory_ok

    def _moment(self, at_s: float) -> Moment:
        unix_ms = self._clock.unix_ms()
        trusted = self._settings.trust_unsynced_clock or self._clock.synced()
        local = datetime.fromtimestamp(unix_ms / 1000, self._zone) if trusted else None
        return Moment(at_s, unix_ms, local)

    def _take_changes(self) -> list[PinChange]:
        taken: list[PinChange] = []
        for change in self._switches.changes():
            if change.failed:
                self._output_ok = False
                log.error("output %s ended badly: look at its card and its file", change.output)
            told = PinChange(change.output, change.on, max(0, self._unix_ms_of(change.at_s)))
            taken.append(told)
        self._changes.extend(taken)
        if self._attempt is not None:
            self._attempt.pins.extend(taken)
        return taken

    def _unix_ms_of(self, at_s: float) -> int:
        """The pins' process counts CLOCK_MONOTONIC; the device's clock may be a recording's, so shift by the age."""
        return self._clock.unix_ms() - round((self._switches.now_s() - at_s) * 1000)
