"""``mimamori evaluate season``: what the chooser is worth over a season, beside nothing, one horn, and taking turns."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from simulators.field.season_trial import Lived

OF_HORN, OF_ROTATION, COVERED, STOPPED = 0.6, 0.8, 0.9, 30
"""What a season must show: crop eaten beside the horn's and the turns', intervals that hold, activations in vain."""
RESAMPLED = 2000


def season(
    seeds: Annotated[int, typer.Option(help="Seasons, each of another troop and other fears.", min=1)] = 20,
    first: Annotated[int, typer.Option(help="The first seed.", min=0)] = 1,
    days: Annotated[int, typer.Option(help="Days of a season.", min=1, max=365)] = 100,
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write every season there.")] = None,
) -> None:
    """Let simulated troops eat a crop for a season, against the real chooser and safety kernel and three others."""
    from simulators.field.season_trial import ARMS

    planned = [(seed, arm, days) for seed in range(first, first + seeds) for arm in ARMS]
    lived = list(_live(planned, workers))
    for line in told(lived, days):
        typer.echo(line)
    if json_file is not None:
        rows = [asdict(one) for one in lived]
        json_file.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def told(lived: "Sequence[Lived]", days: int) -> list[str]:
    """The figures, as lines: each with what is wanted of it, and whether it is met."""
    from simulators.field.season_trial import FEARLESS, HORN, NOTHING, OURS, ROTATION

    arms = {
        arm: [one for one in lived if one.arm == arm] for arm in (NOTHING, HORN, ROTATION, OURS, FEARLESS)
    }
    lines = [f"crop eaten in {days} days, mean of {len(arms[OURS])} seasons"]
    lines += [_row(arm, arms[arm]) for arm in (NOTHING, HORN, ROTATION, OURS)]
    lines += [
        _ratio("ours beside one fixed horn", arms[OURS], arms[HORN], OF_HORN),
        _ratio("ours beside taking turns", arms[OURS], arms[ROTATION], OF_ROTATION),
        _fewer(arms[OURS], arms[HORN], arms[ROTATION]),
        *_intervals(arms[OURS]),
        _vain(arms[FEARLESS]),
    ]
    return lines


def _row(arm: str, lived: "Sequence[Lived]") -> str:
    def mean(name: str) -> float:
        return float(sum(getattr(one, name) for one in lived)) / len(lived)

    fired = sum(one.activations for one in lived)
    left = f", {100 * sum(one.left for one in lived) / fired:.0f} % of them left" if fired else ""
    control = f", {mean('controls'):.0f} controls" if mean("controls") else ""
    return (
        f"  {arm:<9} {mean('eaten_kg'):6.0f} kg, {mean('visits'):4.0f} visits,"
        f" {mean('activations'):4.0f} activations{left}{control}"
    )


def _ratio(words: str, ours: "Sequence[Lived]", other: "Sequence[Lived]", wanted: float) -> str:
    """Of the means, with the 95 % interval of seasons drawn again (bootstrap)."""
    import numpy as np

    one, two = (np.array([each.eaten_kg for each in arm]) for arm in (ours, other))
    drawn = np.random.default_rng(0).integers(len(one), size=(RESAMPLED, len(one)))
    low, high = np.quantile(one[drawn].sum(axis=1) / two[drawn].sum(axis=1), (0.025, 0.975))
    value = float(one.sum() / two.sum())
    return (
        f"{words}: {value:.2f} of the crop [{low:.2f} to {high:.2f}]; {_met(value <= wanted)} <= {wanted:g}"
    )


def _fewer(ours: "Sequence[Lived]", *others: "Sequence[Lived]") -> str:
    fired = sum(one.activations for one in ours)
    fewest = min(sum(one.activations for one in other) for other in others)
    return f"activations of ours beside the fewer of both: {fired} and {fewest}; {_met(fired < fewest)} fewer"


def _intervals(ours: "Sequence[Lived]") -> Iterator[str]:
    stimuli = sorted({stimulus for one in ours for stimulus in one.held})
    for stimulus in stimuli:
        held = [one.held[stimulus] for one in ours if stimulus in one.held]
        covered = sum(one.covered for one in held)
        wanted = _met(covered >= COVERED * len(held))
        yield f"the interval of {stimulus} held the truth in {covered} of {len(held)}; {wanted} {COVERED:.0%}"


def _vain(fearless: "Sequence[Lived]") -> str:
    stops = [one.stopped_after for one in fearless if one.stopped_after is not None]
    most = max((one.activations for one in fearless), default=0)
    met = len(stops) == len(fearless) and max(stops, default=0) <= STOPPED
    first = f"{min(stops)} to {max(stops)}" if stops else "no"
    return (
        f"a troop that fears nothing: stopped in {len(stops)} of {len(fearless)}, after {first} activations"
        f" (with later tries at most {most} in the whole season); {_met(met)} <= {STOPPED}"
    )


def _met(met: object) -> str:
    return "met:" if met else "NOT MET:"


def _live(planned: list[tuple[int, str, int]], workers: int) -> "Iterator[Lived]":
    """Every season as it ends, with a bar; Ctrl-C ends it without figures."""
    from rich.console import Console
    from rich.progress import track

    from simulators.field.season_trial import live

    console = Console(stderr=True)
    if workers == 1:
        yield from (live(*one) for one in track(planned, "seasons", console=console))
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        waiting = [pool.submit(live, *one) for one in planned]
        yield from (one.result() for one in track(waiting, "seasons", console=console))
