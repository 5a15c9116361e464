"""What a field's trial has shown is counted from what the gateway stored, and never claims more than was counted."""

import shutil
from collections.abc import Iterator
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.ids import new_ulid
from contract.messages import Command, MuteRepeller, encode
from gateway.database import tables
from gateway.database.session import Database
from gateway.series.embedded import EmbeddedSeries
from gateway.trial.certainty import Share, difference, rate, trials_needed
from gateway.trial.figures import Costs, Figures, figures
from gateway.trial.stored import UnknownFieldError, read
from tests.trial_season import CAMERA, DAY_MS, FIELD, HOUR_MS, MAY_1_MS, Season, found_city

JAPAN = timezone(timedelta(hours=9))


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city's database before the trial, made once: its tables take longer than a test."""
    file = tmp_path_factory.mktemp("city") / "gateway.sqlite"
    database = Database(f"sqlite:///{file}")
    found_city(database)
    database.close()
    return file


@pytest.fixture
def season(founded: Path, tmp_path: Path) -> Iterator[Season]:
    database = Database(f"sqlite:///{shutil.copy(founded, tmp_path / 'gateway.sqlite')}")
    series = EmbeddedSeries(tmp_path / "series.sqlite")
    yield Season(database, series)
    series.close()
    database.close()


FREE = Costs()


def told(season: Season, checked: dict[str, str] | None = None, costs: Costs = FREE, **times: int) -> Figures:
    with season.database.read() as session:
        stored = read(
            session, season.series, FIELD, times.get("since_ms"), times.get("until_ms"), season.at_ms
        )
    return figures(stored, checked or {}, costs, JAPAN)


def tries(season: Season, stimulus: str, lefts: list[bool | None]) -> None:
    with season.together():
        for left in lefts:
            season.attempt(season.visit(), stimulus, left)
            season.at_ms += HOUR_MS // 10


# --- certainty ---------------------------------------------------------------------------------------


def test_a_share_s_interval_is_wilson_s():
    """8 of 10: 0.490 to 0.943, as in any table of score intervals; nothing counted says nothing."""
    assert (round(Share(8, 10).low, 3), round(Share(8, 10).high, 3)) == (0.490, 0.943)
    assert (Share(0, 0).low, Share(0, 0).high) == (0.0, 1.0)


def test_a_difference_s_interval_is_newcombe_s():
    """His own example: 56 of 70 less 48 of 80 is 0.2000, 0.0524 to 0.3339 (Statistics in Medicine 17, 1998, table II a)."""
    span = difference(Share(56, 70), Share(48, 80))
    assert (round(span.value, 4), round(span.low, 4), round(span.high, 4)) == (0.2, 0.0524, 0.3339)


def test_a_rate_s_interval_holds_the_exact_one_closely():
    """Garwood's exact interval for 10 events is 4.795 to 18.390."""
    span = rate(10, 1.0)
    assert span.low == pytest.approx(4.795, abs=0.02)
    assert span.high == pytest.approx(18.390, abs=0.02)
    assert rate(0, 2.0).low == 0.0
    assert rate(0, 0.0) is None


@given(st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.integers(1, 60))
def test_a_difference_lies_in_its_interval_and_turns_with_its_sides(a: int, n: int, b: int, m: int):
    one, other = Share(min(a, n), n), Share(min(b, m), m)
    span, turned = difference(one, other), difference(other, one)
    assert -1.0 <= span.low <= span.value <= span.high <= 1.0
    assert turned.low == pytest.approx(-span.high)


def test_hardly_any_difference_needs_no_number_of_trials():
    assert trials_needed(0.5, 0.52) is None
    assert trials_needed(0.9, 0.3) < trials_needed(0.6, 0.3)


# --- a trial -----------------------------------------------------------------------------------------


def test_visits_are_counted_in_the_hour_of_the_place(season: Season):
    season.at_ms = MAY_1_MS + 7 * HOUR_MS + 30 * 60_000
    season.visit()
    season.at_ms = MAY_1_MS + 15 * HOUR_MS
    season.visit("boar")
    found = told(season)
    assert (found.by_hour[7], sum(found.by_hour)) == (1, 1)
    assert (found.visits, found.targets, found.species) == (2, 1, {"monkey": 1, "boar": 1})


def test_a_stimulus_that_drives_off_more_than_nothing_done_helps(season: Season):
    tries(season, "horn", [True] * 18 + [False] * 2)
    tries(season, "control", [True] * 4 + [False] * 16)
    (horn,) = told(season).effects
    assert (horn.left, told(season).control) == (Share(18, 20), Share(4, 20))
    assert (horn.verdict, horn.gone_after_s) == ("helps", 20.0)


def test_a_stimulus_that_does_as_much_as_nothing_is_unclear_and_says_how_many_tries_it_takes(season: Season):
    tries(season, "horn", [True] * 8 + [False] * 4)
    tries(season, "control", [True] * 6 + [False] * 6)
    (horn,) = told(season).effects
    assert horn.verdict == "unclear"
    assert horn.needed > 12


def test_a_stimulus_that_keeps_them_is_worse(season: Season):
    tries(season, "horn", [False] * 20)
    tries(season, "control", [True] * 12 + [False] * 4)
    assert told(season).effects[0].verdict == "worse"


def test_without_a_control_nothing_is_claimed(season: Season):
    tries(season, "horn", [True] * 30)
    assert told(season).effects[0].verdict == "no_control"


def test_a_few_tries_are_a_few(season: Season):
    tries(season, "horn", [True] * 3)
    tries(season, "control", [False, True])
    assert told(season).effects[0].verdict == "few"


def test_an_outcome_that_nobody_saw_counts_for_nothing(season: Season):
    tries(season, "horn", [True, None, None, False])
    (horn,) = told(season).effects
    assert (horn.left, horn.unseen) == (Share(1, 2), 2)


def test_getting_used_to_it_shows_between_the_halves(season: Season):
    tries(season, "horn", [True] * 12 + [False] * 12)
    (horn,) = told(season).effects
    assert horn.halves == (Share(12, 12), Share(0, 12))
    assert horn.later.high < 0


def test_several_stimuli_stand_together_and_each_for_itself(season: Season):
    tries(season, "horn", [True, True])
    tries(season, "strobe", [False])
    assert [(one.stimulus, one.left.of) for one in told(season).effects] == [
        ("all", 3),
        ("horn", 2),
        ("strobe", 1),
    ]


def test_a_shot_that_a_person_fired_is_noise_and_no_choice_of_the_device(season: Season):
    tries(season, "horn", [True])
    tries(season, "remote", [None, None])
    found = told(season)
    assert [one.stimulus for one in found.effects] == ["horn"]
    assert found.shots_day_most == 3


def test_a_repeated_or_late_event_is_counted_once(season: Season):
    visit = season.visit()
    season.attempt(visit, "horn", left=True)
    before = told(season)
    season.tell()  # nothing new
    assert told(season) == before


def test_what_was_not_watched_is_down_and_the_longest_gap_is_named(season: Season):
    season.watch(MAY_1_MS, MAY_1_MS + 18 * HOUR_MS)
    season.watch(MAY_1_MS + 20 * HOUR_MS, MAY_1_MS + DAY_MS)
    season.at_ms = MAY_1_MS + DAY_MS
    up = told(season).uptime
    assert up.share == pytest.approx(22 / 24)
    assert up.by_day == pytest.approx(13 / 14)
    assert up.gaps == ((MAY_1_MS + 18 * HOUR_MS, MAY_1_MS + 20 * HOUR_MS),)
    assert up.watched_h == 22.0


def test_a_camera_that_gives_no_pictures_is_down_though_its_device_speaks(season: Season):
    season.watch(MAY_1_MS, MAY_1_MS + 12 * HOUR_MS)
    season.watch(MAY_1_MS + 12 * HOUR_MS, MAY_1_MS + DAY_MS, fps=0.0)
    season.at_ms = MAY_1_MS + DAY_MS
    found = told(season, since_ms=MAY_1_MS, until_ms=MAY_1_MS + DAY_MS)
    assert found.uptime.share == 0.5


def test_faults_are_told_with_how_long_they_stood(season: Season):
    season.fault("sensor_lost", 3.0)
    season.at_ms += HOUR_MS
    season.fault("model_failed", 0.5)
    assert told(season).faults == (("sensor_lost", 1, 3.0), ("model_failed", 1, 0.5))


def test_false_alarms_are_those_that_people_saw_and_the_unsure_count_for_nothing(season: Season):
    season.watch(MAY_1_MS, MAY_1_MS + DAY_MS)
    visits = []
    for _ in range(4):
        visits.append(season.visit())
        season.at_ms += HOUR_MS
    assert told(season).checked is None
    found = told(season, dict(zip(visits, ("monkey", "other", "unsure", "monkey"), strict=True)))
    assert (found.checked, found.unsure) == (Share(1, 3), 1)
    assert found.false_per_day.value > 0


def test_cost_is_spread_over_the_trial_and_told_for_a_visit(season: Season):
    season.at_ms = MAY_1_MS
    season.visit()
    season.at_ms = MAY_1_MS + 10 * DAY_MS
    season.visit()
    found = told(season, costs=Costs(bought=36_525, years=1.0))
    assert found.cost == pytest.approx(1000.0, rel=0.01)
    assert found.cost_visit == pytest.approx(500.0, rel=0.01)
    assert told(season).cost is None


def test_the_cost_of_driving_off_has_no_end_where_there_may_be_no_effect(season: Season):
    tries(season, "horn", [True, True, False])
    tries(season, "control", [True, False, False])
    found = told(season, costs=Costs(bought=100_000))
    assert found.cost_driven.low <= found.cost_driven.value
    assert found.cost_driven.high == float("inf")


def test_answers_and_mutes_are_counted(season: Season):
    first, _second = season.visit(), season.visit()
    season.at_ms += 90_000
    season.answer(first)
    with season.database.write() as session:
        said = Command(id=new_ulid(season.at_ms), issued_ms=season.at_ms, expires_ms=season.at_ms + 1,
                       body=MuteRepeller(until_ms=season.at_ms + HOUR_MS))  # fmt: skip
        session.add(
            tables.Command(id=said.id, device_id=CAMERA, payload=encode(said), expires_ms=said.expires_ms)
        )
    season.at_ms += 1000
    season.visit()
    found = told(season)
    assert (found.answered, found.answer_median_s, found.answers) == (Share(1, 3), 90.0, {"going": 1})
    assert found.mutes == 1


def test_only_the_days_asked_for_count(season: Season):
    season.at_ms = MAY_1_MS + HOUR_MS
    season.visit()
    season.at_ms = MAY_1_MS + DAY_MS + HOUR_MS
    season.visit()
    assert told(season, since_ms=MAY_1_MS + DAY_MS).targets == 1
    assert told(season, until_ms=MAY_1_MS + DAY_MS).targets == 1


def test_an_unknown_field_and_a_silent_one_are_told_apart(season: Season):
    with season.database.read() as session:
        with pytest.raises(UnknownFieldError, match=r"there are: field-0001"):
            read(session, season.series, "field-9999", None, None, season.at_ms)
        with pytest.raises(UnknownFieldError, match="was its device ever on"):
            read(session, season.series, FIELD, None, None, season.at_ms)
