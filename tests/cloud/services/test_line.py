"""The LINE service over real HTTP, against the city's LINE."""

import pytest

from cloud.services.line import utf16_units
from gateway.alerts.notifier import Result
from simulators.city.faults import Mishap
from simulators.city.phone import Phone

STRANGER = "U" + "f" * 32


@pytest.fixture
def quick(city_settings, open_with):
    """A notifier that gives LINE half a second."""
    return open_with(city_settings(lambda text: text.replace("token_file", "timeout_s = 0.5\ntoken_file", 1)))


def test_an_accepted_push_is_on_the_persons_phone_once(city, notifier, a_notice):
    notice = a_notice()
    assert notifier.send(notice).result is Result.ACCEPTED
    with Phone(city.timeline, {"line": notice.address}) as phone:
        [message] = phone.inbox()
    assert "A12" in message.text
    assert "https://mimamori.example.jp/a/" in message.text
    assert message.key == notice.retry_key


def test_a_retry_under_the_same_key_is_accepted_and_not_shown_twice(city, notifier, a_notice):
    notice = a_notice()
    deliveries = [notifier.send(notice) for _ in range(3)]
    assert [delivery.result for delivery in deliveries] == [Result.ACCEPTED] * 3
    assert [arrival.status for arrival in city.timeline.arrivals()] == [200, 409, 409]
    assert [arrival.shown for arrival in city.timeline.arrivals()] == [True, False, False]


def test_a_push_whose_answer_was_lost_is_shown_once_when_retried(city, notifier, a_notice):
    city.line.faults.next(Mishap.LOST_ANSWER)
    notice = a_notice()
    assert notifier.send(notice).result is Result.RETRY
    assert notifier.send(notice).result is Result.ACCEPTED
    assert sum(arrival.shown for arrival in city.timeline.arrivals()) == 1


@pytest.mark.parametrize("mishap", [Mishap.ERROR, Mishap.TIMEOUT, Mishap.REFUSE, Mishap.RATE])
def test_trouble_that_passes_is_tried_again(city, quick, a_notice, mishap):
    city.line.faults.next(mishap)
    assert quick.send(a_notice()).result is Result.RETRY
    assert quick.send(a_notice()).result is Result.ACCEPTED


def test_a_line_that_is_down_is_tried_again(city, notifier, a_notice):
    city.line.stop()
    assert notifier.send(a_notice()).result is Result.RETRY
    city.line.start()
    assert notifier.send(a_notice()).result is Result.ACCEPTED


def test_a_spent_monthly_quota_is_refused_so_that_the_next_service_is_used_at_once(city, notifier, a_notice):
    city.line.quota = 0
    delivery = notifier.send(a_notice())
    assert delivery.result is Result.REFUSED
    assert "quota" in delivery.reason


def test_a_request_line_cannot_use_is_refused(city, notifier, a_notice):
    city.line.faults.next(Mishap.REJECT)
    delivery = notifier.send(a_notice())
    assert (delivery.result, delivery.reason) == (Result.REFUSED, "line: 400 Failed to send messages")


def test_a_wrong_token_is_refused_and_said(city, city_settings, open_with, a_notice, tmp_path):
    settings = city_settings()
    (tmp_path / "line.token").write_text("not-the-token-of-this-channel")
    delivery = open_with(settings).send(a_notice())
    assert delivery.result is Result.REFUSED
    assert "token" in delivery.reason


def test_an_address_that_cannot_be_a_line_id_never_reaches_line(city, notifier, a_notice):
    assert notifier.send(a_notice(address="daughter")).result is Result.REFUSED
    assert city.timeline.arrivals() == []


def test_a_person_who_blocked_the_account_counts_as_accepted_but_sees_nothing(city, notifier, a_notice):
    city.line.blocked.add(STRANGER)
    assert notifier.send(a_notice(address=STRANGER)).result is Result.ACCEPTED
    with Phone(city.timeline, {"line": STRANGER}) as phone:
        assert phone.inbox() == []


def test_a_service_without_a_table_is_refused(notifier, a_notice):
    delivery = notifier.send(a_notice("fax"))
    assert delivery.result is Result.REFUSED
    assert "services.fax" in delivery.reason


def test_length_is_counted_as_line_counts_it():
    assert utf16_units("見") == 1
    assert utf16_units("𠮷") == 2
