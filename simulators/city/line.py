"""A made-up LINE: the push endpoint of the Messaging API, as strict and as forgetful as the real one.

Error texts and statuses are those of the API's reference (developers.line.biz, Messaging API reference).
"""

import json
import re
import threading
import uuid
from collections.abc import Callable
from typing import Any

from simulators.city.faults import Faults, Mishap
from simulators.city.http import HttpServer, Reply, Request
from simulators.city.timeline import Timeline

SERVICE = "line"
PUSH = "/v2/bot/message/push"
RETRY_KEY_LIFE_MS = 24 * 3600 * 1000
TEXT_UNITS_MAX = 5000
MESSAGES_MAX = 5
_ADDRESS = re.compile(r"[UCR][0-9a-f]{32}")
_RETRY_KEY = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")

MONTHLY_LIMIT = "You have reached your monthly limit."
RATE_LIMIT = "The API rate limit has been exceeded. Try again later."
RETRY_KEY_KNOWN = "The retry key is already accepted"


class LineServer:
    """LINE on loopback. ``quota``: messages left this month, None for a plan without a limit."""

    def __init__(self, token: str, timeline: Timeline, now_ms: Callable[[], int], port: int = 0) -> None:
        self.faults = Faults()
        self.quota: int | None = None
        self.blocked: set[str] = set()
        """Users who blocked the account: the API still answers 200, and no phone shows anything."""
        self._token = token
        self._timeline = timeline
        self._now_ms = now_ms
        self._used = 0
        self._accepted: dict[str, tuple[int, str, list[dict[str, str]]]] = {}
        self._lock = threading.Lock()
        self._http = HttpServer("city-line", self._answer, port)

    @property
    def api_url(self) -> str:
        """What ``services.line.api_url`` should be."""
        return self._http.url

    def start(self) -> None:
        self._http.start()

    def stop(self) -> None:
        self._http.stop()

    def _answer(self, request: Request) -> Reply:
        route = (request.method, request.path)
        if request.headers.get("authorization") != f"Bearer {self._token}":
            return _error(401, "Authentication failed due to the following reason: invalid token.")
        if route == ("GET", "/v2/bot/message/quota"):
            limited = {"type": "limited", "value": self._used + (self.quota or 0)}
            return Reply(body=limited if self.quota is not None else {"type": "none"})
        if route == ("GET", "/v2/bot/message/quota/consumption"):
            return Reply(body={"totalUsage": self._used})
        if route != ("POST", PUSH):
            return _error(404, "Not found")
        return self._push(request)

    def _push(self, request: Request) -> Reply:
        mishap = self.faults.take()
        push, key = _json(request.body), request.headers.get("x-line-retry-key", "")
        with self._lock:
            reply, shown = self._mishap(mishap), False
            if reply is None:
                reply, shown = self._accept(push, key)
        status = 0 if reply.silent or (reply.broken and not shown) else reply.status
        self._timeline.add(SERVICE, str(push.get("to", "")), _texts(push), status, shown=shown, key=key)
        return reply._replace(broken=reply.broken or mishap is Mishap.LOST_ANSWER)

    def _mishap(self, mishap: Mishap | None) -> Reply | None:
        match mishap:
            case Mishap.ERROR:
                return _error(500, "Internal server error")
            case Mishap.TIMEOUT:
                return Reply(silent=True)
            case Mishap.REFUSE:
                return Reply(broken=True)
            case Mishap.RATE:
                return _error(429, RATE_LIMIT)
            case Mishap.REJECT:
                return _error(400, "Failed to send messages")
            case _:
                return None

    def _accept(self, push: dict[str, Any], key: str) -> tuple[Reply, bool]:
        """The reply, and whether a phone shows the message."""
        problem = _problem(push, key)
        if problem is not None:
            return problem, False
        earlier = self._accepted.get(key)
        if earlier is not None and self._now_ms() - earlier[0] < RETRY_KEY_LIFE_MS:
            header = (("x-line-accepted-request-id", earlier[1]),)
            return Reply(409, {"message": RETRY_KEY_KNOWN, "sentMessages": earlier[2]}, header), False
        if self.quota is not None:
            if self.quota <= 0:
                return _error(429, MONTHLY_LIMIT), False
            self.quota -= 1
        self._used += 1
        request_id = str(uuid.uuid4())
        sent = [{"id": str(uuid.uuid4().int)[:18], "quoteToken": uuid.uuid4().hex} for _ in push["messages"]]
        if key:
            self._accepted[key] = (self._now_ms(), request_id, sent)
        reply = Reply(200, {"sentMessages": sent}, (("x-line-request-id", request_id),))
        return reply, push["to"] not in self.blocked


def _problem(push: dict[str, Any], key: str) -> Reply | None:
    """What is wrong with a push, or None."""
    messages = push.get("messages")
    if key and not _RETRY_KEY.fullmatch(key):
        return _error(400, "The retry key is invalid")
    if not _ADDRESS.fullmatch(str(push.get("to", ""))):
        return _error(400, "The property, 'to', in the request body is invalid (line: -, column: -)")
    if not isinstance(messages, list) or not 1 <= len(messages) <= MESSAGES_MAX:
        return _body_error("messages", f"Size must be between 1 and {MESSAGES_MAX}")
    for number, message in enumerate(messages):
        text = message.get("text") if isinstance(message, dict) else None
        if not isinstance(text, str) or message.get("type") != "text" or not text:
            return _body_error(f"messages[{number}].text", "May not be empty")
        if len(text.encode("utf-16-le")) // 2 > TEXT_UNITS_MAX:
            return _body_error(f"messages[{number}].text", f"Length must be between 0 and {TEXT_UNITS_MAX}")
    return None


def _texts(push: dict[str, Any]) -> str:
    messages = push.get("messages")
    rows = messages if isinstance(messages, list) else []
    return "\n".join(str(row.get("text", "")) for row in rows if isinstance(row, dict))


def _json(body: bytes) -> dict[str, Any]:
    try:
        tree = json.loads(body)
    except ValueError:
        return {}
    return tree if isinstance(tree, dict) else {}


def _error(status: int, message: str) -> Reply:
    return Reply(status, {"message": message})


def _body_error(place: str, message: str) -> Reply:
    details = [{"message": message, "property": place}]
    return Reply(400, {"message": "The request body has 1 error(s)", "details": details})
