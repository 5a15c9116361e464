"""Asking and hearing the answer: speaker, lamp, button, knocks and voice of one home.

Is: the parts between a question and its answer, and their faults. Is not: what an answer means (edge.fall).
"""

from collections.abc import Mapping

from edge.button import Button
from edge.fall.answers import Answers, Heard, ListenSettings
from edge.fall.watcher import Action, FallWatcher, Now, Phase
from edge.light import Light
from edge.listening import Levels
from edge.voice import Speaker

SAID_S = 5.0
"""Words stay on the page about as long as they take to speak: a single live message may be lost."""


class HomeVoice:
    """Says the watcher's words, and brings it the resident's answers."""

    def __init__(
        self, speaker: Speaker, button: Button, light: Light, levels: Levels, listen: ListenSettings
    ) -> None:
        self._speaker = speaker
        self._button = button
        self._light = light
        self._levels = levels
        self._answers = Answers(listen)
        self._voice_cancels = listen.voice == "cancels"
        self._said: tuple[str, float] | None = None

    def open(self) -> None:
        """Button and lamp."""
        self._button.open()
        self._light.open()

    def close(self) -> None:
        """Silence, dark, pins let go."""
        self._speaker.close()
        self._button.close()
        self._light.close()
        self._levels.close()

    def say(self, code: str, now_s: float) -> None:
        """Speak, and show it for a while."""
        self._speaker.say(code)
        self._said = (code, now_s)

    def words(self, now_s: float) -> str | None:
        """What is being said."""
        return self._said[0] if self._said and now_s - self._said[1] < SAID_S else None

    def answers(self, watcher: FallWatcher, now: Now) -> list[Action]:
        """What the resident has answered since the last step."""
        asking = watcher.phase is Phase.ASKING
        self._light.show(lit=asking)
        actions: list[Action] = []
        if self._button.pressed():
            actions += watcher.button(now)
        for level in self._levels.read(now.s):
            if not asking or self.words(now.s) is not None:
                self._answers.forget()  # nobody asked, or the device hears itself
                continue
            heard = self._answers.hear(level, now.s)
            if heard is Heard.KNOCK:
                actions += watcher.knock(now)
            elif heard is Heard.VOICE:
                actions += watcher.answered("voice", now) if self._voice_cancels else watcher.loud()
        return actions

    def wrong(self) -> Mapping[str, dict[str, str]]:
        """Component -> fault code -> what is wrong."""
        return {
            "button": _fault("button_failed", self._button.fault()),
            "light": _fault("light_failed", self._light.fault()),
            "listen": _fault("listening_failed", self._levels.fault()),
        }


def _fault(code: str, why: str | None) -> dict[str, str]:
    return {code: why} if why else {}
