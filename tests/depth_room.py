"""A simulated room before a depth camera, what is seen in it, and what is made of that."""

import itertools
from collections.abc import Iterable, Sequence
from math import pi

import numpy as np

from contract.messages import Fall
from edge.depth.people import DepthPeople
from edge.fall.scene import Body, Scene
from edge.fall.settings import AskSettings, FallSettings, SensorKind
from edge.fall.watcher import FallWatcher, Now, Tell
from edge.fall.zones import ZoneSettings
from simulators.home.body import STANDING, Act, Place, Stance
from simulators.home.depth import DepthCamera, Hall, Hung, Lens
from simulators.home.depth_film import Actor, Film
from simulators.home.plans import APARTMENT
from simulators.home.shadows import Box

FURNITURE = tuple(APARTMENT.furniture)
SMALL = Lens().smaller(2)
PER_S = 10.0


def somebody(where: Place, *acts: Act, heading_rad: float = pi, from_s: float = 1.5) -> Actor:
    """Comes into the room once it is known."""
    return Actor(Stance(where, heading_rad, STANDING), acts, from_s)


def film(
    *actors: Actor,
    furniture: Sequence[tuple[float, Sequence[Box]]] = ((0.0, FURNITURE),),
    hung: Sequence[tuple[float, Hung]] = ((0.0, Hung()),),
    hall: Hall | None = None,
    lens: Lens = SMALL,
    seed: int = 1,
) -> Film:
    camera = DepthCamera(np.random.default_rng(seed), lens, hung[0][1], hall or Hall())
    return Film(camera, actors, furniture, hung)


def watch(
    shown: Film, seconds: float, people: DepthPeople | None = None, per_s: float = PER_S, from_s: float = 0.0
) -> list[Scene]:
    people = people or DepthPeople()
    return [people.update(frame) for frame in shown.frames(seconds, per_s, from_s)]


def bodies(scenes: Iterable[Scene]) -> list[Body]:
    """All that were seen, not those only remembered."""
    return [body for scene in scenes for body in scene.bodies if body.heights_m]


def told(scenes: Iterable[Scene], zones: Sequence[ZoneSettings] = ()) -> list[Fall]:
    """What the shipped decision for depth cameras tells the city."""
    numbers = itertools.count(1)
    settings = FallSettings().for_sensor(SensorKind.DEPTH)
    watcher = FallWatcher(settings, AskSettings(), zones, lambda _ms: f"01J{next(numbers):023d}")
    actions = [a for s in scenes for a in watcher.step(s, Now(s.at_s, round(1000 * s.at_s)))]
    return [action.fall for action in actions if isinstance(action, Tell)]
