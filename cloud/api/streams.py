"""Server-sent events: the newest live message of a device, and a hint that alerts have changed.

Every stream looks at one flag at least ten times a second, so that all of them end with the server: uvicorn
would otherwise wait for them for ever. ``serving.WebServer`` sets the flag before uvicorn starts to wait.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from gateway.database import tables
from gateway.database.session import Database

log = logging.getLogger(__name__)

LOOK_S = 0.1
"""Ten pictures a second are as many as a device sends and more than a reader needs."""
QUIET_S = 10.0
"""A comment after so long without news keeps proxies from hanging up."""
LIFE_S = 600.0
"""A stream ends after this and the browser opens the next: who may look is then asked afresh."""
RECHECK_S = 5.0
"""How long a page may go on showing what its reader may no longer see."""


class Streams:
    """The flag that ends every open stream."""

    def __init__(self) -> None:
        self.ended = False

    def end(self) -> None:
        """End all streams within ``LOOK_S``; from any thread."""
        self.ended = True


class Changes:
    """Tells, at most once a second, whether anything the pages show has changed in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = asyncio.Lock()
        self._looked_s = -1.0
        self._mark = ""

    async def mark(self) -> str:
        """A text that differs whenever an alert, visit, attempt or device has changed."""
        async with self._lock:
            if time.monotonic() - self._looked_s >= 1.0:
                try:
                    self._mark = await run_in_threadpool(self._look)
                except SQLAlchemyError as error:
                    log.warning("cannot look for changes: %s", type(error).__name__)
                self._looked_s = time.monotonic()
        return self._mark

    def _look(self) -> str:
        columns = (
            tables.Transition.id,
            tables.Event.received_ms,
            tables.Attempt.sent_ms,
            tables.Device.state_at_ms,
        )
        with self._database.read() as session:
            return "/".join(str(session.scalar(select(func.max(column)))) for column in columns)


def event_stream(events: AsyncIterator[bytes]) -> StreamingResponse:
    """A response that is sent as it grows and kept by nobody."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def watch(
    streams: Streams,
    look: Callable[[], tuple[int, dict[str, Any] | None]],
    allowed: Callable[[], bool],
) -> AsyncIterator[bytes]:
    """Yield ``look()``'s view as an event ``live`` whenever its serial has changed.

    ``allowed`` is asked again every ``RECHECK_S`` in a thread; once it says no, the stream ends.
    """
    started_s = checked_s = spoke_s = time.monotonic()
    seen: int | None = None
    yield b"retry: 2000\n\n"
    while not streams.ended and time.monotonic() - started_s < LIFE_S:
        serial, view = look()
        if serial != seen:
            seen = serial
            spoke_s = time.monotonic()
            yield _event("live", view)
        elif time.monotonic() - spoke_s > QUIET_S:
            spoke_s = time.monotonic()
            yield b": still here\n\n"
        await asyncio.sleep(LOOK_S)
        if time.monotonic() - checked_s > RECHECK_S:
            checked_s = time.monotonic()
            if not await run_in_threadpool(allowed):
                yield _event("gone", None)
                return


async def changed(streams: Streams, changes: Changes, digest: Callable[[], str]) -> AsyncIterator[bytes]:
    """Yield an event ``changed`` whenever ``digest()``, asked in a thread, differs from the last."""
    started_s = spoke_s = time.monotonic()
    mark: str | None = None
    known: str | None = None
    yield b"retry: 2000\n\n"
    while not streams.ended and time.monotonic() - started_s < LIFE_S:
        fresh = await changes.mark()
        if fresh != mark:
            mark = fresh
            found = await run_in_threadpool(digest)
            if found != known:
                known = found
                spoke_s = time.monotonic()
                yield _event("changed", {"mark": found})
        elif time.monotonic() - spoke_s > QUIET_S:
            spoke_s = time.monotonic()
            yield b": still here\n\n"
        await asyncio.sleep(LOOK_S)


def _event(name: str, data: dict[str, Any] | None) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
