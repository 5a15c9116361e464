"""Templates -> pages. Autoescape is on and an unknown variable is an error of ours, found by a test."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from cloud.portal.wording import Wording


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("cloud.portal"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = static_url
    return environment


@cache
def static_url(name: str) -> str:
    """Address of a static file with a mark of its content, so that browsers may keep it for a year."""
    content = files("cloud.portal").joinpath("static", name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:10]}"


def render(template: str, locale: str, **context: Any) -> str:
    """The page as HTML in a locale; ``w`` in the template are its words."""
    return _environment().get_template(template).render(w=Wording(locale), locale=locale, **context)
