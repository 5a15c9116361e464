"""Charts and pin timelines: shapes that a template can write down as they are."""

from cloud.portal.drawing import CHART_HEIGHT, PIN_LABEL, WIDTH, chart, pin_timeline

HOUR_MS = 3_600_000


def test_a_chart_of_nothing_is_none():
    assert chart([], 0, 10, 1) is None
    assert chart([(20, 1.0)], 0, 10, 1) is None


def test_bars_stand_where_their_time_is_and_the_tallest_fills_the_height():
    drawn = chart([(0, 1.0), (12 * HOUR_MS, 4.0)], 0, 24 * HOUR_MS, HOUR_MS)
    assert [bar.x for bar in drawn.bars] == [0.0, WIDTH / 2]
    assert drawn.bars[1].h == CHART_HEIGHT
    assert drawn.bars[0].h == CHART_HEIGHT / 4
    assert drawn.top == 4.0


def test_hours_are_marked_where_the_clock_of_the_readers_shows_them():
    drawn = chart([(0, 1.0)], 0, 24 * HOUR_MS, HOUR_MS)  # 1970 began at 09:00 in Japan
    assert [(tick.at_ms // HOUR_MS + 9) % 24 for tick in drawn.ticks] == [12, 18, 0, 6]


def test_a_chart_of_zeros_does_not_divide_by_zero():
    assert chart([(0, 0.0)], 0, HOUR_MS, HOUR_MS).bars[0].h == 1.0


def pin(output, on, at_ms):
    return {"output": output, "on": on, "at_ms": at_ms}


def test_each_output_has_a_row_with_a_bar_for_each_spell():
    drawn = pin_timeline(
        [
            pin("horn", True, 1000),
            pin("strobe", True, 2000),
            pin("horn", False, 3000),
            pin("horn", True, 8000),
            pin("horn", False, 9000),
            pin("strobe", False, 11_000),
        ]
    )
    assert [(row.output, len(row.bars), row.on_s) for row in drawn.rows] == [
        ("horn", 2, 3.0),
        ("strobe", 1, 9.0),
    ]
    assert drawn.rows[0].bars[0].x == PIN_LABEL
    assert all(bar.x + bar.w <= WIDTH + 0.01 for row in drawn.rows for bar in row.bars)


def test_no_pin_changed_no_timeline():
    assert pin_timeline([]) is None


def test_an_output_that_is_still_on_reaches_to_now():
    drawn = pin_timeline([pin("horn", True, 0)], end_ms=10_000)
    assert drawn.rows[0].on_s == 10.0


def test_an_off_without_an_on_draws_nothing():
    assert pin_timeline([pin("horn", False, 0)]).rows[0].bars == []
