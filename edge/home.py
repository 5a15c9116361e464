"""A home as one device: reading -> scene -> fall watcher -> voice, and what the city is told of it.

Is: the order in which things happen, and the faults of its parts as events. A sensor that is lost or silent
never stops the clock of a question already asked.
Is not: a decision about falls (edge.fall), nor a store (edge.outbox).
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract.ids import NewUlid
from contract.messages import Answered, EventBody, FallPhase, MuteRepeller, Sample
from edge.button import Button, button_from
from edge.clock import Clock
from edge.device import Outgoing
from edge.fall.drop import Seen
from edge.fall.mount_watch import MountWatch
from edge.fall.people import People
from edge.fall.posture import Posture, RoomPosture
from edge.fall.scene import Perception
from edge.fall.settings import SensorKind
from edge.fall.sitting import Scorers
from edge.fall.watcher import Action, FallWatcher, Note, Now, Phase, Say, Tell
from edge.fall.zones import Zones
from edge.fault_book import FaultBook
from edge.home_doubts import LastingDoubts, QuestionBudget
from edge.home_memory import HomeMemory
from edge.home_report import HomeReport
from edge.home_sensor import HomeSensor
from edge.home_settings import HomeSettings
from edge.home_voice import HomeVoice
from edge.light import Light, light_from
from edge.listening import Levels, levels_from
from edge.sensors.readings import PointCloud, Sensor
from edge.signs.signs import Signs
from edge.voice import Speaker

log = logging.getLogger(__name__)

COMING = frozenset({"going", "called_119"})
"""Answers after which somebody is on the way."""
ENDED = frozenset({"all_is_well", "helped"})
"""Answers that end the incident."""
NOTHING = "all_is_well"
"""The answer to a call for nothing."""
NIGHT_H = (22, 6)
"""From and until, by the machine's own time zone: a fall at night is found late."""


@dataclass(slots=True)
class HomeParts:
    """What tests and simulators may give in place of what the file names; None leaves it to the file.

    ``scorers`` judge beside the rules; without them the rules decide alone. ``wrong`` are faults found while assembling.
    """

    button: Button | None = None
    light: Light | None = None
    levels: Levels | None = None
    memory: HomeMemory = field(default_factory=lambda: HomeMemory(None))
    questions_file: Path | None = None
    scorers: Scorers | None = None
    wrong: Mapping[str, str] = field(default_factory=dict)


class Home:
    """The Device of a home; see edge.device for what each method promises.

    ``perception`` reads what ``sensor`` gives; without it the sensor gives point clouds.
    """

    kind = "home"

    def __init__(
        self,
        settings: HomeSettings,
        sensor: Sensor[Any],
        speaker: Speaker,
        clock: Clock,
        new_ulid: NewUlid,
        *,
        perception: Perception[Any] | None = None,
        parts: HomeParts | None = None,
    ) -> None:
        parts = parts or HomeParts()
        fall = settings.fall.for_sensor(settings.sensor_kind)
        kind, now_s = settings.sensor_kind, clock.monotonic_s()
        self._clock = clock
        self._sensor = HomeSensor(sensor, settings.component, settings.silent_after_s, clock)
        self._perception = perception or People(settings.mount, settings.room)
        self._watcher = FallWatcher(fall, settings.ask, settings.zones, new_ulid, parts.scorers)
        self._wrong = parts.wrong
        self._posture = RoomPosture(fall)
        self._voice = HomeVoice(
            speaker,
            parts.button or button_from(settings.button_pin),
            parts.light or light_from(settings.light_pin),
            parts.levels or levels_from(settings.listen.command),
            settings.listen,
        )
        self._memory = parts.memory
        self._budget = QuestionBudget(parts.questions_file, fall.questions_max)
        self._report = HomeReport(settings.mount, settings.component, now_s, live=settings.live)
        still_seen = kind in (SensorKind.DEPTH, SensorKind.DENSE_RADAR)
        self._signs = Signs(Zones(settings.zones), still_seen=still_seen)
        self._mount = MountWatch(settings.mount) if settings.radar is not None else None
        self._doubts = LastingDoubts()
        self._faults = FaultBook(new_ulid)
        self._forget_ms = round(1000 * fall.forget_s)
        self._untold: list[EventBody] = []
        self._noted: list[Sample] = []
        self._ending = False

    def open(self) -> None:
        self._voice.open()
        self._resume()
        self._sensor.open()

    def close(self) -> None:
        self._voice.close()
        self._sensor.close()

    def command(self, body: Answered | MuteRepeller) -> Outgoing:
        standing = {incident.id: incident.phase for incident in self._watcher.open}
        if isinstance(body, Answered) and body.incident in standing:
            if body.answer in COMING:
                self._voice.say("help_coming", self._clock.monotonic_s())
            if body.answer == NOTHING and standing[body.incident] is Phase.CONFIRMED:
                self._budget.needless(self._clock.unix_ms())
            if body.answer in ENDED:
                self._watcher.closed(body.incident)
        return Outgoing()

    def faults(self) -> list[str]:
        return self._faults.codes()

    def step(self, timeout_s: float) -> Outgoing:
        if self._ending:
            raise EOFError("the recording has ended")
        # What the step before told is in the outbox by now. An end is kept only then: killed earlier, it is told again.
        self._remember()
        outgoing = Outgoing(events=self._untold)
        self._untold = []
        for reading in self._sensor.read(timeout_s):
            self._take(reading, outgoing.events)
        self._ending = self._sensor.ended
        now = self._now()
        self._carry_out(self._watcher.step(None, now), outgoing.events)
        self._carry_out(self._voice.answers(self._watcher, now), outgoing.events)
        self._tell_faults(outgoing.events, now)
        posture = Posture.UNKNOWN if self._sensor.blind else self._posture.posture
        if self._report.due(now.s, ended=self._ending):
            outgoing.samples += self._report.samples(now, posture, self._sensor.counters())
        outgoing.samples += [*self._noted, *self._signs.samples(now.s, now.unix_ms)]
        self._noted = []
        height_m, words = self._posture.height_m, self._voice.words(now.s)
        outgoing.live = self._report.live(now, self._watcher, posture, height_m, words)
        if self._watcher.standing:
            self._remember()  # before it is told, so that a kill in between starts no second incident
        return outgoing

    # --- seeing and deciding ----------------------------------------------------------------------

    def _take(self, reading: Any, events: list[EventBody]) -> None:
        scene = self._perception.update(reading)
        self._carry_out(self._watcher.step(scene, self._now()), events)
        self._posture.see(scene, self._watcher.fresh)
        self._report.see(reading, scene, self._posture.height_m)
        self._signs.see(scene, reading if isinstance(reading, PointCloud) else None)
        if self._mount is not None:
            self._mount.see(scene)
        if scene.doubts:
            self._doubts.see(scene.doubts, scene.at_s)

    def _now(self) -> Now:
        unix_ms = self._clock.unix_ms()
        hour = time.localtime(unix_ms / 1000).tm_hour
        return Now(self._clock.monotonic_s(), unix_ms, night=hour >= NIGHT_H[0] or hour < NIGHT_H[1])

    def _carry_out(self, actions: list[Action], events: list[EventBody]) -> None:
        for action in actions:
            if isinstance(action, Tell):
                events.append(action.fall)
                if action.fall.phase is FallPhase.CANCELLED:
                    self._budget.needless(self._clock.unix_ms())
            elif isinstance(action, Say):
                self._voice.say(action.code, self._clock.monotonic_s())
            elif isinstance(action, Note):
                self._noted.append(Sample(action.measurement, self._clock.unix_ms(), action.fields))

    def _tell_faults(self, events: list[EventBody], now: Now) -> None:
        wrong = {**self._sensor.wrong(), **self._doubts.wrong(now.s)}
        moved = self._mount.wrong() if self._mount is not None else None
        if moved:
            wrong["mount_moved"] = moved
        events += self._faults.now(self._sensor.component, wrong, now.unix_ms)
        judging = {**self._wrong, **self._budget.wrong(now.unix_ms)}
        events += self._faults.now("fall", judging, now.unix_ms)
        for component, faults in self._voice.wrong().items():
            events += self._faults.now(component, faults, now.unix_ms)

    # --- after a kill -----------------------------------------------------------------------------

    def _resume(self) -> None:
        """Go on as far as the memory knows."""
        kept, now = self._memory.read(), self._now()
        going_on = [i for i in kept.incidents if i.answer_by_ms > now.unix_ms - self._forget_ms]
        for incident in going_on:
            log.info("going on with incident %s, %s", incident.id, incident.phase)
        self._carry_out(self._watcher.resume(going_on, now), self._untold)
        away_s = (now.unix_ms - kept.at_ms) / 1000
        uprights = [Seen(now.s - away_s + seen.at_s, seen.height_m, seen.place) for seen in kept.uprights]
        if not going_on:
            self._watcher.after_gap(uprights, now)
            if isinstance(self._perception, People):
                for seen in uprights:
                    self._perception.remember(seen.place, seen.height_m, seen.at_s)

    def _remember(self) -> None:
        watcher = self._watcher
        self._memory.keep(
            watcher.standing, watcher.uprights, self._clock.monotonic_s(), self._clock.unix_ms()
        )
