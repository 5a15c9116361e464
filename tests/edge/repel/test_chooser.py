"""The chooser from the outside: what it is told of outcomes, and what it then chooses."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from edge.repel.chooser import Chooser
from edge.repel.experience import DAY_MS, Experience
from edge.repel.outcome import Outcome
from edge.repel.settings import CONTROL, NO_STIMULUS, RepelSettings

START_MS = 1_782_885_600_000
STIMULI = ("horn", "strobe", "voice", "water")
HOUR_MS = 3_600_000


def configured(
    stimuli: tuple[str, ...] = STIMULI, places: tuple[str, ...] = ("west", "east"), **keys: object
) -> RepelSettings:
    outputs = [
        {"name": f"{word}-{place}", "stimulus": word, "pin": 2 + n}
        for n, (word, place) in enumerate((word, place) for word in stimuli for place in places)
    ]
    return RepelSettings.model_validate({"outputs": outputs, "dwelling_m": 300.0, **keys})


def season(
    chooser: Chooser,
    leaving: dict[str, float],
    attempts: int,
    seed: int = 1,
    *,
    from_ms: int = START_MS,
    every_ms: int = 2 * HOUR_MS,
) -> list[str]:
    """What was chosen when animals leave with the chance that ``leaving`` gives; a held attempt tries again later."""
    rng = random.Random(seed)
    chosen = []
    for n in range(attempts):
        now_ms = from_ms + n * every_ms
        choice = chooser.choose(now_ms)
        chosen.append(choice.stimulus)
        if choice.stimulus == NO_STIMULUS:
            continue
        chooser.tried(choice)
        left = rng.random() < leaving.get(choice.stimulus, 0.05)
        chooser.found(choice, Outcome.LEFT if left else Outcome.STAYED, now_ms + 700_000)
    return chosen


def made(seed: int = 1, experience: Experience | None = None, **keys: object) -> Chooser:
    return Chooser(configured(**keys), random.Random(seed), experience)  # type: ignore[arg-type]


@given(st.integers(0, 2**32), st.lists(st.sampled_from(STIMULI), min_size=3, max_size=4, unique=True))
@hypothesis_settings(max_examples=30, deadline=None)
def test_what_came_in_the_last_two_attempts_does_not_come_now(seed: int, stimuli: list[str]):
    chooser = made(seed, stimuli=tuple(stimuli))
    held_or_shot = season(chooser, dict.fromkeys(stimuli, 0.6), 40, seed)
    chosen = [word for word in held_or_shot if word != NO_STIMULUS]
    for n, word in enumerate(chosen):
        assert word == CONTROL or word not in chosen[max(0, n - 2) : n]


def test_of_two_stimuli_none_follows_itself_and_a_single_one_may():
    two = season(made(stimuli=("horn", "strobe")), {"horn": 0.9, "strobe": 0.9}, 30)
    assert all(one != other or one == CONTROL for one, other in itertools.pairwise(two))
    one = season(made(stimuli=("horn",)), {"horn": 0.9}, 30)
    assert one.count("horn") > 20


def test_the_control_arm_is_there_and_rarer_once_it_is_known():
    chosen = season(made(), dict.fromkeys(STIMULI, 0.7), 400)
    early, late = chosen[:60].count(CONTROL) / 60, chosen[200:].count(CONTROL) / 200
    assert 0.08 < early < 0.3
    assert 0.02 < late < early
    assert "control control" not in " ".join(chosen)


def test_what_works_is_used_more_than_what_does_not():
    chosen = season(made(), {"horn": 0.9, "strobe": 0.8, "voice": 0.85, "water": 0.05}, 150)
    assert chosen[50:].count("water") < 10
    assert chosen[50:].count("horn") > 20


@pytest.mark.parametrize("seed", range(12))
def test_where_nothing_beats_doing_nothing_firing_stops_within_thirty_activations(seed: int):
    chooser = made(seed)
    chosen = season(chooser, {}, 200, seed)
    fired = [word for word in chosen if word in STIMULI]
    assert NO_STIMULUS in chosen
    assert len(fired) <= 30


def test_a_hold_says_call_people_how_sure_it_is_and_for_how_long():
    chooser = made()
    chosen = season(chooser, {}, 200)
    held_ms = START_MS + chosen.index(NO_STIMULUS) * 2 * HOUR_MS
    why = {one.code: one for one in chooser.choose(held_ms).why}
    assert {"call_people", "tried", "left_share", "left_alone_share", "rests_for"} <= why.keys()
    assert why["rests_for"].unit == "days"
    assert 0 < why["rests_for"].value <= 21


def test_after_a_rest_it_tries_again_and_goes_on_where_it_works_now():
    chooser = made()
    season(chooser, {}, 120)
    chosen = season(chooser, dict.fromkeys(STIMULI, 0.9), 60, from_ms=START_MS + 60 * DAY_MS)
    assert NO_STIMULUS not in chosen
    assert sum(word in STIMULI for word in chosen) > 40


def test_what_is_forgotten_is_doubtful_again():
    chooser = made()
    season(chooser, dict.fromkeys(STIMULI, 0.8), 100)
    now_ms = START_MS + 100 * 2 * HOUR_MS

    def width(at_ms: int) -> float:
        low, high = chooser.rates(at_ms)["horn"].interval()
        return high - low

    assert width(now_ms + 40 * DAY_MS) > 1.5 * width(now_ms)


def test_another_output_of_a_stimulus_is_used_than_the_last_time():
    chooser = made(control_share=0.0)
    last: dict[str, tuple[str, ...]] = {}
    for n in range(40):
        choice = chooser.choose(START_MS + n * HOUR_MS)
        assert choice.outputs != last.get(choice.stimulus)
        last[choice.stimulus] = choice.outputs
        chooser.tried(choice)
        chooser.found(choice, Outcome.LEFT, START_MS + n * HOUR_MS)


def test_delay_and_time_on_are_drawn_anew_and_the_control_arm_waits_as_long():
    chooser = made()
    choices = []
    for n in range(60):
        choices.append(chooser.choose(START_MS + n * HOUR_MS))
        chooser.tried(choices[-1])
        chooser.found(choices[-1], Outcome.LEFT, START_MS + n * HOUR_MS)
    assert len({choice.delay_s for choice in choices}) > 20
    assert all(0.0 <= choice.delay_s <= 8.0 and 0.0 < choice.on_s <= 2.0 for choice in choices)
    assert max(choice.delay_s for choice in choices if choice.stimulus == CONTROL) > 2.0


def test_an_output_that_is_not_allowed_at_this_site_is_never_chosen():
    outputs = [
        {"name": "horn", "stimulus": "horn", "pin": 2},
        {"name": "strobe", "stimulus": "strobe", "pin": 3, "kind": "strobe"},
    ]
    settings = RepelSettings.model_validate({"outputs": outputs, "dwelling_m": 50.0})
    chosen = season(Chooser(settings, random.Random(2)), {"strobe": 0.9}, 40)
    assert "horn" not in chosen
    assert "strobe" in chosen


def test_an_outcome_that_nobody_saw_teaches_nothing():
    chooser = made(control_share=0.0)
    choice = chooser.choose(START_MS)
    chooser.tried(choice)
    before = chooser.rates(START_MS)
    chooser.found(choice, None, START_MS)
    assert chooser.rates(START_MS) == before


def test_without_an_output_there_is_nothing_to_choose():
    with pytest.raises(ValueError, match="nothing to choose from"):
        Chooser(RepelSettings(), random.Random(1)).choose(START_MS)


def test_the_same_chance_makes_the_same_choices():
    runs = [season(made(7), dict.fromkeys(STIMULI, 0.5), 50) for _ in range(2)]
    assert runs[0] == runs[1]
