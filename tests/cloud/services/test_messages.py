"""What people read: gentle, short, and nothing about a person."""

import re
from itertools import product

import pytest

from cloud.services.line import TEXT_UNITS_MAX, utf16_units
from cloud.services.messages import compose
from cloud.services.privacy import PrivacyFilter

LINK = "https://mimamori.example.jp/a/" + "t" * 200
ABOUT_HEALTH = re.compile(r"転倒|転ん|倒れ|けが|救急|fall|fell|injur|emergency", re.IGNORECASE)
ROSTER = ("佐藤 花子", "山形県鶴岡市田麦俣字六十里1-2", "佐藤 一郎", "0235-00-0000", "Hanako Sato")
PURPOSES = ("fall", "answered", "sighting", "fault", "of-a-newer-gateway")


def notices(a_notice):
    facts = {"species": "monkey", "count": "500", "area": "あ" * 300, "direction": "left", "role": "family"}
    facts["code"] = "camera_frozen"
    for purpose, locale, reason, given in product(
        PURPOSES, ("ja", "en", "fr"), ({}, {"reason": "reminder"}, {"reason": "nobody_answered"}), (facts, {})
    ):
        yield a_notice(purpose=purpose, locale=locale, facts=given | reason)


def test_every_message_has_its_number_and_ends_with_its_link(a_notice):
    for notice in notices(a_notice):
        message = compose(notice, LINK)
        assert "A12" in message.text
        assert "A12" in message.subject
        assert "\n" not in message.subject
        assert message.text.endswith(LINK)
        assert "{" not in message.words
        assert "\n\n" not in message.text


def test_every_message_fits_line_with_room_to_spare(a_notice):
    assert max(utf16_units(compose(notice, LINK).text) for notice in notices(a_notice)) < TEXT_UNITS_MAX / 5


@pytest.mark.parametrize("purpose", ["fall", "answered", "fault", "of-a-newer-gateway"])
@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize("reason", ["", "reminder", "nobody_answered"])
def test_a_message_about_a_home_says_nothing_about_anybodys_health(a_notice, purpose, locale, reason):
    facts = {"kind": "fall", "role": "family", "answer": "called_119", "reason": reason}
    message = compose(a_notice(purpose=purpose, locale=locale, facts=facts), LINK)
    assert not ABOUT_HEALTH.search(message.words)


def test_no_message_holds_anything_of_a_roster(a_notice):
    held_back = PrivacyFilter(lambda: ROSTER)
    for notice in notices(a_notice):
        assert held_back.objection(compose(notice, LINK).words) is None


def test_a_sighting_says_what_where_how_many_and_which_way(a_notice):
    facts = {"species": "monkey", "count": "3", "area": "田麦俣", "direction": "nearer"}
    text = compose(a_notice(purpose="sighting", facts=facts), LINK).text
    assert "【サル】田麦俣" in text
    assert "少なくとも3頭" in text
    assert "こちらへ接近" in text
    assert "追い払い" in text


def test_nobody_is_asked_to_go_near_a_bear(a_notice):
    text = compose(a_notice(purpose="sighting", facts={"species": "bear", "area": "田麦俣"}), LINK).text
    assert "屋内" in text
    assert "追い払い" not in text


def test_those_told_of_an_answer_learn_the_role_and_not_the_person(a_notice):
    text = compose(a_notice(purpose="answered", facts={"role": "minsei_iin", "answer": "going"}), LINK).text
    assert "民生委員" in text


def test_a_reminder_and_a_last_resort_read_otherwise_than_the_first_message(a_notice):
    reasons = ({}, {"reason": "reminder"}, {"reason": "nobody_answered"})
    texts = {compose(a_notice(facts=facts), LINK).text for facts in reasons}
    assert len(texts) == len(reasons)


def test_an_area_with_line_breaks_stays_on_its_line(a_notice):
    facts = {"species": "monkey", "area": "田麦俣\n\nhttps://elsewhere.example"}
    assert "田麦俣 https" in compose(a_notice(purpose="sighting", facts=facts), LINK).text
