import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.repel.chooser import choose

STIMULI = st.lists(st.sampled_from(["horn", "strobe", "water", "voice"]), min_size=1, max_size=4, unique=True)


@given(STIMULI, st.floats(0.0, 0.5), st.integers(0, 2**32))
def test_nothing_is_chosen_twice_in_a_row_where_there_is_a_choice(
    stimuli: list[str], share: float, seed: int
) -> None:
    rng = random.Random(seed)
    past: list[str] = []
    for _ in range(50):
        past.append(choose(stimuli, past, share, rng))
    fired = [word for word in past if word != "control"]
    assert set(fired) <= set(stimuli)
    assert not any(one == two == "control" for one, two in itertools.pairwise(past))
    if len(stimuli) > 1:
        assert all(one != two for one, two in itertools.pairwise(fired))


def test_the_same_chance_makes_the_same_choices() -> None:
    runs = []
    for _ in range(2):
        rng = random.Random(3)
        past: list[str] = []
        for _ in range(30):
            past.append(choose(["horn", "strobe"], past, 0.3, rng))
        runs.append(past)
    assert runs[0] == runs[1]
    assert set(runs[0]) == {"horn", "strobe", "control"}


def test_without_a_stimulus_there_is_nothing_to_choose() -> None:
    with pytest.raises(ValueError, match="at least one output"):
        choose([], [], 0.2, random.Random(1))
