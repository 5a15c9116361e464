"""Who reads a page, in which language, and how a page is handed to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy.orm import Session as DatabaseSession
from starlette.responses import HTMLResponse

from cloud.api.access import Viewer, viewer
from cloud.api.city import City, city_of
from cloud.api.errors import SignInNeededError, StaleFormError
from cloud.api.language import locale_of, remember
from cloud.api.sessions import COOKIE, Session
from cloud.portal.rendering import render
from cloud.portal.wording import Wording


@dataclass(frozen=True, slots=True)
class Reader:
    """A signed-in person at one request."""

    city: City
    request: Request
    who: Viewer
    session: Session

    @property
    def w(self) -> Wording:
        """The words of this reader's language."""
        return Wording(locale_of(self.request, self.who.locale))

    @property
    def form_token(self) -> str:
        """What this reader's forms carry."""
        return self.city.sessions.form_token(self.session)

    def check_form(self, token: str) -> None:
        """Raise the page 'once more, please' unless the form was one of this session's."""
        if not self.city.sessions.is_form_token(self.session, token):
            raise StaleFormError

    def page(self, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """A page of this reader."""
        frame = {"role": self.who.role, "form_token": self.form_token, "start": "/"}
        return page(self.request, template, self.w.locale, status=status, **{**frame, **context})


def reader(request: Request) -> Reader:
    """The reader behind the session cookie; raises SignInNeededError."""
    city = city_of(request)
    session = city.sessions.read(request.cookies.get(COOKIE))
    if session is None:
        raise SignInNeededError
    with city.database.read() as database:
        who = viewer(database, session.person_id)
    if who is None:
        raise SignInNeededError
    return Reader(city, request, who, session)


def page(request: Request, template: str, locale: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A rendered page that no cache keeps; remembers a language that was switched to."""
    frame: dict[str, Any] = {"role": None, "form_token": None, "start": "/"}
    response = HTMLResponse(
        render(template, locale, **{**frame, **context}), status, headers={"Cache-Control": "no-store"}
    )
    remember(request, response, secure=city_of(request).secure)
    return response


def reading(request: Request) -> Iterator[DatabaseSession]:
    """A database session to read with, for one request."""
    with city_of(request).database.read() as database:
        yield database


AReader = Annotated[Reader, Depends(reader)]
AReading = Annotated[DatabaseSession, Depends(reading)]
ACity = Annotated[City, Depends(city_of)]
