"""Sunrise and sunset beside what the National Astronomical Observatory of Japan publishes for those days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from edge.repel.sun import daylight

TOKYO = (35.6581, 139.7414)
JAPAN = timedelta(hours=9)


@pytest.mark.parametrize(
    ("day", "rises", "sets"),
    [
        (date(2025, 1, 1), "06:51", "16:38"),
        (date(2025, 3, 20), "05:45", "17:53"),
        (date(2025, 6, 21), "04:26", "19:00"),
        (date(2025, 12, 22), "06:47", "16:32"),
    ],
)
def test_the_sun_of_tokyo_is_right_within_two_minutes(day: date, rises: str, sets: str) -> None:
    sun = daylight(day, *TOKYO)
    assert sun is not None
    for found, published in zip(sun, (rises, sets), strict=True):
        hour, minute = (int(word) for word in published.split(":"))
        there = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - JAPAN
        assert abs(found - there) <= timedelta(minutes=2)


def test_where_the_sun_does_not_set_there_is_no_answer() -> None:
    assert daylight(date(2025, 6, 21), 70.0, 25.0) is None
