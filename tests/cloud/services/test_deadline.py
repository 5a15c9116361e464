"""A try ends in time, and is not begun twice."""

import socket
import threading
from contextlib import suppress

import pytest

from cloud.services.deadline import TRIES_UNDER_WAY_MAX, Deadline
from cloud.services.service import HttpSender, accepted
from gateway.alerts.notifier import Result


@pytest.fixture
def dripping():
    """The port of a server that answers with one byte now and then, for ever."""
    stop = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def drip():
        connection, _address = listening.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
            while not stop.wait(0.02):
                connection.sendall(b".")

    thread = threading.Thread(target=drip)
    thread.start()
    yield listening.getsockname()[1]
    stop.set()
    thread.join()
    listening.close()


def test_a_server_that_drips_for_ever_does_not_hold_a_sender(dripping):
    http = HttpSender(timeout_s=5.0)

    def attempt():
        with suppress(Exception):
            http.post(f"http://127.0.0.1:{dripping}/", b"", {})
        return accepted()

    assert Deadline(0.2).run("key", attempt).result is Result.RETRY


def test_a_slow_try_is_waited_for_under_its_key_and_not_begun_again():
    release, begun = threading.Event(), []

    def attempt():
        begun.append(1)
        release.wait()
        return accepted()

    deadline = Deadline(0.1)
    assert deadline.run("key", attempt).result is Result.RETRY
    assert deadline.run("key", attempt).result is Result.RETRY
    assert deadline.run("another key", accepted).result is Result.ACCEPTED
    release.set()
    assert Deadline.run(deadline, "key", attempt).result is Result.ACCEPTED
    assert begun == [1]


def test_a_finished_try_is_forgotten_and_the_next_one_is_begun():
    begun = []

    def attempt():
        begun.append(1)
        return accepted()

    deadline = Deadline()
    assert [deadline.run("key", attempt).result for _ in range(2)] == [Result.ACCEPTED] * 2
    assert begun == [1, 1]


def test_an_ill_service_holds_only_so_many_threads():
    release = threading.Event()

    def attempt():
        release.wait()
        return accepted()

    deadline = Deadline(0.001)
    for number in range(TRIES_UNDER_WAY_MAX):
        deadline.run(str(number), attempt)
    assert "too many" in deadline.run("one more", attempt).reason
    release.set()
    assert Deadline.run(deadline, "0", attempt) is not None


def test_a_slip_of_ours_reaches_whoever_sent():
    def attempt():
        raise KeyError("a word that no catalogue holds")

    with pytest.raises(KeyError):
        Deadline().run("key", attempt)
