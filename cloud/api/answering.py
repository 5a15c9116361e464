"""Answers: by the signed link of a message, or from one's own pages. A GET shows; only a POST answers."""

import logging
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from cloud.api import access, cards
from cloud.api.access import Viewer
from cloud.api.city import City, city_of
from cloud.api.errors import (
    ForbiddenError,
    InvalidError,
    LinkExpiredPageError,
    LinkUnknownPageError,
    NotFoundError,
)
from cloud.api.language import locale_of
from cloud.api.reader import AReader, page
from cloud.links import LinkExpiredError, LinkUnknownError
from cloud.portal.alert_view import AlertView
from cloud.portal.wording import Wording
from gateway.alerts.answers import AnswerResult, NotResponsibleError, UnknownAnswerError, answer
from gateway.alerts.records import UnknownAlertError

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Said:
    """What the page says about an answer that was just given."""

    mood: str
    title: str
    text: str
    note: str = ""


@router.get("/a/{token}")
def show(request: Request, token: str) -> Response:
    """The alert behind a message's link. Opened by mail and chat programs too: it changes nothing."""
    city, who, alert_id = _by_link(request, token)
    w = Wording(locale_of(request, who.locale))
    return _page(request, w, _card(city, w, who, alert_id), None, demo=city.settings.web.demo)


@router.post("/a/{token}")
def answer_by_link(request: Request, token: str, answer: Annotated[str, Form()] = "") -> Response:
    """Answer the alert behind a message's link; the token itself proves who answers."""
    city, who, alert_id = _by_link(request, token)
    w = Wording(locale_of(request, who.locale))
    result = take_answer(city, alert_id, who.person_id, answer)
    card = _card(city, w, who, alert_id)
    return _page(request, w, card, said(w, card, answer, result), demo=city.settings.web.demo)


@router.get("/alerts/{alert_id}")
def show_own(reader: AReader, alert_id: str) -> Response:
    """One alert on one's own pages."""
    return _own_page(reader, _card(reader.city, reader.w, reader.who, alert_id), None)


@router.post("/alerts/{alert_id}/answer")
def answer_own(
    reader: AReader,
    alert_id: str,
    answer: Annotated[str, Form()] = "",
    form_token: Annotated[str, Form()] = "",
) -> Response:
    """Answer from one's own pages; the form's token proves that it was one of ours."""
    reader.check_form(form_token)
    result = take_answer(reader.city, alert_id, reader.who.person_id, answer)
    card = _card(reader.city, reader.w, reader.who, alert_id)
    return _own_page(reader, card, said(reader.w, card, answer, result))


def take_answer(city: City, alert_id: str, person_id: str, given: str) -> AnswerResult:
    """Take an answer in one transaction; raises a PageError for one that cannot be taken."""
    try:
        with city.database.write() as session:
            result = answer(session, alert_id, person_id, given, city.now_ms())
    except UnknownAnswerError as error:
        raise InvalidError from error
    except UnknownAlertError as error:
        raise NotFoundError from error
    except NotResponsibleError as error:
        raise ForbiddenError from error
    log.info("alert %s: answer %s, accepted: %s", alert_id, given, result.accepted)
    return result


def said(w: Wording, card: AlertView, given: str, result: AnswerResult) -> Said:
    """What to tell somebody who has just pressed a button."""
    if result.accepted or result.by_self:
        note = w.say("answer.note_going") if given == "going" else ""
        return Said("good", w.say("answer.thanks"), w.say(f"answer.recorded_{given}"), note)
    if result.first_role is None:
        return Said("good", w.say("answer.over"), card.headline)
    title = w.say("answer.already", role=w.code("role", result.first_role))
    return Said("warn", title, card.answered or "")


def _by_link(request: Request, token: str) -> tuple[City, Viewer, str]:
    city = city_of(request)
    try:
        link = city.links.read_answer(token)
    except LinkExpiredError as error:
        raise LinkExpiredPageError from error
    except LinkUnknownError as error:
        raise LinkUnknownPageError from error
    with city.database.read() as session:
        who = access.viewer(session, link.person_id)
    if who is None:
        raise LinkUnknownPageError
    return city, who, link.alert_id


def _card(city: City, w: Wording, who: Viewer, alert_id: str) -> AlertView:
    with city.database.read() as session:
        try:
            card = cards.full_card(session, w, who, alert_id)
        except UnknownAlertError as error:
            raise NotFoundError from error
        if not access.may_see_alert(session, who, alert_id):
            raise ForbiddenError
        return card


def _page(request: Request, w: Wording, card: AlertView, what: Said | None, *, demo: bool) -> Response:
    return page(
        request,
        "answer.html",
        w.locale,
        a=card,
        said=what,
        action=request.url.path,
        links=False,
        back="/demo" if demo else None,
        start="/demo" if demo else "/",
    )


def _own_page(reader: AReader, card: AlertView, what: Said | None) -> Response:
    action = f"/alerts/{card.id}/answer"
    return reader.page("answer.html", a=card, said=what, action=action, links=True, back="/")
