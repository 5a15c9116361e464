"""One recording through what runs in a home: perception, then the fall watcher, then silence until a question is over."""

from bisect import insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import neg
from typing import Protocol

from contract.messages import Fall
from edge.depth.people import DepthPeople
from edge.fall.people import People
from edge.fall.people_settings import PeopleSettings
from edge.fall.scene import PointPerception, Scene
from edge.fall.settings import AskSettings, FallSettings, MountSettings
from edge.fall.sitting import Scorers
from edge.fall.watcher import Action, FallWatcher, Now, Phase, Say, Tell
from edge.fall.zones import ZoneSettings
from edge.sensors.readings import PointCloud
from models.falls.recording import Reading, TrueFall

START_MS = 1_700_000_000_000
"""A recording's own date decides nothing; a fixed one keeps ids and results the same from run to run."""
TRACE_EVERY_S = 0.2
ON_FLOOR_S = 5.0
"""Somebody near the floor for so long lies there; who picks something up is higher again."""
SILENCE_S = 1.0
"""A device steps about so often without a frame."""
QUESTION = "ask_ok"
"""What the device says when it asks, and again while nobody answers."""


class Answering(Protocol):
    """Those in a home who may answer the device's question; for simulated ones, who know what each does."""

    def heard(self, asked_s: float, spoken_s: float) -> float | None:
        """When the question first asked at ``asked_s``, and said now, will be answered; None: as far as known never."""
        ...

    def there(self, at_s: float) -> bool:
        """Whether somebody is there then who can press the button."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """What the device told at one moment of the recording; ``phase`` as on the wire, ``evidence`` code -> value."""

    at_s: float
    incident: str
    phase: str
    kind: str
    confidence: float
    evidence: dict[str, float]
    cancelled_by: str | None = None


@dataclass(slots=True)
class Watched:
    """A recording's outcome: what was said, when somebody was on the floor, and heights over time for a picture of it."""

    said: list[Said] = field(default_factory=list)
    trace: list[tuple[float, float]] = field(default_factory=list)
    floor: list[tuple[float, float]] = field(default_factory=list)
    frames: int = 0
    began_s: float = 0.0
    ended_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Installed:
    """How a sensor hangs and what its device is set to."""

    mount: MountSettings = field(default_factory=MountSettings)
    fall: FallSettings = field(default_factory=FallSettings)
    people: PeopleSettings = field(default_factory=PeopleSettings)
    zones: tuple[ZoneSettings, ...] = ()
    scorers: Scorers | None = None
    ask: AskSettings = field(default_factory=AskSettings)


class Watch:
    """The device's judgement of one recording, frame by frame.

    ``up_s`` are moments at which a person is known to be up again: a question then open is answered as by the button, so
    that acted falls a few seconds apart each count. Where that is not known, ``answered_s`` after it was asked.
    ``answering`` are people who press the button by themselves.
    """

    def __init__(
        self,
        installed: Installed,
        *,
        up_s: Sequence[float] = (),
        answered_s: float | None = None,
        answering: Answering | None = None,
        traced: bool = True,
    ) -> None:
        self._ask = installed.ask
        self._people: PointPerception = People(installed.mount, installed.people)
        self._depth: DepthPeople | None = None
        self._watcher = FallWatcher(
            installed.fall, installed.ask, installed.zones, self._ulid, installed.scorers
        )
        self._up_s = sorted(up_s, reverse=True)
        self._answered_s = answered_s
        self._answering = answering
        self._to_answer: tuple[str, float] | None = None
        self._traced = traced
        self._traced_s = float("-inf")
        self._low_s: float | None = None
        self._clock_s: float | None = None
        self._number = 0
        self.outcome = Watched()

    def take(self, reading: Reading) -> None:
        """One frame further; silence since the last one is lived through second by second."""
        if self._clock_s is None:
            self.outcome.began_s = reading.at_s
        else:
            self.wait_until(reading.at_s - SILENCE_S)
        self._clock_s = reading.at_s
        scene = self._see(reading)
        self.outcome.frames += 1
        self.outcome.ended_s = reading.at_s
        self._step(scene, reading.at_s)
        if self._traced:
            self._trace(scene)
            self._lies(scene.at_s)

    def wait_until(self, until_s: float) -> None:
        """Time passes and the sensor says nothing."""
        while self._clock_s is not None and self._clock_s + SILENCE_S <= until_s:
            self._clock_s += SILENCE_S
            self._step(None, self._clock_s)

    def finish(self) -> Watched:
        """The recording is over: a question asked at its end runs out, as it would at home."""
        if self._low_s is not None:
            self._end_lie(self.outcome.ended_s)
        if self._watcher.standing:
            self.wait_until(self.outcome.ended_s + self._ask.seconds + 2 * SILENCE_S)
        return self.outcome

    def _see(self, reading: Reading) -> Scene:
        if isinstance(reading, Scene):
            return reading
        if isinstance(reading, PointCloud):
            return self._people.update(reading)
        self._depth = self._depth or DepthPeople()
        return self._depth.update(reading)

    def _step(self, scene: Scene | None, now_s: float) -> None:
        now = Now(now_s, START_MS + round(now_s * 1000))
        while self._up_s and self._up_s[-1] <= now_s:
            self._up_s.pop()
            while actions := self._watcher.button(now):
                self._hear(actions, now_s)
            for incident in self._watcher.standing:
                self._watcher.closed(incident.id)
        if self._to_answer is not None and self._to_answer[1] <= now_s:
            self._answer(now)
        actions = self._watcher.step(scene, now)
        if actions:
            self._hear(actions, now_s)

    def _hear(self, actions: list[Action], now_s: float) -> None:
        heard = [_said(now_s, one.fall) for one in actions if isinstance(one, Tell)]
        self.outcome.said += heard
        if self._answered_s is not None and any(one.phase == "suspected" for one in heard):
            insort(self._up_s, now_s + self._answered_s, key=neg)
        if self._answering is not None and any(
            isinstance(one, Say) and one.code == QUESTION for one in actions
        ):
            self._ask_people(self._answering, now_s)

    def _ask_people(self, answering: Answering, now_s: float) -> None:
        """Of several open questions the one asked first is what an answer is taken for."""
        asking = next((one for one in self._watcher.open if one.phase is Phase.ASKING), None)
        if asking is None or self._to_answer is not None:
            return
        answer_s = answering.heard(asking.answer_by_s - self._ask.seconds, now_s)
        if answer_s is not None:
            self._to_answer = asking.id, answer_s

    def _answer(self, now: Now) -> None:
        """Press the button, unless the question is over by now, or nobody is there any more who can."""
        if self._to_answer is None or self._answering is None:
            return
        incident, _ = self._to_answer
        self._to_answer = None
        asking = next((one.id for one in self._watcher.open if one.phase is Phase.ASKING), None)
        if asking == incident and self._answering.there(now.s):
            self._hear(self._watcher.button(now), now.s)

    def _trace(self, scene: Scene) -> None:
        if scene.bodies and scene.at_s - self._traced_s >= TRACE_EVERY_S:
            self._traced_s = scene.at_s
            fresh = [body for body in scene.bodies if body.heights_m]
            self.outcome.trace += [(round(scene.at_s, 2), round(body.height_m, 2)) for body in fresh]

    def _lies(self, at_s: float) -> None:
        lies = self._watcher.on_floor
        if lies and self._low_s is None:
            self._low_s = lies[0].since_s
        elif not lies and self._low_s is not None:
            self._end_lie(at_s)

    def _end_lie(self, at_s: float) -> None:
        if self._low_s is not None and at_s - self._low_s >= ON_FLOOR_S:
            self.outcome.floor.append((round(self._low_s, 2), round(at_s, 2)))
        self._low_s = None

    def _ulid(self, unix_ms: int) -> str:  # noqa: ARG002 - numbered, so that two runs say the same
        self._number += 1
        return f"{self._number:026d}"


def watch_all(
    readings: Iterable[Reading],
    installed: Installed,
    *,
    falls: Iterable[TrueFall] = (),
    answered_s: float | None = None,
    traced: bool = True,
    each: Callable[[float], None] | None = None,
) -> Watched:
    """A whole recording; ``each`` is told the time of every frame, for progress."""
    up_s = [fall.latest_s for fall in falls if fall.latest_s != float("inf")]
    watch = Watch(installed, up_s=up_s, answered_s=answered_s, traced=traced)
    for reading in readings:
        watch.take(reading)
        if each is not None:
            each(reading.at_s)
    return watch.finish()


def _said(at_s: float, fall: Fall) -> Said:
    evidence = {one.code: one.value for one in fall.evidence}
    return Said(
        round(at_s, 3),
        fall.incident,
        fall.phase.value,
        fall.kind,
        fall.confidence,
        evidence,
        fall.cancelled_by,
    )
