"""The whole made-up city on loopback ports, with one timeline that other processes can read."""

import json
import secrets
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from simulators.city.faults import Faults, Mishap
from simulators.city.http import LOOPBACK, HttpServer, Reply, Request
from simulators.city.line import LineServer
from simulators.city.mail import MailServer
from simulators.city.timeline import Timeline
from simulators.city.webhook import WebhookServer

SENDER = "mimamori@city.example"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class City:
    """LINE, mail and a webhook receiver; port 0 takes a free one. Start it, or use it in a ``with``.

    Over HTTP at ``url``: ``GET /timeline`` is the list of arrivals, ``POST /faults`` switches a mishap
    (``{"service": "line", "mishap": "error", "times": 2}``; without ``times`` it stays, null ends it).
    """

    def __init__(
        self,
        *,
        line_port: int = 0,
        mail_port: int = 0,
        webhook_port: int = 0,
        port: int = 0,
        token: str | None = None,
        webhook_secret: str | None = None,
        mail_tls: ssl.SSLContext | None = None,
        mail_login: tuple[str, str] | None = None,
        now_ms: Callable[[], int] = _now_ms,
    ) -> None:
        self.token = token or secrets.token_hex(32)
        self.webhook_secret = webhook_secret or secrets.token_hex(32)
        self.timeline = Timeline(now_ms)
        self.line = LineServer(self.token, self.timeline, now_ms, line_port)
        self.mail = MailServer(self.timeline, mail_port, mail_tls, mail_login)
        self.webhook = WebhookServer(self.webhook_secret, self.timeline, now_ms, webhook_port)
        self._http = HttpServer("city-timeline", self._answer, port)
        self._starttls = mail_tls is not None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where the timeline can be read."""
        return self._http.url

    @property
    def timeline_url(self) -> str:
        """For FarTimeline in another process."""
        return f"{self.url}/timeline"

    def start(self) -> None:
        """Start every service; raises OSError if a port is taken, and then leaves none running."""
        try:
            for service in (self.line, self.mail, self.webhook, self._http):
                service.start()
        except OSError:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop every service and break its connections; harmless when repeated."""
        for service in (self._http, self.webhook, self.mail, self.line):
            service.stop()

    def services_toml(self, directory: Path) -> str:
        """The ``[services.*]`` tables of a city file that uses this city; writes the secrets they name."""
        token_file, secret_file = directory / "line.token", directory / "webhook.secret"
        for file, secret in ((token_file, self.token), (secret_file, self.webhook_secret)):
            file.touch(mode=0o600)
            file.write_text(secret, encoding="utf-8")
        return f"""\
[services.line]
api_url = {json.dumps(self.line.api_url)}
token_file = {json.dumps(str(token_file))}

[services.mail]
host = "{LOOPBACK}"
port = {self.mail.port}
sender = "{SENDER}"
starttls = {"true" if self._starttls else "false"}

[services.webhook]
secret_file = {json.dumps(str(secret_file))}
"""

    def _answer(self, request: Request) -> Reply:
        match (request.method, request.path):
            case ("GET", "/timeline"):
                return Reply(body=[arrival.as_json() for arrival in self.timeline.arrivals()])
            case ("POST", "/faults"):
                return self._switch(request.body)
            case _:
                return Reply(404, {"error": "this city has GET /timeline and POST /faults"})

    def _switch(self, body: bytes) -> Reply:
        try:
            order = json.loads(body)
            faults = self.faults(order["service"])
            mishap = Mishap(order["mishap"]) if order["mishap"] is not None else None
            times = int(order.get("times", 0))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Reply(400, {"error": f"{type(error).__name__}: {error}"})
        if mishap is not None and times > 0:
            faults.next(mishap, times)
        else:
            faults.always(mishap)
        return Reply(200)

    def faults(self, service: str) -> Faults:
        """The faults of a service by its name; raises KeyError."""
        return {"line": self.line.faults, "mail": self.mail.faults, "webhook": self.webhook.faults}[service]


def serve_city(
    stop: threading.Event,
    ready: Callable[[City], None],
    *,
    line_port: int = 0,
    mail_port: int = 0,
    webhook_port: int = 0,
    port: int = 0,
    token: str | None = None,
    webhook_secret: str | None = None,
) -> None:
    """Run a city until ``stop`` is set; ``ready`` is called once with the running city. Raises OSError."""
    city = City(
        line_port=line_port,
        mail_port=mail_port,
        webhook_port=webhook_port,
        port=port,
        token=token,
        webhook_secret=webhook_secret,
    )
    with city:
        ready(city)
        stop.wait()
