"""Knocks and voices out of sound levels."""

import itertools

import pytest

from edge.fall.answers import Answers, Heard, ListenSettings

STEP_S = 0.05


def heard(*sounds: tuple[float, float]) -> list[Heard]:
    """(level, seconds) one after the other."""
    answers, told = Answers(ListenSettings()), []
    times = itertools.count()
    for level, seconds in sounds:
        for _ in range(round(seconds / STEP_S)):
            what = answers.hear(level, next(times) * STEP_S)
            if what is not None:
                told.append(what)
    return told


def test_two_knocks_are_an_answer():
    assert heard((0.8, 0.1), (0.0, 0.6), (0.9, 0.1), (0.0, 1.0)) == [Heard.KNOCK]


@pytest.mark.parametrize(
    ("why", "sounds"),
    [
        ("one knock: something fell", [(0.8, 0.1), (0.0, 5.0)]),
        ("two far apart", [(0.8, 0.1), (0.0, 5.0), (0.8, 0.1), (0.0, 5.0)]),
        ("too soft", [(0.3, 0.1), (0.0, 0.6), (0.3, 0.1), (0.0, 1.0)]),
    ],
)
def test_what_is_no_answer(why: str, sounds: list[tuple[float, float]]):
    assert heard(*sounds) == [], why


def test_a_voice_with_its_pauses_is_a_voice_and_no_knock():
    syllables = [(0.7, 0.2), (0.1, 0.1)] * 4
    assert heard(*syllables, (0.0, 2.0)) == [Heard.VOICE]
