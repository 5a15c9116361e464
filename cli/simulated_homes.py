"""Simulated homes through what runs in a real one: days of life, and scenes of one fall each, on all cores.

Composes the simulators with the evaluation, which may not know them.
"""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.falls.recording import Truth
    from models.falls.scoring import Result
    from models.falls.watching import Installed
    from simulators.home.answering import Household
    from simulators.home.life import SimulatedHome

SPAN_S = 60.0
"""Of simulated time between two looks at whether to stop."""
CLIPS_A_JOB = 4
WALL_M = 0.3
"""The room's box is entered so much wider: what errs by an angle is still of the room."""
DAY_S = 86400.0

_stop: Event | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """Of the device's questions, the ``share`` that somebody awake answers, and what of it sleepers do (``woken``)."""

    share: float = 0.0
    woken: float = 0.0

    def household(self, home: "SimulatedHome") -> "Household | None":
        """The home's people as they answer; None where nobody ever does."""
        from simulators.home.answering import Household

        if not self.share:
            return None
        return Household(home.truth, home.falls, home.seed, share=self.share, woken=self.woken)


@dataclass(frozen=True, slots=True)
class Day:
    """``days`` (1 or a part) of ordinary life in one home."""

    plan: str
    seed: int
    number: int
    days: float
    answers: Answers = Answers()

    def homes(self) -> Iterator[tuple[str, str, "SimulatedHome"]]:
        """(name, home's name, home)."""
        from simulators.home.life import SimulatedHome

        yield f"{self.plan} day {self.number}", self.plan, SimulatedHome(self.plan, self.seed, days=self.days)


@dataclass(frozen=True, slots=True)
class Clips:
    """Scenes of one fall each: (kind, plan, seed)."""

    scenes: tuple[tuple[str, str, int], ...]
    answers: Answers = Answers()

    def homes(self) -> Iterator[tuple[str, str, "SimulatedHome"]]:
        """(name, home's name, home)."""
        from simulators.home.clips import fall_clip

        for kind, plan, seed in self.scenes:
            yield f"{plan} {kind} {seed}", plan, fall_clip(kind, plan, seed)


Job = Day | Clips


@dataclass(frozen=True, slots=True)
class Done:
    """What one job gave; ``whole`` is False when it was stopped on the way."""

    results: "list[Result]"
    whole: bool


def jobs(days: float, homes: int, falls: int, seed: int, answers: Answers | None = None) -> list[Job]:
    """Home-days shared out over so many homes, a day a job; then the falls, a few a job.

    Without ``answers`` nobody answers a question.
    """
    answers = answers or Answers()
    planned: list[Job] = []
    from simulators.home.plans import HOMES

    plans = HOMES[:homes]
    left, number = days, 0
    while left > 1e-9:
        plan = plans[number % len(plans)]
        planned.append(Day(plan, seed + 1000 * number, number // len(plans) + 1, min(1.0, left), answers))
        left, number = left - 1.0, number + 1
    if falls:
        from simulators.home.clips import fall_clips

        scenes = tuple(fall_clips(falls, seed))
        planned += [Clips(scenes[n : n + CLIPS_A_JOB], answers) for n in range(0, len(scenes), CLIPS_A_JOB)]
    return planned


def play(planned: list[Job], workers: int, tell: Callable[[Done], None]) -> bool:
    """Run every job, ``tell`` of each as it ends; False if somebody stopped it. Raises what a job raised.

    Stopped, each job at hand ends within a minute of simulated time, and what it had is told too.
    """
    if workers <= 1:
        return _play_here(planned, tell)
    context = get_context("spawn")
    stop = context.Event()
    with ProcessPoolExecutor(workers, context, _begin, (stop,)) as pool:
        waiting: set[Future[Done]] = {pool.submit(watch_home, job) for job in planned}
        stopped = False
        while waiting:
            try:
                done, waiting = wait(waiting, timeout=1.0, return_when=FIRST_COMPLETED)
            except KeyboardInterrupt:
                stop.set()
                stopped = True
                waiting = {future for future in waiting if not future.cancel()}
                continue
            for future in done:
                tell(future.result())
        return not stopped


def _play_here(planned: list[Job], tell: Callable[[Done], None]) -> bool:
    for job in planned:
        done = watch_home(job)
        tell(done)
        if not done.whole:
            return False
    return True


def _begin(stop: Event) -> None:
    global _stop  # noqa: PLW0603 - a worker process has no other way to keep what it was started with
    _stop = stop
    # A terminal sends Ctrl-C to every process of the line; the parent alone decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def watch_home(job: Job) -> Done:
    """A job's homes, each from its first frame to its score."""
    results: list[Result] = []
    for name, plan, home in job.homes():
        result, whole = _watch_one(name, plan, home, job.answers)
        results.append(result)
        if not whole:
            return Done(results, whole=False)
    return Done(results, whole=True)


def _watch_one(name: str, plan: str, home: "SimulatedHome", answers: Answers) -> "tuple[Result, bool]":
    from models.falls.recording import Kind, Recording
    from models.falls.scoring import score
    from models.falls.watching import Watch

    watch = Watch(installed_in(home), answering=answers.household(home), traced=False)
    whole, looked_s = True, 0.0
    watched = watch.outcome
    try:
        for at_s, cloud in home:
            watch.take(cloud)
            if at_s - looked_s >= SPAN_S:
                looked_s = at_s
                if _stop is not None and _stop.is_set():
                    whole = False
                    break
    except KeyboardInterrupt:
        whole = False
    if whole:
        watch.finish()
    lived_s = watched.ended_s - watched.began_s
    recording = Recording(name, plan, Kind.SIMULATED, lived_s, lambda: (), _truth(home, watched.ended_s))
    scored = score(recording, watched)
    # What went on in a day is long, and each alarm holds its share of it.
    return replace(scored, truth=replace(scored.truth, spans=())), whole


def installed_in(home: "SimulatedHome") -> "Installed":
    """How the home's sensor hangs, and what its device is set to."""
    from edge.fall.people_settings import Antenna, PeopleSettings
    from edge.fall.settings import FallSettings, MountSettings, SensorKind
    from edge.fall.zones import ZoneSettings
    from edge.fall_scorer import scorers_from
    from models.falls.watching import Installed

    tables = home.plan.settings()
    mount = MountSettings.model_validate(tables["mount"])
    sensor = SensorKind.CEILING_RADAR if mount.tilt_deg > 45.0 else SensorKind.WALL_RADAR
    zones = tuple(ZoneSettings.model_validate(zone) for zone in tables["zones"])
    name = home.plan.sensor.name.lower()
    (left, right), (near, far) = home.plan.x_m, home.plan.y_m
    people = PeopleSettings(
        antenna=next((one for one in Antenna if name.startswith(one)), Antenna.IWR6843),
        x_m=(left - WALL_M, right + WALL_M),
        y_m=(near - WALL_M, far + WALL_M),
    )
    scorers = scorers_from(mount, people.antenna)
    return Installed(
        mount, FallSettings.model_validate(tables["fall"]).for_sensor(sensor), people, zones, scorers
    )


def _truth(home: "SimulatedHome", until_s: float) -> "Truth":
    from models.falls.recording import Span, TrueFall, Truth

    falls = tuple(
        TrueFall(
            fall.at_s,
            fall.kind,
            until_s if fall.up_s is None else fall.up_s,
            "" if fall.seen else "outside the field of view",
            seen=fall.seen,
        )
        for fall in home.falls
        if fall.at_s <= until_s
    )
    there = [one for one in home.truth if one.act != "away"]
    spans = tuple(Span(one.from_s, one.until_s, f"{one.who} {one.act}") for one in there)
    return Truth(falls, complete=True, source="simulation", spans=spans)
