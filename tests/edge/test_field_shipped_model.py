"""The shipped model in the real field: drawn animals through a folder, real stills through a replay."""

import itertools
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from ulid import ULID

from contract.messages import Fault, Sighting, VisitPhase
from edge.clock import ManualClock
from edge.field import Field
from edge.field_settings import FieldSettings
from edge.repel.repeller import Repeller
from edge.sensors.camera.sensor import Camera, ReplayCamera
from edge.wildlife.detector import Detector
from simulators.field.camera_feed import CameraFeed
from simulators.field.story import FieldStory

pytestmark = pytest.mark.system

CARD = Path(__file__).resolve().parents[2] / "models" / "macaque_nano" / "macaque_nano.json"
NOON_MS = 1_750_042_800_000


@pytest.fixture(scope="module")
def shipped():
    if not CARD.exists():
        pytest.skip("no trained model in models/macaque_nano (python -m models train, or take a release)")
    return Detector(CARD)


def field(detector, clock, source, camera=None):
    settings = FieldSettings.model_validate(
        {
            "device": "field-1",
            "data_directory": source,
            "camera": {"source": str(source), "follow": camera is None},
            "eye": {"model": CARD, "quiet_after_s": 20.0},
        }
    )
    numbers = itertools.count(1)

    def new_ulid(ms):
        return str(ULID.from_int(next(numbers)))

    repeller = Repeller(settings.repel, clock, new_ulid, random.Random(1))
    made = Field(settings, camera or Camera(settings.camera, clock), detector, repeller, clock, new_ulid)
    made.open()
    return made


@pytest.mark.parametrize("seed", [1, 2])
def test_a_drawn_troop_is_confirmed_counted_and_gone_again(shipped, tmp_path, seed):
    clock = ManualClock(NOON_MS)
    story = FieldStory(np.random.default_rng(seed), first_s=10.0, troop=(4, 4), stay_s=30.0, between_s=1e9)
    feed = CameraFeed(tmp_path, story, np.random.default_rng(seed))
    device = field(shipped, clock, tmp_path)
    events, most = [], 0
    for _ in range(int(75 / 0.2)):
        clock.advance(0.2)
        feed.upload(feed.step(0.2))
        events += device.step(0.0).events
        most = max(most, len(feed.boxes))
    device.close()
    assert [event for event in events if isinstance(event, Fault)] == []
    visits = [event for event in events if isinstance(event, Sighting)]
    assert (visits[0].phase, visits[-1].phase) == (VisitPhase.STARTED, VisitPhase.ENDED)
    assert {visit.species for visit in visits} == {"monkey"}
    assert len({visit.visit for visit in visits}) == 1
    assert 3 <= visits[-1].count_at_least <= most


def test_an_empty_drawn_field_stays_quiet(shipped, tmp_path):
    clock = ManualClock(NOON_MS)
    events = []
    for seed in range(4):
        feed = CameraFeed(
            tmp_path, FieldStory(np.random.default_rng(seed), first_s=1e9), np.random.default_rng(seed)
        )
        device = field(shipped, clock, tmp_path)
        for _ in range(20):
            clock.advance(0.2)
            feed.upload(feed.step(0.2))
            events += device.step(0.0).events
        device.close()
    assert events == []


def replayed(shipped, folder):
    """{still: sighting that started} of a folder of unrelated stills."""
    clock = ManualClock(NOON_MS)
    replay = ReplayCamera(folder, clock)
    device = field(shipped, clock, folder, replay)
    started = {}
    stills = sorted(path.name for path in folder.iterdir())
    for n in itertools.count():
        try:
            events = device.step(0.0).events
        except EOFError:
            break
        for event in events:
            if isinstance(event, Sighting) and event.phase is VisitPhase.STARTED:
                started[stills[n // 12]] = event
    device.close()
    return started


def test_real_macaques_held_apart_from_training_give_confirmed_sightings(shipped, shared_data, tmp_path):
    held_apart = CARD.with_name("held_apart.txt")
    if not held_apart.exists():
        pytest.skip("no list of held-apart pictures beside the model")
    names = [
        n for n in held_apart.read_text().split() if n.startswith("n3")
    ] or held_apart.read_text().split()
    images = shared_data / "wildlife" / "images"
    for name in names[:24]:
        (tmp_path / name).symlink_to(images / name)
    started = replayed(shipped, tmp_path)
    species = Counter(event.species for event in started.values())
    assert species["monkey"] >= 0.8 * len(names[:24])
