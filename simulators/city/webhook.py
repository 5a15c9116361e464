"""Another system that receives our webhooks: it verifies the signature, and takes each id once."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable

from simulators.city.faults import Faults, Mishap
from simulators.city.http import HttpServer, Reply, Request
from simulators.city.timeline import Timeline

SERVICE = "webhook"
TOLERANCE_S = 300
"""An older timestamp is a request played again by somebody who listened."""


class WebhookServer:
    """A receiver on loopback; every path is an address. ``secret`` is the one it shares with the sender."""

    def __init__(self, secret: str, timeline: Timeline, now_ms: Callable[[], int], port: int = 0) -> None:
        self.faults = Faults()
        self._secret = secret.encode()
        self._timeline = timeline
        self._now_ms = now_ms
        self._taken: set[str] = set()
        self._lock = threading.Lock()
        self._http = HttpServer("city-webhook", self._answer, port)

    @property
    def url(self) -> str:
        """Beginning of every address here: ``{url}/desk``."""
        return self._http.url

    def start(self) -> None:
        self._http.start()

    def stop(self) -> None:
        self._http.stop()

    def _answer(self, request: Request) -> Reply:
        mishap = self.faults.take()
        with self._lock:
            reply, shown = self._take(request, mishap)
        identity = request.headers.get("webhook-id", "")
        status = 0 if reply.silent or reply.broken else reply.status
        self._timeline.add(
            SERVICE, self.url + request.path, _text(request.body), status, shown=shown, key=identity
        )
        return reply._replace(broken=reply.broken or mishap is Mishap.LOST_ANSWER)

    def _take(self, request: Request, mishap: Mishap | None) -> tuple[Reply, bool]:
        replies = {
            Mishap.ERROR: Reply(500),
            Mishap.TIMEOUT: Reply(silent=True),
            Mishap.REFUSE: Reply(broken=True),
            Mishap.RATE: Reply(429),
            Mishap.REJECT: Reply(410),
        }
        if mishap in replies:
            return replies[mishap], False
        if not self._genuine(request):
            return Reply(401, {"error": "the signature does not fit"}), False
        identity = request.headers["webhook-id"]
        if identity in self._taken:
            return Reply(409, {"error": "taken already"}), False
        self._taken.add(identity)
        return Reply(202), True

    def _genuine(self, request: Request) -> bool:
        identity, at_s = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
        if not identity or not at_s.isdigit() or abs(self._now_ms() / 1000 - int(at_s)) > TOLERANCE_S:
            return False
        digest = hmac.digest(self._secret, f"{identity}.{at_s}.".encode() + request.body, hashlib.sha256)
        wanted = f"v1,{base64.b64encode(digest).decode()}"
        given = request.headers.get("webhook-signature", "").split(" ")
        return any(hmac.compare_digest(wanted.encode(), one.encode()) for one in given)


def _text(body: bytes) -> str:
    """The event as it came; a body that is no JSON is shown as text."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except ValueError:
        return body.decode(errors="replace")
