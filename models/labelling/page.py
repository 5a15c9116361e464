"""The page on which boxes are corrected: a local web application over one book.

Is: for whoever holds the address, whose first part is a random key: no other page in the same browser, and nobody else
in the same network, can read or write. Is not: a service for the open internet.
"""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

import msgspec
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field

from models.labelling.book import LabelBook, Labels
from models.labelling.boxes import Box, State
from models.labelling.coco import coco_bytes
from models.labelling.wording import LOCALES, catalogue

_HERE = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # the address holds the key
    "X-Content-Type-Options": "nosniff",
}
_FRAME_BOXES_MAX = 300


class BoxIn(BaseModel):
    """A box as the page sends it; px of the picture."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    species: str
    x: float = Field(ge=0)
    y: float = Field(ge=0)
    w: float = Field(ge=1)
    h: float = Field(ge=1)
    by: Literal["model", "human"] = "human"
    score: float | None = Field(default=None, ge=0, le=1)


class ChangeIn(BaseModel):
    """The whole of a frame's labels after a change; ``request`` is the page's own id for it, ``base`` what it changed."""

    model_config = ConfigDict(extra="forbid")
    state: State
    boxes: list[BoxIn] = Field(max_length=_FRAME_BOXES_MAX)
    base: int = Field(ge=0)
    request: str = Field(min_length=8, max_length=64)


def label_page(book: LabelBook, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> FastAPI:
    """The application; everything lies below the book's key, all else is not found."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_routes(book, now_ms), prefix=f"/{book.key}")
    app.mount(f"/{book.key}/static", StaticFiles(directory=_HERE / "static"))

    @app.middleware("http")
    async def headers(request: Request, ask: Callable[[Request], Awaitable[Response]]) -> Response:
        answer = await ask(request)
        for name, value in _HEADERS.items():
            answer.headers.setdefault(name, value)
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    return app


def _routes(book: LabelBook, now_ms: Callable[[], int]) -> APIRouter:
    routes = APIRouter()

    @routes.get("/")
    def page(lang: str = "ja") -> HTMLResponse:
        return HTMLResponse(_html(book, lang if lang in LOCALES else LOCALES[0]))

    @routes.get("/frames")
    def frames() -> list[dict[str, object]]:
        return [{"name": f.name, "state": f.state, "revision": f.revision} for f in book.frames()]

    @routes.get("/frames/{name}")
    def frame(name: str) -> dict[str, object]:
        return _told(_known(book, name))

    @routes.post("/frames/{name}")
    def save(name: str, change: ChangeIn) -> dict[str, object]:
        before = _known(book, name)
        boxes = [_inside(box, before, book.class_names) for box in change.boxes]
        number = book.save(name, change.state, boxes, change.request, now_ms())
        # Nothing is refused for having been overtaken: both changes are in the book, the later one counts.
        return {"revision": number, "overtook": before.revision not in {change.base, number}}

    @routes.get("/pictures/{name}.jpg")
    def picture(name: str) -> FileResponse:
        known = _known(book, name)
        return FileResponse(
            book.pictures / f"{known.name}.jpg", headers={"Cache-Control": "private, max-age=86400"}
        )

    @routes.get("/labels.json")
    def labels() -> Response:
        told = {"Content-Disposition": 'attachment; filename="labels.json"'}
        return Response(coco_bytes(book), media_type="application/json", headers=told)

    return routes


def _known(book: LabelBook, name: str) -> Labels:
    found = book.frame(name)
    if found is None:
        raise HTTPException(404, "no such frame")
    return found


def _told(frame: Labels) -> dict[str, object]:
    told: dict[str, object] = msgspec.to_builtins(frame)
    return told


def _inside(box: BoxIn, frame: Labels, class_names: tuple[str, ...]) -> Box:
    """Cut at the picture's edges; raises 422 for a class that is not in the book, or nothing left of the box."""
    if box.species not in class_names:
        raise HTTPException(422, f"{box.species}: not one of {', '.join(class_names)}")
    w = min(box.w, frame.width_px - box.x)
    h = min(box.h, frame.height_px - box.y)
    if w < 1 or h < 1:
        raise HTTPException(422, "the box lies outside the picture")
    x, y, w, h = (round(value, 1) for value in (box.x, box.y, w, h))
    return Box(box.species, x, y, w, h, box.by, box.score)


def _html(book: LabelBook, locale: str) -> str:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined
    )
    words = catalogue(locale)
    named = [{"code": code, "name": words["species"].get(code, code)} for code in book.class_names]
    others = [(code, catalogue(code)["name"]) for code in LOCALES if code != locale]
    return environment.get_template("page.html").render(
        locale=locale, words=words["page"], script_words=words["script"], species=named, others=others,
        book=book.identity,
    )  # fmt: skip
