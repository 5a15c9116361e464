"""Everything that can go wrong for a reader: one exception, one page, one JSON shape."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from cloud.api.language import locale_of
from cloud.portal.rendering import render
from cloud.portal.wording import Wording

log = logging.getLogger(__name__)


class PageError(Exception):
    """A request that gets an error page: ``key`` of the pages' words under ``error``, with ``{key}_title``."""

    status = 500
    key = "broken"


class LinkUnknownPageError(PageError):
    """A link that is not ours, damaged, or of somebody the registry does not know."""

    status, key = 404, "link_unknown"


class LinkExpiredPageError(PageError):
    """A link of ours that is too old."""

    status, key = 410, "link_expired"


class NotFoundError(PageError):
    """No such page, alert or place."""

    status, key = 404, "not_found"


class ForbiddenError(PageError):
    """Not this reader's to see or to answer."""

    status, key = 403, "forbidden"


class StaleFormError(PageError):
    """A form that was not of this session."""

    status, key = 403, "stale"


class InvalidError(PageError):
    """Something was sent that no page of ours sends."""

    status, key = 400, "invalid"


class DatabaseAwayError(PageError):
    """The database does not answer now."""

    status, key = 503, "broken"


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
    return error_response(request, error if isinstance(error, PageError) else PageError())


async def _sign_in_needed(request: Request, _error: Exception) -> Response:
    locale = locale_of(request)
    headers = {"Cache-Control": "no-store"}
    if wants_json(request):
        body = {"error": {"code": "sign_in", "message": Wording(locale).say("signed_out.text")}}
        return JSONResponse(body, 401, headers)
    page = render("signed_out.html", locale, role=None, form_token=None, start="/")
    return HTMLResponse(page, 401, headers)


async def _invalid(request: Request, _error: Exception) -> Response:
    return error_response(request, InvalidError())


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    kinds: dict[int, type[PageError]] = {404: NotFoundError, 401: ForbiddenError, 403: ForbiddenError}
    found = kinds.get(status, PageError if status >= 500 else InvalidError)()
    found.status = status
    return error_response(request, found)


async def _no_database(request: Request, error: Exception) -> Response:
    log.error("the database does not answer: %s", error)
    return error_response(request, DatabaseAwayError())


async def _broken(request: Request, _error: Exception) -> Response:
    return error_response(request, PageError())
