"""A mail server that keeps what it gets, in memory. It speaks real SMTP, with STARTTLS if given a certificate."""

import asyncio
import socket
import ssl
import threading
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from simulators.city.faults import Faults, Mishap
from simulators.city.http import LOOPBACK
from simulators.city.timeline import Timeline

SERVICE = "mail"
NAME = "mail.city.example"
"""What it calls itself; without a name it would ask the DNS for one at every connection."""

_REPLIES = {
    Mishap.ERROR: "451 4.3.0 try again later",
    Mishap.RATE: "450 4.7.1 too many messages",
    Mishap.REJECT: "550 5.1.1 no such mailbox",
}


class MailServer:
    """SMTP on loopback. ``login``: user and password that a client must give, over TLS only."""

    def __init__(
        self,
        timeline: Timeline,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.faults = Faults()
        self._port = port
        self._login = login
        self._handler = _Handler(timeline, self.faults)
        self._options: dict[str, Any] = {"hostname": NAME, "enable_SMTPUTF8": True}
        if tls is not None:
            self._options |= {"tls_context": tls, "require_starttls": True}
        if login is not None:
            self._options |= {"authenticator": self._authenticate, "auth_required": True}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._sessions: WeakSet[SMTP] = WeakSet()

    @property
    def port(self) -> int:
        """The port it listens on; the same again after a stop and a start."""
        return self._port

    def start(self) -> None:
        """Listen; raises OSError if the port is taken."""
        listening = socket.create_server((LOOPBACK, self._port))
        self._port = int(listening.getsockname()[1])
        self._loop = asyncio.new_event_loop()
        serving = threading.Event()
        arguments = (self._loop, listening, serving)
        self._thread = threading.Thread(target=self._serve, args=arguments, name="city-mail")
        self._thread.start()
        # A stop before that would end the loop in the middle of its start.
        serving.wait()

    def stop(self) -> None:
        """Break every connection and end the thread; harmless when it is not running."""
        if self._loop is None or self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop = self._thread = None

    def _serve(
        self, loop: asyncio.AbstractEventLoop, listening: socket.socket, serving: threading.Event
    ) -> None:
        server = loop.run_until_complete(loop.create_server(self._session, sock=listening))
        serving.set()
        loop.run_forever()
        server.close()
        loop.run_until_complete(self._break_sessions())
        loop.close()

    def _session(self) -> SMTP:
        session = SMTP(self._handler, loop=self._loop, **self._options)
        self._sessions.add(session)
        return session

    async def _break_sessions(self) -> None:
        for session in self._sessions:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any
    ) -> AuthResult:
        given = (data.login.decode(), data.password.decode()) if isinstance(data, LoginPassword) else None
        return AuthResult(success=given == self._login, handled=False)


class _Handler:
    def __init__(self, timeline: Timeline, faults: Faults) -> None:
        self._timeline = timeline
        self._faults = faults

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        mail = message_from_bytes(_bytes(envelope.content), policy=modern)
        mishap = self._faults.take()
        reply = _REPLIES.get(mishap, "250 OK") if mishap else "250 OK"
        silent, broken = mishap is Mishap.TIMEOUT, mishap in {Mishap.REFUSE, Mishap.LOST_ANSWER}
        shown = mishap in {None, Mishap.LOST_ANSWER}
        self._record(mail, envelope, 0 if silent or (broken and not shown) else int(reply[:3]), shown=shown)
        if silent:
            await asyncio.Event().wait()
        if broken and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return reply

    def _record(self, mail: EmailMessage, envelope: Envelope, status: int, *, shown: bool) -> None:
        body = mail.get_body(("plain",))
        text = body.get_content().strip() if body is not None else ""
        for address in envelope.rcpt_tos:
            self._timeline.add(
                SERVICE,
                address,
                text,
                status,
                shown=shown,
                subject=str(mail["Subject"]),
                key=str(mail["Message-ID"]),
            )


def _bytes(content: str | bytes | None) -> bytes:
    return content.encode() if isinstance(content, str) else content or b""
