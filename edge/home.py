"""A home as one device: reading -> scene -> fall watcher -> voice, and what the city is told of it.

Is: the order in which things happen, and the faults of its parts as events. A sensor that is lost or silent
never stops the clock of a question already asked.
Is not: a decision about falls (edge.fall), nor a store (edge.outbox).
"""

import logging
from typing import Any

from contract.ids import NewUlid
from contract.messages import Answered, EventBody, MuteRepeller, Sample
from edge.button import Button, button_from
from edge.clock import Clock
from edge.device import Outgoing
from edge.fall.drop import Seen
from edge.fall.posture import Posture, RoomPosture
from edge.fall.scene import Perception
from edge.fall.watcher import Action, FallWatcher, Note, Now, Say, Tell
from edge.fault_book import FaultBook
from edge.home_memory import HomeMemory
from edge.home_report import HomeReport
from edge.home_sensor import HomeSensor
from edge.home_settings import HomeSettings
from edge.sensors.readings import Sensor
from edge.voice import Speaker

log = logging.getLogger(__name__)

SAID_S = 5.0
"""Words stay on the page about as long as they take to speak: a single live message may be lost."""

COMING = frozenset({"going", "called_119"})
"""Answers after which somebody is on the way."""
ENDED = frozenset({"all_is_well", "helped"})
"""Answers that end the incident."""


class Home:
    """The Device of a home; see edge.device for what each method promises.

    ``button`` is given by tests and simulators; without it ``settings.button_pin`` decides. ``perception`` reads what
    ``sensor`` gives; without it the sensor gives point clouds.
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
        button: Button | None = None,
        memory: HomeMemory | None = None,
    ) -> None:
        fall = settings.fall.for_sensor(settings.sensor_kind)
        now_s = clock.monotonic_s()
        self._settings = settings
        self._clock = clock
        self._sensor = HomeSensor(sensor, settings.component, settings.silent_after_s, clock)
        self._perception = perception or _people(settings)
        self._watcher = FallWatcher(fall, settings.ask, settings.zones, new_ulid)
        self._posture = RoomPosture(fall)
        self._speaker = speaker
        self._button = button or button_from(settings.button_pin)
        self._memory = memory or HomeMemory(None)
        self._report = HomeReport(settings.mount, settings.component, now_s, live=settings.live)
        self._faults = FaultBook(new_ulid)
        self._forget_ms = round(1000 * fall.forget_s)
        self._untold: list[EventBody] = []
        self._noted: list[Sample] = []
        self._said: tuple[str, float] | None = None
        self._ending = False

    def open(self) -> None:
        self._button.open()
        self._resume()
        self._sensor.open()

    def close(self) -> None:
        self._speaker.close()
        self._button.close()
        self._sensor.close()

    def command(self, body: Answered | MuteRepeller) -> Outgoing:
        if isinstance(body, Answered) and any(i.id == body.incident for i in self._watcher.open):
            if body.answer in COMING:
                self._say("help_coming")
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
        if self._button.pressed():
            self._carry_out(self._watcher.button(now), outgoing.events)
        self._tell_faults(outgoing.events, now)
        posture = self._shown_posture()
        if self._report.due(now.s, ended=self._ending):
            outgoing.samples += self._report.samples(now, posture, self._sensor.counters())
        outgoing.samples += self._noted
        self._noted = []
        outgoing.live = self._report.live(
            now, self._watcher, posture, self._posture.height_m, self._words(now)
        )
        if self._watcher.standing:
            self._remember()  # before it is told, so that a kill in between starts no second incident
        return outgoing

    # --- seeing and deciding ----------------------------------------------------------------------

    def _take(self, reading: Any, events: list[EventBody]) -> None:
        scene = self._perception.update(reading)
        self._carry_out(self._watcher.step(scene, self._now()), events)
        self._posture.see(scene, self._watcher.fresh)
        self._report.see(reading, scene, self._posture.height_m)

    def _shown_posture(self) -> Posture:
        return Posture.UNKNOWN if self._sensor.blind else self._posture.posture

    def _now(self) -> Now:
        return Now(self._clock.monotonic_s(), self._clock.unix_ms())

    def _carry_out(self, actions: list[Action], events: list[EventBody]) -> None:
        for action in actions:
            if isinstance(action, Tell):
                events.append(action.fall)
            elif isinstance(action, Say):
                self._say(action.code)
            elif isinstance(action, Note):
                self._noted.append(Sample(action.measurement, self._clock.unix_ms(), action.fields))

    def _say(self, code: str) -> None:
        self._speaker.say(code)
        self._said = (code, self._clock.monotonic_s())

    def _words(self, now: Now) -> str | None:
        return self._said[0] if self._said and now.s - self._said[1] < SAID_S else None

    def _tell_faults(self, events: list[EventBody], now: Now) -> None:
        events += self._faults.now(self._sensor.component, self._sensor.wrong(), now.unix_ms)
        why = self._button.fault()
        events += self._faults.now("button", {"button_failed": why} if why else {}, now.unix_ms)

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

    def _remember(self) -> None:
        watcher = self._watcher
        self._memory.keep(
            watcher.standing, watcher.uprights, self._clock.monotonic_s(), self._clock.unix_ms()
        )


def _people(settings: HomeSettings) -> Perception[Any]:
    from edge.fall.people import People  # noqa: PLC0415 - a home with a depth camera needs none of it

    return People(settings.mount, settings.people)
