"""uvicorn around the application, so that it ends at once although browsers hold streams open."""

import socket

import uvicorn
from fastapi import FastAPI

from cloud.api.app import create_app
from cloud.api.city import City
from cloud.settings import CitySettings

GRACE_S = 1
"""After the streams have been told to end, for a request that is under way."""


class WebServer(uvicorn.Server):
    """Ends the application's streams before uvicorn starts to wait for open connections."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        city = getattr(getattr(self.config.app, "state", None), "city", None)
        if isinstance(city, City):
            city.streams.end()
        await super().shutdown(sockets)


def web_server(settings: CitySettings, app: FastAPI | None = None) -> WebServer:
    """A server for the city's file, ready for ``run()``; it ends on SIGINT, SIGTERM or ``should_exit``."""
    config = uvicorn.Config(
        app or create_app(settings),
        host=settings.web.host,
        port=settings.web.port,
        log_config=None,
        access_log=False,  # addresses hold signed tokens, which are no matter for a log
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=5,
    )
    return WebServer(config)


def serve(settings: CitySettings) -> None:
    """Serve until SIGINT or SIGTERM."""
    web_server(settings).run()
