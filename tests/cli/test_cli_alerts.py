"""``mimamori alerts``: what a technician sees of an alert, and answers given for somebody on the telephone."""

import re
from collections.abc import Iterator

import pytest

from cli.demo.site import Site
from contract.messages import FallPhase, FaultPhase
from gateway.database.session import Database
from tests.cli.conftest import Run
from tests.gateway.alerts.town import Town

NUMBER = re.compile(r"^│ (\S+) +│ fall ", re.MULTILINE)


@pytest.fixture
def town(site: Site) -> Iterator[Town]:
    """A town's database, where the city's file says that it lies."""
    made = Town(database=Database(f"sqlite:///{site.directory / 'gateway.sqlite'}"))
    yield made
    made.close()


def open_fall(town: Town) -> str:
    """A fall that people have been told of; its id."""
    incident = town.fall(FallPhase.SUSPECTED, FallPhase.CONFIRMED)
    for _ in range(3):
        town.escalation.turn()
    return incident


def number_of(run: Run, site: Site) -> str:
    found = NUMBER.search(run("alerts", "list", site.city_file, "--all").out)
    assert found
    return found[1]


def test_without_an_alert_the_list_says_so(run: Run, site: Site, town: Town) -> None:
    said = run("alerts", "list", site.city_file)
    assert (said.status, said.out.strip()) == (0, "no alerts")


def test_an_open_alert_is_listed_with_its_place_and_who_is_told_next(
    run: Run, site: Site, town: Town
) -> None:
    open_fall(town)
    said = run("alerts", "list", site.city_file)
    assert said.status == 0
    assert re.search(r"│ \S+ +│ fall +│ open +│ [\d: -]+ │ home-east +│ +│ minsei_iin ", said.out), said.out


def test_neither_a_name_nor_an_address_is_printed(run: Run, site: Site, town: Town) -> None:
    incident = open_fall(town)
    told = run("alerts", "list", site.city_file).out + run("alerts", "show", site.city_file, incident).out
    assert "home-east" in told
    assert "藤原" not in told
    assert "東町" not in told


def test_an_alert_that_is_over_is_listed_only_when_asked_for(run: Run, site: Site, town: Town) -> None:
    town.fault(FaultPhase.CLEARED, town.fault(FaultPhase.RAISED))
    town.fall(FallPhase.SUSPECTED, FallPhase.CANCELLED)
    assert "fall" not in run("alerts", "list", site.city_file).out
    assert re.search(r"fall +│ cancelled", run("alerts", "list", site.city_file, "--all").out)


@pytest.mark.parametrize("spelling", [str.upper, str.lower])
def test_an_alert_is_shown_with_evidence_steps_and_each_attempt(
    run: Run, site: Site, town: Town, spelling
) -> None:
    incident = open_fall(town)
    said = run("alerts", "show", site.city_file, spelling(number_of(run, site)))
    assert said.status == 0
    first, *rest = said.out.splitlines()
    assert first.split() == [number_of(run, site), "fall", "open", f"({incident})"]
    assert "  drop_m = 1.1 m" in rest
    assert any("fall to family family-east by line: accepted, 1 tries" in line for line in rest)


def test_an_alert_is_found_by_its_id_too(run: Run, site: Site, town: Town) -> None:
    incident = open_fall(town)
    said = run("alerts", "show", site.city_file, incident)
    assert said.status == 0
    assert incident in said.out


@pytest.mark.parametrize("verb", [("show",), ("ack", "--person", "family-east")])
def test_an_unknown_number_is_refused_with_one_sentence(run: Run, site: Site, town: Town, verb) -> None:
    said = run("alerts", *verb, site.city_file, "F-9999")
    assert said.status == 1
    assert said.out == ""
    assert re.fullmatch(r"mimamori: no alert has the [a-z ]+ F-9999", said.err.strip())


def test_an_answer_on_the_telephone_takes_the_alert(run: Run, site: Site, town: Town) -> None:
    open_fall(town)
    number = number_of(run, site)
    said = run("alerts", "ack", site.city_file, number, "--person", "family-east")
    assert (said.status, said.out.strip()) == (0, f"{number}: going, now acknowledged")
    assert re.search(r"acknowledged │ .* │ family ", run("alerts", "list", site.city_file).out)


def test_the_outcome_closes_it_and_its_history_says_who(run: Run, site: Site, town: Town) -> None:
    open_fall(town)
    number = number_of(run, site)
    said = run("alerts", "ack", site.city_file, number, "--person", "minsei-east", "--answer", "helped")
    assert (said.status, said.out.strip()) == (0, f"{number}: helped, now closed")
    shown = run("alerts", "show", site.city_file, number).out
    assert re.search(r"helped +-> closed +minsei_iin minsei-east", shown), shown


def test_a_second_person_is_told_by_whom_it_was_answered(run: Run, site: Site, town: Town) -> None:
    open_fall(town)
    number = number_of(run, site)
    run("alerts", "ack", site.city_file, number, "--person", "family-east")
    said = run("alerts", "ack", site.city_file, number, "--person", "minsei-east")
    assert (said.status, said.err.strip()) == (1, f"{number}: already answered by family")


def test_the_same_person_a_second_time_is_told_so(run: Run, site: Site, town: Town) -> None:
    open_fall(town)
    number = number_of(run, site)
    run("alerts", "ack", site.city_file, number, "--person", "family-east")
    said = run("alerts", "ack", site.city_file, number, "--person", "family-east")
    assert (said.status, said.err.strip()) == (1, f"{number}: this person has answered already")


def test_an_alert_that_ended_by_itself_takes_no_answer(run: Run, site: Site, town: Town) -> None:
    town.fall(FallPhase.SUSPECTED, FallPhase.CANCELLED)
    number = number_of(run, site)
    said = run("alerts", "ack", site.city_file, number, "--person", "family-east")
    assert (said.status, said.err.strip()) == (1, f"{number}: it has ended by itself: cancelled")


@pytest.mark.parametrize("person", ["minsei-west", "farmer-hill", "nobody-east"])
def test_who_does_not_answer_for_the_place_is_refused_and_nothing_changes(
    run: Run, site: Site, town: Town, person: str
) -> None:
    incident = open_fall(town)
    number = number_of(run, site)
    said = run("alerts", "ack", site.city_file, number, "--person", person)
    assert said.status == 1
    assert f"{person} does not answer for the place of alert {number}" in said.err
    assert town.history(incident).alert.state == "open"


def test_an_answer_that_does_not_exist_is_refused_with_those_that_do(
    run: Run, site: Site, town: Town
) -> None:
    open_fall(town)
    said = run(
        "alerts", "ack", site.city_file, number_of(run, site), "--person", "family-east", "--answer", "maybe"
    )
    assert said.status == 1
    assert "'maybe' is no answer: use one of all_is_well, called_119, cannot, going, helped" in said.err


def test_a_file_that_is_not_the_citys_is_refused(run: Run, site: Site) -> None:
    said = run("alerts", "list", site.home_file)
    assert said.status == 1
    assert "give the city's file, the one with a [web] table" in said.err
