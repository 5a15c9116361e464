"""Who is awake and well in a simulated home answers the device; who has fallen, sleeps on, or is out does not."""

import pytest

from simulators.home.actors import Doing, TrueFall
from simulators.home.answering import Household

HERE = (0.0, 3.0)
MANY = range(0, 400_000, 1000)


def doing(act: str, who: str = "resident") -> Doing:
    return Doing(0.0, 1e9, who, act, HERE)


def household(
    *doings: Doing, falls: tuple[TrueFall, ...] = (), share: float = 0.9, seed: int = 5
) -> Household:
    return Household(doings, falls, seed, share=share, woken=0.5)


def answered(there: Household) -> list[float]:
    """Delays of the answers to many questions."""
    answers = ((asked_s, there.heard(asked_s, asked_s)) for asked_s in MANY)
    return [answer_s - asked_s for asked_s, answer_s in answers if answer_s is not None]


@pytest.mark.parametrize(("act", "share"), [("sitting", 0.9), ("wiping the floor", 0.9), ("sleeping", 0.45)])
def test_most_who_are_awake_answer_and_half_as_many_of_those_asleep(act: str, share: float) -> None:
    assert len(answered(household(doing(act)))) / len(MANY) == pytest.approx(share, abs=0.06)


def test_an_answer_takes_some_seconds_and_a_sleepers_longer() -> None:
    awake, asleep = answered(household(doing("sitting"))), answered(household(doing("napping on the floor")))
    assert 5.0 <= min(awake) < max(awake) <= 30.0
    assert 20.0 <= min(asleep) < max(asleep) <= 55.0


def test_with_nobody_who_answers_nobody_does() -> None:
    assert answered(household(doing("sitting"), share=0.0)) == []


@pytest.mark.parametrize("there", [doing("away"), doing("playing", "child-2"), doing("trotting", "cat")])
def test_neither_who_is_out_nor_a_child_nor_a_cat_answers(there: Doing) -> None:
    assert answered(household(there, share=1.0)) == []


def test_a_visitor_answers_while_the_resident_is_out() -> None:
    assert len(answered(household(doing("away"), doing("sitting", "visitor-1"), share=1.0))) == len(MANY)


def test_nobody_answers_while_somebody_lies_fallen_and_who_is_up_again_may() -> None:
    fall = TrueFall(100.0, "trip", "resident", 101.0, up_s=160.0)
    there = household(doing("lying after a fall"), doing("sitting", "visitor-1"), falls=(fall,), share=1.0)
    assert there.heard(102.0, 102.0) is None
    assert not there.there(159.0)
    assert there.there(160.0)
    assert there.heard(102.0, 162.0) is not None


def test_a_question_asked_again_is_no_second_chance_but_for_who_comes_in_meanwhile() -> None:
    came = household(
        Doing(0.0, 20.0, "resident", "away", HERE), Doing(20.0, 99.0, "resident", "walking", HERE)
    )
    there = household(doing("sitting"))
    asked = [n for n in range(20) if there.heard(float(n), float(n)) is not None]
    assert asked == [n for n in range(20) if there.heard(float(n), n + 15.0) is not None]
    assert came.heard(asked[0], 15.0) is None
    assert came.heard(asked[0], 30.0) is not None


def test_the_same_seed_and_question_get_the_same_answer() -> None:
    one, other, neighbour = (household(doing("sitting"), seed=seed) for seed in (5, 5, 6))
    assert answered(one) == answered(other) != answered(neighbour)
