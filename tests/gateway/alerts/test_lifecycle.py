"""The lifecycle as a table, and that the order in which a device's messages arrive does not matter."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alerts.lifecycle import ANSWERS, OUTCOMES, Change, State, What, after, begin

FALL_EVENTS = (What.SUSPECTED, What.CONFIRMED, What.CANCELLED, What.RECOVERED)
FAULT_EVENTS = (What.RAISED, What.CLEARED)
VISIT_EVENTS = (What.STARTED, What.ENDED)


def walk(events) -> State:
    first, *rest = events
    state = begin(first).state
    for event in rest:
        state = after(state, event).state
    return state


@pytest.mark.parametrize("family", [FALL_EVENTS, FAULT_EVENTS, VISIT_EVENTS])
def test_the_state_depends_on_which_device_events_came_and_not_on_their_order(family) -> None:
    for size in range(1, len(family) + 1):
        for chosen in permutations(family, size):
            assert walk(chosen) == walk(sorted(chosen, key=family.index)), chosen


@given(st.lists(st.sampled_from(FALL_EVENTS), min_size=1, max_size=12))
def test_a_repeated_device_event_changes_nothing(events: list[What]) -> None:
    assert walk(events) == walk(list(dict.fromkeys(events)))


@given(st.permutations(FALL_EVENTS).flatmap(lambda order: st.integers(1, 4).map(lambda n: order[:n])))
def test_a_confirmed_fall_is_open_whatever_came_before_or_after(events: list[What]) -> None:
    assert (walk(events) is State.OPEN) == (What.CONFIRMED in events)


@given(st.sampled_from(State), st.lists(st.sampled_from(What), max_size=20))
def test_only_a_person_a_repair_or_an_end_closes_an_alert(state: State, events: list[What]) -> None:
    for event in events:
        new, _ = after(state, event)
        if new is State.CLOSED and state is not State.CLOSED:
            assert event in OUTCOMES | {What.ENDED, What.CLEARED}
        state = new


@given(st.sampled_from(What))
def test_nothing_reopens_a_closed_alert(event: What) -> None:
    assert after(State.CLOSED, event).state is State.CLOSED


def test_going_takes_an_alert_on_and_an_outcome_ends_it() -> None:
    assert after(State.OPEN, What.GOING) == Change(State.ACKNOWLEDGED, What.GOING)
    assert after(State.ACKNOWLEDGED, What.HELPED) == Change(State.CLOSED, What.HELPED)
    assert after(State.OPEN, What.CALLED_119) == Change(State.CLOSED, What.CALLED_119)


def test_the_residents_late_word_is_written_down_and_people_still_go_and_see() -> None:
    assert after(State.OPEN, What.CANCELLED) == Change(State.OPEN, What.CANCELLED)


@pytest.mark.parametrize("answer", sorted(ANSWERS))
def test_an_answer_to_a_cancelled_alert_leaves_no_trace(answer: What) -> None:
    assert after(State.CANCELLED, answer) == Change(State.CANCELLED, None)


@pytest.mark.parametrize("event", [What.TOLD, What.GOING, What.EXHAUSTED, What.FIRED])
def test_an_alert_begins_with_its_device(event: What) -> None:
    with pytest.raises(ValueError, match="first thing"):
        begin(event)
