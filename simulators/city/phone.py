"""A person's phone: shows what arrived, opens the link in a message, and presses a button of the page.

It browses as a phone without JavaScript does. It asserts nothing: it tells what it sees.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urljoin

import httpx

from simulators.city.timeline import Arrival, Record

_LINK = re.compile(r"https?://[!#-;=?-~]+")  # printable ASCII but for quotes and angle brackets
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
_UNSEEN = frozenset({"head", "script", "style", "template"})


class PhoneError(Exception):
    """Something a person could not have done: no link in the message, no such button on the page."""


@dataclass(slots=True)
class Form:
    """A form of a page: what it would send, and the buttons that send it."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """(name, value, what is written on it)"""
    choices: dict[str, list[str]] = field(default_factory=dict)
    """Radio buttons and selections: name -> values."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the phone's browser shows."""

    url: str
    status: int
    html: str
    text: str
    forms: list[Form]

    def answers(self) -> list[str]:
        """Every value that a button or a choice of this page can send."""
        pressed = [value for form in self.forms for _name, value, _label in form.buttons if value]
        return pressed + [
            value for form in self.forms for values in form.choices.values() for value in values
        ]


class Phone:
    """The phone of somebody with ``addresses`` (service -> address). Close it, or use it in a ``with``."""

    def __init__(self, record: Record, addresses: Mapping[str, str], *, language: str = "ja") -> None:
        self._record = record
        self._addresses = dict(addresses)
        self._browser = httpx.Client(
            follow_redirects=True, timeout=10.0, trust_env=False, headers={"Accept-Language": language}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the browser."""
        self._browser.close()

    def inbox(self) -> list[Arrival]:
        """The messages this phone shows, oldest first."""
        return [
            arrival
            for arrival in self._record.arrivals()
            if arrival.shown and self._addresses.get(arrival.service) == arrival.address
        ]

    def open(self, arrival: Arrival) -> Page:
        """Open the last link of a message; raises PhoneError if it has none, httpx.HTTPError if nothing answers."""
        links = _LINK.findall(arrival.text)
        if not links:
            raise PhoneError(f"no link in the {arrival.service} message {arrival.text[:80]!r}")
        return self.go(links[-1])

    def go(self, url: str) -> Page:
        """Open an address."""
        return _page(self._browser.get(url))

    def press(self, page: Page, answer: str, **typed: str) -> Page:
        """Press the button, or make the choice, with the value ``answer``; raises PhoneError if there is none."""
        for form in page.forms:
            fields = _filled(form, answer)
            if fields is not None:
                fields = [(name, typed.get(name, value)) for name, value in fields]
                return _page(self._send(page, form, fields))
        raise PhoneError(f"nothing on {page.url} sends {answer!r}: it has {page.answers()}")

    def _send(self, page: Page, form: Form, fields: list[tuple[str, str]]) -> httpx.Response:
        target = urljoin(page.url, form.action) if form.action else page.url
        pairs = urlencode(fields)
        if form.method != "post":
            return self._browser.get(f"{target}?{pairs}")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._browser.post(target, content=pairs.encode(), headers=headers)


def _filled(form: Form, answer: str) -> list[tuple[str, str]] | None:
    """The fields this form sends for ``answer``, or None if it cannot."""
    for name, value, _label in form.buttons:
        if value == answer:
            return [*form.fields, (name, value)] if name else list(form.fields)
    for name, values in form.choices.items():
        if answer in values:
            others = [(key, value) for key, value in form.fields if key != name]
            pressed = [(key, value) for key, value, _label in form.buttons[:1] if key]
            return [*others, (name, answer), *pressed]
    return None


def _page(response: httpx.Response) -> Page:
    reader = _Reader()
    reader.feed(response.text)
    reader.close()
    text = "\n".join(line for line in (" ".join(part.split()) for part in reader.seen) if line)
    return Page(str(response.url), response.status_code, response.text, text, reader.forms)


class _Reader(HTMLParser):
    """Collects the forms and the visible text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.seen: list[str] = []
        self._form: Form | None = None
        self._open: list[str] = []
        self._button: tuple[str, str] | None = None
        self._label = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None and "disabled" not in given:
            self._control(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "form":
            self._form = None
        elif tag == "button" and self._form is not None and self._button is not None:
            self._form.buttons.append((*self._button, " ".join(self._label.split())))
            self._button = None

    def handle_data(self, data: str) -> None:
        if not _UNSEEN.intersection(self._open):
            self.seen.append(data)
        if self._button is not None:
            self._label += data

    def _control(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, value, kind = given.get("name", ""), given.get("value", ""), given.get("type", "").lower()
        if tag == "button" and kind in {"", "submit"}:
            self._button, self._label = (name, value), ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            form.choices.setdefault(self._select, []).append(value)
        elif tag == "textarea" and name:
            form.fields.append((name, ""))
        elif tag == "input":
            _input(form, kind, name, value, checked="checked" in given)


def _input(form: Form, kind: str, name: str, value: str, *, checked: bool) -> None:
    if kind in {"submit", "image"}:
        form.buttons.append((name, value, value))
    elif kind == "radio" and name:
        form.choices.setdefault(name, []).append(value)
        if checked:
            form.fields.append((name, value))
    elif kind == "checkbox" and name:
        if checked:
            form.fields.append((name, value or "on"))
    elif name and kind not in {"button", "reset", "file"}:
        form.fields.append((name, value))
