"""Falls are scored per event: what belongs to which fall, what is a false alarm, how sure a figure is."""

import pytest

from models.falls import intervals
from models.falls.recording import LIES, Kind, Recording, Span, TrueFall, Truth
from models.falls.scoring import score, tally
from models.falls.watching import Said, Watched


def said(at_s: float, incident: str, phase: str = "suspected", by: str | None = None) -> Said:
    return Said(at_s, incident, phase, "fast_fall", 0.6, {"drop_m": 0.9}, by)


def scored(
    truth: Truth, *told: Said, seconds: float = 3600.0, floor: list[tuple[float, float]] | None = None
):
    recording = Recording("r", "r", Kind.SIMULATED, seconds, lambda: (), truth)
    return score(recording, Watched(said=list(told), floor=floor or []))


def known(*falls: TrueFall, spans: tuple[Span, ...] = ()) -> Truth:
    return Truth(falls, complete=True, source="labels", spans=spans)


def test_latency_runs_from_the_fall_to_its_suspicion_and_to_its_confirmation():
    result = scored(known(TrueFall(100.0)), said(101.5, "a"), said(161.5, "a", "confirmed"))
    assert (result.events[0].suspected_s, result.events[0].confirmed_s) == (1.5, 61.5)
    assert result.alarms == ()


def test_a_fall_that_is_told_twice_is_found_once_and_is_no_false_alarm():
    result = scored(known(TrueFall(100.0)), said(102.0, "a"), said(110.0, "b"))
    assert (result.events[0].repeats, result.alarms) == (1, ())


def test_a_suspicion_after_the_person_is_up_is_not_of_that_fall():
    result = scored(known(TrueFall(100.0, latest_s=110.0)), said(111.0, "a"))
    assert result.events[0].suspected_s is None
    assert len(result.alarms) == 1


def test_a_suspicion_belongs_to_the_latest_fall_before_it():
    result = scored(known(TrueFall(100.0), TrueFall(130.0)), said(131.0, "a"))
    assert [event.suspected_s for event in result.events] == [None, 1.0]


def test_a_false_alarm_names_what_went_on():
    spans = (Span(0, 50, "resident walking"), Span(48, 60, "cat jumping"), Span(70, 80, "fan"))
    result = scored(known(spans=spans), said(55.0, "a"), said(115.0, "a", "confirmed"))
    alarm = result.alarms[0]
    assert alarm.causes == ("cat jumping",)
    assert alarm.confirmed


def test_where_not_all_falls_are_known_nothing_is_called_false():
    one = tally([scored(Truth(), said(5.0, "a"))])
    assert (one.false_suspected, one.unexplained, one.hours) == (0, 1, 0.0)


def test_false_alarms_are_counted_per_hour_and_those_told_per_day():
    quiet = [scored(known(), said(5.0, "a"), said(9.0, "a", "cancelled", "button")), scored(known())]
    one = tally(quiet)
    assert (one.windows_alarmed, one.windows) == (1, 2)
    assert one.false_per_hour.value == 0.5
    assert one.false_confirmed_per_day.value == 0.0


def test_a_question_that_somebody_answers_is_needless_and_no_confirmed_alarm():
    told = [
        said(5.0, "a"),
        said(30.0, "a", "cancelled", "button"),
        said(900.0, "b"),
        said(960.0, "b", "confirmed"),
    ]
    rose = [said(1800.0, "c"), said(1810.0, "c", "cancelled", "stood_up")]
    one = tally([scored(known(), *told, *rose)])
    assert (one.false_suspected, one.false_answered, one.false_confirmed) == (3, 1, 1)


def test_a_fall_outside_the_field_of_view_counts_apart_from_those_that_could_be_seen():
    falls = known(TrueFall(100.0), TrueFall(400.0, seen=False), TrueFall(700.0, seen=False))
    one = tally([scored(falls, said(101.0, "a"), said(401.0, "b"))])
    assert (one.suspected, one.falls) == (1, 1)
    assert (one.unseen_suspected, one.unseen, one.false_suspected) == (1, 2, 0)


def test_somebody_who_lies_there_from_the_start_is_no_fall_and_is_found_by_being_shown():
    lies = known(TrueFall(0.0, LIES))
    one = tally([scored(lies), scored(lies, floor=[(3.0, 50.0)]), scored(lies, said(200.0, "a"))])
    assert (one.falls, one.lying, one.lying_told) == (0, 3, 2)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 39, 0.0, 0.0903), (50, 50, 0.9289, 1.0), (49, 50, 0.8935, 0.9995), (490, 500, 0.9635, 0.9904)],
)
def test_the_interval_of_a_share_is_clopper_and_pearsons(hits: int, of: int, low: float, high: float):
    found = intervals.share(hits, of)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@pytest.mark.parametrize(
    ("events", "low", "high"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)]
)
def test_the_interval_of_a_rate_is_the_exact_one_of_poisson(events: int, low: float, high: float):
    found = intervals.rate(events, 1.0)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_nothing_counted_is_no_figure():
    assert intervals.share(0, 0) is None
    assert intervals.rate(0, 0.0) is None
    assert intervals.quantile([], 0.5) is None
    assert intervals.quantile([1.0, 2.0, 4.0], 0.5) == 2.0
