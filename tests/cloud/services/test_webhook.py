"""The webhook service over real HTTP, verified by the city's receiver."""

import json

import pytest

from gateway.alerts.notifier import Result
from simulators.city.faults import Mishap


def test_the_receiver_finds_the_signature_right_and_reads_a_cloud_event(city, notifier, a_notice):
    notice = a_notice(
        "webhook", purpose="sighting", facts={"species": "monkey", "count": "3", "area": "田麦俣"}
    )
    assert notifier.send(notice).result is Result.ACCEPTED
    [arrival] = city.timeline.arrivals()
    event = json.loads(arrival.text)
    assert (arrival.status, arrival.shown, arrival.address) == (202, True, f"{city.webhook.url}/desk")
    assert (event["specversion"], event["type"], event["id"]) == (
        "1.0",
        "mimamori.notice.sighting",
        notice.retry_key,
    )
    assert event["data"]["number"] == "A12"
    assert event["data"]["facts"]["species"] == "monkey"


def test_a_repeated_webhook_is_accepted_and_taken_once(city, notifier, a_notice):
    city.webhook.faults.next(Mishap.LOST_ANSWER)
    notice = a_notice("webhook")
    results = [notifier.send(notice).result for _ in range(3)]
    assert results == [Result.RETRY, Result.ACCEPTED, Result.ACCEPTED]
    assert [arrival.shown for arrival in city.timeline.arrivals()] == [True, False, False]


def test_a_receiver_with_another_secret_refuses(city_settings, open_with, city, a_notice, tmp_path):
    settings = city_settings()
    (tmp_path / "webhook.secret").write_text("0123456789abcdef" * 4)
    assert open_with(settings).send(a_notice("webhook")).result is Result.REFUSED
    assert [arrival.status for arrival in city.timeline.arrivals()] == [401]


@pytest.mark.parametrize(
    ("mishap", "result"),
    [
        (Mishap.ERROR, Result.RETRY),
        (Mishap.RATE, Result.RETRY),
        (Mishap.REFUSE, Result.RETRY),
        (Mishap.REJECT, Result.REFUSED),
    ],
)
def test_a_receivers_status_decides(city, notifier, a_notice, mishap, result):
    city.webhook.faults.next(mishap)
    assert notifier.send(a_notice("webhook")).result is result


@pytest.mark.parametrize(
    "address", ["http://elsewhere.example.jp/x", "ftp://desk/x", "desk", "", "http://[bad", "https://\x00"]
)
def test_an_address_that_is_not_https_is_refused(city, notifier, a_notice, address):
    assert notifier.send(a_notice("webhook", address=address)).result is Result.REFUSED
