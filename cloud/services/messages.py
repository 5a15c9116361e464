"""Notices into words: what one person reads on a telephone. The words are in ``cloud/words/*/messages.toml``."""

from dataclasses import dataclass

from cloud.words import catalogue, code, say
from gateway.alerts.notifier import Notice

AREA_CHARACTERS_MAX = 40
"""A hamlet's name; longer would push the advice off a phone's locked screen."""

NOBODY_ANSWERED, REMINDER = "nobody_answered", "reminder"
"""The fact ``reason`` of a message that is not the first of its alert."""


@dataclass(frozen=True, slots=True)
class Message:
    """Ready to send. ``text`` ends with ``link``; ``subject`` is for services that have one."""

    subject: str
    text: str
    link: str

    @property
    def words(self) -> str:
        """Everything a person would read, without the link."""
        return f"{self.subject}\n{self.text.replace(self.link, '')}"


def compose(notice: Notice, link: str) -> Message:
    """The words for a notice; a purpose of a newer gateway gets the words for any notice."""
    key, facts = _choose(notice)
    everything = {**facts, "number": notice.number, "link": link}
    subject = say(notice.locale, f"messages.{key}.subject", **everything)
    text = say(notice.locale, f"messages.{key}.text", **everything)
    # A fact that is not known leaves its line empty, and no line is left empty.
    lines = [line for line in text.splitlines() if line.strip()]
    return Message(" ".join(subject.split()), "\n".join(lines), link)


def _choose(notice: Notice) -> tuple[str, dict[str, str]]:
    reason = notice.facts.get("reason")
    if reason == NOBODY_ANSWERED:
        return "unanswered", {}
    match notice.purpose:
        case "fall":
            return ("fall_again" if reason == REMINDER else "fall"), {}
        case "answered":
            return "answered", _answered(notice)
        case "sighting":
            return "sighting", _sighting(notice)
        case "fault":
            return "fault", _fault(notice)
        case _:
            return "notice", {}


def _answered(notice: Notice) -> dict[str, str]:
    role = notice.facts.get("role")
    somebody = say(notice.locale, "messages.answered.somebody")
    return {"who": code(notice.locale, "role", role) if role else somebody}


def _sighting(notice: Notice) -> dict[str, str]:
    locale, facts = notice.locale, notice.facts
    species = facts.get("species", "other_animal")
    area = facts.get("area") or say(locale, "messages.sighting.no_area")
    advice = f"messages.advice.{species}"
    return {
        "species": code(locale, "species", species),
        "area": " ".join(area.split())[:AREA_CHARACTERS_MAX],
        "count": facts.get("count", say(locale, "messages.sighting.no_count")),
        "direction": code(locale, "direction", facts.get("direction", "unknown")),
        "advice": say(locale, advice if advice in catalogue(locale) else "messages.advice.other"),
    }


def _fault(notice: Notice) -> dict[str, str]:
    fault = notice.facts.get("code")
    return {"what": code(notice.locale, "fault", fault) if fault else ""}
