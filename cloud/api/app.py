"""The web application, put together: pages, answers, live streams, data for machines.

Is: what people read and press, over the gateway's memory. Is not: any part of the way an alert takes to
people; with this process stopped, messages still go out.
"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.resources import files

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from cloud.api import answering, demo, errors, machine, pages, signing_in
from cloud.api.city import City
from cloud.api.headers import SafetyHeaders
from cloud.api.live import LiveWatch
from cloud.api.sessions import Sessions
from cloud.api.streams import Changes
from cloud.links import Links, system_now_ms
from cloud.settings import CitySettings
from gateway.database.session import Database

log = logging.getLogger(__name__)


class KeptFiles(StaticFiles):
    """Static files; their address changes with their content, so a browser may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def create_app(
    settings: CitySettings,
    database: Database | None = None,
    *,
    now_ms: Callable[[], int] = system_now_ms,
) -> FastAPI:
    """The application for a city's file.

    ``database`` given stays the caller's to close. Raises SecretError for a secret that may not be used.
    """
    secret = settings.web.secret()
    memory = database or Database(settings.database.address())
    city = City(
        settings=settings,
        database=memory,
        links=Links(secret, settings.web.public_url, now_ms),
        sessions=Sessions(secret, now_ms, secure=settings.web.public_url.startswith("https:")),
        live=LiveWatch(settings.broker, now_ms),
        now_ms=now_ms,
        changes=Changes(memory),
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(memory.create)
        city.live.start()
        try:
            yield
        finally:
            city.streams.end()
            await run_in_threadpool(city.live.stop)
            city.close_series()
            if database is None:
                memory.close()

    app = FastAPI(
        title="Mimamori", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    app.state.city = city
    app.add_middleware(SafetyHeaders)
    errors.install(app)
    for room in (answering, signing_in, pages, machine):
        app.include_router(room.router)
    if settings.web.demo:
        app.include_router(demo.router)
    app.mount("/static", KeptFiles(packages=[("cloud.portal", "static")]), name="static")
    app.add_api_route("/favicon.ico", _favicon, include_in_schema=False)
    return app


def _favicon() -> Response:
    """Browsers ask for it by this name before they have read a page."""
    drawing = files("cloud.portal").joinpath("static", "favicon.svg").read_bytes()
    return Response(drawing, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})
