"""Runs the proofs of the repeller on several cores, and says what came of them."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median
from typing import TypeVar

from simulators.repel.histories import Played, play
from simulators.repel.kills import Kill, Victim, Wire, kill_many, kill_once

Say = Callable[[str], None]

CHUNK = 1000
"""Histories a process plays at a time: some half a second."""
SHOWN = 10

DoneT = TypeVar("DoneT")


def prove_histories(count: int, workers: int, say: Say) -> bool:
    """Whether no rule was broken in ``count`` histories."""
    total = Played()
    jobs = [(first, min(CHUNK, count - first)) for first in range(0, count, CHUNK)]
    for played in _in_processes(play, jobs, workers):
        total.add(played)
    say(
        f"{total.histories} histories, {total.looks} looks: {total.shots} shots"
        f" ({total.remote_shots} from afar), {sum(total.vetoes.values())} vetoes, {len(total.broken)} rules broken"
    )
    say("vetoes: " + ", ".join(f"{reason} {many}" for reason, many in total.vetoes.most_common()))
    for broken in total.broken[:SHOWN]:
        say(f"BROKEN {broken}")
    return not total.broken


def prove_kills(
    victim: Victim, count: int, max_on_s: float, workers: int, wire: Wire | None, say: Say
) -> bool:
    """Whether the pin was off within ``max_on_s`` each time; ``wire`` for real pins, else a board in a file."""
    kills: list[Kill] = []
    if wire is None:
        jobs = [(victim, list(range(first, count, workers)), max_on_s) for first in range(workers)]
        for some in _in_processes(kill_many, jobs, workers):
            kills += some
    else:
        kills = [
            kill_once(wire, victim, max_on_s, max_on_s * (0.05 + 0.65 * n / count)) for n in range(count)
        ]
    held = sum(kill.held for kill in kills)
    say(
        f"kill -9 of {victim} while the output is on, {'real pins' if wire else 'pins of a file'}: off within"
        f" {max_on_s:g} s in {held} of {len(kills)}; on for at most {max(kill.on_s for kill in kills):.3f} s;"
        f" off after the kill in {1000 * median(kill.after_kill_s for kill in kills):.0f} ms (median),"
        f" {1000 * max(kill.after_kill_s for kill in kills):.0f} ms (longest)"
    )
    return held == len(kills)


def _in_processes(
    work: Callable[..., DoneT], jobs: Sequence[tuple[object, ...]], workers: int
) -> Iterable[DoneT]:
    """``work`` of each job's arguments, in the jobs' order."""
    if workers == 1:
        yield from (work(*job) for job in jobs)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from [future.result() for future in [pool.submit(work, *job) for job in jobs]]
