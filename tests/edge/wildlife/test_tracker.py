"""Boxes become animals only over time."""

import numpy as np
import pytest

from edge.wildlife.detections import Detections
from edge.wildlife.settings import EyeSettings
from edge.wildlife.sightings import direction_of
from edge.wildlife.tracker import Tracker

CLASSES = ("monkey", "person", "dog")
EYE = EyeSettings(model="eye.json")


def seen(*animals):
    """(class, x1, y1, x2, y2[, score]) -> the detections of one picture."""
    return Detections(
        np.array([a[1:5] for a in animals], np.float32).reshape(-1, 4),
        np.array([a[5] if len(a) > 5 else 0.8 for a in animals], np.float32),
        np.array([CLASSES.index(a[0]) for a in animals], np.int64),
        CLASSES,
    )


def walk(tracker, pictures, period_s=0.2, start_s=0.0):
    for n, picture in enumerate(pictures):
        tracks = tracker.update(picture, start_s + n * period_s)
    return tracks


def test_one_picture_never_confirms_however_sure_it_is():
    tracks = Tracker(EYE).update(seen(("monkey", 10, 10, 60, 60, 1.0)), 0.0)
    assert [t.confirmed for t in tracks] == [False]


def test_hits_without_the_minimum_time_do_not_confirm():
    tracks = walk(Tracker(EYE), [seen(("monkey", 10, 10, 60, 60))] * 10, period_s=0.05)
    assert not tracks[0].confirmed
    tracks = walk(Tracker(EYE), [seen(("monkey", 10, 10, 60, 60))] * 10, period_s=0.2)
    assert tracks[0].confirmed


def test_an_animal_seen_in_too_few_of_the_pictures_is_not_confirmed():
    flicker = [seen(("monkey", 10, 10, 60, 60)), seen(), seen()] * 10
    assert not walk(Tracker(EYE), flicker)[0].confirmed


def test_a_walking_animal_keeps_its_number_and_a_gap_of_a_second_does_not_lose_it():
    tracker = Tracker(EYE)
    path = [seen(("monkey", 10 + 8 * n, 100, 70 + 8 * n, 150)) for n in range(10)]
    walk(tracker, path)
    walk(tracker, [seen()] * 4, start_s=2.0)
    tracks = walk(tracker, [seen(("monkey", 110, 100, 170, 150))], start_s=2.9)
    assert [t.number for t in tracks] == [1]
    assert tracks[0].confirmed


def test_an_animal_not_seen_for_long_enough_is_forgotten():
    tracker = Tracker(EYE)
    walk(tracker, [seen(("monkey", 10, 10, 60, 60))] * 8)
    assert walk(tracker, [seen()], start_s=5.0) == []


def test_a_cut_in_the_view_makes_no_track_across_it():
    tracker = Tracker(EYE)
    for n in range(20):
        tracks = tracker.update(seen(("monkey", 10, 10, 60, 60)), n * 0.2, scene=f"still {n}")
        assert not tracks[0].confirmed


def test_two_neighbours_stay_two_tracks():
    side_by_side = seen(("monkey", 10, 10, 60, 60), ("monkey", 55, 10, 105, 60))
    tracks = walk(Tracker(EYE), [side_by_side] * 10)
    assert len([t for t in tracks if t.confirmed]) == 2


def test_two_names_for_one_body_are_one_animal_named_by_the_votes():
    two_minds = seen(("monkey", 10, 10, 60, 60, 0.7), ("dog", 12, 11, 61, 60, 0.6))
    dog = seen(("dog", 10, 10, 60, 60, 0.65))
    tracks = walk(Tracker(EYE), [two_minds, dog, two_minds, two_minds, dog, two_minds, two_minds, two_minds])
    assert [t.species for t in tracks] == ["monkey"]
    assert tracks[0].confidence < 0.7


def test_people_are_not_followed():
    assert walk(Tracker(EYE), [seen(("person", 10, 10, 60, 160))] * 10) == []


@pytest.mark.parametrize(
    ("step", "grow", "feet", "code"),
    [
        (6, 0, 0, "right"),
        (-6, 0, 0, "left"),
        (1, 2, 3, "nearer"),
        (1, -1, -3, "away"),
        (0, 0, 0, "still"),
        (0, -2, 0, "still"),  # it sits down
    ],
)
def test_motion_is_measured_in_body_heights_on_the_ground(step, grow, feet, code):
    pictures = [
        seen(("monkey", 300 + step * n, 100 + feet * n - grow * n, 360 + step * n, 160 + feet * n))
        for n in range(12)
    ]
    assert direction_of(walk(Tracker(EYE), pictures)) == code
