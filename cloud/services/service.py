"""What every service has in common: one try, bounded in time, told as a Delivery."""

import logging
import ssl
from contextlib import suppress
from typing import NamedTuple, Protocol

import httpx

from cloud.services.messages import Message
from cloud.settings import is_loopback
from gateway.alerts.notifier import Delivery, Notice, Result

# The library logs every address it calls, and a contact's address is personal.
logging.getLogger("httpx").setLevel(logging.WARNING)

ANSWER_BYTES_MAX = 4096
"""Enough for an error's message; a service that sends more is not read to the end."""

RETRY_STATUSES = frozenset({408, 425, 429})
"""Refusals that mean "later" (RFC 9110, RFC 8470, RFC 6585)."""

PLAIN = {"Accept-Encoding": "identity"}
"""A compressed answer of 4 kB can unfold to megabytes; none is asked for and none is unfolded."""


class Service(Protocol):
    """One way to reach people."""

    def send(self, message: Message, notice: Notice) -> Delivery:
        """One try, bounded in time; never raises for what a network or the service does."""
        ...


class Answer(NamedTuple):
    """An HTTP answer: its status and the beginning of its body."""

    status: int
    body: bytes


def accepted(reason: str = "") -> Delivery:
    """The service has taken the message; nobody has seen it yet."""
    return Delivery(Result.ACCEPTED, reason)


def retry(reason: str) -> Delivery:
    """Try again later under the same retry key."""
    return Delivery(Result.RETRY, reason)


def refused(reason: str) -> Delivery:
    """Never try this again."""
    return Delivery(Result.REFUSED, reason)


def by_status(service: str, status: int, words: str = "") -> Delivery:
    """What an HTTP status means for a message sent under a retry key; ``words`` explain a failure."""
    if 200 <= status < 300:
        return accepted()
    if status == 409:
        return accepted(f"{service}: accepted at an earlier try")
    if status in RETRY_STATUSES or status >= 500:
        return retry(f"{service}: {status} {words}".rstrip())
    return refused(f"{service}: {status} {words}".rstrip())


class HttpSender:
    """POSTs with time limits. A connection is not kept: alerts are rare, a stale connection costs a retry."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout = httpx.Timeout(timeout_s)
        self._tls = ssl.create_default_context()

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """One POST; follows no redirect; raises httpx.HTTPError or httpx.InvalidURL."""
        # A proxy from the environment is for the way out of the building, not for this machine itself.
        outside = not is_loopback(httpx.URL(url).host)
        with (
            httpx.Client(timeout=self._timeout, verify=self._tls, trust_env=outside) as client,
            client.stream("POST", url, content=body, headers=PLAIN | headers) as response,
        ):
            start = b""
            # The status alone decides; a body cut short only makes the reason less telling.
            with suppress(httpx.HTTPError):
                start = next(response.iter_raw(ANSWER_BYTES_MAX), b"")
            return Answer(response.status_code, start)


def network_trouble(service: str, error: Exception) -> Delivery:
    """Delivery for an exception of ``HttpSender.post``; its text may hold an address, so only its kind is told."""
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return refused(f"{service}: the contact's address is not a web address")
    return retry(f"{service}: {type(error).__name__}")
