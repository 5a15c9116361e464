"""How codes, times and numbers of an alert read in a locale. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from cloud.words import LOCALES, catalogue, code, say

JAPAN = timezone(timedelta(hours=9), "JST")
"""The readers live in Japan, which has one time zone and no summer time; a bare machine may lack tzdata."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one locale, as templates use them."""

    locale: str

    def say(self, key: str, **facts: object) -> str:
        """Text ``pages.{key}`` with facts filled in; raises UnknownWordError for a key of no catalogue."""
        return say(self.locale, f"pages.{key}", **facts)

    def code(self, kind: str, word: str | None) -> str:
        """The words for a code; an empty text for none."""
        return code(self.locale, kind, word) if word else ""

    def reason(self, code_word: str, value: float, unit: str) -> str:
        """A repeller's reason as a sentence; a newer device's unknown one as its code, value and unit."""
        key = f"codes.repel_why.{code_word}"
        if key not in catalogue(self.locale):
            return f"{code_word}: {value:g} {unit}"
        return say(self.locale, key, value=f"{value:g}")

    def answer(self, alert_kind: str, answer: str) -> str:
        """The words on an answer's button, which may differ by the kind of alert."""
        words = code(self.locale, f"answer_{alert_kind}", answer)
        return words if words != answer else code(self.locale, "answer", answer)

    def clock(self, unix_ms: int) -> str:
        """Hour, minute and second in Japan."""
        return self._at(unix_ms).strftime("%H:%M:%S")

    def hour(self, unix_ms: int) -> str:
        """Hour and minute in Japan."""
        return self._at(unix_ms).strftime("%H:%M")

    def day_and_hour(self, unix_ms: int) -> str:
        """Day, hour and minute in Japan."""
        at = self._at(unix_ms)
        if self.locale == "ja":
            return f"{at.month}月{at.day}日 {at:%H:%M}"
        return f"{at.day} {at:%b} {at:%H:%M}"

    def number(self, value: float, digits: int = 0) -> str:
        """A number with so many digits after the point."""
        return f"{value:.{digits}f}"

    def transition(self, what: str, role: str | None) -> str:
        """One line of an alert's history; a newer gateway's code is shown as it is."""
        words = code(self.locale, "transition", what)
        return words.format(role=code(self.locale, "role", role or "device"))

    @property
    def others(self) -> list[tuple[str, str]]:
        """The locales one may switch to, with their names in their own language."""
        names = {"ja": "日本語", "en": "English"}
        return [(locale, names.get(locale, locale)) for locale in LOCALES if locale != self.locale]

    @staticmethod
    def _at(unix_ms: int) -> datetime:
        return datetime.fromtimestamp(unix_ms / 1000, UTC).astimezone(JAPAN)
