"""Signing in by the link one was handed, and signing out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from cloud.api import access
from cloud.api.city import city_of
from cloud.api.errors import LinkExpiredPageError, LinkUnknownPageError
from cloud.api.reader import AReader
from cloud.api.sessions import COOKIE, LIFE_S
from cloud.links import LinkExpiredError, LinkUnknownError

router = APIRouter(include_in_schema=False)


@router.get("/s/{token}")
def sign_in(request: Request, token: str) -> Response:
    """Begin a session and go to the person's own page."""
    city = city_of(request)
    try:
        person_id = city.links.read_sign_in(token)
    except LinkExpiredError as error:
        raise LinkExpiredPageError from error
    except LinkUnknownError as error:
        raise LinkUnknownPageError from error
    with city.database.read() as session:
        if access.viewer(session, person_id) is None:
            raise LinkUnknownPageError
    response = RedirectResponse("/", 303)
    response.set_cookie(
        COOKIE,
        city.sessions.begin(person_id),
        max_age=LIFE_S,
        httponly=True,
        samesite="lax",
        secure=city.secure,
    )
    return response


@router.post("/sign-out")
def sign_out(reader: AReader, form_token: Annotated[str, Form()] = "") -> Response:
    """End the session on this device."""
    reader.check_form(form_token)
    response = RedirectResponse("/", 303)
    response.delete_cookie(COOKIE)
    return response
