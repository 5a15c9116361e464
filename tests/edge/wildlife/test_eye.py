"""When the eye looks, what it follows, and what a second network must say before a monkey is one."""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from edge.wildlife.detections import Detections, no_detections
from edge.wildlife.eye import STAY_S, Eye
from edge.wildlife.naming import Namer
from edge.wildlife.settings import EyeSettings

CLASSES = ("monkey", "person", "bear", "other_animal")
THRESHOLDS = {"monkey": 0.68, "person": 0.25, "bear": 0.45, "other_animal": 0.45}


class Scripted:
    """Finds what it was told is there, above the floor it is asked for; has a card like a real detector."""

    def __init__(self):
        self.there = []
        self.looks = 0
        self.card = SimpleNamespace(
            thresholds=THRESHOLDS, input_height_px=416, input_width_px=416, name="scripted", sha256="0"
        )

    def detect(self, image, floor=None):
        self.looks += 1
        least = {name: THRESHOLDS[name] if floor is None else floor for name in CLASSES}
        found = [one for one in self.there if one[1] >= least[one[0]]]
        found.sort(key=lambda one: -one[1])
        if not found:
            return no_detections(CLASSES)
        return Detections(
            np.array([one[2] for one in found], np.float32),
            np.array([one[1] for one in found], np.float32),
            np.array([CLASSES.index(one[0]) for one in found], np.int64),
            CLASSES,
        )


class Named(NamedTuple):
    name: str
    score: float
    monkey: float


class SecondOpinion:
    def __init__(self, *answer):
        self.answer = Named(*answer)
        self.asked = 0

    def name(self, image, boxes):
        self.asked += len(boxes)
        return [self.answer] * len(boxes)


BOX = (100.0, 100.0, 160.0, 180.0)
STILL = np.full((180, 320, 3), 90, np.uint8)


def watched(eye, seconds, start_s=0.0, image=STILL, period_s=0.2):
    times = [start_s + n * period_s for n in range(round(seconds / period_s))]
    return [(at_s, eye.glance(image, "", at_s)) for at_s in times]


def last(looks):
    return next(look for _, look in reversed(looks) if look is not None)


def settings(**table):
    return EyeSettings(model="eye.json", **table)


def test_a_still_and_empty_field_is_looked_at_now_and_then_and_no_more():
    detector = Scripted()
    eye = Eye(settings(), detector)
    watched(eye, 5)
    before = detector.looks
    looks = watched(eye, 60, 5.0)
    assert 26 <= detector.looks - before <= 32
    gaps = np.diff([at for at, look in looks if look is not None])
    # The repeller believes an eye for 3 s: the longest time without a look must stay below.
    assert gaps.max() <= 2.3


def test_a_monkey_that_sits_still_is_found_and_never_lost_while_it_sits():
    detector = Scripted()
    eye = Eye(settings(), detector)
    watched(eye, 60)
    detector.there = [("monkey", 0.9, BOX)]
    looks = watched(eye, 180, 60.0)
    confirmed = [at for at, look in looks if look is not None and any(t.confirmed for t in look.tracks)]
    assert confirmed[0] < 60 + 5
    assert np.diff(confirmed).max() < 0.3
    assert {t.number for _, look in looks if look for t in look.tracks if t.confirmed} == {
        last(looks).tracks[0].number
    }


def test_the_eye_stays_open_for_a_while_after_the_last_animal():
    detector = Scripted()
    eye = Eye(settings(), detector)
    detector.there = [("monkey", 0.9, BOX)]
    watched(eye, 3)
    detector.there = []
    before = detector.looks
    watched(eye, STAY_S - 1, 3.0)
    assert detector.looks - before >= 4.5 * (STAY_S - 1)


def test_without_the_gate_every_picture_is_looked_at():
    detector = Scripted()
    watched(Eye(settings(motion_gate=False), detector), 10)
    assert detector.looks == 50


def test_a_monkey_is_confirmed_only_when_the_second_network_agrees():
    for answer, confirmed in ((("monkey", 0.9, 0.9), True), (("nothing", 0.9, 0.01), False)):
        detector, second = Scripted(), SecondOpinion(*answer)
        detector.there = [("monkey", 0.9, BOX)]
        eye = Eye(settings(), detector, Namer(second, 0.3))
        (track,) = last(watched(eye, 4)).tracks
        assert track.lasted
        assert track.confirmed is confirmed


def test_a_faint_monkey_that_the_second_network_is_sure_of_is_one():
    detector = Scripted()
    detector.there = [("monkey", 0.2, BOX)]
    (track,) = last(
        watched(Eye(settings(), detector, Namer(SecondOpinion("monkey", 0.9, 0.9), 0.3)), 4)
    ).tracks
    assert track.confirmed
    assert track.confidence == pytest.approx((0.2 * 0.9) ** 0.5)
    assert last(watched(Eye(settings(), detector), 4)).tracks == []


def test_what_is_no_monkey_but_surely_something_else_is_told_as_that():
    detector = Scripted()
    detector.there = [("monkey", 0.9, BOX)]
    (track,) = last(watched(Eye(settings(), detector, Namer(SecondOpinion("dog", 0.8, 0.01), 0.3)), 4)).tracks
    assert (track.species, track.confirmed) == ("dog", True)


def test_a_faint_body_is_not_told_as_what_the_second_network_alone_calls_it():
    detector = Scripted()
    detector.there = [("monkey", 0.1, BOX)]
    (track,) = last(watched(Eye(settings(), detector, Namer(SecondOpinion("dog", 0.8, 0.01), 0.3)), 4)).tracks
    assert track.lasted
    assert not track.confirmed


def test_a_body_without_a_name_gets_the_one_that_the_second_network_is_sure_of():
    detector = Scripted()
    detector.there = [("other_animal", 0.8, BOX)]
    for answer, species in ((("boar", 0.8, 0.0), "boar"), (("boar", 0.3, 0.0), "other_animal")):
        (track,) = last(watched(Eye(settings(), detector, Namer(SecondOpinion(*answer), 0.3)), 4)).tracks
        assert (track.species, track.confirmed) == (species, True)


def test_no_second_network_can_hide_a_bear():
    detector, second = Scripted(), SecondOpinion("nothing", 0.99, 0.0)
    detector.there = [("bear", 0.6, BOX)]
    (track,) = last(watched(Eye(settings(), detector, Namer(second, 0.3)), 4)).tracks
    assert (track.species, track.confirmed) == ("bear", True)
    assert second.asked == 0


def test_the_second_network_is_asked_often_about_the_new_and_seldom_about_the_known():
    detector, second = Scripted(), SecondOpinion("monkey", 0.9, 0.9)
    detector.there = [("monkey", 0.9, (40.0 * n, 100.0, 40.0 * n + 30, 140.0)) for n in range(10)]
    eye = Eye(settings(), detector, Namer(second, 0.3))
    looks = watched(eye, 10)
    assert all(track.confirmed for track in last(looks).tracks)
    before = second.asked
    watched(eye, 20, 10.0)
    assert second.asked - before <= 10 * (20 / 5 + 1)


def test_a_stone_that_both_have_looked_at_does_not_keep_the_eye_open():
    detector, second = Scripted(), SecondOpinion("nothing", 0.9, 0.0)
    detector.there = [("monkey", 0.3, BOX)]
    eye = Eye(settings(), detector, Namer(second, 0.3))
    watched(eye, 40)
    before = detector.looks
    watched(eye, 60, 40.0)
    # Each look in between begins a new track, which is looked at until it is refuted.
    assert detector.looks - before < 60 * 5 * 0.8


def test_a_faint_person_is_veiled_but_not_a_sure_monkey_that_looks_a_little_like_one():
    detector = Scripted()
    detector.there = [
        ("monkey", 0.9, BOX),
        ("person", 0.2, BOX),
        ("person", 0.2, (300.0, 100.0, 340.0, 200.0)),
    ]
    look = last(watched(Eye(settings(), detector), 4))
    assert look.people == []
    assert look.veiled() == [(300.0, 100.0, 340.0, 200.0)]


def test_a_cut_in_the_view_forgets_what_was_followed():
    detector = Scripted()
    detector.there = [("monkey", 0.9, BOX)]
    eye = Eye(settings(), detector)
    watched(eye, 4)
    assert not eye.glance(STILL, "another", 4.0).tracks[0].confirmed


def test_an_animal_far_away_is_missed_only_when_its_part_of_the_picture_was_looked_at():
    detector = Scripted()
    detector.there = [("monkey", 0.9, (1000.0, 500.0, 1030.0, 540.0))]
    eye = Eye(settings(tiles_most=0), detector)
    large = np.full((1080, 1920, 3), 90, np.uint8)
    watched(eye, 3, image=large)
    detector.there = []
    (track,) = eye.glance(large, "", 3.0).tracks
    # No tile was looked at: the whole picture does not show 40 px of 1080 to this network.
    assert track.seen_now
