"""``mimamori evaluate descents``: simulated life as numbers for the trainer of the fall scorer.

Each row is one look at a body that was upright and is no longer seen so (edge/fall/descent.py), with what the simulator
knows: 1 if that body had fallen by then, 0 if not. Looks while somebody is falling, and at falls out of view, say neither
and are left out. Beside them, as ``stays``, stand half a minute and more of whatever stayed low (edge/fall/sitting.py).
Perception and watching are those of a device; only the scorer is a recorder.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cli.simulated_homes import Job
    from edge.fall.place import Place
    from edge.fall.scene import Scene
    from edge.fall.settings import MountSettings
    from simulators.home.actors import TrueFall
    from simulators.home.life import SimulatedHome
    from simulators.home.variation import Variation

    _Rows = tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float64]]
    """Rows (N, features), whether each had fallen, and when it was."""
    _Life = tuple[_Rows, _Rows]
    """Descents and stays of one home or scene."""

HELPED_S = 300.0
"""A fall of the simulator that nobody was yet seen to rise from lasts at least so long."""
STAYS_S = (20.0, 62.0)
APART_M = 0.8
"""Nearer than this, two low bodies are watched as one stay."""
FELL_M = 1.2
"""Of a stay from where the hips of a fallen body lie; what is low farther off is a ghost of it."""
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


class _Stays:
    """Watches each place at which something is low, for a while drawn anew each time, and puts it into numbers."""

    def __init__(self, rng: "np.random.Generator", seen: tuple[float, float]) -> None:
        from edge.fall.traces import Traces

        self._rng, self._seen = rng, seen
        self._traces = Traces()
        self._open: list[tuple[Place, float, float]] = []
        self.rows: list[tuple[float, ...]] = []
        self.spans: list[tuple[Place, float, float]] = []

    def take(self, scene: "Scene") -> None:
        """One frame."""
        from edge.fall.descent import UPRIGHT_M
        from edge.fall.sitting import REACH_M, numbers

        at_s = scene.at_s
        if scene.seen:
            self._traces.take(scene)
        for body in scene.bodies:
            if body.height_m <= UPRIGHT_M and all(
                one[0].distance_m(body.place) > APART_M for one in self._open
            ):
                self._open.append((body.place, at_s, at_s + float(self._rng.uniform(*STAYS_S))))
        for one in [one for one in self._open if one[2] <= at_s]:
            self._open.remove(one)
            place, since_s, _ = one
            if self._traces.told:
                around = self._traces.around(place, REACH_M, since_s)
                self.rows.append((*numbers(around, place, since_s, at_s), *self._seen))
                self.spans.append((place, since_s, at_s))


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
    arrays: dict[str, Any] = {}
    for n, name in enumerate(("", "stays_")):
        lives = [part[n] for part in parts]
        for column, of in enumerate(("rows", "fell", "at_s")):
            arrays[name + of] = np.concatenate([one[column] for one in lives])
        arrays[name + "whose"] = np.repeat(np.arange(len(lives)), [len(one[0]) for one in lives])
    np.savez_compressed(out, **arrays)
    told = [
        f"{len(arrays[n + 'rows'])} {of}, {arrays[n + 'fell'].sum()} of them"
        for n, of in (("", "looks"), ("stays_", "stays"))
    ]
    typer.echo(f"{out}: {' and '.join(told)} of somebody who had fallen")


def _looked(job: "Job", *, as_is: bool) -> "list[_Life]":
    return [_look(name, home, as_is=as_is) for name, _, home in job.homes()]


def _look(name: str, home: "SimulatedHome", *, as_is: bool) -> "_Life":
    import numpy as np

    from cli.simulated_homes import installed_in
    from edge.fall.descent import FEATURES
    from edge.fall.people import People
    from edge.fall.sitting import FEATURES as SITTING
    from edge.fall.sitting import Scorers
    from edge.fall.watcher import FallWatcher, Now
    from edge.fall_scorer import HOW_SEEN, how_seen
    from simulators.home.variation import Variation, drawn

    installed = installed_in(home)
    rng, sensor = np.random.default_rng([*name.encode()]), home.plan.sensor
    varied = Variation() if as_is else drawn(rng, fine=not sensor.elevation_step)
    mount = _entered(installed.mount, varied)
    looks = _Looks(how_seen(mount, installed.people.antenna))
    stays = _Stays(rng, looks.seen)
    people = People(mount, installed.people)
    watcher = FallWatcher(
        installed.fall, installed.ask, installed.zones, lambda _ms: "0" * 26, Scorers(looks, lambda _: 0.0)
    )
    for at_s, cloud in varied.clouds(home, sensor.doppler_step_mps, rng):
        looks.now_s = at_s
        scene = people.update(cloud)
        watcher.step(scene, Now(at_s, 0))
        stays.take(scene)
    known = [_fell(at_s, home.falls) for at_s in looks.times]
    stayed = [_stayed(*span, home.falls) for span in stays.spans]
    return (
        _known(looks.rows, known, looks.times, len(FEATURES) + len(HOW_SEEN)),
        _known(stays.rows, stayed, [one[2] for one in stays.spans], len(SITTING) + len(HOW_SEEN)),
    )


def _known(rows: list[tuple[float, ...]], known: list[bool | None], at_s: list[float], wide: int) -> "_Rows":
    import numpy as np

    kept = np.array([one is not None for one in known], dtype=np.bool_)
    fell = np.array([bool(one) for one in known], dtype=np.bool_)
    return np.array(rows, dtype=np.float32).reshape(-1, wide)[kept], fell[kept], np.array(at_s)[kept]


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


def _stayed(place: "Place", since_s: float, until_s: float, falls: "Sequence[TrueFall]") -> bool | None:
    """Whether somebody lay at the place, fallen, all the while; None where that changed, or of a ghost of them."""
    from math import hypot

    before, after = _fell(since_s, falls), _fell(until_s, falls)
    if before is not after or before is None:
        return None
    down = [fall for fall in falls if fall.down_s <= since_s and (fall.up_s is None or until_s < fall.up_s)]
    near = any(hypot(fall.place[0] - place.x_m, fall.place[1] - place.y_m) <= FELL_M for fall in down)
    return before if near or not down else None
