"""From bytes to decision: how fast beside a plain parser, how much of a core, and whether memory stays flat."""

import gc
import resource
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from benchmarks import corpus
from benchmarks.plain_parser import parse, parse_lean
from edge.fall.people import People
from edge.fall.people_settings import PeopleSettings
from edge.fall.settings import AskSettings, FallSettings, MountSettings, SensorKind
from edge.fall.watcher import FallWatcher, Now, Tell
from edge.fall_scorer import scorers_from
from edge.sensors.ti.frames import FrameParser

PIECE = 4096
"""As much as a serial driver gives at once."""
FRAMES_MIN = 2000
"""A shorter recording is run as often as it takes: in a millisecond the first calls of everything would be measured."""
PERIOD_S = 0.055
FPS = 1 / PERIOD_S
START_MS = 1_700_000_000_000


class Pipeline:
    """Parser, perception and watcher of one radar, in the recording's time."""

    def __init__(self) -> None:
        self.parser = FrameParser()
        mount, room = MountSettings(height_m=1.4, tilt_deg=10.0), PeopleSettings()
        self._people = People(mount, room)
        scorers = scorers_from(mount, room.antenna)
        settings = FallSettings().for_sensor(SensorKind.WALL_RADAR)
        self._watcher = FallWatcher(settings, AskSettings(), (), self._ulid, scorers)
        self._number = 0
        self.frames = 0
        self.told = 0

    def feed(self, data: bytes) -> None:
        """Decide on every frame in ``data``."""
        for cloud in self.parser.feed(data, self.frames * PERIOD_S):
            at_s = self.frames * PERIOD_S
            self.frames += 1
            cloud = type(cloud)(  # noqa: PLW2901 - stamped as TiRadar stamps frames that were read at once
                at_s,
                cloud.frame,
                cloud.points,
                cloud.targets,
                cloud.heights,
                cloud.point_targets,
                cloud.presence,
            )
            actions = self._watcher.step(self._people.update(cloud), Now(at_s, START_MS + round(at_s * 1000)))
            if actions:
                self.told += sum(isinstance(action, Tell) for action in actions)

    def _ulid(self, unix_ms: int) -> str:  # noqa: ARG002 - numbered, like nothing else that takes time
        self._number += 1
        return f"{self._number:026d}"


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of processor a frame of each, measured one right after the other."""

    plain_s: float
    lean_s: float
    parser_s: float
    pipeline_s: float


def pieces(data: bytes) -> list[bytes]:
    """As a port gives them."""
    return [data[at : at + PIECE] for at in range(0, len(data), PIECE)]


def beside(data: bytes, rounds: int) -> tuple[int, list[Round]]:
    """Frames, and the rounds: each runs both plain parsers, the product's and the whole, over the same bytes."""
    frames = len(parse_lean(data))
    cut = pieces(data)
    again = max(1, FRAMES_MIN // max(1, frames))
    measured = []
    for _ in range(rounds if frames else 0):
        parsers, pipelines = ([make() for _ in range(again)] for make in (FrameParser, Pipeline))
        gc.collect()
        seconds = (
            _timed(lambda: [parse(data) for _ in range(again)]),
            _timed(lambda: [parse_lean(data) for _ in range(again)]),
            _timed(partial(_feed, parsers, cut)),
            _timed(partial(_feed, pipelines, cut)),
        )
        measured.append(Round(*(one / (again * frames) for one in seconds)))
    return frames, measured


def _feed(each: Sequence[FrameParser | Pipeline], cut: list[bytes]) -> None:
    for one in each:
        for piece in cut:
            one.feed(piece)


def _timed(work: Callable[[], object]) -> float:
    """Seconds of this process on a core: others on the machine do not count."""
    began_s = time.process_time()
    work()
    return time.process_time() - began_s


def lines_beside(name: str, data: bytes, rounds: int) -> list[str]:
    """What one body of bytes gave, in words."""
    frames, measured = beside(data, rounds)
    if not frames:
        return [f"{name}: no frame of the plain parser's"]
    cpu_us = median(1e6 * one.pipeline_s for one in measured)
    plain, lean = [one.plain_s for one in measured], [one.lean_s for one in measured]
    lines = [
        f"{name}: {frames} frames, {rounds} rounds",
        f"  plain parser  {_rate(plain)}",
        f"  lean parser   {_rate(lean)}",
    ]
    for what, own in (
        ("parser", [one.parser_s for one in measured]),
        ("to decision", [one.pipeline_s for one in measured]),
    ):
        lines.append(f"  {what:13} {_rate(own)}: {_ratio(plain, own)} x plain, {_ratio(lean, own)} x lean")
    share = cpu_us * FPS / 1e4
    lines.append(
        f"  one radar at {FPS:.1f} frames/s takes {share:.2f} % of this core ({cpu_us:.1f} us a frame)"
    )
    return lines


def _rate(seconds: list[float]) -> str:
    middle = median(seconds)
    return f"{1 / middle:9,.0f} frames/s ({1e6 * middle:6.1f} us)"


def _ratio(yardstick: list[float], own: list[float]) -> str:
    ratios = sorted(one / other for one, other in zip(yardstick, own, strict=True))
    return f"{median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"


def memory(hours: float) -> list[str]:
    """Growth over a long replay of the simulated bytes, after a first quarter to warm up."""
    data = pieces(corpus.simulated(5.0))
    pipeline = Pipeline()
    frames = round(hours * 3600 * FPS)
    tracemalloc.start()
    marks: list[tuple[int, int, int]] = []
    for quarter in range(1, 5):
        while pipeline.frames < frames * quarter / 4:
            for piece in data:
                pipeline.feed(piece)
        gc.collect()
        marks.append((pipeline.frames, tracemalloc.get_traced_memory()[0], resident_kib()))
    tracemalloc.stop()
    grown, resident = marks[-1][1] - marks[0][1], marks[-1][2] - marks[0][2]
    lines = [f"memory over {pipeline.frames * PERIOD_S / 3600:.1f} h of frames ({pipeline.frames:,}):"]
    lines += [
        f"  after {n * PERIOD_S / 3600:.2f} h: {held / 1024:8.1f} KiB of objects, {rss / 1024:7.1f} MiB resident"
        for n, held, rss in marks
    ]
    lines.append(
        f"  growth after the first quarter: {grown / 1024:+.1f} KiB of objects, {resident / 1024:+.1f} MiB resident"
    )
    return lines


def resident_kib() -> int:
    """KiB; the most so far where the system tells nothing of now."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - a file of the kernel's
            return int(file.read().split()[1]) * resource.getpagesize() // 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
