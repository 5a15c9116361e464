"""Bytes to run on: the simulator's always, real captures where they are beside the repository."""

import os
from pathlib import Path

import numpy as np

from benchmarks.plain_parser import parse
from edge.fall.settings import MountSettings
from edge.sensors.readings import PointCloud
from edge.sensors.ti.frames import MAGIC
from simulators.home.firmware_bytes import encode
from simulators.home.home import FRAME_PERIOD_S, SimulatedHome
from simulators.home.story import FallStory

REPOSITORY = Path(__file__).resolve().parent.parent
MINUTES = 10.0


def simulated(minutes: float = MINUTES, seed: int = 1) -> bytes:
    """A resident who walks, falls, is helped up and walks on, as an IWR6843's firmware sends it."""
    rng = np.random.default_rng(seed)
    mount = MountSettings(height_m=1.8, tilt_deg=10.0)
    home = SimulatedHome(mount, FallStory(rng, fall_at_s=30.0, again_after_s=60.0), rng)
    frames = []
    for number in range(round(minutes * 60 / FRAME_PERIOD_S)):
        if number % 1000 == 999:
            home.help_arrived()
        frames.append(home.frame(number * FRAME_PERIOD_S))
    return b"".join(frames)


def empty(frames: int = 10_000) -> bytes:
    """A quiet night: packets without a point."""
    none = np.zeros((0, 5), np.float32)
    return b"".join(
        encode(PointCloud(n * FRAME_PERIOD_S, n + 1, none, presence=False)) for n in range(frames)
    )


def _has_points(data: bytes) -> bool:
    """Whether the yardsticks decode what is in it; a race against one that passes over all would prove nothing."""
    return any("points" in frame for frame in parse(data[: 1 << 16]))


def captures() -> dict[str, bytes]:
    """Recordings of an IWR6843's data port by name; none where the data is not there."""
    for folder in (os.environ.get("MIMAMORI_DATA"), REPOSITORY.parent / "shared" / "data"):
        place = Path(folder) / "radar" if folder else None
        if place is not None and place.is_dir():
            files = sorted(place.rglob("*.bin"))
            bodies = {file.name: file.read_bytes() for file in files}
            return {name: data for name, data in bodies.items() if MAGIC in data and _has_points(data)}
    return {}
