"""The last look at a text before it leaves: nothing of the roster may be in it.

Texts are composed without personal data; this is the second lock. It gives: no resident's or person's
whole name, no address and no telephone number of the roster, however it is spaced or wide. It does not
give: recognition of a surname alone; in Japan most are also names of places, which sightings must say.
"""

import logging
import re
import unicodedata
from collections.abc import Callable, Iterable

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from cloud.services.service import refused, retry
from gateway.alerts.notifier import Delivery
from gateway.database.session import Database
from gateway.database.tables import Contact, Home, Person

log = logging.getLogger(__name__)

Roster = Callable[[], Iterable[str]]
"""Every name, address and telephone number that is in the database now; raises SQLAlchemyError."""

PUBLIC_ROLES = ("desk",)
"""Roles that are offices: their names and numbers are printed on purpose."""

_MUNICIPALITY = re.compile(r"^.{1,9}?[都道府県]|^.{1,9}?[市区町村]")
_NEEDLE_CHARACTERS_MIN = 3
"""Two characters of Japanese are too often a word; only a name written in two parts may be so short."""
_ONE_WORD_CHARACTERS_MIN = 12
"""An account's id is one long word with digits in it; a shorter word may be anybody's."""
_PHONE_DIGITS_MIN = 9
_PHONE = re.compile(r"\+?[\d().\s-]+")
_RADICALS = str.maketrans({"\u2ea0": "民", "\u2ed1": "長"})
"""Lists from city offices hold these radicals for the characters; NFKC leaves exactly the two."""


def roster_of(database: Database) -> Roster:
    """A roster read afresh from the database at each call."""

    def read() -> list[str]:
        with database.read() as session:
            homes = session.execute(select(Home.resident, Home.address)).all()
            people = session.scalars(select(Person.name).where(Person.role.not_in(PUBLIC_ROLES))).all()
            contacts = session.scalars(
                select(Contact.address)
                .join(Person, Person.id == Contact.person_id)
                .where(Person.role.not_in(PUBLIC_ROLES), Contact.service != "webhook")
            ).all()
        return [*(text for home in homes for text in home), *people, *contacts]

    return read


class PrivacyFilter:
    """Holds back texts with something of the roster in them. For use from several threads."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._seen: tuple[tuple[str, ...], _Needles] = ((), _Needles(()))

    def objection(self, words: str) -> Delivery | None:
        """None if ``words`` may leave; REFUSED if not; RETRY while the roster cannot be read."""
        try:
            roster = tuple(self._roster())
        except SQLAlchemyError as error:
            log.warning("a message waits: the roster cannot be read (%s)", type(error).__name__)
            return retry("privacy: the roster cannot be read")
        known, needles = self._seen
        if roster != known:
            needles = _Needles(roster)
            self._seen = (roster, needles)
        return refused("privacy") if needles.found_in(words) else None


class _Needles:
    """A roster made ready for searching."""

    def __init__(self, roster: Iterable[str]) -> None:
        self._squeezed: set[str] = set()
        self._spelled: list[re.Pattern[str]] = []
        self._phones: set[str] = set()
        for entry in roster:
            self._add(_plain(entry))

    def found_in(self, words: str) -> bool:
        plain = _plain(words)
        squeezed = _squeeze(plain)
        digits = "\n".join(re.sub(r"\D", "", run) for run in _PHONE.findall(plain))
        return (
            any(needle in squeezed for needle in self._squeezed)
            or any(phone in digits for phone in self._phones)
            or any(pattern.search(plain) for pattern in self._spelled)
        )

    def _add(self, entry: str) -> None:
        if _PHONE.fullmatch(entry):
            digits = re.sub(r"\D", "", entry)
            if len(digits) >= _PHONE_DIGITS_MIN:
                self._phones.add(digits)
        elif entry.isascii():
            # Letters are matched as words: "Ann" is in "Anniversary" and nobody is betrayed by it.
            words = re.findall(r"\w+", entry)
            long_id = len(entry) >= _ONE_WORD_CHARACTERS_MIN and re.search(r"\d", entry)
            if len(words) > 1 or long_id:
                self._spelled.append(re.compile(r"\b" + r"\W+".join(words) + r"\b"))
        else:
            self._add_japanese(entry)

    def _add_japanese(self, entry: str) -> None:
        squeezed = _squeeze(entry)
        if len(squeezed) >= _NEEDLE_CHARACTERS_MIN or len(entry.split()) > 1:
            self._squeezed.add(squeezed)
        shorter = _MUNICIPALITY.sub("", squeezed, count=1)
        # Without its prefecture and city an address still is one, as long as street and house number are left;
        # a bare number is not: it would hold back every message whose own number contains it.
        while shorter != squeezed and re.search(r"\d", shorter) and re.search(r"[^\W\d]{2}", shorter):
            self._squeezed.add(shorter)
            squeezed, shorter = shorter, _MUNICIPALITY.sub("", shorter, count=1)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text.translate(_RADICALS)).casefold().strip()


def _squeeze(plain: str) -> str:
    """Without spaces and punctuation, so that 「佐藤　花子」 is found in 「佐藤・花子」."""
    return "".join(character for character in plain if character.isalnum())
