"""A home as one device: radar frame -> body -> fall machine -> voice, and what the city is told of it.

Is: the order in which things happen, and the faults of radar and button as events. A radar that is lost or silent
never stops the clock of a question already asked.
Is not: a decision about falls (edge.fall), nor a store (edge.outbox).
"""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from contract.ids import NewUlid
from contract.messages import Answered, EventBody, LiveHome, MuteRepeller, Sample
from edge.button import Button, button_from
from edge.clock import Clock
from edge.device import Outgoing
from edge.fall.drop import Seen
from edge.fall.machine import Action, FallMachine, FallState, Now, Phase, Say, Tell
from edge.fall.posture import BodyHeight, Posture, Reading
from edge.fall.room import to_room
from edge.fault_book import FaultBook
from edge.home_memory import HomeMemory
from edge.home_settings import HomeSettings
from edge.sensors.readings import PointCloud, Sensor, SensorError
from edge.voice import Speaker

log = logging.getLogger(__name__)

TELEMETRY_EVERY_S = 10.0
LIVE_EVERY_S = 0.15
LIVE_POINTS_MAX = 150
"""Twice what a busy frame sequence of 0.15 s holds; the live lane must not fill a slow link."""
SAID_S = 5.0
"""Words stay on the page about as long as they take to speak: a single live message may be lost."""
REOPEN_FIRST_S = 1.0
REOPEN_MOST_S = 20.0
"""A replugged radar is found within the 30 s that a fault may take to show."""

COMING = frozenset({"going", "called_119"})
"""Answers after which somebody is on the way."""
ENDED = frozenset({"all_is_well", "helped"})
"""Answers that end the incident."""

GOING_ON = frozenset({Phase.ASKING, Phase.CONFIRMED})
"""An incident that a restarted home takes up again."""


@dataclass(slots=True)
class _Tally:
    """Since the last telemetry."""

    since_s: float
    frames: int = 0
    points: int = 0
    heights_m: list[float] = field(default_factory=list)


class Home:
    """The Device of a home; see edge.device for what each method promises.

    ``button`` is given by tests and simulators; without it ``settings.button_pin`` decides.
    """

    kind = "home"

    def __init__(
        self,
        settings: HomeSettings,
        radar: Sensor[PointCloud],
        speaker: Speaker,
        clock: Clock,
        new_ulid: NewUlid,
        *,
        button: Button | None = None,
        memory: HomeMemory | None = None,
    ) -> None:
        self._settings = settings
        self._radar = radar
        self._speaker = speaker
        self._clock = clock
        self._button = button or button_from(settings.button_pin)
        self._body = BodyHeight(settings.mount, settings.fall)
        self._machine = FallMachine(settings.fall, settings.ask, new_ulid)
        self._state = FallState()
        self._reading: Reading | None = None
        self._memory = memory or HomeMemory(None)
        self._upright: Seen | None = None
        self._upright_ms = 0
        self._untold: list[EventBody] = []
        self._faults = FaultBook(new_ulid)
        now_s = clock.monotonic_s()
        self._tally = _Tally(now_s)
        self._radar_open = False
        self._radar_lost: str | None = None
        self._frame_s = now_s
        self._reopen_s = now_s
        self._reopen_wait_s = REOPEN_FIRST_S
        self._ended = False
        self._said: tuple[str, float] | None = None
        self._live_s = -1e9
        self._shown: deque[tuple[float, float, float, float]] = deque(maxlen=LIVE_POINTS_MAX)

    def open(self) -> None:
        self._button.open()
        self._frame_s = self._clock.monotonic_s()
        self._resume()
        self._open_radar()

    def close(self) -> None:
        self._speaker.close()
        self._button.close()
        self._radar.close()

    def command(self, body: Answered | MuteRepeller) -> Outgoing:
        incident = self._state.incident
        if isinstance(body, Answered) and incident is not None and incident.id == body.incident:
            if body.answer in COMING:
                self._say("help_coming")
            if body.answer in ENDED:
                self._state = self._machine.closed(self._state, body.incident, self._now())
        return Outgoing()

    def faults(self) -> list[str]:
        return self._faults.codes()

    def step(self, timeout_s: float) -> Outgoing:
        if self._ended:
            raise EOFError("the recording has ended")
        # What the step before told is in the outbox by now. An end is kept only then: killed earlier, it is told again.
        self._remember()
        outgoing = Outgoing(events=self._untold)
        self._untold = []
        for cloud in self._read(timeout_s):
            self._take(cloud, outgoing.events)
        now = self._now()
        self._advance(None, now, outgoing.events)
        if self._button.pressed():
            self._state, actions = self._machine.button(self._state, now)
            self._carry_out(actions, outgoing.events)
        self._tell_faults(outgoing.events, now)
        if now.s - self._tally.since_s >= TELEMETRY_EVERY_S or (self._ended and self._tally.frames):
            outgoing.samples += self._samples(now)
        if self._settings.live and now.s - self._live_s >= LIVE_EVERY_S:
            outgoing.live = self._live(now)
        if self._state.phase in GOING_ON:
            self._remember()  # before it is told, so that a kill in between starts no second incident
        return outgoing

    # --- the radar --------------------------------------------------------------------------------

    def _open_radar(self) -> None:
        """Try once; the next try is later and later, so that a radar that is gone costs nothing."""
        self._reopen_s = self._clock.monotonic_s() + self._reopen_wait_s
        self._reopen_wait_s = min(2 * self._reopen_wait_s, REOPEN_MOST_S)
        try:
            self._radar.open()
            self._radar_open = True
        except SensorError as error:
            self._lose_radar(error)

    def _lose_radar(self, error: SensorError) -> None:
        if self._radar_lost is None:
            log.warning("radar lost: %s", error)
        self._radar_lost = f"{error}"
        self._radar_open = False

    def _silent(self) -> bool:
        return self._clock.monotonic_s() - self._frame_s > self._settings.radar.silent_after_s

    def _read(self, timeout_s: float) -> Sequence[PointCloud]:
        if (not self._radar_open or self._silent()) and self._clock.monotonic_s() >= self._reopen_s:
            self._radar.close()
            self._open_radar()
        if not self._radar_open:
            threading.Event().wait(timeout_s)  # else the loop spins while the radar is away
            return ()
        try:
            clouds = self._radar.read(timeout_s)
        except SensorError as error:
            self._lose_radar(error)
            return ()
        except EOFError:
            self._ended = True
            return ()
        if clouds:
            # A port that opens may still give nothing: only a frame proves the radar back.
            self._radar_lost = None
            self._reopen_wait_s = REOPEN_FIRST_S
            self._frame_s = self._clock.monotonic_s()
        return clouds

    def _tell_faults(self, events: list[EventBody], now: Now) -> None:
        wrong: dict[str, str] = {}
        if self._radar_lost is not None:
            wrong["sensor_lost"] = self._radar_lost
        elif self._silent() and not self._ended:
            wrong["sensor_silent"] = (
                f"no frame for {self._settings.radar.silent_after_s:g} s: check the cable"
            )
        events += self._faults.now("radar", wrong, now.unix_ms)
        why = self._button.fault()
        events += self._faults.now("button", {"button_failed": why} if why else {}, now.unix_ms)

    # --- the fall machine -------------------------------------------------------------------------

    def _resume(self) -> None:
        """Go on after a kill, as far as the memory knows."""
        kept, now = self._memory.read(), self._now()
        fresh_ms = now.unix_ms - 1000 * self._settings.fall.forget_s
        incident = kept.incident if kept.phase in GOING_ON else None
        if incident is not None and incident.answer_by_ms > fresh_ms:
            log.info("going on with incident %s, %s", incident.id, kept.phase)
            self._state, actions = self._machine.resume(kept.phase, incident, now)
            self._carry_out(actions, self._untold)
        elif kept.upright is not None:
            age_s = (now.unix_ms - kept.upright_ms) / 1000
            self._state = self._machine.after_gap(replace(kept.upright, at_s=now.s - age_s), now)

    def _remember(self) -> None:
        self._memory.keep(self._state.phase, self._state.incident, self._upright, self._upright_ms)

    def _now(self) -> Now:
        return Now(self._clock.monotonic_s(), self._clock.unix_ms())

    def _take(self, cloud: PointCloud, events: list[EventBody]) -> None:
        reading = self._body.update(cloud.at_s, cloud.points)
        self._reading = reading
        self._tally.frames += 1
        self._tally.points += len(cloud.points)
        if reading.height_m is not None:
            self._tally.heights_m.append(reading.height_m)
            if reading.place is not None and reading.height_m >= self._settings.fall.standing_m:
                self._upright = Seen(reading.at_s, reading.height_m, reading.place)
                self._upright_ms = self._clock.unix_ms()
        if self._settings.live:
            room = to_room(cloud.points, self._settings.mount)
            self._shown.extend((x, y, z, v) for x, y, z, v in np.round(room, 2).tolist())
        self._advance(reading, self._now(), events)

    def _advance(self, reading: Reading | None, now: Now, events: list[EventBody]) -> None:
        self._state, actions = self._machine.step(self._state, reading, now)
        self._carry_out(actions, events)

    def _carry_out(self, actions: list[Action], events: list[EventBody]) -> None:
        for action in actions:
            if isinstance(action, Tell):
                events.append(action.fall)
            elif isinstance(action, Say):
                self._say(action.code)

    def _say(self, code: str) -> None:
        self._speaker.say(code)
        self._said = (code, self._clock.monotonic_s())

    # --- what the city is told --------------------------------------------------------------------

    def _samples(self, now: Now) -> list[Sample]:
        tally, self._tally = self._tally, _Tally(now.s)
        radar = {"points": round(tally.points / max(1, tally.frames), 2), **self._radar.counters()}
        samples = [Sample("radar", now.unix_ms, radar)]
        presence: dict[str, float] = {}
        if tally.frames:  # without frames nothing is known of the room: no zero is sent for it
            posture = self._posture()
            presence["lying"] = float(posture is Posture.LYING)
            if posture is not Posture.UNKNOWN:
                presence["occupied"] = float(posture is not Posture.EMPTY)
        if tally.heights_m:
            presence["height_m"] = round(float(np.median(tally.heights_m)), 2)
        if presence:
            samples.append(Sample("presence", now.unix_ms, presence))
        return samples

    def _posture(self) -> Posture:
        if self._reading is None or self._radar_lost is not None or self._silent():
            return Posture.UNKNOWN
        return self._reading.posture

    def _live(self, now: Now) -> LiveHome:
        self._live_s = now.s
        points = list(self._shown)
        self._shown.clear()
        state, incident = self._state, self._state.incident
        said = self._said[0] if self._said and now.s - self._said[1] < SAID_S else None
        height_m = self._reading.height_m if self._reading else None
        return LiveHome(
            points=points,
            # A drop that is only being held is no incident: a watching family must not see it come and go.
            state=(self._posture() if incident is None else state.phase).value,
            height_m=None if height_m is None else round(height_m, 2),
            incident=incident.id if incident else None,
            answer_by_ms=incident.answer_by_ms if incident and state.phase is Phase.ASKING else None,
            said=said,
        )
