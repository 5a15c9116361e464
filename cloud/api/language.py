"""Which language a page is in: the switch, else the last switch, else the reader's own, else Japanese."""

from fastapi import Request
from starlette.responses import Response

from cloud.words import DEFAULT_LOCALE, LOCALES

COOKIE = "lang"
LIFE_S = 365 * 24 * 3600


def locale_of(request: Request, own: str = DEFAULT_LOCALE) -> str:
    """The locale for this request; ``own`` is what the registry says of the reader."""
    for wanted in (request.query_params.get("lang"), request.cookies.get(COOKIE), own):
        if wanted in LOCALES:
            return str(wanted)
    return DEFAULT_LOCALE


def remember(request: Request, response: Response, *, secure: bool) -> None:
    """Keep the language that was switched to in this request, if any."""
    wanted = request.query_params.get("lang")
    if wanted in LOCALES:
        response.set_cookie(COOKIE, str(wanted), max_age=LIFE_S, httponly=True, samesite="lax", secure=secure)
