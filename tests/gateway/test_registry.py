"""The registry file is taken over as a whole or refused with where and how to mend it."""

import pytest

from contract.configuration import ConfigurationError
from gateway import registry
from gateway.database import tables
from gateway.database.session import Database

FILE = """
[[homes]]
id = "home-0001"
resident = "藤原 文子"
address = "東町 1-2-3"
district = "higashi"
responsible = ["person-son", "person-daughter"]

[[homes]]
id = "home-0002"
resident = "田中 一郎"
address = "西町 4-5-6"
district = "nishi"
responsible = ["person-volunteer-east"]

[[fields]]
id = "field-0001"
area = "奥谷"
responsible = ["person-farmer"]

[[devices]]
id = "radar-0001"
kind = "home"
home = "home-0001"

[[devices]]
id = "camera-0001"
kind = "field"
field = "field-0001"

[[people]]
id = "person-daughter"
name = "娘"
role = "family"
contacts = { mail = "daughter@example.jp" }

[[people]]
id = "person-son"
name = "息子"
role = "family"
contacts = { line = "U01", mail = "son@example.jp" }

[[people]]
id = "person-volunteer-east"
name = "東の民生委員"
role = "minsei_iin"
district = "higashi"
contacts = { line = "U02" }

[[people]]
id = "person-farmer"
name = "農家"
role = "farmer"
contacts = { line = "U03" }

[[people]]
id = "person-desk"
name = "市役所"
role = "desk"
contacts = { webhook = "http://127.0.0.1/desk" }
"""


@pytest.fixture
def loaded(database: Database) -> Database:
    with database.write() as session:
        registry.load_registry(session, FILE, "registry.toml")
    return database


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
    assert people(loaded, home_id="home-0001", role="family") == ["person-son", "person-daughter"]


def test_a_minsei_iin_who_is_not_named_is_found_by_the_homes_district(loaded: Database) -> None:
    assert people(loaded, home_id="home-0001", role="minsei_iin") == ["person-volunteer-east"]


def test_a_named_minsei_iin_may_live_in_another_district(loaded: Database) -> None:
    assert people(loaded, home_id="home-0002", role="minsei_iin") == ["person-volunteer-east"]


def test_the_desk_answers_for_every_place_and_family_for_none_but_their_own(loaded: Database) -> None:
    assert people(loaded, field_id="field-0001", role="desk") == ["person-desk"]
    assert people(loaded, role="desk") == ["person-desk"]
    assert people(loaded, home_id="home-0002", role="family") == []
    assert people(loaded, field_id="field-0001", role="farmer") == ["person-farmer"]


def test_reading_a_file_again_brings_it_up_to_date_and_keeps_what_devices_said(loaded: Database) -> None:
    with loaded.write() as session:
        session.get_one(tables.Device, "radar-0001").online = True
    changed = FILE.replace('["person-son", "person-daughter"]', '["person-daughter"]').replace("U01", "U99")
    with loaded.write() as session:
        registry.load_registry(session, changed, "registry.toml")
    with loaded.read() as session:
        assert [contact.address for contact in registry.contacts(session, "person-son")] == [
            "U99",
            "son@example.jp",
        ]
        radar = registry.device(session, "radar-0001")
        assert radar is not None
        assert (radar.online, radar.home_id) == (True, "home-0001")
    assert people(loaded, home_id="home-0001", role="family") == ["person-daughter"]


def test_what_a_second_file_does_not_name_stays(loaded: Database) -> None:
    with loaded.write() as session:
        registry.load_registry(
            session, '[[devices]]\nid = "radar-0002"\nkind = "home"\nhome = "home-0002"\n', "more.toml"
        )
    with loaded.read() as session:
        assert [device.id for device in registry.devices(session)] == [
            "camera-0001",
            "radar-0001",
            "radar-0002",
        ]
        assert [device.id for device in registry.devices(session, home_id="home-0002")] == ["radar-0002"]


def test_an_unknown_person_is_refused_with_its_line_and_mend(database: Database) -> None:
    words = refusal(database, FILE.replace('["person-farmer"]', '["person-nobody"]'))
    assert words == (
        "registry.toml:19: fields.0.responsible = 'person-nobody': "
        "no such person: add a [[people]] table with this id"
    )


def test_a_device_in_no_known_home_and_one_in_two_places_are_refused(database: Database) -> None:
    words = refusal(database, FILE.replace('home = "home-0001"', 'home = "home-0009"'))
    assert "registry.toml:24: devices.0.home = 'home-0009': no such home" in words
    words = refusal(database, FILE.replace('home = "home-0001"', 'home = "home-0001"\nfield = "field-0001"'))
    assert "devices.0.kind = 'home': a device of this kind names one home, nothing else" in words


def test_an_id_given_twice_is_refused(database: Database) -> None:
    words = refusal(database, FILE.replace('id = "home-0002"', 'id = "home-0001"'))
    assert "registry.toml:10: homes.1.id = 'home-0001': this id is already taken" in words


def test_a_person_nobody_can_reach_is_refused(database: Database) -> None:
    words = refusal(database, FILE.replace('contacts = { line = "U03" }', "contacts = {}"))
    assert "people.3.contacts" in words


def test_an_id_that_names_somebody_is_refused(database: Database) -> None:
    words = refusal(database, FILE.replace('"person-son"', '"息子"'))
    assert "nothing that says who or where" in words
