"""A visit begins once, tells what changes in it, and ends once."""

import itertools

import pytest
from ulid import ULID

from contract.messages import VisitPhase
from edge.wildlife.settings import EyeSettings
from edge.wildlife.sightings import NOTHING, Sightings, View, heading

EYE = EyeSettings(model="eye.json", bearing_deg=350.0, quiet_after_s=600.0, update_every_s=20.0)
JPEG = b"a picture"


def ulids():
    numbers = itertools.count(1)
    return lambda ms: str(ULID.from_int(next(numbers)))


def look(sightings, count, at_s, *, species="monkey", direction="still", picture=JPEG):
    seen = View(species, count, direction, 0.8) if count else NOTHING
    return sightings.look(seen, at_s, int(at_s * 1000), lambda: picture)


def test_the_first_confirmed_animal_starts_a_visit_with_a_picture():
    (event,) = look(Sightings(EYE, ulids()), 2, 1.0)
    assert (event.phase, event.species, event.count_at_least) == (VisitPhase.STARTED, "monkey", 2)
    assert event.picture == JPEG


def test_nothing_confirmed_starts_nothing():
    assert look(Sightings(EYE, ulids()), 0, 1.0) == []


def test_a_growing_troop_is_told_at_most_every_so_often_and_under_one_visit():
    sightings = Sightings(EYE, ulids())
    (started,) = look(sightings, 1, 0.0)
    told = [event for n in range(1, 100) for event in look(sightings, 1 + n // 10, n * 0.2 + 0.1)]
    assert told == []
    (updated,) = look(sightings, 3, 21.0)
    assert updated.visit == started.visit
    assert (updated.phase, updated.count_at_least) == (VisitPhase.UPDATED, 10)


def test_a_visit_that_does_not_change_is_told_once():
    sightings = Sightings(EYE, ulids())
    events = [event for n in range(500) for event in look(sightings, 2, n * 1.0)]
    assert [event.phase for event in events] == [VisitPhase.STARTED]


def test_a_bear_is_told_at_once_and_names_the_visit_to_its_end():
    sightings = Sightings(EYE, ulids())
    look(sightings, 3, 0.0)
    (event,) = look(sightings, 1, 0.4, species="bear")
    assert (event.phase, event.species) == (VisitPhase.UPDATED, "bear")
    look(sightings, 5, 1.0)
    assert sightings.end(2.0)[0].species == "bear"


def test_a_visit_ends_after_the_quiet_time_and_the_next_is_another():
    sightings = Sightings(EYE, ulids())
    (started,) = look(sightings, 2, 0.0)
    assert look(sightings, 0, 599.0) == []
    (ended,) = sightings.wait(600.0)
    assert (ended.phase, ended.visit, ended.count_at_least) == (VisitPhase.ENDED, started.visit, 2)
    assert sightings.wait(1300.0) == []
    assert look(sightings, 1, 1400.0)[0].visit != started.visit


def test_animals_that_come_back_within_the_quiet_time_continue_the_visit():
    sightings = Sightings(EYE, ulids())
    look(sightings, 2, 0.0)
    assert look(sightings, 2, 500.0) == []
    assert sightings.wait(1000.0) == []


def test_each_picture_is_sent_once_and_only_a_better_one_follows():
    sightings = Sightings(EYE, ulids())
    look(sightings, 2, 0.0, picture=b"first")
    (updated,) = look(sightings, 2, 30.0, direction="left", picture=b"as good")
    assert updated.picture is None
    look(sightings, 4, 31.0, picture=b"better")
    assert sightings.end(40.0)[0].picture == b"better"


def test_a_picture_that_may_not_be_made_is_made_up_for_later():
    sightings = Sightings(EYE, ulids())
    (started,) = look(sightings, 2, 0.0, picture=None)
    assert started.picture is None
    look(sightings, 2, 1.0)
    assert sightings.end(2.0)[0].picture == JPEG


@pytest.mark.parametrize(
    ("direction", "degrees"),
    [
        ("away", 350.0),
        ("right", 80.0),
        ("nearer", 170.0),
        ("left", 260.0),
        ("still", None),
        ("unknown", None),
    ],
)
def test_the_heading_follows_from_the_cameras_bearing(direction, degrees):
    assert heading(direction, 350.0) == degrees
    assert heading(direction, None) is None
