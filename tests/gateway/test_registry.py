"""The registry file is taken over as a whole or refused with where and how to mend it."""

import pytest

from contract.configuration import ConfigurationError
from gateway import registry
from gateway.database import tables
from gateway.database.session import Database
from tests.small_city import REGISTRY


def line(piece: str) -> int:
    """The number of the line a piece of the registry begins in."""
    return REGISTRY[: REGISTRY.index(piece)].count("\n") + 1


@pytest.fixture
def loaded(database: Database) -> Database:
    take_over(database, REGISTRY)
    return database


def take_over(database: Database, text: str) -> None:
    with database.write() as session:
        registry.load_registry(session, text, "registry.toml")


def people(database: Database, **where: str) -> list[str]:
    with database.read() as session:
        return [person.id for person in registry.people_for(session, **where)]


def refusal(database: Database, text: str) -> str:
    with pytest.raises(ConfigurationError) as refused, database.write() as session:
        registry.load_registry(session, text, "registry.toml")
    with database.read() as session:
        assert registry.devices(session) == []
    return str(refused.value)


def test_people_are_asked_in_the_order_the_home_names_them(loaded: Database) -> None:
    assert people(loaded, home_id="home-east", role="family") == ["family-east", "family-east-2"]
    turned = REGISTRY.replace('["family-east", "family-east-2"]', '["family-east-2", "family-east"]')
    take_over(loaded, turned)
    assert people(loaded, home_id="home-east", role="family") == ["family-east-2", "family-east"]


def test_a_minsei_iin_who_is_not_named_is_found_by_the_homes_district(loaded: Database) -> None:
    assert people(loaded, home_id="home-east", role="minsei_iin") == ["minsei-east"]


def test_a_named_minsei_iin_may_live_in_another_district(database: Database) -> None:
    take_over(database, REGISTRY.replace('["family-west"]', '["minsei-east"]'))
    assert people(database, home_id="home-west", role="minsei_iin") == ["minsei-east"]


def test_the_desk_answers_for_every_place_and_family_for_none_but_their_own(loaded: Database) -> None:
    assert people(loaded, field_id="field-hill", role="desk") == ["desk-one"]
    assert people(loaded, role="desk") == ["desk-one"]
    assert people(loaded, home_id="home-north", role="family") == []
    assert people(loaded, field_id="field-hill", role="farmer") == ["farmer-hill"]


def test_reading_a_file_again_brings_it_up_to_date_and_keeps_what_devices_said(loaded: Database) -> None:
    with loaded.write() as session:
        session.get_one(tables.Device, "radar-east").online = True
    changed = REGISTRY.replace('["family-east", "family-east-2"]', '["family-east-2"]')
    take_over(loaded, changed.replace("U-family-1", "U-family-9"))
    with loaded.read() as session:
        assert [contact.address for contact in registry.contacts(session, "family-east")] == [
            "U-family-9",
            "family1@example.test",
        ]
        radar = registry.device(session, "radar-east")
        assert radar is not None
        assert (radar.online, radar.home_id) == (True, "home-east")
    assert people(loaded, home_id="home-east", role="family") == ["family-east-2"]


def test_what_a_second_file_does_not_name_stays(loaded: Database) -> None:
    take_over(loaded, '[[devices]]\nid = "radar-west-2"\nkind = "home"\nhome = "home-west"\n')
    with loaded.read() as session:
        assert [device.id for device in registry.devices(session)] == [
            "camera-hill",
            "radar-east",
            "radar-north",
            "radar-west",
            "radar-west-2",
        ]
        at_home = [device.id for device in registry.devices(session, home_id="home-west")]
        assert at_home == ["radar-west", "radar-west-2"]


def test_an_unknown_person_is_refused_with_its_line_and_mend(database: Database) -> None:
    named = '["farmer-hill"]'
    words = refusal(database, REGISTRY.replace(named, '["nobody-hill"]'))
    assert words == (
        f"registry.toml:{line(named)}: fields.0.responsible = 'nobody-hill': "
        "no such person: add a [[people]] table with this id"
    )


def test_a_device_in_no_known_home_and_one_in_two_places_are_refused(database: Database) -> None:
    home = 'home = "home-east"'
    words = refusal(database, REGISTRY.replace(home, 'home = "home-south"'))
    assert f"registry.toml:{line(home)}: devices.0.home = 'home-south': no such home" in words
    words = refusal(database, REGISTRY.replace(home, f'{home}\nfield = "field-hill"'))
    assert "devices.0.kind = 'home': a device of this kind names one home, nothing else" in words


def test_an_id_given_twice_is_refused(database: Database) -> None:
    west = 'id = "home-west"'
    words = refusal(database, REGISTRY.replace(west, 'id = "home-east"'))
    assert f"registry.toml:{line(west)}: homes.1.id = 'home-east': this id is already taken" in words


def test_a_person_nobody_can_reach_is_refused(database: Database) -> None:
    words = refusal(database, REGISTRY.replace('contacts = { line = "U-farmer-1" }', "contacts = {}"))
    assert "people.5.contacts" in words


def test_an_id_that_names_somebody_is_refused(database: Database) -> None:
    words = refusal(database, REGISTRY.replace('"family-east"', '"息子"'))
    assert "nothing that says who or where" in words
