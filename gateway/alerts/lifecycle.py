"""An alert's life as a table: (state, event) -> (state, what to write into its history). Pure.

Events of a device may come late, twice or in another order than they happened: the state after them
depends on which came, not on their order. A confirmed fall therefore always opens an alert that no
person has answered, even when the resident's "I am all right" was read first.
"""

from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """Where an alert is. Only ``OPEN`` is carried on by the escalation."""

    ASKING = "asking"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class What(StrEnum):
    """Everything that can happen to an alert; the value is what its history shows."""

    # a home's device
    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    RECOVERED = "recovered"
    DEVICE_SILENT = "device_silent"
    """The device asked the resident and was not heard of again: as good as confirmed."""
    # a field's device
    STARTED = "started"
    ENDED = "ended"
    DEPARTED = "departed"
    """The end of a visit that people must still answer (a bear): noted, and no more."""
    FIRED = "fired"
    VETOED = "vetoed"
    OUTCOME = "outcome"
    # any device
    RAISED = "raised"
    CLEARED = "cleared"
    # the escalation
    TOLD = "told"
    INFORMED = "informed"
    """Somebody who had been told now knows who is on the way."""
    UNANSWERED = "unanswered"
    NOBODY_REACHABLE = "nobody_reachable"
    EXHAUSTED = "exhausted"
    # people
    GOING = "going"
    CANNOT = "cannot"
    ALL_IS_WELL = "all_is_well"
    HELPED = "helped"
    CALLED_119 = "called_119"


ANSWERS = frozenset({What.GOING, What.CANNOT, What.ALL_IS_WELL, What.HELPED, What.CALLED_119})
"""What a person may say to an alert."""

OUTCOMES = frozenset({What.ALL_IS_WELL, What.HELPED, What.CALLED_119})
"""Answers that end an alert, with the answer as its outcome."""

TAKING = OUTCOMES | {What.GOING}
"""Answers by which a person takes an alert on."""

ONCE = frozenset(
    {
        What.SUSPECTED,
        What.CONFIRMED,
        What.CANCELLED,
        What.RECOVERED,
        What.DEVICE_SILENT,
        What.STARTED,
        What.ENDED,
        What.DEPARTED,
        What.RAISED,
        What.CLEARED,
        What.EXHAUSTED,
    }
)
"""Happen once to an alert; said again they are not written down again."""


class Change(NamedTuple):
    """The state afterwards and the line of history, or None where nothing happened."""

    state: State
    transition: What | None


_BEGINNING: dict[What, State] = {
    What.SUSPECTED: State.ASKING,
    What.RECOVERED: State.ASKING,  # overtook its fall; if that never comes, DEVICE_SILENT opens the alert
    What.CONFIRMED: State.OPEN,
    What.CANCELLED: State.CANCELLED,
    What.STARTED: State.OPEN,
    What.DEPARTED: State.OPEN,
    What.ENDED: State.CLOSED,
    What.RAISED: State.OPEN,
    What.CLEARED: State.CLOSED,
}

_MOVES: dict[tuple[State, What], State] = {
    (State.ASKING, What.CONFIRMED): State.OPEN,
    (State.ASKING, What.DEVICE_SILENT): State.OPEN,
    (State.ASKING, What.CANCELLED): State.CANCELLED,
    (State.CANCELLED, What.CONFIRMED): State.OPEN,
    (State.ACKNOWLEDGED, What.CANNOT): State.OPEN,
    **{
        (state, end): State.CLOSED
        for state in (State.ASKING, State.OPEN, State.ACKNOWLEDGED)
        for end in (What.ENDED, What.CLEARED, *sorted(OUTCOMES))
    },
    (State.ASKING, What.GOING): State.ACKNOWLEDGED,
    (State.OPEN, What.GOING): State.ACKNOWLEDGED,
}

_IGNORED: frozenset[tuple[State, What]] = frozenset(
    {
        *((state, What.DEVICE_SILENT) for state in State if state is not State.ASKING),
        *((state, What.EXHAUSTED) for state in State if state is not State.OPEN),
        *((state, What.UNANSWERED) for state in State if state is not State.OPEN),
        *((State.CANCELLED, answer) for answer in ANSWERS),
    }
)
"""Can no longer be true, and leave no trace."""


def begin(event: What) -> Change:
    """The first event of an alert; raises ValueError for one that cannot begin an alert."""
    if event not in _BEGINNING:
        raise ValueError(f"{event} cannot be the first thing known of an alert")
    return Change(_BEGINNING[event], event)


def after(state: State, event: What) -> Change:
    """What ``event`` makes of an alert in ``state``; an event without effect leaves the state."""
    if (state, event) in _IGNORED:
        return Change(state, None)
    return Change(_MOVES.get((state, event), state), event)
