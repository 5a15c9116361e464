"""Nothing of the roster leaves, however it is written."""

import logging

import pytest
from sqlalchemy.exc import OperationalError

from cloud.services.privacy import PrivacyFilter, roster_of
from gateway.alerts.notifier import Result
from gateway.database.session import Database
from gateway.database.tables import Contact, Home, Person

ROSTER = (
    "佐藤 花子",
    "林 薫",
    "山形県鶴岡市田麦俣字六十里1-2",
    "Hanako Sato",
    "0235-00-0000",
    "民生委員長 会館",
)


def wide(text):
    """As a Japanese keyboard writes it: full width."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


@pytest.mark.parametrize(
    "text",
    [
        "佐藤花子さん",
        "佐藤　花子 様",
        "佐藤・花子",
        "林　薫さん",
        "山形県鶴岡市田麦俣字六十里" + wide("1-2"),
        "鶴岡市田麦俣字六十里1-2 で",
        "田麦俣字六十里 1-2",
        "for HANAKO  SATO",
        "電話 " + wide("0235-00-0000"),
        "電話 (0235)00 0000",
        "⺠生委員⻑会館",
    ],
)
def test_a_name_address_or_number_is_found_however_it_is_written(text):
    objection = PrivacyFilter(lambda: ROSTER).objection(text)
    assert objection is not None
    assert (objection.result, objection.reason) == (Result.REFUSED, "privacy")


@pytest.mark.parametrize(
    "text",
    [
        "【見守り】受付番号 A12 確認をお願いします。",
        "【サル】田麦俣 3頭",
        "佐藤新田",
        "at least 3 in Satotown",
    ],
)
def test_a_place_or_a_number_of_ours_may_leave(text):
    assert PrivacyFilter(lambda: ROSTER).objection(text) is None


@pytest.mark.parametrize("address", ["朝日町512", "道形町1-2-3", "123"])
def test_a_house_number_alone_never_holds_back_an_alert(address):
    assert PrivacyFilter(lambda: (address,)).objection("受付番号 A1512、B123") is None


def test_a_message_with_personal_data_is_held_back_and_the_log_does_not_repeat_it(
    city, notifier, a_notice, caplog
):
    notice = a_notice(purpose="sighting", facts={"species": "monkey", "area": "佐藤花子さんの畑"})
    with caplog.at_level(logging.DEBUG):
        delivery = notifier.send(notice)
    assert (delivery.result, delivery.reason) == (Result.REFUSED, "privacy")
    assert city.timeline.arrivals() == []
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "佐藤" not in caplog.text


def test_a_fact_that_only_a_webhook_would_carry_is_looked_at_too(city, notifier, a_notice):
    notice = a_notice("webhook", facts={"note": "0235-00-0000"})
    assert notifier.send(notice).result is Result.REFUSED
    assert city.timeline.arrivals() == []


def test_while_the_roster_cannot_be_read_a_message_waits():
    def broken():
        raise OperationalError("select", {}, Exception("database is locked"))

    objection = PrivacyFilter(broken).objection("受付番号 A12")
    assert objection is not None
    assert objection.result is Result.RETRY


def test_the_roster_is_read_afresh_and_leaves_out_offices_and_webhooks(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'city.sqlite'}")
    database.create()
    roster = roster_of(database)
    assert list(roster()) == []
    with database.write() as session:
        session.add(Home(id="home-1", resident="佐藤 花子", address="鶴岡市馬場町9-25", district="d-1"))
        session.add(Person(id="person-1", name="佐藤 一郎", role="family"))
        session.add(Person(id="desk-1", name="市役所 長寿介護課", role="desk"))
        session.flush()
        session.add(Contact(person_id="person-1", service="mail", address="ichiro@family.example"))
        session.add(Contact(person_id="person-1", service="webhook", address="https://ha.example/hook"))
        session.add(Contact(person_id="desk-1", service="mail", address="desk@city.example"))
    assert set(roster()) == {"佐藤 花子", "鶴岡市馬場町9-25", "佐藤 一郎", "ichiro@family.example"}
    database.close()
