"""What a replay gave: every event with its time in the recording and its picture, put into lines for a person."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from contract.messages import (
    Answered,
    EventBody,
    Fall,
    Fault,
    MuteRepeller,
    Repel,
    Sample,
    Sighting,
)
from edge.clock import Clock, ManualClock
from edge.device import Device, Outgoing

if TYPE_CHECKING:  # numpy comes with it, which a city's server lacks
    from edge.sensors.readings import Picture, PointCloud, Sensor

SILENT_STEP_S = 0.5
"""How finely time runs on after a recording; a question is asked for a minute."""


class ThenSilence:
    """Sensor[PointCloud]: a recording, then ``seconds`` in which nothing comes: a question asked at its end runs out."""

    def __init__(self, recording: "Sensor[PointCloud]", clock: ManualClock, seconds: float) -> None:
        self._recording = recording
        self._clock = clock
        self._seconds = seconds
        self.ended_s: float | None = None
        """On the clock, the recording's last moment; None while it runs."""
        self.points = 0

    def open(self) -> None:
        self._recording.open()
        self.ended_s = None

    def read(self, timeout_s: float) -> "Sequence[PointCloud]":
        now_s = self._clock.monotonic_s()
        if self.ended_s is None:
            try:
                clouds = self._recording.read(timeout_s)
            except EOFError:
                self.ended_s = now_s
            else:
                self.points += sum(len(cloud.points) for cloud in clouds)
                return clouds
        if now_s - self.ended_s >= self._seconds:
            raise EOFError("the recording has ended, and so has the silence after it")
        self._clock.advance(SILENT_STEP_S)
        return ()

    def close(self) -> None:
        self._recording.close()

    def counters(self) -> dict[str, float]:
        return self._recording.counters()


class Shown:
    """Sensor[Picture]: passes everything through and knows which scene is in view."""

    def __init__(self, camera: "Sensor[Picture]") -> None:
        self._camera = camera
        self.scene = ""
        self.scenes = 0

    def open(self) -> None:
        self._camera.open()

    def read(self, timeout_s: float) -> "Sequence[Picture]":
        pictures = self._camera.read(timeout_s)
        for picture in pictures:
            self.scenes += picture.scene != self.scene
            self.scene = picture.scene
        return pictures

    def close(self) -> None:
        self._camera.close()

    def counters(self) -> dict[str, float]:
        return self._camera.counters()


@dataclass(frozen=True, slots=True)
class Told:
    """One event: when in the recording, and in which scene of a camera's."""

    at_s: float
    scene: str
    body: EventBody


@dataclass(slots=True)
class Account:
    """Everything one replay told."""

    told: list[Told] = field(default_factory=list)
    batches: int = 0

    def falls(self) -> Iterator[str]:
        """A line for each phase of each fall, and one that counts them."""
        falls = [(told.at_s, told.body) for told in self.told if isinstance(told.body, Fall)]
        for at_s, fall in falls:
            why = f" ({fall.cancelled_by})" if fall.cancelled_by else ""
            yield f"  {minutes(at_s):>8}  fall {fall.phase}{why}, confidence {fall.confidence:g}"
        phases = Counter(fall.phase.value for _, fall in falls)
        yield "falls: " + (", ".join(f"{count} {phase}" for phase, count in phases.items()) or "none")

    def sightings(self, scenes: int | None) -> Iterator[str]:
        """What was confirmed: in how many of ``scenes`` pictures, or when, if the pictures follow each other."""
        visits: dict[str, list[tuple[Told, Sighting]]] = {}
        for told in self.told:
            if isinstance(told.body, Sighting):
                visits.setdefault(told.body.visit, []).append((told, told.body))
        if scenes is not None:
            # What most pictures of a visit showed names it, so its last word counts.
            found = Counter(phases[-1][1].species for phases in visits.values())
            for species, count in found.most_common():
                yield f"{species}: confirmed in {count} of {scenes} pictures ({count / scenes:.0%})"
            if not found:
                yield f"nothing confirmed in {scenes} pictures"
            return
        for phases in visits.values():
            begun, ended = phases[0][0].at_s, phases[-1][0].at_s
            count = max(body.count_at_least for _, body in phases)
            yield f"  {minutes(begun):>8} to {minutes(ended)}  {phases[-1][1].species}, at least {count}"
        yield f"visits: {len(visits) or 'none'}"

    def others(self) -> Iterator[str]:
        """Faults and what the repeller did."""
        for told in self.told:
            if isinstance(told.body, Fault):
                at = minutes(told.at_s)
                yield f"  {at:>8}  fault {told.body.code} {told.body.phase} {told.body.detail}".rstrip()
        repels = Counter(told.body.phase.value for told in self.told if isinstance(told.body, Repel))
        for phase, count in repels.items():
            yield f"repeller: {count} {phase}"


class Accounted:
    """A Device that passes everything through, keeps the account, and draws the progress on a terminal.

    ``counted``: what the sensor has given so far. Telemetry of a time in which it gave nothing is not passed on: the
    recording says nothing of that time.
    """

    def __init__(
        self,
        device: Device,
        clock: Clock,
        counted: Callable[[], float],
        *,
        total: int | None,
        scene: Callable[[], str] = str,
    ) -> None:
        self._device = device
        self._clock = clock
        self._counted = counted
        self._scene = scene
        self._told_of = 0.0
        self._begun_s = clock.monotonic_s()
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("replaying"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(),
            console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip
        self._task = self._progress.add_task("", total=total)
        self.kind = device.kind
        self.account = Account()

    def open(self) -> None:
        self._progress.start()
        self._device.open()

    def step(self, timeout_s: float) -> Outgoing:
        outgoing = self._device.step(timeout_s)
        self._progress.update(self._task, completed=self._counted())
        outgoing.samples = self._of_the_recording(outgoing.samples)
        at_s = self._clock.monotonic_s() - self._begun_s
        self.account.told += [Told(at_s, self._scene(), body) for body in outgoing.events]
        self.account.batches += bool(outgoing.samples)
        return outgoing

    def command(self, body: Answered | MuteRepeller) -> Outgoing:
        return self._device.command(body)

    def faults(self) -> list[str]:
        return self._device.faults()

    def close(self) -> None:
        self._device.close()
        self._progress.stop()

    def _of_the_recording(self, samples: list[Sample]) -> list[Sample]:
        counted = self._counted()
        if not samples or counted == self._told_of:
            return []
        self._told_of = counted
        return samples


def minutes(seconds: float) -> str:
    """m:ss.s of a number of seconds."""
    whole, tenths = divmod(round(seconds * 10), 600)
    return f"{whole}:{tenths / 10:04.1f}"
