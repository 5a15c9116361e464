"""One recording through what runs in a home: perception, then the fall watcher, then silence until a question is over."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from contract.messages import Fall
from edge.fall.machine import FallMachine, FallState, Now, Tell
from edge.fall.posture import BodyHeight, Posture
from edge.fall.posture import Reading as BodyReading
from edge.fall.scene import Body, Scene
from edge.fall.settings import AskSettings, FallSettings, MountSettings
from edge.sensors.readings import PointCloud
from models.falls.recording import Reading

START_MS = 1_700_000_000_000
"""A recording's own date decides nothing; a fixed one keeps ids and results the same from run to run."""
TRACE_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Said:
    """What the device told at one moment of the recording; ``phase`` as on the wire, ``evidence`` code -> value."""

    at_s: float
    incident: str
    phase: str
    confidence: float
    evidence: dict[str, float]
    cancelled_by: str | None = None


@dataclass(slots=True)
class Watched:
    """A recording's outcome: what was said, and the body's height over time for a picture of it."""

    said: list[Said] = field(default_factory=list)
    trace: list[tuple[float, float]] = field(default_factory=list)
    frames: int = 0
    ended_s: float = 0.0


class Watch:
    """The device's judgement of one recording, frame by frame."""

    def __init__(
        self, mount: MountSettings, fall: FallSettings, ask: AskSettings | None = None, *, traced: bool = True
    ) -> None:
        self._ask = ask or AskSettings()
        self._body = BodyHeight(mount, fall)
        self._fall = fall
        self._number = 0
        self._machine = FallMachine(fall, self._ask, self._ulid)
        self._state = FallState()
        self._traced = traced
        self._traced_s = float("-inf")
        self._clock_s = 0.0
        self.outcome = Watched()

    def take(self, reading: Reading) -> None:
        """One frame further; silence since the last one is lived through second by second."""
        self.wait_until(reading.at_s - 1.0)
        self._clock_s = reading.at_s
        scene = self.see(reading)
        self.outcome.frames += 1
        self.outcome.ended_s = reading.at_s
        self._trace(scene)
        self._step(scene)

    def wait_until(self, until_s: float) -> None:
        """Time passes and the sensor says nothing."""
        while self._clock_s + 1.0 <= until_s:
            self._clock_s += 1.0
            self._step(None)

    def finish(self) -> Watched:
        """The recording is over: a question asked at its end runs out, as it would at home."""
        self.wait_until(self._clock_s + self._ask.seconds + 2.0)
        return self.outcome

    def see(self, reading: Reading) -> Scene:
        """What perception makes of one frame."""
        if isinstance(reading, Scene):
            return reading
        if not isinstance(reading, PointCloud):
            raise TypeError("depth pictures need depth perception")
        seen = self._body.update(reading.at_s, reading.points)
        if seen.height_m is None or seen.place is None:
            return Scene(reading.at_s, loose=len(seen.points_m))
        body = Body(
            1,
            seen.place,
            seen.height_m,
            seen.height_m,
            seen.points_m,
            seen.low_behind,
            0.0,
            0.0,
            0.0,
            seen.at_s,
        )
        return Scene(reading.at_s, (body,))

    def _step(self, scene: Scene | None) -> None:
        now = Now(self._clock_s, START_MS + round(self._clock_s * 1000))
        reading = None if scene is None else _reading(scene)
        self._state, actions = self._machine.step(self._state, reading, now)
        for action in actions:
            if isinstance(action, Tell):
                self.outcome.said.append(_said(self._clock_s, action.fall))

    def _trace(self, scene: Scene) -> None:
        if self._traced and scene.bodies and scene.at_s - self._traced_s >= TRACE_EVERY_S:
            self._traced_s = scene.at_s
            self.outcome.trace += [(round(scene.at_s, 2), round(body.height_m, 2)) for body in scene.bodies]

    def _ulid(self, unix_ms: int) -> str:  # noqa: ARG002 - numbered, so that two runs say the same
        self._number += 1
        return f"{self._number:026d}"


def watch_all(
    readings: Iterable[Reading],
    mount: MountSettings,
    fall: FallSettings,
    *,
    each: Callable[[float], None] | None = None,
) -> Watched:
    """A whole recording; ``each`` is told the time of every frame, for progress."""
    watch = Watch(mount, fall)
    for reading in readings:
        watch.take(reading)
        if each is not None:
            each(reading.at_s)
    return watch.finish()


def _reading(scene: Scene) -> BodyReading:
    if not scene.bodies:
        return BodyReading(scene.at_s, (), 0, None, None, Posture.UNKNOWN)
    body = scene.bodies[0]
    return BodyReading(
        scene.at_s, body.heights_m, body.low_behind, body.height_m, body.place, Posture.UNKNOWN
    )


def _said(at_s: float, fall: Fall) -> Said:
    evidence = {one.code: one.value for one in fall.evidence}
    return Said(at_s, fall.incident, fall.phase.value, fall.confidence, evidence, fall.cancelled_by)
