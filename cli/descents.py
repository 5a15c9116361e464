"""``mimamori evaluate descents``: simulated life as numbers for the trainer of the fall scorer.

Each row is one look at a body that was upright and is no longer seen so (edge/fall/descent.py), with what the simulator
knows: 1 if that body had fallen by then, 0 if not. Looks while somebody is falling, and at falls out of view, say neither
and are left out. Perception and watching are those of a device; only the scorer is a recorder.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cli.simulated_homes import Job
    from edge.fall.settings import MountSettings
    from simulators.home.actors import TrueFall
    from simulators.home.life import SimulatedHome
    from simulators.home.variation import Variation

    _Life = tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float64]]
    """Rows (N, features), whether each had fallen, and when it was: of one home or scene."""

HELPED_S = 300.0
"""A fall of the simulator that nobody was yet seen to rise from lasts at least so long."""
NEVER = -99.0
"""Log odds under which nothing is ever suspected: the whole of a life is looked at."""


@dataclass(slots=True)
class _Looks:
    """A scorer that believes nothing and writes down what it was asked."""

    seen: tuple[float, float]
    rows: list[tuple[float, ...]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    now_s: float = 0.0

    def __call__(self, values: Sequence[float]) -> float:
        self.rows.append((*values, *self.seen))
        self.times.append(self.now_s)
        return NEVER


def table(
    out: Annotated[Path, typer.Argument(help="Where the table goes (.npz).")],
    days: Annotated[float, typer.Option(help="Days of ordinary life, shared by four homes.")] = 30.0,
    falls: Annotated[int, typer.Option(help="Scenes of one fall each.")] = 1000,
    seed: Annotated[int, typer.Option(help="Keep it away from the seeds that are measured on.")] = 500_000,
    as_is: Annotated[
        bool,
        typer.Option("--as-is", help="Without the variations that training needs: to look at thresholds."),
    ] = False,
    workers: Annotated[int, typer.Option(help="Processes for the simulated homes.", min=1)] = 2,
) -> None:
    """Write looks at simulated bodies, with what they really did, for ``python -m models.falls.scorer``."""
    import numpy as np
    from rich.progress import track

    from cli.simulated_homes import jobs

    parts = []
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        planned = jobs(days, 4, falls, seed)
        for part in track(pool.map(partial(_looked, as_is=as_is), planned), "simulated homes", len(planned)):
            parts += part
    rows = np.concatenate([one[0] for one in parts])
    fell = np.concatenate([one[1] for one in parts])
    whose = np.repeat(np.arange(len(parts)), [len(one[0]) for one in parts])
    at_s = np.concatenate([one[2] for one in parts])
    np.savez_compressed(out, rows=rows, fell=fell, whose=whose, at_s=at_s)
    typer.echo(f"{out}: {len(rows)} looks, {int(fell.sum())} of them at somebody who had fallen")


def _looked(job: "Job", *, as_is: bool) -> "list[_Life]":
    return [_look(name, home, as_is=as_is) for name, _, home in job.homes()]


def _look(name: str, home: "SimulatedHome", *, as_is: bool) -> "_Life":
    import numpy as np

    from cli.simulated_homes import installed_in
    from edge.fall.descent import FEATURES
    from edge.fall.people import People
    from edge.fall.watcher import FallWatcher, Now
    from edge.fall_scorer import HOW_SEEN, how_seen
    from simulators.home.variation import Variation, drawn

    installed = installed_in(home)
    rng, sensor = np.random.default_rng([*name.encode()]), home.plan.sensor
    varied = Variation() if as_is else drawn(rng, fine=not sensor.elevation_step)
    mount = _entered(installed.mount, varied)
    looks = _Looks(how_seen(mount, installed.people.antenna))
    people = People(mount, installed.people)
    watcher = FallWatcher(installed.fall, installed.ask, installed.zones, lambda _ms: "0" * 26, looks)
    for at_s, cloud in varied.clouds(home, sensor.doppler_step_mps, rng):
        looks.now_s = at_s
        watcher.step(people.update(cloud), Now(at_s, 0))
    rows = np.array(looks.rows, dtype=np.float32).reshape(-1, len(FEATURES) + len(HOW_SEEN))
    known = [_fell(at_s, home.falls) for at_s in looks.times]
    kept = np.array([one is not None for one in known], dtype=np.bool_)
    fell = np.array([bool(one) for one in known], dtype=np.bool_)
    return rows[kept], fell[kept], np.array(looks.times)[kept]


def _entered(mount: "MountSettings", varied: "Variation") -> "MountSettings":
    """The mount as somebody measured it, a little wrong; a ceiling's tilt is beyond doubt."""
    from edge.fall_scorer import CEILING_DEG

    tilt_deg = mount.tilt_deg
    if tilt_deg <= CEILING_DEG:
        tilt_deg = max(-10.0, tilt_deg + varied.tilt_err_deg)
    return mount.model_copy(update={"height_m": mount.height_m + varied.height_err_m, "tilt_deg": tilt_deg})


def _fell(at_s: float, falls: "Sequence[TrueFall]") -> bool | None:
    """Whether the one body of a scene had fallen by then; None where it is falling, or was not seen to."""
    for fall in falls:
        until_s = fall.up_s if fall.up_s is not None else fall.down_s + HELPED_S
        if fall.at_s <= at_s < until_s:
            return True if fall.seen and at_s >= fall.down_s else None
    return False
