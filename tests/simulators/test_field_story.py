"""The demonstration's field: a troop comes, minds the horn or does not, and nobody passes uninvited."""

import numpy as np
import pytest

from simulators.field.story import CROSSING_S, FieldStory, Passage
from simulators.field.troop import Mood


def story(seed=1, **settings):
    return FieldStory(np.random.default_rng(seed), **{"first_s": 5.0, "troop": (4, 4), **settings})


def play(told, seconds, dt_s=0.2):
    return [(told.step(dt_s), told.figures())[1] for _ in range(round(seconds / dt_s))]


def test_it_is_quiet_first_and_then_the_whole_troop_comes_down():
    told = story()
    assert not any(play(told, 4.8))
    seen = play(told, 20)
    assert max(len(figures) for figures in seen) == 4
    assert seen[2][0].nearness < 0.1
    assert max(figure.nearness for figure in seen[-1]) > 0.2


def test_people_appear_only_where_the_story_is_given_one():
    assert all(figure.kind == "monkey" for figures in play(story(), 200) for figure in figures)
    told = story(people=[Passage(at_s=2.0)])
    with_person = [any(f.kind == "person" for f in figures) for figures in play(told, 60)]
    assert sum(with_person) * 0.2 == pytest.approx(CROSSING_S, abs=0.5)


def test_a_fearful_troop_flees_at_the_first_noise_and_is_gone_within_seconds():
    told = story(leave_probability=1.0)
    play(told, 20)
    told.outputs({"horn"})
    play(told, 12)
    assert told.stage == "quiet"


def test_a_bold_troop_loses_a_few_and_stays_until_it_has_had_enough():
    told = story(leave_probability=0.0, stay_s=60.0, between_s=1e9, troop=(6, 6), seed=3)
    play(told, 20)
    told.outputs({"strobe"})
    left = play(told, 15)[-1]
    assert 4 <= len(left) <= 6
    assert play(told, 80)[-1] == []


def test_a_noise_that_goes_on_startles_once():
    told = story(leave_probability=0.0, seed=5)
    play(told, 15)
    told.outputs({"horn"})
    moods = [monkey.mood for monkey in told.troop.monkeys]
    for _ in range(200):
        told.outputs({"horn"})
    assert [monkey.mood for monkey in told.troop.monkeys] == moods


def test_habit_makes_every_further_noise_weaker():
    fled = []
    for noise in (0, 6):
        runs = 0
        for seed in range(40):
            told = story(seed=seed, leave_probability=0.9, stay_s=1e9)
            play(told, 15)
            told.troop._fear *= 0.7**noise
            told.outputs({"horn"})
            runs += sum(monkey.mood is Mood.FLINCHING for monkey in told.troop.monkeys)
        fled.append(runs)
    assert fled[1] < 0.6 * fled[0]


def test_the_story_repeats():
    told = story(stay_s=20.0, between_s=10.0)
    play(told, 240)
    assert told.troops >= 3


def test_the_same_seed_tells_the_same_story():
    assert play(story(seed=9), 60) == play(story(seed=9), 60)


def test_the_farthest_is_drawn_first():
    for figures in play(story(), 40):
        assert [f.nearness for f in figures] == sorted(f.nearness for f in figures)
