"""A live message -> what a page shows of it: words are chosen here, so JavaScript holds none. Pure."""

import base64
from typing import Any

from cloud.portal.wording import Wording
from contract.messages import Box, LiveField, LiveHome

MOODS = {
    "suspected": "watch",
    "asking": "watch",
    "unknown": "watch",
    "confirmed": "alarm",
}
"""States that need more than a calm green dot; every other state is calm."""


def home_view(w: Wording, body: LiveHome, at_ms: int) -> dict[str, Any]:
    """A home right now: points in m, the state, the spoken question and the seconds left to answer it."""
    height = w.say("home.height", value=w.number(body.height_m, 2)) if body.height_m is not None else ""
    return {
        "kind": "home",
        "at_ms": at_ms,
        "points": [[round(axis, 3) for axis in point] for point in body.points],
        "state": body.state,
        "state_words": w.code("live", body.state),
        "mood": MOODS.get(body.state, "calm"),
        "height_m": body.height_m,
        "height_words": height,
        "bodies_words": _bodies_words(w, body.bodies),
        "left_s": _left_s(body, at_ms),
        "said_words": w.code("said", body.said),
    }


def _bodies_words(w: Wording, bodies: int | None) -> str:
    """Said only where there are several: of one the state says everything."""
    return w.say("home.people", count=bodies) if bodies is not None and bodies > 1 else ""


def field_view(w: Wording, body: LiveField, at_ms: int) -> dict[str, Any]:
    """A field right now: picture as base64 JPEG, boxes in fractions of it, count, direction, outputs that are on."""
    return {
        "kind": "field",
        "at_ms": at_ms,
        "picture": base64.b64encode(body.picture).decode() if body.picture is not None else None,
        "boxes": [_box(w, box) for box in body.boxes],
        "count": body.count_at_least,
        "count_words": count_words(w, body),
        "outputs": [{"code": output, "words": w.code("output", output)} for output in body.outputs_on],
        "mood": "alarm" if body.outputs_on else "watch" if body.count_at_least else "calm",
    }


def _left_s(body: LiveHome, at_ms: int) -> int | None:
    """Seconds the device still waits for an answer: the difference of two times of one clock."""
    if body.answer_by_ms is None:
        return None
    return max(0, -((at_ms - body.answer_by_ms) // 1000))


def count_words(w: Wording, body: LiveField) -> str:
    """What is in view, how many and which way, in one line."""
    if body.count_at_least < 1:
        return w.say("field.count_none")
    confirmed = [box.species for box in body.boxes if box.confirmed] or [box.species for box in body.boxes]
    species = max(set(confirmed), key=confirmed.count) if confirmed else "other_animal"
    return w.say(
        "alert.sighting_text",
        species=w.code("species", species),
        count=body.count_at_least,
        direction=w.code("direction", body.direction),
    )


def _box(w: Wording, box: Box) -> dict[str, Any]:
    return {
        "x": box.x,
        "y": box.y,
        "w": box.w,
        "h": box.h,
        "words": w.code("species", box.species),
        "percent": round(100 * box.score),
        "confirmed": box.confirmed,
    }
