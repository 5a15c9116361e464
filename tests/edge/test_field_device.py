"""A field from its pictures to what the city is told: a drawn troop, the real repeller on mock pins."""

import itertools
import random

import cv2
import numpy as np
import pytest
from ulid import ULID

from contract.messages import (
    PICTURE_BYTES_MAX,
    Fault,
    FaultPhase,
    MuteRepeller,
    Repel,
    RepelPhase,
    Sighting,
    VisitPhase,
)
from edge.clock import ManualClock
from edge.field import Field
from edge.field_settings import FieldSettings
from edge.repel.repeller import Repeller
from edge.sensors.camera.sensor import ReplayCamera
from edge.sensors.readings import Picture, SensorLostError
from simulators.field.camera_feed import CameraFeed
from simulators.field.drawn_eye import DrawnEye
from simulators.field.story import FieldStory, Passage

NOON_MS = 1_750_042_800_000  # 12:00 in Japan
SITE = {"armed": True, "daylight_only": False, "dwelling_m": 300.0}
HORN = {"name": "horn", "stimulus": "horn", "pin": 17, "max_on_s": 1.0}


@pytest.fixture(autouse=True)
def mock_pins(monkeypatch):
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")


def ulids():
    numbers = itertools.count(1)
    return lambda ms: str(ULID.from_int(next(numbers)))


class DrawnCamera:
    """A Sensor[Picture] whose pictures are drawn on demand; ``upset`` makes it misbehave."""

    def __init__(self, feed, clock, period_s=0.2):
        self.feed, self.clock, self.period_s = feed, clock, period_s
        self.upset = None
        self.frame = 0
        self.opened = 0
        self.unreadable = 0
        self._last = None

    def open(self):
        self.opened += 1
        if self.upset == "unplugged":
            raise SensorLostError("unplugged: plug it in")

    def read(self, timeout_s):
        self.clock.advance(self.period_s)
        if self.upset == "unplugged":
            raise SensorLostError("unplugged: plug it in")
        if self.upset == "unreadable":
            self.unreadable += 1
        if self.upset in ("silent", "unreadable"):
            return []
        image = self.feed.step(self.period_s)
        if self.upset == "frozen":
            image = self._last
        if self.upset == "black":
            image = np.zeros_like(image)
        self._last = image
        self.frame += 1
        return [Picture(self.clock.monotonic_s(), self.frame, image)]

    def close(self):
        pass

    def counters(self):
        return {"frames": float(self.frame), "skipped": 0.0, "unreadable": float(self.unreadable)}


class Rig:
    """One field with its drawn world."""

    def __init__(self, folder, *, story=None, eye=None, **tables):
        self.clock = ManualClock(NOON_MS)
        self.story = FieldStory(np.random.default_rng(4), **(story or {"first_s": 2.0, "troop": (3, 3)}))
        feed = CameraFeed(folder, self.story, np.random.default_rng(5), size=(320, 180))
        self.camera = DrawnCamera(feed, self.clock)
        self.detector = eye or DrawnEye(lambda: feed.boxes)
        new_ulid = ulids()
        text = {
            "device": "field-1",
            "data_directory": folder,
            "live": True,
            "camera": {"source": str(folder)},
            "eye": {
                "model": "eye.json",
                "quiet_after_s": 30.0,
                "bearing_deg": 90.0,
                **tables.pop("eye_table", {}),
            },
            **tables,
        }
        self.settings = FieldSettings.model_validate(text)
        self.repeller = Repeller(self.settings.repel, self.clock, new_ulid, random.Random(1))
        self.field = Field(self.settings, self.camera, self.detector, self.repeller, self.clock, new_ulid)
        self.events, self.samples, self.lives = [], [], []
        self.field.open()

    def run(self, seconds):
        """Step for so long; returns the events of this stretch."""
        until_s = self.clock.monotonic_s() + seconds
        before = len(self.events)
        while self.clock.monotonic_s() < until_s:
            at_s = self.clock.monotonic_s()
            out = self.field.step(0.0)
            if self.clock.monotonic_s() == at_s:  # a camera that is not there takes no time
                self.clock.advance(0.2)
            self.events += out.events
            self.samples += out.samples
            self.lives += [out.live] if out.live else []
            self.story.outputs(set(self.repeller.outputs_on()))
        return self.events[before:]


@pytest.fixture
def rig(tmp_path):
    made = []

    def make(**tables):
        made.append(Rig(tmp_path, **tables))
        return made[-1]

    yield make
    for one in made:
        one.field.close()


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def codes(events):
    return [(fault.code, fault.phase) for fault in of(Fault, events)]


def test_a_quiet_field_says_nothing_but_that_it_lives(rig):
    field = rig(story={"first_s": 1e9})
    assert field.run(60) == []
    assert {s.measurement for s in field.samples} == {"eye", "health"}
    eye = [s.fields for s in field.samples if s.measurement == "eye"]
    assert len(eye) in (5, 6)
    assert all(4.5 <= fields["fps"] <= 5.5 and fields["animals"] == 0 for fields in eye)
    assert field.field.faults() == []


def test_a_troop_is_one_visit_from_its_coming_to_the_quiet_after_it(rig):
    field = rig(story={"first_s": 2.0, "troop": (3, 3), "stay_s": 40.0, "between_s": 1e9})
    visits = of(Sighting, field.run(130))
    assert visits[0].phase is VisitPhase.STARTED
    assert visits[-1].phase is VisitPhase.ENDED
    assert {s.phase for s in visits[1:-1]} == {VisitPhase.UPDATED}
    assert len({s.visit for s in visits}) == 1
    assert visits[-1].count_at_least == 3
    assert "nearer" in [s.direction for s in visits]
    assert {s.heading_deg for s in visits if s.direction == "nearer"} == {270.0}


def test_the_visits_picture_is_a_small_jpeg_of_the_field(rig):
    visits = of(Sighting, rig().run(30))
    picture = visits[0].picture
    assert len(picture) < PICTURE_BYTES_MAX
    assert cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR).shape == (180, 320, 3)


def test_whoever_watches_sees_boxes_in_fractions_count_and_picture(rig):
    field = rig()
    field.run(25)
    live = field.lives[-1]
    assert live.count_at_least == 3
    assert len(live.boxes) == 3
    assert all(box.confirmed and box.species == "monkey" for box in live.boxes)
    assert all(min(box.x, box.y) >= 0 for box in live.boxes)
    assert all(max(box.x + box.w, box.y + box.h) <= 1 for box in live.boxes)
    assert 1000 < len(live.picture) < 60_000
    assert len(field.lives) / 25 <= 4


def test_nothing_live_is_made_where_the_file_does_not_allow_it(rig):
    field = rig(live=False)
    field.run(10)
    assert field.lives == []


def test_the_horn_sounds_for_a_confirmed_troop_and_its_outcome_is_told(rig):
    field = rig(
        story={"first_s": 35.0, "troop": (3, 3), "leave_probability": 1.0, "between_s": 1e9},
        repel={**SITE, "outputs": [HORN], "control_share": 0.0, "not_back_within_s": 20.0},
    )
    events = of(Repel, field.run(110))
    assert [e.phase for e in events] == [RepelPhase.FIRED, RepelPhase.OUTCOME]
    assert events[0].pins[0].output == "horn"
    assert events[1].outcome == "left"
    assert events[0].visit == of(Sighting, field.events)[0].visit


def test_a_mute_keeps_the_horn_still(rig):
    field = rig(
        story={"first_s": 35.0, "troop": (3, 3)},
        repel={**SITE, "outputs": [HORN], "control_share": 0.0},
    )
    field.field.command(MuteRepeller(NOON_MS + 3_600_000))
    events = of(Repel, field.run(60))
    assert [(e.phase, e.reason) for e in events] == [(RepelPhase.VETOED, "muted")]


def test_a_person_vetoes_and_is_never_shown(rig):
    field = rig(
        story={"first_s": 35.0, "troop": (2, 2), "people": [Passage(at_s=36.0)]},
        repel={**SITE, "outputs": [HORN], "control_share": 0.0},
    )
    events = field.run(56)
    assert [(e.phase, e.reason) for e in of(Repel, events)] == [(RepelPhase.VETOED, "person_in_view")]
    shown = [n for n, live in enumerate(field.lives) if live.picture is None]
    assert len(shown) > 30
    assert all(box.species != "person" for live in field.lives for box in live.boxes)


def test_a_person_alone_makes_no_visit_and_no_picture(rig):
    field = rig(story={"first_s": 1e9, "people": [Passage(at_s=5.0)]})
    assert field.run(30) == []
    withheld = [live for live in field.lives if live.picture is None]
    # 14 s in the picture and 5 s of doubt after it, a picture each 0.4 s.
    assert len(withheld) == pytest.approx(19 / 0.4, abs=6)


def test_a_person_beside_the_troop_is_blurred_in_the_visits_picture(rig):
    field = rig(story={"first_s": 2.0, "troop": (2, 2), "people": [Passage(at_s=2.0, nearness=0.5)]})
    kept = []
    evidence = field.field._evidence

    def watched(picture, now_s):
        kept.append(([b for b in field.camera.feed.boxes if b.kind == "person"], evidence(picture, now_s)))
        return kept[-1][1]

    field.field._evidence = watched
    field.run(14)
    people = [(boxes[0], data) for boxes, data in kept if boxes and data]
    assert people
    for box, data in people:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        inside = image[int(box.y + 5) : int(box.y + box.h - 5), int(box.x + 3) : int(box.x + box.w - 3)]
        # Edges are what a face is made of; a blurred box has next to none.
        assert cv2.Laplacian(inside, cv2.CV_64F).std() < 6


@pytest.mark.parametrize(
    ("upset", "code"),
    [
        ("unplugged", "sensor_lost"),
        ("silent", "sensor_silent"),
        ("frozen", "camera_frozen"),
        ("black", "camera_garbage"),
        ("unreadable", "camera_garbage"),
    ],
)
def test_a_camera_that_fails_is_told_within_30_s_and_again_when_it_is_back(rig, upset, code):
    field = rig(story={"first_s": 1e9})
    field.run(5)
    field.camera.upset = upset
    assert codes(field.run(30)) == [(code, FaultPhase.RAISED)]
    assert field.field.faults() == [code]
    field.camera.upset = None
    assert codes(field.run(15)) == [(code, FaultPhase.CLEARED)]
    raised, cleared = of(Fault, field.events)
    assert raised.fault == cleared.fault


def test_a_camera_that_is_missing_at_start_is_a_fault_and_is_tried_again(rig, tmp_path):
    field = rig(story={"first_s": 1e9})
    field.camera.upset = "unplugged"
    field.run(25)
    field.camera.upset = None
    field.run(15)
    assert codes(field.events) == [("sensor_lost", FaultPhase.RAISED), ("sensor_lost", FaultPhase.CLEARED)]
    assert field.camera.opened >= 3


def test_a_picture_the_eye_has_not_judged_is_never_shown(rig):
    field = rig(story={"first_s": 1e9, "people": [Passage(at_s=1.0)]}, eye_table={"fps_max": 1.0})
    judged = []
    detect = field.detector.detect
    field.detector.detect = lambda image, floor=None: (
        judged.append(field.clock.monotonic_s()) or detect(image)
    )
    for _ in range(60):
        out = field.field.step(0.0)
        assert out.live is None or judged[-1] == field.clock.monotonic_s()
    assert 10 <= len(judged) <= 14


class FailingEye:
    """Works until ``broken``; ``ghosts`` sees monkeys in everything."""

    def __init__(self, mode):
        self.mode = mode

    def detect(self, image, floor=None):
        if self.mode == "raises":
            raise RuntimeError("the session is gone")
        boxes = DrawnEye(list).detect(image)
        if self.mode == "ghosts":
            return type(boxes)(
                np.array([[10, 10, 60, 60]], np.float32),
                np.ones(1, np.float32),
                np.zeros(1, np.int64),
                boxes.class_names,
            )
        return boxes


def test_a_model_that_fails_in_service_is_a_fault_and_the_repeller_is_told(rig):
    eye = FailingEye("works")
    field = rig(eye=eye, story={"first_s": 1e9})
    scenes = []
    update = field.repeller.update
    field.repeller.update = lambda scene: scenes.append(scene) or update(scene)
    assert field.run(5) == []
    assert scenes[-1].eye_ok
    assert field.lives[-1].picture is not None
    eye.mode = "raises"
    assert codes(field.run(5)) == [("model_failed", FaultPhase.RAISED)]
    assert not scenes[-1].eye_ok
    assert field.lives[-1].picture is None
    eye.mode = "works"
    assert codes(field.run(5)) == [("model_failed", FaultPhase.CLEARED)]
    assert scenes[-1].eye_ok


@pytest.mark.parametrize("mode", ["raises", "ghosts"])
def test_a_model_that_fails_its_self_test_is_not_trusted_until_it_passes(rig, mode):
    eye = FailingEye(mode)
    field = rig(eye=eye, story={"first_s": 1e9})
    assert codes(field.run(5)) == [("model_failed", FaultPhase.RAISED)]
    eye.mode = "works"
    assert codes(field.run(30)) == []
    assert codes(field.run(40)) == [("model_failed", FaultPhase.CLEARED)]


def test_a_model_that_misses_the_monkey_of_its_golden_picture_is_not_trusted(rig, tmp_path):
    golden = tmp_path / "golden.png"
    cv2.imwrite(str(golden), np.random.default_rng(1).integers(0, 256, (90, 160, 3), np.uint8))
    field = rig(story={"first_s": 1e9}, eye_table={"golden": golden})
    assert codes(field.run(1)) == [("model_failed", FaultPhase.RAISED)]


def test_before_the_first_picture_the_eye_is_not_trusted(rig):
    field = rig()
    assert not field.field._scene_for_repeller(field.clock.monotonic_s()).eye_ok


def test_stills_are_visits_of_their_own_and_the_last_ends_before_the_replay_does(rig, tmp_path):
    stills = tmp_path / "stills"
    stills.mkdir()
    drawn = rig(story={"first_s": 0.0, "troop": (2, 2)})
    for n in range(3):
        for _ in range(60):
            image = drawn.camera.feed.step(0.2)
        cv2.imwrite(str(stills / f"{n}.png"), image)
    replay = ReplayCamera(stills, drawn.clock)
    field = Field(drawn.settings, replay, drawn.detector, drawn.repeller, drawn.clock, ulids())
    field.open()
    events = [event for _ in range(3 * 12 + 1) for event in field.step(0.0).events]
    with pytest.raises(EOFError):
        field.step(0.0)
    field.close()
    phases = [e.phase for e in of(Sighting, events)]
    assert phases == [VisitPhase.STARTED, VisitPhase.ENDED] * 3
