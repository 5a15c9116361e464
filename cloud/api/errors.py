"""Everything that can go wrong for a reader: one exception, one page, one JSON shape."""

import logging
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from cloud.api.language import locale_of
from cloud.portal.rendering import render
from cloud.portal.wording import Wording

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PageError(Exception):
    """A request that gets an error page. ``key``: table ``error`` of the pages' words, ``{key}_title`` beside it."""

    status: int
    key: str


LINK_UNKNOWN = PageError(404, "link_unknown")
LINK_EXPIRED = PageError(410, "link_expired")
NOT_FOUND = PageError(404, "not_found")
FORBIDDEN = PageError(403, "forbidden")
STALE = PageError(403, "stale")
INVALID = PageError(400, "invalid")
BROKEN = PageError(500, "broken")
NO_DATABASE = PageError(503, "broken")


class SignInNeededError(Exception):
    """A page that is for people who have opened their link."""


def install(app: FastAPI) -> None:
    """Let ``app`` answer every failure in our words; no stack trace leaves the machine."""
    app.add_exception_handler(PageError, _page_error)
    app.add_exception_handler(SignInNeededError, _sign_in_needed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(SQLAlchemyError, _no_database)
    app.add_exception_handler(Exception, _broken)


def wants_json(request: Request) -> bool:
    """Whether the caller is a machine: the data addresses and event streams, not the pages."""
    return request.url.path.startswith(("/api/", "/live/", "/demo/live/", "/healthz"))


def error_response(request: Request, error: PageError) -> Response:
    """The page or the JSON for an error."""
    locale = locale_of(request)
    w = Wording(locale)
    headers = {"Cache-Control": "no-store"}
    if wants_json(request):
        body = {"error": {"code": error.key, "message": w.say(f"error.{error.key}")}}
        return JSONResponse(body, error.status, headers)
    page = render("error.html", locale, key=error.key, role=None, form_token=None, start="/")
    return HTMLResponse(page, error.status, headers)


async def _page_error(request: Request, error: Exception) -> Response:
    return error_response(request, error if isinstance(error, PageError) else BROKEN)


async def _sign_in_needed(request: Request, _error: Exception) -> Response:
    locale = locale_of(request)
    headers = {"Cache-Control": "no-store"}
    if wants_json(request):
        body = {"error": {"code": "sign_in", "message": Wording(locale).say("signed_out.text")}}
        return JSONResponse(body, 401, headers)
    page = render("signed_out.html", locale, role=None, form_token=None, start="/")
    return HTMLResponse(page, 401, headers)


async def _invalid(request: Request, _error: Exception) -> Response:
    return error_response(request, INVALID)


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    key = {404: "not_found", 401: "forbidden", 403: "forbidden"}.get(status, "invalid")
    return error_response(request, PageError(status, key if status < 500 else "broken"))


async def _no_database(request: Request, error: Exception) -> Response:
    log.error("the database does not answer: %s", error)
    return error_response(request, NO_DATABASE)


async def _broken(request: Request, _error: Exception) -> Response:
    return error_response(request, BROKEN)
