"""The made-up city behaves as the services it stands for, and ends when told to."""

import json
import smtplib
import socket
import threading

import httpx
import pytest

from simulators.city.city import City, serve_city
from simulators.city.faults import Mishap
from simulators.city.timeline import FarTimeline

USER = "U" + "0" * 32
KEY = "ac23d376-ff35-493e-9544-42b28f51f740"


@pytest.fixture
def clock():
    return {"ms": 1_800_000_000_000}


@pytest.fixture
def city(clock):
    with City(now_ms=lambda: clock["ms"]) as running:
        yield running


def push(city, text="こんにちは", *, to=USER, key=KEY, token=None, messages=None):
    headers = {"Authorization": f"Bearer {token or city.token}", "X-Line-Retry-Key": key}
    body = {"to": to, "messages": messages or [{"type": "text", "text": text}]}
    return httpx.post(f"{city.line.api_url}/v2/bot/message/push", json=body, headers=headers, trust_env=False)


def test_a_second_push_under_a_key_names_the_first(city):
    first, second = push(city), push(city)
    assert first.status_code == 200
    assert second.status_code == 409
    assert second.headers["x-line-accepted-request-id"] == first.headers["x-line-request-id"]
    assert second.json()["sentMessages"] == first.json()["sentMessages"]


def test_a_retry_key_is_remembered_for_a_day(city, clock):
    push(city)
    clock["ms"] += 24 * 3_600_000
    assert push(city).status_code == 200


def test_the_quota_is_counted_and_says_so(city):
    city.line.quota = 1
    assert push(city).status_code == 200
    refused = push(city, key=KEY.replace("a", "b"))
    assert refused.status_code == 429
    assert refused.json() == {"message": "You have reached your monthly limit."}
    headers = {"Authorization": f"Bearer {city.token}"}
    used = httpx.get(
        f"{city.line.api_url}/v2/bot/message/quota/consumption", headers=headers, trust_env=False
    )
    assert used.json() == {"totalUsage": 1}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"token": "another"}, 401),
        ({"to": "daughter"}, 400),
        ({"key": "no-uuid"}, 400),
        ({"text": ""}, 400),
        ({"text": "あ" * 5001}, 400),
        ({"messages": [{"type": "text", "text": "x"}] * 6}, 400),
    ],
)
def test_a_push_that_line_would_refuse_is_refused(city, change, status):
    assert push(city, **change).status_code == status
    assert not any(arrival.shown for arrival in city.timeline.arrivals())


def test_an_ordered_mishap_passes_and_a_standing_one_stays(city):
    city.line.faults.next(Mishap.ERROR, times=2)
    assert [push(city).status_code for _ in range(3)] == [500, 500, 200]
    city.line.faults.always(Mishap.RATE)
    assert [push(city).status_code for _ in range(3)] == [429, 429, 429]
    city.line.faults.always(None)
    assert push(city).status_code == 409


def test_the_timeline_reads_the_same_from_another_process(city):
    push(city)
    assert FarTimeline(city.timeline_url).arrivals() == city.timeline.arrivals() != []


def test_faults_can_be_switched_from_another_process(city):
    def order(**body):
        return httpx.post(f"{city.url}/faults", content=json.dumps(body), trust_env=False).status_code

    assert order(service="line", mishap="error", times=1) == 200
    assert [push(city).status_code for _ in range(2)] == [500, 200]
    assert order(service="line", mishap="rate") == 200
    assert push(city).status_code == 429
    assert order(service="line", mishap=None) == 200
    assert order(service="fax", mishap="error") == 400
    assert order(service="line", mishap="flood") == 400
    assert order(nothing=1) == 400


def test_somebody_can_wait_for_an_arrival(city):
    threading.Timer(0.1, push, (city,)).start()
    assert city.timeline.wait_for(lambda arrival: arrival.service == "line", 5.0) is not None
    assert city.timeline.wait_for(lambda arrival: arrival.service == "mail", 0.05) is None


def test_a_city_ends_at_once_with_connections_open_and_leaves_no_thread(city):
    before = set(threading.enumerate())
    other = City()
    other.start()
    other.line.faults.next(Mishap.TIMEOUT)
    failed = []

    def wait_in_vain():
        try:
            push(other)
        except httpx.HTTPError as error:
            failed.append(error)

    held = threading.Thread(target=wait_in_vain)
    held.start()
    assert other.timeline.wait_for(lambda arrival: arrival.status == 0, 5.0) is not None
    with (
        socket.create_connection(("127.0.0.1", int(other.line.api_url.rsplit(":", 1)[1]))),
        smtplib.SMTP("127.0.0.1", other.mail.port, "test", timeout=5),
    ):
        other.stop()
        other.stop()
    held.join()
    assert failed
    assert set(threading.enumerate()) - before == set()


def test_a_taken_port_is_said_and_leaves_nothing_running(city):
    before = set(threading.enumerate())
    with pytest.raises(OSError, match="in use"):
        City(webhook_port=int(city.webhook.url.rsplit(":", 1)[1])).start()
    assert set(threading.enumerate()) == before


def test_a_served_city_runs_until_it_is_told_to_stop():
    stop, running = threading.Event(), []
    serving = threading.Thread(target=serve_city, args=(stop, running.append), kwargs={"token": "t" * 32})
    serving.start()
    while not running:
        stop.wait(0.01)
    assert push(running[0], token="t" * 32).status_code == 200
    stop.set()
    serving.join(timeout=5)
    assert not serving.is_alive()
