"""Left is: gone in time, and not back for ten minutes."""

from edge.repel import outcome
from edge.repel.outcome import Finding, Outcome, Watch

BEGAN_S = 1000.0


def watched(*looks: tuple[float, float, bool | None]) -> Finding | Watch:
    """What comes of looks every second over spans (from, to, present; None: blind) of seconds since the attempt."""
    watch = outcome.begin(BEGAN_S)
    for from_s, to_s, present in looks:
        for second in range(int(from_s), int(to_s)):
            found = outcome.look(
                watch, BEGAN_S + second, 60.0, 600.0, present=bool(present), eye_ok=present is not None
            )
            if isinstance(found, Finding):
                return found
            watch = found
    return watch


def test_gone_within_the_minute_and_not_back_is_left():
    assert watched((1, 21, True), (21, 700, False)) == Finding(Outcome.LEFT, 20.0)


def test_still_there_after_the_minute_is_stayed():
    assert watched((1, 90, True)) == Finding(Outcome.STAYED)


def test_back_within_ten_minutes_is_stayed():
    assert watched((1, 21, True), (21, 500, False), (500, 510, True)) == Finding(Outcome.STAYED)


def test_hidden_for_a_moment_is_no_return():
    assert watched((1, 20, True), (20, 24, False), (24, 30, True), (30, 700, False)) == Finding(
        Outcome.LEFT, 29.0
    )


def test_a_short_blindness_is_no_absence():
    assert watched((1, 20, True), (20, 40, None), (40, 50, True), (50, 700, False)) == Finding(
        Outcome.LEFT, 49.0
    )


def test_after_a_long_blindness_nobody_knows():
    assert watched((1, 20, True), (20, 60, None), (60, 70, False)) == Finding(None)
