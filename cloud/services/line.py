"""LINE Messaging API, push to one person (reference: github.com/line/line-openapi, messaging-api.yml).

LINE is only the bell. Its 200 means taken, not read: a person who blocked the account gives 200 as well.
"""

import json
import re

import httpx

from cloud.services.messages import Message
from cloud.services.service import (
    Answer,
    HttpSender,
    by_status,
    network_trouble,
    refused,
)
from cloud.settings import LineSettings
from gateway.alerts.notifier import Delivery, Notice

PUSH = "/v2/bot/message/push"
TEXT_UNITS_MAX = 5000
"""UTF-16 code units of a text message."""
ADDRESS = re.compile(r"[UCR][0-9a-f]{32}")
"""User, group or room. LINE forbids requests for ids that cannot exist, so they are stopped here."""
QUOTA_SPENT = "monthly limit"
"""Part of the message that tells a spent quota from a rate limit; the API has no error codes."""

MESSAGE_CHARACTERS_MAX = 120
"""The API's own messages are one sentence; it is kept with the failed try for the technician."""


class Line:
    """Sends one text message by push; the same retry key within 24 h is delivered once."""

    def __init__(self, settings: LineSettings) -> None:
        self._url = settings.api_url + PUSH
        self._token = settings.token()
        self._http = HttpSender(settings.timeout_s)

    def send(self, message: Message, notice: Notice) -> Delivery:
        if not ADDRESS.fullmatch(notice.address):
            return refused("line: the contact's address is not a LINE id (U and 32 hex digits)")
        if utf16_units(message.text) > TEXT_UNITS_MAX:
            return refused(f"line: the text is longer than {TEXT_UNITS_MAX} UTF-16 units")
        body = {"to": notice.address, "messages": [{"type": "text", "text": message.text}]}
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "X-Line-Retry-Key": notice.retry_key,
        }
        try:
            answer = self._http.post(self._url, json.dumps(body, ensure_ascii=False).encode(), headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return network_trouble("line", error)
        return _delivery(answer, _message(answer.body).replace(notice.address, "..."))


def utf16_units(text: str) -> int:
    """Length of ``text`` as LINE counts it."""
    return len(text.encode("utf-16-le")) // 2


def _delivery(answer: Answer, message: str) -> Delivery:
    if answer.status == 429 and QUOTA_SPENT in message.lower():
        return refused("line: the month's quota is spent")
    if answer.status in {401, 403}:
        return refused(f"line: {answer.status}, the channel access token is not accepted")
    return by_status("line", answer.status, message[:MESSAGE_CHARACTERS_MAX])


def _message(body: bytes) -> str:
    """The sentence of an error answer, or nothing."""
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    return str(answer.get("message", "")) if isinstance(answer, dict) else ""
