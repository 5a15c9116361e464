"""From a device's events to alerts and visits, and from a person's answer back."""

from collections.abc import Iterator

import pytest

from contract.messages import Clock, FallPhase, FaultPhase, PinChange, RepelPhase, Sighting, VisitPhase
from gateway.alerts.answers import NotResponsibleError, UnknownAnswerError
from gateway.alerts.records import (
    UnknownAlertError,
    VisitRecord,
    alerts_for,
    by_number,
    open_alerts,
    recent_alerts,
    visit,
    visits_for_field,
)
from gateway.database import tables
from tests.gateway.alerts.town import Town, town


@pytest.fixture
def place() -> Iterator[Town]:
    with town() as made:
        yield made


def the_visit(place: Town, visit_id: str) -> VisitRecord:
    with place.database.read() as session:
        found = visit(session, visit_id)
    assert found is not None
    return found


# --- falls ----------------------------------------------------------------------------------------


def test_one_incident_is_one_alert_through_all_its_phases(place: Town) -> None:
    incident = place.fall(FallPhase.SUSPECTED)
    assert place.history(incident).alert.state == "asking"
    place.fall(FallPhase.CONFIRMED, FallPhase.RECOVERED, incident=incident)
    record = place.history(incident).alert
    assert (record.id, record.kind, record.state, record.home_id) == (incident, "fall", "open", "home-east")
    assert record.evidence[0].code == "drop_m"
    assert record.answer_by_ms == place.at_ms + 60_000
    assert place.whats(incident) == ["suspected", "confirmed", "recovered"]


def test_a_confirmed_fall_that_overtook_its_suspicion_stays_open_and_is_told_once(place: Town) -> None:
    incident = place.fall(FallPhase.CONFIRMED)
    place.after(1)
    place.fall(FallPhase.SUSPECTED, incident=incident)
    place.after(100)
    assert place.history(incident).alert.state == "open"
    assert len(place.telephone.shown) == 2


def test_a_fall_confirmed_after_its_cancellation_is_told(place: Town) -> None:
    incident = place.fall(FallPhase.SUSPECTED, FallPhase.CANCELLED, FallPhase.CONFIRMED)
    place.after(0)
    assert place.history(incident).alert.state == "open"
    assert place.history(incident).alert.outcome is None
    assert len(place.telephone.shown) == 2


def test_repeated_phases_are_written_down_once(place: Town) -> None:
    incident = place.fall(*[FallPhase.SUSPECTED] * 3, *[FallPhase.CONFIRMED] * 3)
    assert place.whats(incident) == ["suspected", "confirmed"]


def test_a_clock_that_is_years_off_does_not_change_how_long_a_device_may_ask(place: Town) -> None:
    place.at_ms -= 10**12
    incident = place.fall(FallPhase.SUSPECTED)
    place.at_ms += 10**12
    with place.database.read() as session:
        due_ms = session.get_one(tables.Escalation, incident).due_ms
    assert due_ms == place.at_ms - 10**12 + 90_000


def test_numbers_of_alerts_that_are_not_over_differ_and_can_be_said(place: Town) -> None:
    for _ in range(60):
        place.fall(FallPhase.CONFIRMED)
    with place.database.read() as session:
        numbers = [record.number for record in open_alerts(session)]
        assert by_number(session, numbers[7]).number == numbers[7]
    assert len(set(numbers)) == 60
    assert all(len(number) == 4 and number.isdigit() for number in numbers)


def test_a_reopened_alert_whose_number_was_taken_gets_another(place: Town) -> None:
    cancelled = place.fall(FallPhase.SUSPECTED, FallPhase.CANCELLED)
    number = place.history(cancelled).alert.number
    other = place.fall(FallPhase.CONFIRMED)
    with place.database.write() as session:
        session.get_one(tables.Alert, other).number = number
    place.fall(FallPhase.CONFIRMED, incident=cancelled)
    assert place.history(cancelled).alert.number != number
    assert place.history(cancelled).alert.state == "open"


def test_an_unknown_number_is_said_so(place: Town) -> None:
    with (
        place.database.read() as session,
        pytest.raises(UnknownAlertError, match="no alert has the number 9"),
    ):
        by_number(session, "9")


# --- visits ---------------------------------------------------------------------------------------


def test_a_visit_is_one_row_and_one_alert_kept_up_to_date(place: Town) -> None:
    visit_id = place.sighting(VisitPhase.STARTED, count=2)
    place.at_ms += 5000
    place.sighting(VisitPhase.UPDATED, visit_id, count=7)
    place.at_ms += 5000
    place.sighting(VisitPhase.UPDATED, visit_id, count=4)
    found = the_visit(place, visit_id)
    assert (found.species, found.count_at_least, found.field_id) == ("monkey", 7, "field-hill")
    assert found.updated_ms - found.started_ms == 10_000
    with place.database.read() as session:
        assert [record.id for record in recent_alerts(session)] == [visit_id]
        assert [record.id for record in visits_for_field(session, "field-hill")] == [visit_id]


def test_the_repellers_pins_and_outcome_are_kept_with_the_visit(place: Town) -> None:
    visit_id = place.sighting(VisitPhase.STARTED)
    on, off = PinChange("horn", True, 10), PinChange("horn", False, 20)
    place.repel(visit_id, RepelPhase.VETOED, reason="person_in_view")
    assert the_visit(place, visit_id).veto == "person_in_view"
    place.repel(visit_id, RepelPhase.FIRED, pins=[on])
    place.repel(visit_id, RepelPhase.OUTCOME, outcome="left", gone_after_s=12.5, pins=[on, off])
    found = the_visit(place, visit_id)
    assert (found.stimulus, found.veto, found.outcome, found.gone_after_s) == ("horn", None, "left", 12.5)
    assert [(pin.output, pin.on, pin.at_ms) for pin in found.pins] == [
        ("horn", True, 10),
        ("horn", False, 20),
    ]
    place.sighting(VisitPhase.ENDED, visit_id)
    assert place.whats(visit_id) == ["started", "vetoed", "fired", "outcome", "ended"]
    assert place.history(visit_id).alert.outcome == "left"
    assert place.history(visit_id).alert.state == "closed"


def test_a_repeller_that_spoke_first_is_joined_by_its_sighting(place: Town) -> None:
    visit_id = place.ulid()
    place.repel(visit_id, RepelPhase.FIRED)
    place.sighting(VisitPhase.STARTED, visit_id, count=5)
    found = the_visit(place, visit_id)
    assert (found.species, found.count_at_least, found.stimulus) == ("monkey", 5, "horn")
    assert place.history(visit_id).alert.state == "open"


@pytest.mark.parametrize("species", ["deer", "dog", "person", "other_animal"])
def test_a_visit_that_concerns_nobody_is_kept_and_makes_no_alert(place: Town, species: str) -> None:
    visit_id = place.sighting(VisitPhase.STARTED, species=species)
    assert the_visit(place, visit_id).species == species
    with pytest.raises(UnknownAlertError):
        place.history(visit_id)


def test_a_visit_whose_end_was_read_first_tells_nobody(place: Town) -> None:
    visit_id = place.sighting(VisitPhase.ENDED)
    place.sighting(VisitPhase.STARTED, visit_id)
    place.after(100)
    assert place.history(visit_id).alert.state == "closed"
    assert place.telephone.shown == []


def test_a_visit_is_dated_by_the_device_only_if_its_clock_is_synchronised(place: Town) -> None:
    for clock, ahead_ms in ((Clock.UNSYNCED, -5_000_000), (Clock.SYNCED, 5_000_000)):
        received_ms = place.at_ms
        visit_id = place.ulid()
        sighting = Sighting(visit_id, VisitPhase.STARTED, "monkey", 1, 0.9, "still")
        event = place.happens(sighting, "camera-hill", clock)
        shifted = tables_visit_after(place, event, ahead_ms)
        assert shifted == received_ms


def tables_visit_after(place: Town, event, shift_ms: int) -> int:
    import msgspec

    from gateway.visits import happened_ms

    stamp = msgspec.structs.replace(event.stamp, at_ms=event.stamp.at_ms + shift_ms)
    return happened_ms(msgspec.structs.replace(event, stamp=stamp), place.at_ms)


# --- faults ---------------------------------------------------------------------------------------


def test_a_fault_cleared_before_it_was_read_as_raised_stays_closed(place: Town) -> None:
    fault = place.fault(FaultPhase.CLEARED)
    place.fault(FaultPhase.RAISED, fault)
    place.after(10)
    assert place.history(fault).alert.state == "closed"
    assert place.telephone.shown == []


# --- answers --------------------------------------------------------------------------------------


def test_the_first_answer_wins_and_the_second_learns_which_role_it_was(place: Town) -> None:
    incident = place.fall(FallPhase.CONFIRMED)
    first = place.answer(incident, "family-east", "going")
    second = place.answer(incident, "minsei-east", "going")
    assert (first.accepted, first.state, first.first_role, first.by_self) == (
        True,
        "acknowledged",
        "family",
        True,
    )
    assert (second.accepted, second.state, second.first_role, second.by_self) == (
        False,
        "acknowledged",
        "family",
        False,
    )
    taken = place.history(incident).alert.taken
    assert taken is not None
    assert (taken.answer, taken.role, taken.person_id) == ("going", "family", "family-east")


def test_a_second_tap_is_ones_own_answer_again(place: Town) -> None:
    incident = place.fall(FallPhase.CONFIRMED)
    place.answer(incident, "family-east", "going")
    again = place.answer(incident, "family-east", "going")
    assert (again.accepted, again.first_role, again.by_self) == (False, "family", True)
    assert place.whats(incident).count("going") == 1
    assert len(place.commands()) == 1


def test_who_goes_reports_the_outcome(place: Town) -> None:
    incident = place.fall(FallPhase.CONFIRMED)
    place.answer(incident, "family-east", "going")
    result = place.answer(incident, "family-east", "called_119")
    assert (result.accepted, result.state) == (True, "closed")
    record = place.history(incident).alert
    assert record.outcome == "called_119"
    assert record.taken is not None
    assert record.taken.answer == "going"


def test_what_a_second_person_says_is_written_down_without_effect(place: Town) -> None:
    incident = place.fall(FallPhase.CONFIRMED)
    place.answer(incident, "family-east", "going")
    for _ in range(2):
        assert not place.answer(incident, "minsei-east", "called_119").accepted
    assert place.history(incident).alert.state == "acknowledged"
    assert place.whats(incident) == ["confirmed", "going", "called_119"]
    assert place.history(incident).alert.taken.role == "family"


def test_an_answer_while_the_device_still_asks_spares_the_others(place: Town) -> None:
    incident = place.fall(FallPhase.SUSPECTED)
    assert place.answer(incident, "family-east", "going").accepted
    place.fall(FallPhase.CONFIRMED, incident=incident)
    place.after(3600)
    assert place.history(incident).alert.state == "acknowledged"
    assert place.telephone.told("fall") == []


def test_an_alert_that_ended_by_itself_takes_no_answer(place: Town) -> None:
    incident = place.fall(FallPhase.SUSPECTED, FallPhase.CANCELLED)
    visit_id = place.sighting(VisitPhase.STARTED)
    place.sighting(VisitPhase.ENDED, visit_id)
    for alert_id, person in ((incident, "family-east"), (visit_id, "farmer-hill")):
        for what in ("going", "cannot"):
            result = place.answer(alert_id, person, what)
            assert (result.accepted, result.first_role, result.by_self) == (False, None, False)


@pytest.mark.parametrize("person", ["minsei-west", "farmer-hill", "technician-one", "nobody-east"])
def test_a_person_the_alert_does_not_concern_is_refused(place: Town, person: str) -> None:
    incident = place.fall(FallPhase.CONFIRMED)
    with pytest.raises(NotResponsibleError):
        place.answer(incident, person, "going")
    assert place.whats(incident) == ["confirmed"]


def test_a_technician_who_was_told_may_answer(place: Town) -> None:
    incident = place.fall(FallPhase.CONFIRMED)
    place.after(3000)
    assert place.answer(incident, "technician-one", "going").accepted


def test_an_unknown_alert_and_an_unknown_answer_are_said_so(place: Town) -> None:
    incident = place.fall(FallPhase.CONFIRMED)
    with pytest.raises(UnknownAlertError):
        place.answer(place.ulid(), "family-east", "going")
    with pytest.raises(UnknownAnswerError, match="use one of"):
        place.answer(incident, "family-east", "maybe")


def test_only_a_falls_device_is_told_of_an_answer(place: Town) -> None:
    visit_id = place.sighting(VisitPhase.STARTED)
    assert place.answer(visit_id, "farmer-hill", "going").accepted
    assert place.commands() == []


# --- what people read -----------------------------------------------------------------------------


def test_each_person_reads_what_concerns_them(place: Town) -> None:
    here = place.fall(FallPhase.CONFIRMED)
    place.at_ms += 1
    elsewhere = place.fall(FallPhase.CONFIRMED, device="radar-north")
    place.at_ms += 1
    monkeys = place.sighting(VisitPhase.STARTED)
    place.at_ms += 1
    broken = place.fault(FaultPhase.RAISED)
    expected = {
        "family-east": [here],
        "minsei-east": [here],
        "minsei-west": [],
        "farmer-hill": [monkeys],
        "technician-one": [broken],
        "desk-one": [broken, monkeys, elsewhere, here],
        "nobody-east": [],
    }
    with place.database.read() as session:
        found = {person: [record.id for record in alerts_for(session, person)] for person in expected}
    assert found == expected


def test_a_record_says_whose_turn_is_next_and_when(place: Town) -> None:
    incident = place.fall(FallPhase.CONFIRMED)
    place.after(0)
    record = place.history(incident).alert
    assert (record.next_role, record.next_ms) == ("minsei_iin", place.at_ms + 180_000)
    place.answer(incident, "family-east", "going")
    record = place.history(incident).alert
    assert (record.next_role, record.next_ms) == (None, None)


def test_attempts_are_shown_without_addresses(place: Town) -> None:
    incident = place.fall(FallPhase.CONFIRMED)
    place.after(0)
    attempts = place.history(incident).attempts
    assert [(a.person_id, a.role, a.service, a.state, a.tries) for a in attempts] == [
        ("family-east", "family", "line", "accepted", 1),
        ("family-east-2", "family", "mail", "accepted", 1),
    ]
    assert "U-family" not in repr(attempts)
    assert "example.test" not in repr(attempts)
