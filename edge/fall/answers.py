"""A knock or a voice out of sound levels: how somebody on the floor answers without a button. Pure.

Is: what a level (0 to 1) over time can say, which is when it was loud and for how long. Is not: words. A cry for help is as
loud as "I am all right", so a voice withdraws the question only where the home's file says so.
"""

from collections import deque
from enum import StrEnum
from typing import Literal

from pydantic import Field

from contract.configuration import Settings

KNOCK_MOST_S = 0.3
"""Longer than this a loud moment is no knock."""
KNOCKS_WITHIN_S = 3.0
VOICE_GAP_S = 0.4
"""Between syllables."""


class ListenSettings(Settings):
    """The ``[listen]`` table: a program that tells how loud it is, and what counts as an answer."""

    command: list[str] = Field(default_factory=list)
    """Prints one level from 0 to 1 a line, about 20 a second, for as long as it runs; empty: nobody listens."""
    knock_level: float = Field(default=0.5, gt=0.0, le=1.0)
    """At or above this it knocks, or somebody speaks."""
    knocks: int = Field(default=2, ge=2, le=5)
    """So many knocks within 3 s are an answer: one is something that fell."""
    voice_s: float = Field(default=0.7, ge=0.3, le=5.0)
    """So long loud with short pauses is a voice."""
    voice: Literal["tells", "cancels"] = "tells"
    """What a voice does to the question: is told with the alert, or withdraws it."""


class Heard(StrEnum):
    """What was made out."""

    KNOCK = "knock"
    VOICE = "voice"


class Answers:
    """Feed it every level; it says once what it was."""

    def __init__(self, settings: ListenSettings) -> None:
        self._settings = settings
        self._loud_since_s: float | None = None
        self._loud_s: float | None = None
        self._knocks: deque[float] = deque(maxlen=settings.knocks)

    def forget(self) -> None:
        """What was heard until now is no answer: nobody had asked, or it was the device's own voice."""
        self._loud_since_s = self._loud_s = None
        self._knocks.clear()

    def hear(self, level: float, at_s: float) -> Heard | None:
        """One level; ``at_s`` must not fall."""
        if level >= self._settings.knock_level:
            if self._loud_since_s is None:
                self._loud_since_s = at_s
            self._loud_s = at_s
            if at_s - self._loud_since_s >= self._settings.voice_s:
                self.forget()
                return Heard.VOICE
            return None
        if self._loud_since_s is None or self._loud_s is None or at_s - self._loud_s < VOICE_GAP_S:
            return None
        began_s, lasted_s = self._loud_since_s, self._loud_s - self._loud_since_s
        self._loud_since_s = self._loud_s = None
        return self._knock(began_s) if lasted_s <= KNOCK_MOST_S else None

    def _knock(self, at_s: float) -> Heard | None:
        self._knocks.append(at_s)
        if len(self._knocks) == self._settings.knocks and at_s - self._knocks[0] <= KNOCKS_WITHIN_S:
            self.forget()
            return Heard.KNOCK
        return None
