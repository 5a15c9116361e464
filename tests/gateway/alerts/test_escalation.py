"""Escalation: from an open alert to a person who answers, on a real SQLite database and a made-up clock."""

import math
import threading
from collections.abc import Iterator

import pytest

from contract.messages import FallPhase, FaultPhase, VisitPhase
from gateway.alerts.notifier import Delivery, Notice, Result
from gateway.alerts.policy import Policies, PolicySettings
from gateway.database.tables import Contact, Person
from tests.gateway.alerts.town import Town, town

FAMILY = [("family-east", 0), ("family-east-2", 0)]
MINSEI = [("minsei-east", 1)]
DESK = [("desk-one", 2)]


@pytest.fixture
def place() -> Iterator[Town]:
    with town() as made:
        yield made


def refusing(*services: str):
    return lambda notice: Delivery(Result.REFUSED if notice.service in services else Result.ACCEPTED, "no")


def test_nobody_is_told_while_the_device_still_asks(place: Town) -> None:
    place.fall(FallPhase.SUSPECTED)
    place.after(59)
    assert place.telephone.shown == []


def test_a_confirmed_fall_goes_through_the_steps_in_their_order(place: Town) -> None:
    place.fall(FallPhase.SUSPECTED, FallPhase.CONFIRMED)
    place.after(0)
    assert place.telephone.told() == FAMILY
    place.after(179)
    assert place.telephone.told() == FAMILY
    place.after(1)
    assert place.telephone.told() == FAMILY + MINSEI
    place.after(300)
    assert place.telephone.told() == FAMILY + MINSEI + DESK


def test_only_the_own_districts_minsei_iin_is_told(place: Town) -> None:
    place.fall(FallPhase.CONFIRMED, device="radar-north")
    place.after(3600)
    assert {person for person, _ in place.telephone.told()} == {"desk-one", "technician-one"}


def test_a_cancelled_fall_tells_nobody(place: Town) -> None:
    alert_id = place.fall(FallPhase.SUSPECTED, FallPhase.CANCELLED)
    assert place.after(3600) == math.inf
    assert place.telephone.shown == []
    assert place.history(alert_id).alert.outcome == "cancelled"


def test_a_device_that_falls_silent_while_asking_is_taken_for_a_fall(place: Town) -> None:
    alert_id = place.fall(FallPhase.SUSPECTED)
    place.after(60 + 30)
    assert place.telephone.told() == FAMILY
    assert place.whats(alert_id)[:2] == ["suspected", "device_silent"]


@pytest.mark.parametrize("answer", ["going", "all_is_well", "helped", "called_119"])
def test_an_answer_stops_every_later_step(place: Town, answer: str) -> None:
    alert_id = place.fall(FallPhase.CONFIRMED)
    place.after(10)
    assert place.answer(alert_id, "family-east", answer).accepted
    assert place.after(100_000) == math.inf
    assert place.telephone.told("fall") == FAMILY


def test_accepted_by_a_service_never_stops_the_clock(place: Town) -> None:
    place.fall(FallPhase.CONFIRMED)
    place.after(180)
    assert place.telephone.told() == FAMILY + MINSEI


def test_the_others_learn_once_who_is_on_the_way(place: Town) -> None:
    alert_id = place.fall(FallPhase.CONFIRMED)
    place.after(200)
    place.answer(alert_id, "minsei-east", "going")
    place.after(60)
    place.answer(alert_id, "minsei-east", "helped")
    place.after(10_000)
    assert [person for person, _ in place.telephone.told("answered")] == ["family-east", "family-east-2"]
    notice = next(n for n in place.telephone.shown if n.purpose == "answered")
    assert notice.facts == {"kind": "fall", "role": "minsei_iin", "answer": "going"}
    assert place.whats(alert_id).count("informed") == 2


def test_cannot_hands_over_to_the_next_step_at_once(place: Town) -> None:
    alert_id = place.fall(FallPhase.CONFIRMED)
    place.after(5)
    place.answer(alert_id, "family-east", "cannot")
    place.after(0)
    assert place.telephone.told() == FAMILY + MINSEI


def test_cannot_said_late_or_twice_shortens_nobody_elses_time(place: Town) -> None:
    alert_id = place.fall(FallPhase.CONFIRMED)
    place.after(5)
    for _ in range(3):
        place.answer(alert_id, "family-east", "cannot")
        place.after(1)
    place.answer(alert_id, "family-east-2", "cannot")
    place.after(1)
    assert place.telephone.told() == FAMILY + MINSEI


def test_who_declined_is_not_asked_again(place: Town) -> None:
    alert_id = place.fall(FallPhase.CONFIRMED)
    place.after(5)
    place.answer(alert_id, "family-east", "cannot")
    place.after(700)
    assert place.telephone.told() == [*FAMILY, *MINSEI, *DESK, ("family-east-2", 3)]


def test_a_refused_service_gives_way_to_the_persons_next_one(place: Town) -> None:
    place.telephone.answering = refusing("line")
    place.fall(FallPhase.CONFIRMED)
    place.after(0)
    assert [(n.person_id, n.service) for n in place.telephone.shown] == [
        ("family-east-2", "mail"),
        ("family-east", "mail"),
    ]


def test_a_step_all_of_whose_messages_are_refused_is_passed_over_at_once(place: Town) -> None:
    place.telephone.answering = refusing("line", "webhook")
    with place.database.write() as session:
        session.delete(session.get_one(Contact, ("family-east", "mail")))
        session.delete(session.get_one(Contact, ("family-east-2", "mail")))
    alert_id = place.fall(FallPhase.CONFIRMED)
    place.after(0)
    assert place.telephone.told() == DESK
    assert place.whats(alert_id).count("nobody_reachable") == 2


def test_a_step_with_nobody_is_passed_over_at_once_and_noted(place: Town) -> None:
    alert_id = place.fall(FallPhase.CONFIRMED, device="radar-north")
    place.after(0)
    assert place.telephone.told() == DESK
    assert place.whats(alert_id) == ["confirmed", "nobody_reachable", "nobody_reachable", "told"]


def test_an_unregistered_devices_fall_reaches_the_desk(place: Town) -> None:
    from gateway.states import ensure_device

    with place.database.write() as session:
        ensure_device(session, "radar-9999", "home")
    place.fall(FallPhase.CONFIRMED, device="radar-9999")
    place.after(0)
    assert place.telephone.told() == DESK


def test_a_service_that_asks_for_later_is_tried_again_under_the_same_key(place: Town) -> None:
    def first_two_fail(notice: Notice) -> Delivery:
        before = sum(1 for n in place.telephone.tries if n.retry_key == notice.retry_key)
        return Delivery(Result.RETRY if before <= 2 else Result.ACCEPTED, "500")

    place.telephone.answering = first_two_fail
    place.fall(FallPhase.CONFIRMED)
    place.after(0)
    assert place.telephone.shown == []
    place.after(10)
    assert place.telephone.told() == [*FAMILY, ("family-east", 0)]
    lines = [n for n in place.telephone.tries if n.service == "line"]
    assert len(lines) == 3
    assert len({n.retry_key for n in lines}) == 1


def test_a_service_in_trouble_is_joined_by_the_persons_next_service(place: Town) -> None:
    place.telephone.answering = lambda n: Delivery(
        Result.RETRY if n.service == "line" else Result.ACCEPTED, "500"
    )
    place.fall(FallPhase.CONFIRMED)
    place.after(10)
    assert ("family-east", 0) in place.telephone.told()


def test_a_service_that_never_recovers_is_given_up_and_holds_up_nobody(place: Town) -> None:
    place.telephone.answering = lambda n: Delivery(
        Result.RETRY if n.service == "line" else Result.ACCEPTED, "500"
    )
    alert_id = place.fall(FallPhase.CONFIRMED)
    place.after(180 + 300)
    assert place.telephone.told()[-1] == ("desk-one", 2)
    place.after(3600)
    attempts = place.history(alert_id).attempts
    assert {a.state for a in attempts if a.service == "line"} == {"given_up"}
    assert {a.tries for a in attempts if a.service == "line"} == {12}


def test_after_the_last_step_reminders_follow_and_then_the_desk_and_the_technician_learn_it(
    place: Town,
) -> None:
    alert_id = place.fall(FallPhase.CONFIRMED)
    assert place.after(3 * 780 + 10) == math.inf
    steps = [step for _, step in place.telephone.told()]
    assert steps == [0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9]
    assert place.telephone.told()[-2:] == [("desk-one", 9), ("technician-one", 9)]
    reasons = [n.facts.get("reason") for n in place.telephone.shown]
    assert reasons == [None] * 4 + ["reminder"] * 8 + ["nobody_answered"] * 2
    assert place.whats(alert_id).count("exhausted") == 1
    assert place.history(alert_id).alert.state == "open"


def test_an_answer_taken_back_goes_on_with_the_next_step(place: Town) -> None:
    alert_id = place.fall(FallPhase.CONFIRMED)
    place.after(10)
    place.answer(alert_id, "family-east", "going")
    place.after(60)
    place.answer(alert_id, "family-east", "cannot")
    place.after(0)
    assert place.history(alert_id).alert.state == "open"
    assert place.telephone.told("fall") == FAMILY + MINSEI
    place.answer(alert_id, "minsei-east", "going")
    place.after(10)
    assert place.telephone.told("answered") == [
        ("family-east-2", 1),
        ("family-east", 2),
        ("family-east-2", 2),
    ]


def test_an_answer_taken_back_after_the_end_is_told_to_the_desk_again(place: Town) -> None:
    alert_id = place.fall(FallPhase.CONFIRMED)
    place.after(3000)
    place.answer(alert_id, "family-east", "going")
    place.after(10)
    count = len(place.telephone.told("fall"))
    place.answer(alert_id, "family-east", "cannot")
    place.after(0)
    assert place.telephone.told("fall")[count:] == [("desk-one", 10), ("technician-one", 10)]


def test_an_edit_of_the_policy_never_reaches_a_running_escalation(place: Town) -> None:
    place.fall(FallPhase.CONFIRMED)
    place.after(10)
    edited = {"fall": {"steps": [{"role": "desk", "wait_s": 5}]}}
    place.policies = Policies(PolicySettings.model_validate(edited))
    place.after(170)
    assert place.telephone.told() == FAMILY + MINSEI


def test_a_message_on_its_way_at_a_kill_is_tried_again_under_the_same_key(place: Town) -> None:
    def dies(_notice: Notice) -> Delivery:
        raise KeyboardInterrupt

    place.telephone.answering = dies
    place.fall(FallPhase.CONFIRMED)
    with pytest.raises(KeyboardInterrupt):
        place.escalation.turn()
    place.telephone.answering = lambda n: Delivery(Result.ACCEPTED)
    place.restart()
    place.after(10)
    keys = [n.retry_key for n in place.telephone.tries if n.service == "line"]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert sorted(place.telephone.told()) == FAMILY


def test_two_processes_share_the_work_and_double_nothing(place: Town) -> None:
    other = Town.restart(place)
    place.restart()
    for _ in range(5):
        place.fall(FallPhase.CONFIRMED)
    for _ in range(40):
        other.turn()
        place.escalation.turn()
    assert len(place.telephone.tries) == len(place.telephone.shown) == 10


def test_an_alert_that_makes_a_turn_fail_stops_no_other(place: Town) -> None:
    from gateway.database import tables

    broken = place.fall(FallPhase.CONFIRMED)
    with place.database.write() as session:
        session.get_one(tables.Escalation, broken).policy = {"name": "fall", "steps": "none"}
    place.at_ms += 1
    place.fall(FallPhase.CONFIRMED)
    stop = threading.Event()
    turns = iter([False] * 6)

    class Stopping(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            if next(turns, True):
                stop.set()
            return True

        def is_set(self) -> bool:
            return stop.is_set()

    place.escalation.run(Stopping())
    assert place.escalation.failed_turns == 1
    assert sorted(place.telephone.told()) == FAMILY


def test_a_fall_answered_tells_the_device_for_ten_minutes(place: Town) -> None:
    from contract.messages import Answered, Command, decode

    alert_id = place.fall(FallPhase.CONFIRMED)
    place.answer(alert_id, "family-east", "going")
    row = place.commands()[0]
    command = decode(row.payload, Command)
    assert row.device_id == "radar-east"
    assert command.body == Answered(alert_id, "going", "family")
    assert command.expires_ms == row.expires_ms == place.at_ms + 600_000


def test_a_notice_carries_no_name_and_no_address_of_a_resident(place: Town) -> None:
    place.fall(FallPhase.CONFIRMED)
    place.after(3000)
    for notice in place.telephone.shown:
        text = f"{notice.number} {notice.facts} {notice!r}"
        assert not any(word in text for word in ("藤原", "文子", "東町", "home-east", "example.test"))


def test_a_farmer_is_told_of_monkeys_once_and_not_reminded(place: Town) -> None:
    visit = place.sighting(VisitPhase.STARTED)
    place.after(5)
    place.sighting(VisitPhase.UPDATED, visit, count=9)
    assert place.after(5000) == math.inf
    assert place.telephone.told() == [("farmer-hill", 0)]
    expected = {"species": "monkey", "count": "3", "direction": "nearer", "area": "越沢の畑"}
    assert place.telephone.shown[0].facts == expected


def test_a_bear_goes_to_the_desk_and_the_farmer_at_once_and_is_repeated(place: Town) -> None:
    visit = place.sighting(VisitPhase.STARTED, species="bear", count=1)
    place.after(0)
    assert place.telephone.told() == [("desk-one", 0), ("farmer-hill", 1)]
    place.sighting(VisitPhase.ENDED, visit, species="bear", count=1)
    place.after(300)
    assert place.telephone.told()[2:] == [("desk-one", 2), ("farmer-hill", 3)]


def test_a_bear_without_a_farmer_is_not_repeated_at_once(place: Town) -> None:
    with place.database.write() as session:
        session.delete(session.get_one(Contact, ("farmer-hill", "line")))
    place.sighting(VisitPhase.STARTED, species="bear", count=1)
    place.after(299)
    assert place.telephone.told() == [("desk-one", 0)]


def test_a_visit_that_turns_out_to_be_a_bears_warns_the_desk(place: Town) -> None:
    visit = place.sighting(VisitPhase.STARTED)
    place.after(5)
    place.sighting(VisitPhase.UPDATED, visit, species="bear", count=1)
    place.sighting(VisitPhase.UPDATED, visit, species="monkey", count=1)
    place.after(5)
    assert place.telephone.told() == [("farmer-hill", 0), ("desk-one", 0), ("farmer-hill", 1)]


def test_a_fault_goes_to_the_technician_until_it_is_cleared(place: Town) -> None:
    fault = place.fault(FaultPhase.RAISED)
    place.after(5)
    assert place.telephone.told() == [("technician-one", 0)]
    facts = {"device": "camera-hill", "component": "camera", "code": "camera_frozen"}
    assert place.telephone.shown[0].facts == facts
    place.fault(FaultPhase.CLEARED, fault)
    assert place.after(100_000) == math.inf
    assert place.history(fault).alert.outcome == "cleared"


def test_a_person_without_any_contact_counts_as_not_reachable(place: Town) -> None:
    with place.database.write() as session:
        session.add(Person(id="desk-two", name="係", role="desk", locale="ja"))
        session.delete(session.get_one(Contact, ("desk-one", "mail")))
    alert_id = place.fall(FallPhase.CONFIRMED, device="radar-north")
    place.after(0)
    assert place.telephone.told() == [("technician-one", 9)]
    assert place.history(alert_id).alert.state == "open"
