"""Another system's HTTP endpoint: a CloudEvent (CloudEvents 1.0, structured JSON), signed.

Signature as in the Standard Webhooks specification: HMAC-SHA256 over ``id.timestamp.body``, so a receiver
can use a library it already has and can refuse an old request played again.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable

import httpx

from cloud.services.messages import Message
from cloud.services.service import (
    HttpSender,
    by_status,
    network_trouble,
    refused,
)
from cloud.settings import WebhookSettings, is_private
from gateway.alerts.notifier import Delivery, Notice

TYPE_PREFIX = "mimamori.notice."


class Webhook:
    """Calls the contact's URL; answers 2xx and 409 (the id is known already) count as taken."""

    def __init__(self, settings: WebhookSettings, source: str, now_ms: Callable[[], int]) -> None:
        self._key = signing_key(settings.secret())
        self._source = source
        self._now_ms = now_ms
        self._http = HttpSender(settings.timeout_s)

    def send(self, message: Message, notice: Notice) -> Delivery:
        try:
            target = httpx.URL(notice.address)
        except httpx.InvalidURL as error:
            return network_trouble("webhook", error)
        if target.scheme != "https" and not (target.scheme == "http" and is_private(target.host)):
            return refused("webhook: the contact's address is not an https address")
        body = self._body(message, notice)
        try:
            answer = self._http.post(notice.address, body, self._headers(notice.retry_key, body))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return network_trouble("webhook", error)
        return by_status("webhook", answer.status)

    def _body(self, message: Message, notice: Notice) -> bytes:
        """No ``time``: the id stands for one notice, and a retry should say the same."""
        event = {
            "specversion": "1.0",
            "id": notice.retry_key,
            "source": self._source,
            "type": TYPE_PREFIX + notice.purpose,
            "subject": notice.number,
            "datacontenttype": "application/json",
            "data": {
                "number": notice.number,
                "text": message.text,
                "link": message.link,
                "facts": notice.facts,
            },
        }
        return json.dumps(event, ensure_ascii=False).encode()

    def _headers(self, identity: str, body: bytes) -> dict[str, str]:
        at_s = str(self._now_ms() // 1000)
        return {
            "Content-Type": "application/cloudevents+json",
            "Idempotency-Key": identity,
            "webhook-id": identity,
            "webhook-timestamp": at_s,
            "webhook-signature": signature(self._key, identity, at_s, body),
        }


def signing_key(secret: str) -> bytes:
    """Key bytes of a secret: base64 after the prefix ``whsec_`` that receivers' libraries use, else its text."""
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            pass  # a secret that merely begins like one
    return secret.encode()


def signature(key: bytes, identity: str, at_s: str, body: bytes) -> str:
    """The ``webhook-signature`` header."""
    digest = hmac.digest(key, f"{identity}.{at_s}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"
