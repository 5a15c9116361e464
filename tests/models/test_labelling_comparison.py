"""A new model replaces the old one only where the field's own frames speak for it."""

import random

import msgspec
import pytest

from models.labelling.comparing import Judged, as_lines, compare


def frame(
    day: int, *, monkey: bool, old: bool, new: bool, person: bool = False, old_person=True, new_person=True
):
    """``old`` and ``new``: whether each said that there is a monkey."""
    return Judged(f"day {day}", monkey, person, old, new, old_person, new_person)


def field(monkeys: list[tuple[bool, bool]], quiet: list[tuple[bool, bool]]):
    return [
        *(frame(n % 4, monkey=True, old=old, new=new) for n, (old, new) in enumerate(monkeys)),
        *(frame(n % 4, monkey=False, old=old, new=new) for n, (old, new) in enumerate(quiet)),
    ]


FOUND, MISSED = (True, True), (False, False)


@pytest.mark.parametrize(
    ("monkeys", "quiet", "verdict"),
    [
        ([FOUND] * 20, [MISSED] * 20, "as good"),
        ([FOUND] * 15 + [(False, True)] * 5, [MISSED] * 20, "better"),
        ([FOUND] * 19 + [(True, False)], [MISSED] * 20, "worse"),
        ([(False, True)] * 20, [MISSED] * 19 + [(False, True)], "worse"),
        ([FOUND] * 20, [MISSED] * 15 + [(True, False)] * 5, "better"),
        ([FOUND] * 9, [MISSED] * 50, "too few"),
        ([FOUND] * 50, [MISSED] * 9, "too few"),
    ],
    ids=["same", "finds more", "misses one", "calls one more", "calls fewer", "few monkeys", "few quiet"],
)
def test_a_model_that_loses_more_than_it_gains_in_any_way_is_refused(monkeys, quiet, verdict):
    found = compare(field(monkeys, quiet))
    assert found.verdict == verdict
    assert found.refused == (verdict in {"worse", "too few"})


def test_a_model_that_sees_fewer_people_is_refused_however_many_monkeys_it_finds():
    frames = field([(False, True)] * 20, [MISSED] * 20)
    blind = frame(1, monkey=False, old=False, new=False, person=True, old_person=True, new_person=False)
    assert compare([*frames, blind]).verdict == "worse"


def test_the_interval_of_the_difference_covers_what_it_should():
    """Many fields with a known difference, frames of one day alike: the interval holds it in about 95 of 100."""
    rng, held, runs = random.Random(3), 0, 60
    for _ in range(runs):
        frames = []
        for day in range(25):
            tilt = rng.uniform(-0.2, 0.2)
            for _ in range(6):
                old, new = rng.random() < 0.6 + tilt, rng.random() < 0.75 + tilt
                frames.append(frame(day, monkey=True, old=old, new=new))
        pair = compare(frames).pairs[0]
        held += pair.low <= 0.15 <= pair.high
    assert held >= 0.85 * runs


def test_the_account_names_both_shares_with_their_intervals_and_the_reason():
    lines = as_lines(compare(field([FOUND] * 19 + [(True, False)], [MISSED] * 20)))
    assert "old 20 of 20" in lines[0]
    assert "new 19 of 20 (95 %: 0.751-0.999)" in lines[0]
    assert lines[-1] == "verdict: worse: monkeys found: 1 lost, 0 gained"
    assert "no such frame" in lines[2]
    assert msgspec.json.encode([pair._asdict() for pair in compare(field([FOUND], [])).pairs])
