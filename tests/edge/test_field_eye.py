"""A field with the whole eye: what it proves before it tells, what it never keeps, and how it takes a new model."""

import itertools
import json
import random
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from ulid import ULID

from contract.messages import Fault, FaultPhase, Sighting, VisitPhase
from edge.clock import ManualClock
from edge.field import Field, FieldParts
from edge.field_model import FieldModel, Networks, seconds_until
from edge.field_settings import FieldSettings
from edge.repel.repeller import Repeller
from edge.sensors.camera.view import KnownView
from edge.sensors.readings import Picture
from edge.wildlife.keeping import Keeping
from edge.wildlife.kept_frame import kept_frames
from edge.wildlife.naming import Namer
from edge.wildlife.settings import EyeSettings
from simulators.field.camera_feed import CameraFeed
from simulators.field.drawn_eye import CLASSES, DrawnEye
from simulators.field.story import FieldStory, Passage

NOON_MS = 1_750_042_800_000  # 12:00 in Japan
THRESHOLDS = dict.fromkeys(CLASSES, 0.5)
CARD = SimpleNamespace(
    thresholds=THRESHOLDS, input_height_px=416, input_width_px=416, name="drawn", sha256="ab"
)


class CardedEye(DrawnEye):
    """A drawn eye that has a card, as a model has."""

    card = CARD


class Crops:
    """Names every crop alike."""

    def __init__(self, name, score, monkey):
        self.answer = SimpleNamespace(name=name, score=score, monkey=monkey)

    def name(self, image, boxes):
        return [self.answer] * len(boxes)


class DrawnCamera:
    def __init__(self, feed, clock):
        self.feed, self.clock, self.frame = feed, clock, 0
        self.through = lambda image: image

    def open(self):
        pass

    def read(self, timeout_s):
        self.clock.advance(0.2)
        self.frame += 1
        return [Picture(self.clock.monotonic_s(), self.frame, self.through(self.feed.step(0.2)))]

    def close(self):
        pass

    def counters(self):
        return {}


class Rig:
    def __init__(
        self,
        folder,
        story,
        *,
        crops=None,
        keep=None,
        eye=None,
        camera=None,
        start_ms=NOON_MS,
        new_models=None,
    ):
        self.clock = ManualClock(start_ms)
        feed = CameraFeed(
            folder, FieldStory(np.random.default_rng(4), **story), np.random.default_rng(5), size=(320, 180)
        )
        self.camera = DrawnCamera(feed, self.clock)
        self.settings = FieldSettings.model_validate({
            "device": "field-1", "data_directory": folder, "live": False,
            "camera": {"source": str(folder), **(camera or {})},
            "eye": {
                "model": "eye.json", "quiet_after_s": 20.0, "bearing_deg": 90.0,
                "keep": {"every_s": 1.0, **(keep or {})}, **(eye or {}),
            },
        })  # fmt: skip
        numbers = itertools.count(1)

        def new_ulid(ms):
            return str(ULID.from_int(next(numbers)))

        self.kept = folder / "kept"
        parts = FieldParts(
            namer=Namer(crops, 0.3) if crops else None,
            new_models=new_models,
            known_view=KnownView(),
            keeping=Keeping(self.kept, self.settings.eye.keep, new_ulid, device="field-1"),
        )
        repeller = Repeller(self.settings.repel, self.clock, new_ulid, random.Random(1))
        self.scenes = []
        update = repeller.update
        repeller.update = lambda scene: self.scenes.append(scene) or update(scene)
        self.detector = CardedEye(lambda: feed.boxes)
        self.field = Field(
            self.settings, self.camera, self.detector, repeller, self.clock, new_ulid, parts=parts
        )
        self.field.open()

    def run(self, seconds):
        return [event for _ in range(round(seconds / 0.2)) for event in self.field.step(0.0).events]


@pytest.fixture
def rig(tmp_path):
    made = []

    def make(story, **table):
        made.append(Rig(tmp_path, {"between_s": 1e9, **story}, **table))
        return made[-1]

    yield make
    for one in made:
        one.field.close()


TROOP = {"first_s": 2.0, "troop": (3, 3), "stay_s": 60.0}
NOBODY = {"first_s": 1e9}


def faults(events):
    return [(event.code, event.phase) for event in events if isinstance(event, Fault)]


def sightings(events):
    return [event for event in events if isinstance(event, Sighting)]


def test_a_troop_that_the_second_network_does_not_know_is_no_sighting_but_a_lesson(rig):
    field = rig(TROOP, crops=Crops("nothing", 0.9, 0.02))
    assert sightings(field.run(20)) == []
    assert not any(scene.confirmed for scene in field.scenes)
    assert {frame.why for _, frame in kept_frames(field.kept)} & {"unverified", "unsure"}


@pytest.mark.system
def test_a_troop_that_both_networks_know_is_told_with_its_way_and_size(rig):
    mount = {"height_m": 3.0, "tilt_deg": 12.0, "across_deg": 60.0}
    field = rig(TROOP, crops=Crops("monkey", 0.9, 0.9), eye={"mount": mount})
    told = sightings(field.run(100))
    assert (told[0].phase, told[-1].phase) == (VisitPhase.STARTED, VisitPhase.ENDED)
    assert told[-1].count_at_least == 3
    assert told[-1].size in {"small", "medium", "large"}
    assert 2 <= len(told[-1].track) <= 32
    nearer = [s.heading_deg for s in told if s.direction == "nearer" and s.heading_deg is not None]
    # The camera looks east, so who comes nearer goes west, give or take the slant of the way.
    assert nearer
    assert all(180.0 < heading < 360.0 for heading in nearer)


@pytest.mark.system
def test_people_alone_leave_no_picture_anywhere(rig, tmp_path):
    field = rig({**NOBODY, "people": [Passage(at_s=3.0), Passage(at_s=25.0)]}, keep={"every_s": 1.0})
    events = field.run(60)
    assert sightings(events) == []
    assert not field.kept.exists()
    assert list(tmp_path.rglob("*.jpg")) == []


def test_a_person_beside_the_troop_is_blurred_in_every_picture_kept_for_labels(rig):
    field = rig({**TROOP, "people": [Passage(at_s=6.0, nearness=0.5)]}, keep={"every_s": 1.0})
    people = {}
    keep = field.field._pictures.keeping.keep

    def watched(*args, **rest):
        path = keep(*args, **rest)
        boxes = [b for b in field.camera.feed.boxes if b.kind == "person"]
        if path is not None and boxes:
            people[path] = boxes[0]
        return path

    field.field._pictures.keeping.keep = watched
    field.run(24)
    assert people
    for path, box in people.items():
        inside = cv2.imread(str(path))[
            int(box.y + 5) : int(box.y + box.h - 5), int(box.x + 3) : int(box.x + box.w - 3)
        ]
        assert cv2.Laplacian(inside, cv2.CV_64F).std() < 8


@pytest.mark.system
def test_a_covered_camera_disarms_the_repeller_and_is_told(rig):
    field = rig(NOBODY)
    assert faults(field.run(45)) == []
    assert field.scenes[-1].eye_ok
    field.camera.through = lambda image: np.clip(
        cv2.GaussianBlur(image, (0, 0), 20) * 0.4
        + 60
        + np.random.default_rng(field.camera.frame).normal(0, 3, image.shape),
        0,
        255,
    ).astype(np.uint8)
    assert faults(field.run(30)) == [("camera_covered", FaultPhase.RAISED)]
    assert not field.scenes[-1].eye_ok
    field.camera.through = lambda image: image
    assert faults(field.run(10)) == [("camera_covered", FaultPhase.CLEARED)]
    assert field.scenes[-1].eye_ok


NIGHT_MS = NOON_MS + 9 * 3_600_000


@pytest.mark.parametrize(
    ("start_ms", "infrared", "told"),
    [(NOON_MS, False, True), (NIGHT_MS, False, False), (NIGHT_MS, True, True)],
)
def test_darkness_shuts_the_eye_and_is_a_fault_where_it_should_be_light(rig, start_ms, infrared, told):
    field = rig(NOBODY, start_ms=start_ms, camera={"sees_at_night": infrared, "dark_after_s": 4.0})
    field.run(5)
    field.camera.through = lambda image: (image * 0.1).astype(np.uint8)
    assert faults(field.run(7)) == ([("camera_dark", FaultPhase.RAISED)] if told else [])
    assert not field.scenes[-1].eye_ok


def test_a_bear_unconfirmed_or_beside_monkeys_is_told_to_the_repeller(rig):
    field = rig(NOBODY)
    field.run(3)
    assert not field.scenes[-1].bear_in_view
    field.detector._boxes = lambda: [SimpleNamespace(kind="bear", x=100, y=60, w=60, h=50)]
    field.camera.through = lambda image: cv2.rectangle(image, (100, 60), (160, 110), (20, 20, 20), -1)
    field.run(0.4)
    assert field.scenes[-1].bear_in_view
    assert not field.scenes[-1].confirmed


class NewModel:
    """A place where another model was put; ``good`` or blind."""

    def __init__(self, *, good):
        self.good, self.there, self.why = good, False, []

    def changed(self):
        there, self.there = self.there, False
        return there

    def load(self):
        eye = CardedEye(list)
        if not self.good:
            eye.detect = lambda image, floor=None: DrawnEye(
                lambda: [SimpleNamespace(kind="monkey", x=1, y=1, w=9, h=9)]
            ).detect(np.arange(27, dtype=np.uint8).reshape(3, 3, 3))
        eye.card = SimpleNamespace(**{**vars(CARD), "name": "new", "sha256": "cd"})
        return Networks(eye)

    def refused(self, why):
        self.why.append(why)


@pytest.mark.parametrize("good", [True, False])
def test_a_new_model_is_tried_before_it_is_used_and_a_bad_one_leaves_the_old(rig, good):
    new = NewModel(good=good)
    field = rig(NOBODY, new_models=new)
    field.run(12)
    new.there = True
    assert faults(field.run(15)) == []
    assert field.field._model.name_and_sha256[0] == ("new" if good else "drawn")
    assert bool(new.why) is not good
    assert field.scenes[-1].eye_ok


def test_golden_pictures_are_tried_at_start_and_every_night(tmp_path):
    clock = ManualClock(NOON_MS)
    tested = []

    class Counted(CardedEye):
        def detect(self, image, floor=None):
            tested.append(clock.monotonic_s())
            return super().detect(image, floor)

    model = FieldModel(EyeSettings(model=tmp_path / "eye.json"), clock, "Asia/Tokyo", Networks(Counted(list)))
    assert model.faults()
    for _ in range(3 * 24 * 6):
        model.tend()
        clock.advance(600.0)
    hours = [12 + at / 3600 for at in tested]
    assert [round(hour % 24, 1) for hour in hours] == [12.0, 2.5, 2.5, 2.5]
    assert model.faults() == {}


@pytest.mark.parametrize(("now", "seconds"), [("02:00", 1800), ("02:30", 86_400), ("03:00", 23.5 * 3600)])
def test_the_next_night_is_never_more_than_a_day_away(now, seconds):
    from datetime import datetime, time
    from zoneinfo import ZoneInfo

    at = datetime.fromisoformat(f"2026-06-01T{now}:00").replace(tzinfo=ZoneInfo("Asia/Tokyo"))
    assert seconds_until(at, time(2, 30)) == seconds


def test_what_is_kept_says_which_model_saw_it(rig):
    field = rig(TROOP)
    field.run(12)
    told = [json.loads(path.read_text()) for path in field.kept.glob("*.json")]
    assert told
    assert {(one["model"], one["model_sha256"], one["device"]) for one in told} == {
        ("drawn", "ab", "field-1")
    }
