"""A small HTTP server on loopback that ends at once, whatever its connections are doing."""

import json
import socket
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, cast

LOOPBACK = "127.0.0.1"
BODY_BYTES_MAX = 2_000_000
"""LINE's own limit; nothing here needs more."""


class Request(NamedTuple):
    """A request, read to its end. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    """What to answer: text as a page, all else as JSON.

    ``silent``: hold the connection without a word; ``broken``: break it without a word.
    """

    status: int = 200
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    silent: bool = False
    broken: bool = False


Answerer = Callable[[Request], Reply]


class HttpServer:
    """Answers requests with ``answer``, each in its own thread; start and stop may be repeated."""

    def __init__(self, name: str, answer: Answerer, port: int = 0) -> None:
        self._name = name
        self._answer = answer
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port it listens on; the same again after a stop and a start."""
        return self._port

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{LOOPBACK}:{self._port}"

    def start(self) -> None:
        """Listen; raises OSError if the port is taken."""
        self._server = _Server(self._port, self._answer)
        self._port = int(self._server.server_address[1])
        # A stop is noticed within one poll.
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name=self._name
        )
        self._thread.start()

    def stop(self) -> None:
        """Break every connection and end every thread; harmless when it is not running."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._server.break_connections()
        self._server.server_close()
        self._thread.join()
        self._server = self._thread = None


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing the server waits for its handlers
    block_on_close = True

    def __init__(self, port: int, answer: Answerer) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.answer = answer
        self.ending = threading.Event()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is the client's business."""

    def break_connections(self) -> None:
        self.ending.set()
        with self._lock:
            for connection in self._connections:
                _shut(connection)


class _Handler(BaseHTTPRequestHandler):
    server_version = "city"

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own name
        """The timeline is the log."""

    def _handle(self) -> None:
        server = cast("_Server", self.server)
        length = min(int(self.headers.get("Content-Length") or 0), BODY_BYTES_MAX)
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = server.answer(Request(self.command, self.path, headers, self.rfile.read(length)))
        if reply.silent:
            server.ending.wait()
        elif reply.broken:
            self._break()
        else:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        page = isinstance(reply.body, str)
        tree = reply.body if reply.body is not None else {}
        content = (reply.body if page else json.dumps(tree, ensure_ascii=False)).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "text/html; charset=utf-8" if page else "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _break(self) -> None:
        # With nothing to linger for, the close is a reset: the client learns that it failed, not that it ended.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended by itself meanwhile
